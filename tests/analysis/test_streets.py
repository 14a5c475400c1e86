from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from tests import city
from tests.analysis.ways import degrees, frame, metres, node_at, streets_of, way
from twin import ingest
from twin.analysis import snapping, streets
from twin.analysis.streets import Streets
from twin.analysis.travellers import TRAVELLERS, get
from twin.errors import InputError, UnknownName
from twin.store import Store

ADULT = get("adult").replace(crossing_s=0.0)
WHEELCHAIR = get("wheelchair").replace(crossing_s=0.0)
CYCLE = get("cycle").replace(crossing_s=0.0)


def open_ways(found: Streets, who: str = "adult") -> set[int]:
    """Numbers of the ways that a group may use."""
    return set(found.fid[found.allowed(TRAVELLERS[who])].tolist())


def parts(found: Streets) -> list[set[int]]:
    """Numbers of the ways that hang together, for an adult."""
    label, length_m = found.parts(ADULT)
    return [set(found.fid[label == number].tolist()) for number in range(len(length_m))]


# -- noding --------------------------------------------------------------------------------


def test_t_junction_splits_the_street_it_meets() -> None:
    found = streets_of(way((0, 0), (50, 0), (100, 0)), way((50, 0), (50, 80)))
    assert len(found.x) == 4
    assert found.fid.tolist() == [0, 0, 1]
    assert found.length_m == pytest.approx([50, 50, 80], abs=0.005)
    assert np.bincount(np.r_[found.u, found.v])[node_at(found, (50, 0))] == 3
    assert found.crs == "EPSG:4549"


def test_lines_keep_their_bends_and_run_from_u_to_v() -> None:
    found = streets_of(way((0, 0), (30, 40), (30, 100)))
    assert found.length_m == pytest.approx([110], abs=0.005)
    assert shapely.get_num_points(found.line).tolist() == [3]
    start = shapely.get_coordinates(found.line[0])[0]
    assert start == pytest.approx([found.x[found.u[0]], found.y[found.u[0]]])


def test_a_crossing_without_a_shared_vertex_does_not_join() -> None:
    found = streets_of(way((-50, 0), (50, 0)), way((0, -50), (0, 50)))
    assert parts(found) == [{0}, {1}]


def test_an_end_that_misses_its_street_by_a_hand_joins_it() -> None:
    found = streets_of(way((0, 0), (100, 0)), way((50, 0.2), (50, 80)))
    assert parts(found) == [{0, 1}]
    assert len(found.u) == 3


def test_an_end_that_misses_its_street_by_more_does_not() -> None:
    assert len(parts(streets_of(way((0, 0), (100, 0)), way((50, 0.5), (50, 80))))) == 2


def test_an_end_below_a_bridge_does_not_join_it() -> None:
    found = streets_of(way((0, 0), (100, 0), bridge=True, level=1), way((50, 0.1), (50, 80)))
    assert len(parts(found)) == 2


def test_a_bridge_that_shares_a_vertex_with_the_road_below_does_not_join() -> None:
    road = way((-50, 0), (0, 0), (50, 0))
    over = way((0, -50), (0, 0), (0, 50), bridge=True, level=1)
    assert parts(streets_of(road, over)) == [{0}, {1}]


def test_a_bridge_without_a_level_is_above() -> None:
    road = way((-50, 0), (0, 0), (50, 0))
    over = way((0, -50), (0, 0), (0, 50), bridge=True)
    assert len(parts(streets_of(road, over))) == 2


def test_bridges_join_at_their_ends() -> None:
    found = streets_of(
        way((0, 0), (100, 0)),
        way((100, 0), (150, 0), bridge=True, level=1),
        way((150, 0), (300, 0)),
        way((300, 0), (320, 0), (340, 0)),
        way((320, 0), (320, 50), bridge=True, level=1),
    )
    assert parts(found) == [{0, 1, 2, 3, 4}]


def test_four_arms_of_two_levels_that_all_end_join() -> None:
    found = streets_of(
        way((0, 0), (50, 0), bridge=True, level=1),
        way((0, 0), (-50, 0), bridge=True, level=1),
        way((0, 0), (0, 50)),
        way((0, 0), (0, -50)),
    )
    assert len(parts(found)) == 1


