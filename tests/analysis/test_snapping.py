from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from tests import city
from tests.analysis.ways import Points, degrees, frame, metres, node_at, polygon, streets_of, way
from twin.analysis import snapping, streets
from twin.analysis.places import Places
from twin.analysis.snapping import Estates, Flag, snap
from twin.analysis.streets import Streets
from twin.analysis.travellers import get
from twin.demo import build_city
from twin.store import Store

ADULT = get("adult").replace(crossing_s=0.0)


def estates(*outlines: Points, gated: bool = True, gates: Points = (), gate_estate: int = 0) -> Estates:
    """Estates in metres; all gates belong to the row ``gate_estate``."""
    return Estates(
        fid=np.arange(len(outlines)) + 100,
        outline=np.array([shapely.Polygon(metres(*outline)) for outline in outlines]),
        gated=np.full(len(outlines), gated),
        gate_xy=metres(*gates) if gates else np.empty((0, 2)),
        gate_estate=np.full(len(gates), gate_estate),
    )


# -- without walls -------------------------------------------------------------------------


def test_a_place_joins_the_nearest_street_by_a_straight_way() -> None:
    found = streets_of(way((0, 0), (400, 0)), way((0, 200), (400, 200)))
    snapped = snap(found, metres((100, 30), (300, 180), (0, 0)), ADULT)
    assert snapped.places["edge"].tolist() == [0, 1, 0]
    assert snapped.places["t"].to_numpy() == pytest.approx([0.25, 0.75, 0.0], abs=1e-4)
    assert snapped.places["access_m"].to_numpy() == pytest.approx([30, 20, 0], abs=0.01)
    assert snapped.flag.tolist() == [Flag.OK] * 3
    assert list(snapped.places) == ["edge", "t", "access_m"]


def test_a_place_joins_only_what_its_traveller_may_use() -> None:
    found = streets_of(
        way((0, 0), (400, 0), kind="motorway"), way((0, 50), (400, 50), kind="steps"), way((0, 99), (400, 99))
    )
    assert snap(found, metres((200, 10)), ADULT).places["edge"].tolist() == [1]
    assert snap(found, metres((200, 10)), get("wheelchair")).places["edge"].tolist() == [2]


def test_nobody_steps_off_a_bridge() -> None:
    found = streets_of(
        way((0, 0), (100, 0)),
        way((100, 0), (200, 0), bridge=True, level=1),
        way((200, 0), (300, 0), tunnel=True, level=-1),
        way((300, 0), (400, 0)),
    )
    assert snap(found, metres((160, 10), (250, 10)), ADULT).places["edge"].tolist() == [0, 3]


def test_beyond_the_cap_a_place_is_off_the_network() -> None:
    found = streets_of(way((0, 0), (400, 0)))
    snapped = snap(found, metres((100, 80), (100, 81)), ADULT, cap_m=80.5)
    assert snapped.flag.tolist() == [Flag.OK, Flag.FAR]
    assert snapped.places.iloc[1].tolist() == [-1, 0, 0]


def test_a_fragment_is_joined_only_where_nothing_else_is_near() -> None:
    found = streets_of(
        way((0, 0), (400, 0)),
        way((0, 100), (50, 100)),
        way((0, 2000), (60, 2000)),
        way((0, 4000), (250, 4000)),
    )
    snapped = snap(found, metres((20, 90), (20, 1990), (20, 3990)), ADULT)
    assert snapped.places["edge"].tolist() == [0, 2, 3]
    assert snapped.flag.tolist() == [Flag.OK, Flag.FRAGMENT, Flag.OK]


def test_of_equally_near_streets_the_first_is_taken() -> None:
    found = streets_of(way((0, 0), (300, 0)), way((0, 0), (0, 300)))
    assert snap(found, metres((-10, -10), (-20, -20)), ADULT).places["edge"].tolist() == [0, 0]


def test_no_places_and_no_streets() -> None:
    found = streets_of(way((0, 0), (400, 0), kind="motorway"))
    assert len(snap(found, np.empty((0, 2)), ADULT).places) == 0
    assert snap(found, metres((0, 1)), ADULT).flag.tolist() == [Flag.FAR]


# -- estates -------------------------------------------------------------------------------