def test_an_end_joins_its_own_level_where_two_pass() -> None:
    ground = way((-50, 0), (0, 0), (50, 0))
    over = way((0, -50), (0, 0), (0, 50), bridge=True, level=1)
    side = way((0, 0), (40, 40))
    assert parts(streets_of(ground, over, side)) == [{0, 2}, {1}]


def test_a_roundabout_joins_and_a_loop_is_an_edge() -> None:
    ring = ((0, 0), (20, 0), (20, 20), (0, 20), (0, 0))
    found = streets_of(way(*ring), way((20, 20), (60, 20)), way((200, 0), (230, 0), (200, 30), (200, 0)))
    assert parts(found) == [{0, 1}, {2}]
    loop = np.flatnonzero(found.fid == 2)
    assert (found.u[loop] == found.v[loop]).all()
    assert found.length_m[found.fid == 0].sum() == pytest.approx(80, abs=0.01)


def test_duplicates_are_parallel_edges() -> None:
    found = streets_of(way((0, 0), (100, 0)), way((0, 0), (100, 0)), way((0, 0), (50, 30), (100, 0)))
    assert len(found.x) == 2
    assert len(found.u) == 3
    network = found.network(ADULT)
    ends = pd.DataFrame({"edge": [0, 0], "t": [0.0, 1.0], "access_m": [0.0, 0.0]})
    seconds = network.nearest(ends.iloc[:1], ends.iloc[1:], speed_mps=1.2)
    assert seconds == pytest.approx([100 / 1.2], abs=0.01)


def test_a_way_of_one_place_is_dropped() -> None:
    found = streets_of(way((0, 0), (0, 0)), way((0, 0), (30, 0)))
    assert found.fid.tolist() == [1]


# -- rules ---------------------------------------------------------------------------------


def test_foot_decides_and_what_is_usual_stands_in_for_it() -> None:
    found = streets_of(
        way((0, 0), (10, 0), kind="motorway"),
        way((0, 0), (0, 10), kind="trunk"),
        way((0, 0), (10, 10), kind="trunk", foot="yes"),
        way((0, 0), (-10, 0), kind="residential", foot="no"),
        way((0, 0), (0, -10), kind="service", foot="private"),
        way((0, 0), (-10, -10), kind="cycleway"),
        way((0, 0), (20, -10), kind="other"),
    )
    assert open_ways(found) == {2, 4, 5}


def test_tags_refine_the_columns() -> None:
    tags = [
        {"highway": "residential", "access": "private", "foot": "yes"},
        {"highway": "residential", "access": "no"},
        {"highway": "trunk"},
        {"highway": "trunk", "sidewalk": "both"},
        {"highway": "primary", "motorroad": "yes"},
        {"highway": "primary", "sidewalk": "separate"},
        {"highway": "primary", "sidewalk": "separate", "foot": "yes"},
        {"highway": "primary", "sidewalk:left": "separate", "sidewalk:right": "no"},
        {"highway": "primary", "sidewalk:left": "separate", "sidewalk:right": "yes"},
        {"highway": "construction", "foot": "yes"},
        {"highway": "primary", "foot": "use_sidepath"},
    ]
    kinds = {"construction": "other"}
    found = streets_of(
        *(
            way(
                (0, 0),
                (10 + number, 5),
                kind=kinds.get(item["highway"], item["highway"]),
                tags=item,
                foot="yes",
            )
            for number, item in enumerate(tags)
        )
    )
    assert open_ways(found) == {0, 3, 6, 8}
    assert found.foot[found.fid == 0].tolist() == [2]


def test_tags_that_are_no_tags_are_passed_over() -> None:
    table = frame(way((0, 0), (10, 0)), way((0, 0), (0, 10)))
    rows = {
        name: table[name].to_numpy(dtype=object)
        for name in ("class", "foot", "cycle", "oneway", "bridge", "tunnel", "level")
    }
    rows |= {"tags": np.array(["some remark", "[1, 2]"], dtype=object), "fid": np.arange(2)}
    found = streets.of_roads(rows, table.geometry.to_numpy())
    assert found.foot.tolist() == [2, 2]


def test_steps_are_not_for_wheels() -> None:
    found = streets_of(
        way((0, 0), (10, 0), kind="steps", tags={"highway": "steps"}),
        way((0, 0), (20, 1), kind="steps", tags={"highway": "steps", "wheelchair": "yes"}),
        way((0, 0), (20, 2), kind="steps", tags={"highway": "elevator"}),
        way((0, 0), (20, 3), kind="footway", tags={"highway": "footway", "wheelchair": "no"}),
        way((0, 0), (20, 4), kind="steps"),
    )
    assert open_ways(found, "adult") == {0, 1, 2, 3, 4}
    assert open_ways(found, "wheelchair") == open_ways(found, "child_with_carer") == {1, 2}


def test_oneway_is_for_cycles_and_not_for_walkers() -> None:
    found = streets_of(
        way((0, 0), (100, 0), oneway=True),
        way((0, 0), (0, 100), oneway=True, tags={"highway": "residential", "oneway:bicycle": "no"}),
        way((0, 0), (70, 70), tags={"highway": "footway", "oneway:foot": "yes"}, kind="footway"),
        way((0, 0), (70, -70), tags={"highway": "steps", "conveying": "backward"}, kind="steps"),
        way((0, 0), (-70, 0), oneway=True, tags={"highway": "service", "oneway": "-1", "oneway:foot": "yes"}),
    )
    forth, back = found.seconds(ADULT)
    assert np.isfinite(forth).tolist() == [True, True, True, False, False]
    assert np.isfinite(back).tolist() == [True, True, False, True, True]
    forth, back = found.seconds(CYCLE)
    assert np.isfinite(forth).tolist() == [True, True, False, False, True]
    assert np.isfinite(back).tolist() == [False, True, False, False, False]
    assert forth[0] == pytest.approx(100 / 3.6, abs=0.01)


def test_cycles_need_leave_on_footways() -> None:
    found = streets_of(
        way((0, 0), (10, 0), kind="footway"),
        way((0, 0), (20, 1), kind="footway", cycle="yes"),
        way((0, 0), (20, 2), tags={"highway": "residential", "bicycle": "dismount"}),
        way(
            (0, 0), (20, 3), tags={"highway": "footway", "bicycle": "designated"}, kind="footway", cycle="yes"
        ),
        way((0, 0), (20, 4), kind="trunk", tags={"highway": "trunk"}, cycle="yes"),
    )
    assert open_ways(found, "cycle") == {1, 3}


def test_nobody_passes_a_locked_gate() -> None:
    lon, lat = degrees([(50, 0)])[0].tolist()
    closed = {"highway": "footway", "barriers": [[lon, lat, {"barrier": "gate", "locked": "yes"}]]}
    opened = {"highway": "footway", "barriers": [[lon, lat, {"barrier": "gate", "access": "private"}]]}
    points = ((0, 0), (50, 0), (100, 0))
    assert len(parts(streets_of(way(*points, tags=closed)))) == 2
    assert len(parts(streets_of(way(*points, tags=opened)))) == 1


# -- squares -------------------------------------------------------------------------------

SQUARE = {"highway": "pedestrian", "area": "yes"}


def test_a_square_is_crossed_straight() -> None:
    ring = ((0, 0), (50, 0), (100, 0), (100, 100), (50, 100), (0, 100), (0, 0))
    found = streets_of(
        way(*ring, kind="footway", tags=SQUARE), way((50, 0), (50, -40)), way((50, 100), (50, 140))
    )
    a, b = node_at(found, (50, 0)), node_at(found, (50, 100))
    straight = found.across & np.isin(found.u, [a, b]) & np.isin(found.v, [a, b])
    assert found.length_m[straight] == pytest.approx([100], abs=0.01)
    assert found.parts(ADULT)[1] == pytest.approx([400 + 80], abs=0.02)


def test_a_square_is_not_crossed_outside_its_outline() -> None:
    # An L: from one leg to the other the way turns at the inward corner.
    ring = ((0, 0), (100, 0), (100, 20), (20, 20), (20, 100), (0, 100), (0, 0))
    found = streets_of(
        way(*ring, kind="footway", tags=SQUARE), way((100, 20), (140, 20)), way((20, 100), (20, 140))
    )
    network = found.network(ADULT)
    ends = pd.DataFrame({"edge": [0, 0], "t": 0.0, "access_m": 0.0})
    for row, point in enumerate([(140, 20), (20, 140)]):
        node = node_at(found, point)
        edge = int(np.flatnonzero((found.u == node) | (found.v == node))[0])
        ends.loc[row, ["edge", "t"]] = [edge, 0.0 if found.u[edge] == node else 1.0]
    seconds = network.nearest(ends.iloc[:1], ends.iloc[1:], speed_mps=1.2)
    assert seconds * 1.2 == pytest.approx([40 + 80 + 80 + 40], abs=0.1)