BLOCK = ((0, 10), (200, 10), (200, 190), (0, 190))
AROUND = (way((-50, 0), (250, 0)), way((250, 0), (250, 200)), way((250, 200), (-50, 200)))


def test_ways_inside_a_gated_estate_come_before_nearer_streets() -> None:
    found = streets_of(
        *AROUND, way((100, 0), (100, 10), (100, 60)), way((100, 60), (100, 120), foot="private")
    )
    snapped = snap(found, metres((30, 20)), ADULT, estates=estates(BLOCK, gates=[(100, 10)]))
    inside = snapped.places.iloc[0]
    assert found.fid[int(inside.edge)] == 4
    assert (inside.t, inside.access_m) == (
        pytest.approx(0, abs=1e-4),
        pytest.approx(np.hypot(70, 40), abs=0.01),
    )
    assert snapped.flag.tolist() == [Flag.OK]


def test_ways_inside_a_neighbour_are_not_used() -> None:
    neighbour = ((200, 10), (240, 10), (240, 190), (200, 190))
    found = streets_of(*AROUND, way((230, 0), (230, 15)), way((230, 15), (230, 150), foot="private"))
    both = estates(BLOCK, neighbour, gates=[(100, 10)])
    snapped = snap(found, metres((190, 80), (210, 80)), ADULT, estates=both)
    assert snapped.flag.tolist() == [Flag.GATE, Flag.OK]
    assert found.fid[snapped.places["edge"]].tolist() == [0, 4]


def test_an_estate_without_ways_is_entered_by_its_gate() -> None:
    found = streets_of(*AROUND)
    snapped = snap(found, metres((30, 180)), ADULT, estates=estates(BLOCK, gates=[(150, 10)]))
    place = snapped.places.iloc[0]
    assert place.edge == 0
    assert place.t == pytest.approx(200 / 300, abs=1e-4)
    assert place.access_m == pytest.approx(np.hypot(120, 170) + 10, abs=0.01)
    assert snapped.flag.tolist() == [Flag.GATE]


def test_each_gate_is_an_entrance_and_the_network_takes_the_best() -> None:
    found = streets_of(*AROUND)
    gates = [(150, 10), (50, 190), (9000, 9000)]
    snapped = snap(found, metres((400, 5), (50, 100), (100, 195)), ADULT, estates=estates(BLOCK, gates=gates))
    assert snapped.places["owner"].tolist() == [0, 1, 1, 2]
    assert snapped.flag.tolist() == [Flag.OK, Flag.GATE, Flag.OK]
    south = node_at(found, (-50, 0))
    goal = Places.of(
        snap(found, np.column_stack([found.x[[south]], found.y[[south]]]), ADULT).places, len(found.u)
    )
    network = found.network(ADULT)
    seconds = network.nearest(network.places(snapped.places), goal, speed_mps=1.2)
    assert seconds[1] * 1.2 == pytest.approx(np.hypot(100, 90) + 10 + 200, abs=0.05)


def test_a_gate_that_was_opened_is_one_more_entrance() -> None:
    found = streets_of(*AROUND)
    one = estates(BLOCK, gates=[(150, 10)])
    two = one.with_gate(0, *metres((0, 190))[0])
    assert len(snap(found, metres((50, 100)), ADULT, estates=two).places) == 2
    assert len(one.gate_xy) == 1


@pytest.mark.parametrize("place", [(30, 20), (100, 100)])
def test_without_known_gates_an_assumption_stands_in(place: tuple[float, float]) -> None:
    found = streets_of(*AROUND)
    opened = snap(found, metres(place), ADULT, estates=estates(BLOCK))
    assert opened.flag.tolist() == [Flag.ASSUMED_OPEN]
    assert opened.places["access_m"].iloc[0] == pytest.approx(place[1], abs=0.01)
    closed = snap(found, metres(place), ADULT, estates=estates(BLOCK), unknown_gates="closed")
    assert closed.flag.tolist() == [Flag.ASSUMED_CLOSED]
    far_m = max(np.hypot(place[0] - x, place[1] - y) for x, y in BLOCK)
    assert closed.places["access_m"].iloc[0] == pytest.approx(far_m + 10, abs=0.01)
    assert opened.places["access_m"].iloc[0] < closed.places["access_m"].iloc[0]