def test_holes_of_squares_are_walked_round() -> None:
    table = frame(
        way((0, 0), (1, 0), kind="footway", tags=SQUARE), way((50, 100), (50, 140)), way((50, 0), (50, -40))
    )
    outer = degrees([(0, 0), (50, 0), (100, 0), (100, 100), (50, 100), (0, 100), (0, 0)])
    hole = degrees([(30, 30), (70, 30), (70, 70), (30, 70), (30, 30)])
    geometry = table.geometry.to_numpy()
    geometry[0] = shapely.MultiLineString([outer, hole])
    rows = {name: table[name].to_numpy(dtype=object) for name in streets.street_rules.COLUMNS}
    found = streets.of_roads(rows | {"fid": np.arange(3)}, geometry)
    a, b = node_at(found, (50, 0)), node_at(found, (50, 100))
    assert not (found.across & np.isin(found.u, [a, b]) & np.isin(found.v, [a, b])).any()
    inside = shapely.Polygon(
        shapely.transform(shapely.Polygon(hole), lambda p: found.to_metres(p[:, 0], p[:, 1]))
    )
    assert not shapely.intersects(shapely.buffer(inside, -1), found.line).any()
    assert found.length_m[found.across].min() == pytest.approx(np.hypot(20, 30), abs=0.01)


# -- times ---------------------------------------------------------------------------------


def test_crossing_a_main_road_waits_once() -> None:
    main = way((-100, 0), (0, 0), (100, 0), kind="primary")
    found = streets_of(main, way((0, -50), (0, 0)), way((0, 0), (0, 50)), way((50, 50), (90, 50)))
    assert found.crossings.tolist() == [0, 0, 0.5, 0.5, 0]
    waiting = get("adult").replace(crossing_s=30.0)
    forth, _ = found.seconds(waiting)
    assert forth[found.fid == 1] == pytest.approx([50 / 1.2 + 15], abs=0.01)
    assert found.seconds(ADULT)[0][2] == pytest.approx(50 / 1.2, abs=0.01)


def test_one_way_carriageways_count_half() -> None:
    pair = [
        way((-50, y), (0, y), (50, y), kind="secondary", oneway=True) for y in (0, 15)
    ]  # fmt: skip
    side = way((0, -50), (0, 0), (0, 15), (0, 60), kind="footway")
    found = streets_of(*pair, side)
    assert found.crossings[found.fid == 2].tolist() == [0.25, 0.5, 0.25]


def test_main_roads_cross_each_other() -> None:
    arms = [way((0, 0), end, kind="primary") for end in ((50, 0), (-50, 0), (0, 50), (0, -50))]
    assert streets_of(*arms).crossings.tolist() == [0.5] * 4
    assert streets_of(*arms[:2]).crossings.tolist() == [0, 0]


def test_a_crossing_with_lights_waits_once_over_its_whole_length() -> None:
    tags = {"highway": "footway", "footway": "crossing", "crossing": "traffic_signals"}
    found = streets_of(
        way((0, 0), (5, 0), (20, 0), kind="footway", tags=tags), way((5, -20), (5, 0), (5, 20))
    )
    assert found.crossings[found.fid == 0] == pytest.approx([0.25, 0.75], abs=0.001)


@pytest.fixture(scope="module")
def slope(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Terrain that rises by 5 % to the north."""
    path = tmp_path_factory.mktemp("terrain") / "dem.tif"
    (west, south), (east, north) = degrees([(-500, -500), (1500, 1500)])
    size = 400
    lat = np.linspace(north, south, size, endpoint=False) - (north - south) / size / 2
    per_degree = 2000 / (north - south)
    heights = np.repeat(((lat - south) * per_degree * 0.05)[:, None], size, axis=1).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine((east - west) / size, 0, west, 0, (south - north) / size, north),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    return path


def test_slopes_slow_the_way_up(slope: Path) -> None:
    found = streets_of(
        way((0, 0), (0, 500)),
        way((0, 0), (500, 0)),
        way((0, 500), (0, 600), bridge=True, level=1),
        way((0, 500), (60, 600), kind="steps"),
        dem=slope,
    )
    walker = get("adult").replace(speed_mps=6 * float(np.exp(-0.175)) / 3.6, crossing_s=0.0)
    forth, back = found.seconds(walker)
    assert forth[0] == pytest.approx(425.7202645779771, rel=5e-3)
    assert back[0] == pytest.approx(300.0, rel=5e-3)
    assert forth[1] == pytest.approx(back[1], rel=5e-3)
    assert found.gradient[2:].tolist() == [0, 0]
    assert found.seconds(CYCLE)[0][0] == pytest.approx(500 / 3.6, abs=0.01)


def test_without_terrain_there_are_no_slopes() -> None:
    found = streets_of(way((0, 0), (0, 500)))
    assert np.isnan(found.z).all()
    assert found.gradient.tolist() == [0.0]


# -- fragments, places, routes -------------------------------------------------------------


def test_parts_tell_islands_from_fragments() -> None:
    found = streets_of(way((0, 0), (500, 0)), way((0, 800), (300, 800)), way((0, 1500), (150, 1500)))
    label, length_m = found.parts(ADULT)
    assert length_m[label] == pytest.approx([500, 300, 150], abs=0.05)
    targets = found.targets(ADULT)
    assert (targets.whole.tolist(), targets.fragments.tolist()) == ([0, 1], [2])


def test_nearest_edge_tells_where_a_place_joins() -> None:
    found = streets_of(way((0, 0), (100, 0)), way((0, 0), (0, 300), kind="trunk"), way((0, 0), (0, -200)))
    lon, lat = degrees([(25, 30)])[0].tolist()
    near = found.nearest_edge(lon, lat, ADULT)
    assert near.edge == 0
    assert (near.t, near.access_m) == (pytest.approx(0.25, abs=1e-3), pytest.approx(30, abs=0.01))
    lon, lat = degrees([(2000, 2000)])[0].tolist()
    with pytest.raises(InputError, match="within 300 m") as caught:
        found.nearest_edge(lon, lat, ADULT)
    assert "300 米内" in caught.value.zh


def test_a_link_has_ends_on_streets_and_the_whole_length() -> None:
    found = streets_of(way((0, 0), (400, 0)), way((0, 100), (400, 100)))
    start, end = (tuple(place) for place in degrees([(100, 10), (100, 80)]).tolist())
    link = found.link(start, end, ADULT).iloc[0]
    assert (link.edge_a, link.edge_b) == (0, 1)
    assert (link.t_a, link.t_b) == (pytest.approx(0.25, abs=1e-3), pytest.approx(0.25, abs=1e-3))
    assert link.length_m == pytest.approx(100, abs=0.01)


def test_a_route_is_drawn_along_its_streets() -> None:
    found = streets_of(way((100, 0), (50, 0), (0, 0)), way((100, 0), (100, 50)), way((100, 50), (180, 50)))
    network = found.network(ADULT)
    places = pd.DataFrame({"edge": [0, 2], "t": [0.75, 0.5], "access_m": [0.0, 0.0]})
    route = network.route(0, 0, origins=places.iloc[:1], facilities=places.iloc[1:], speed_mps=1.2)
    assert route is not None
    line = found.to_metres(*found.line_of(route).T)
    expected = metres((25, 0), (50, 0), (100, 0), (100, 50), (140, 50))
    assert line == pytest.approx(expected, abs=0.01)
    assert shapely.length(shapely.LineString(line)) == pytest.approx(route.length_m, abs=0.01)


def test_a_route_along_one_street_is_drawn_backwards_too() -> None:
    found = streets_of(way((0, 0), (50, 0), (100, 0)))
    places = pd.DataFrame({"edge": [0, 0], "t": [0.8, 0.2], "access_m": [0.0, 0.0]})
    route = found.network(ADULT).route(
        0, 0, origins=places.iloc[:1], facilities=places.iloc[1:], speed_mps=1.2
    )
    assert route is not None
    line = found.to_metres(*found.line_of(route).T)
    assert line == pytest.approx(metres((80, 0), (50, 0), (20, 0)), abs=0.01)


def test_networks_are_kept_for_each_way_of_travelling() -> None:
    found = streets_of(way((0, 0), (100, 0)))
    assert found.network(ADULT) is found.network(get("adult").replace(crossing_s=0.0))
    assert found.network(ADULT) is not found.network(WHEELCHAIR)
    assert found.network(ADULT).n_edges == found.network(CYCLE).n_edges == 1


# -- from a home ---------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


def test_streets_come_from_the_shown_roads(store: Store) -> None:
    with pytest.raises(UnknownName, match="road"):
        streets.read(store)
    city.put(store, {"road": frame(
        way((0, 0), (50, 0), (100, 0), foot="yes", level=0, bridge=False),
        way((50, 0), (50, 80), foot="private", tags={"highway": "service", "access": "private"}),
        way((50, 80), (90, 80), kind="motorway", foot="no"),
    )})  # fmt: skip
    found = streets.read(store)
    assert sorted(found.length_m.round(2).tolist()) == [40, 50, 50, 80]
    known = store.cursor().execute(f"SELECT fid FROM {store.generation('road').relation}").fetchnumpy()
    assert set(found.fid.tolist()) == set(known["fid"].tolist())
    assert found.parts(ADULT)[1] == pytest.approx([180], abs=0.02)
    assert found.foot[found.length_m.round() == 80].tolist() == [1]


@pytest.fixture(scope="module")
def helsinki(shared: Path) -> Streets:
    path = shared / "data/osm_helsinki/Helsinki.osm.pbf"
    if not path.exists():
        pytest.skip(f"needs {path}")
    roads = (
        next(item for item in ingest.inspect(path).datasets if item.layer == "road").rows_for("road").frame
    )
    rows = {
        name: roads[name].to_numpy(dtype=float, na_value=np.nan)
        if name == "level"
        else roads[name].astype(object).to_numpy()
        for name in streets.street_rules.COLUMNS
    }
    rows["fid"] = np.arange(len(roads))
    return streets.of_roads(rows, roads.geometry.to_numpy())


def test_helsinki_is_one_network(helsinki: Streets) -> None:
    assert helsinki.crs == "EPSG:32635"
    _, length_m = helsinki.parts(ADULT)
    assert length_m.max() / length_m.sum() > 0.98
    assert length_m.sum() == pytest.approx(103_000, rel=0.01)
    _, step_free_m = helsinki.parts(WHEELCHAIR)
    assert step_free_m.sum() < length_m.sum()


def test_helsinki_ways_join_where_openstreetmap_joins_them(helsinki: Streets, shared: Path) -> None:
    import osmium

    ways_at: dict[tuple[int, int], set[int]] = {}
    for way_ in osmium.FileProcessor(str(shared / "data/osm_helsinki/Helsinki.osm.pbf")).with_locations():
        if way_.is_way() and "highway" in way_.tags:
            for node in way_.nodes:
                if node.location.valid():
                    place = round(node.lon * 1e7), round(node.lat * 1e7)
                    ways_at.setdefault(place, set()).add(way_.id)
    joints = {place for place, ways in ways_at.items() if len(ways) > 1}
    east, north = (np.round(value * 1e7).astype(int).tolist() for value in (helsinki.lon, helsinki.lat))
    nodes = Counter(zip(east, north, strict=True))
    # The rest touch only ways that the border of the extract cut away.
    assert len(joints & set(nodes)) > 0.99 * len(joints)
    # Gates that nobody passes.
    assert sum(count > 1 for count in nodes.values()) <= 4


def test_helsinki_detours_are_those_of_a_city(helsinki: Streets) -> None:
    rng = np.random.default_rng(1)
    rows = rng.choice(helsinki.targets(ADULT).whole, 40, replace=False)
    places = pd.DataFrame({"edge": rows, "t": 0.5, "access_m": 0.0})
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(helsinki.line[rows], 0.5, normalized=True)
    )
    pairs = helsinki.network(ADULT).pairs(places, places, speed_mps=1.2, limit_s=3600)
    straight_m = np.hypot(*(middle[pairs["origin"]] - middle[pairs["facility"]]).T)
    far = straight_m > 200
    detour = pairs["seconds"].to_numpy()[far] * 1.2 / straight_m[far]
    assert len(detour) > 1000
    assert detour.min() >= 0.999
    assert 1.1 < np.median(detour) < 1.6


def test_helsinki_buildings_join_its_streets(helsinki: Streets, shared: Path) -> None:
    found = ingest.inspect(shared / "data/osm_helsinki/Helsinki.osm.pbf").datasets
    frame_ = next(item for item in found if item.layer == "building").rows_for("building").frame
    middle = shapely.get_coordinates(shapely.point_on_surface(frame_.geometry.to_numpy()))
    snapped = snapping.snap(helsinki, helsinki.to_metres(*middle.T), ADULT, cap_m=100)
    assert (snapped.flag == snapping.Flag.OK).mean() == 1.0
    assert snapped.places["access_m"].median() < 20