def test_estates_that_are_not_gated_have_no_walls() -> None:
    found = streets_of(*AROUND)
    snapped = snap(found, metres((30, 20)), ADULT, estates=estates(BLOCK, gated=False, gates=[(150, 10)]))
    assert (snapped.flag.tolist(), snapped.places["access_m"].round().tolist()) == ([Flag.OK], [20])


def test_an_estate_whose_gates_reach_no_street_is_off_the_network() -> None:
    found = streets_of(*AROUND)
    snapped = snap(found, metres((30, 20), (60, -5)), ADULT, estates=estates(BLOCK, gates=[(5000, 5000)]))
    assert snapped.flag.tolist() == [Flag.FAR, Flag.OK]
    assert snapped.places["edge"].tolist() == [-1, 0]


# -- surfaces ------------------------------------------------------------------------------


def test_parks_are_entered_where_streets_cross_their_outline() -> None:
    park = shapely.Polygon(metres((100, 10), (300, 10), (300, 90), (100, 90)))
    lake = shapely.Polygon(metres((100, 120), (300, 120), (300, 150)))
    away = shapely.Polygon(metres((100, 5000), (300, 5000), (300, 5100)))
    found = streets_of(way((0, 0), (400, 0)), way((200, 0), (200, 50)), way((0, 60), (400, 60)))
    places = snapping.entrances(found, np.array([park, lake, away]), ADULT)
    assert places["owner"].tolist() == [0, 0, 0, 1, 2]
    fids = [-1 if edge < 0 else int(found.fid[edge]) for edge in places["edge"]]
    assert fids == [1, 2, 2, 2, -1]
    assert places["t"].to_numpy()[:3] == pytest.approx([0.2, 0.25, 0.75], abs=1e-3)
    assert places["access_m"].to_numpy() == pytest.approx([0, 0, 0, 60, 0], abs=0.01)


# -- from homes ----------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


def test_estates_come_with_their_gates(store: Store) -> None:
    lon, lat = degrees([(150, 10)])[0].tolist()
    gates = [{"lon": lon, "lat": lat, "kind": "foot"}, {"lon": None, "lat": None, "kind": "foot"}]
    other = ((300, 10), (400, 10), (400, 90))
    table = gpd.GeoDataFrame(
        {"source_key": ["a", "b"], "gated": [True, None], "gates": [gates, None]},
        geometry=[polygon(BLOCK), polygon(other)],
        crs=4326,
    )
    city.put(store, {"road": frame(*AROUND)})
    found = streets.read(store)
    assert snapping.read_estates(store, found) is None
    city.put(store, {"estate": table})
    known = snapping.read_estates(store, found)
    assert known is not None
    assert sorted(known.gated.tolist()) == [False, True]
    assert known.gate_xy == pytest.approx(metres((150, 10)), abs=0.01)
    assert known.gated[known.gate_estate].tolist() == [True]
    snapped = snap(found, metres((30, 180)), ADULT, estates=known)
    assert snapped.flag.tolist() == [Flag.GATE]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A small demonstration city."""
    layers = build_city(7, 0.03)
    with Store.open(tmp_path_factory.mktemp("demo") / "home") as opened:
        city.put(opened, {name: layers[name] for name in ("road", "building", "estate")}, synthetic=True)
        yield opened


def _homes(store: Store, found: Streets) -> np.ndarray:
    relation = store.generation("building").relation
    rows = (
        store.cursor()
        .execute(f"SELECT lon, lat FROM {relation} WHERE use IN ('residential', 'village_house')")
        .fetchnumpy()
    )
    return found.to_metres(rows["lon"], rows["lat"])


def test_the_demonstration_city_is_one_network(demo: Store) -> None:
    _, length_m = streets.read(demo).parts(ADULT)
    # Cut down to this size, main roads between the places that are left out stay as islands.
    assert length_m.max() / length_m.sum() >= 0.998


def test_homes_of_the_demonstration_city_join_its_streets(demo: Store) -> None:
    found = streets.read(demo)
    homes = _homes(demo, found)
    snapped = snap(found, homes, ADULT, estates=snapping.read_estates(demo, found))
    assert len(homes) > 1000
    assert np.isin(snapped.flag, [Flag.OK, Flag.GATE]).mean() >= 0.99
    assert (snapped.places["edge"] >= 0).mean() >= 0.99
    assert snapped.places["access_m"].median() < 30
