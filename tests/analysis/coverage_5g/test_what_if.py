from __future__ import annotations

import numpy as np
import pytest
import shapely

from tests.analysis.coverage_5g import scenes
from twin import planned
from twin.analysis import building_works
from twin.analysis.coverage_5g import engine, sites, what_if
from twin.analysis.coverage_5g._kernels import CHANNELS, SERVER
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.what_if import Editor, Outcome
from twin.analysis.surface import Surface
from twin.errors import InputError
from twin.scenario import Add, AnyEdit, Change, Move, Remove, read_edit

LAYER = "site_5g"


@pytest.fixture(scope="module")
def base() -> Run:
    city = scenes.town(31, size_m=3000, count=900)
    return engine.run(city, scenes.scattered(city, 31, 20), Parameters(radius_m=500.0))


def add(number: int, base: Run, east: float, south: float, **values: object) -> Add:
    lon, lat = scenes.place(base.surface, east, south)
    return Add(id=number, layer=LAYER, lon=lon, lat=lat, values=values)


def move(number: int, base: Run, fid: int, east: float, south: float) -> Move:
    lon, lat = scenes.place(base.surface, east, south)
    return Move(id=number, layer=LAYER, fid=fid, lon=lon, lat=lat)


def from_scratch(outcome: Outcome) -> Run:
    run = outcome.run
    return engine.run(run.surface, run.sites, run.parameters)


def assert_equal(one: Run, other: Run) -> None:
    """Bit for bit, in every channel; a tile that nothing reaches may be there or not."""
    for channel in range(CHANNELS):
        a, b = one.channel(channel), other.channel(channel)
        if channel > SERVER:
            a, b = (np.where(run.channel(SERVER) >= 0, run.channel(channel), 0) for run in (one, other))
        assert np.array_equal(a, b), channel


def test_fifty_random_edits_are_those_of_a_full_computation(base: Run) -> None:
    rng = np.random.default_rng(1)
    edits: list[AnyEdit] = []
    known = base.sites.fid.tolist()
    for number in range(1, 51):
        kind = rng.integers(3) if len(known) > 5 else 0
        if kind == 0:
            edits.append(add(number, base, *rng.uniform(100, 2900, 2), height_m=float(rng.uniform(15, 45))))
            known.append(-number)
        elif kind == 1:
            edits.append(move(number, base, int(rng.choice(known)), *rng.uniform(100, 2900, 2)))
        else:
            fid = int(rng.choice(known))
            known.remove(fid)
            edits.append(Remove(id=number, layer=LAYER, fid=fid))
    outcome = what_if.with_edits(base, edits)
    assert outcome.ignored == ()
    assert outcome.run.sites.sent.sum() == len(known)
    assert sorted(outcome.run.sites.fid[outcome.run.sites.sent].tolist()) == sorted(known)
    assert_equal(outcome.run, from_scratch(outcome))


def test_only_the_window_of_an_edit_changes(base: Run) -> None:
    before = [base.channel(channel) for channel in range(CHANNELS)]
    outcome = what_if.with_edits(base, [add(1, base, 1500, 1500, height_m=30.0)])
    assert outcome.window == (100, 201, 100, 201)
    top, bottom, left, right = outcome.window
    for channel, old in enumerate(before):
        new = outcome.run.channel(channel)
        changed = new != old
        changed[top:bottom, left:right] = False
        assert not changed.any()
    assert (outcome.run.channel(0) > before[0]).any()
    assert_equal(outcome.run, from_scratch(outcome))
    # The base is as it was: undoing is going back to it.
    assert all(np.array_equal(base.channel(channel), old) for channel, old in enumerate(before))
    assert outcome.run.evaluations < 3 * 101 * 101


def test_removing_what_was_added_is_the_base(base: Run) -> None:
    outcome = what_if.with_edits(base, [add(1, base, 900, 700), Remove(id=2, layer=LAYER, fid=-1)])
    assert outcome.run is base
    assert outcome.window is None


def test_removing_rebuilds_from_the_others(base: Run) -> None:
    fid = int(base.sites.fid[3])
    outcome = what_if.with_edits(base, [Remove(id=1, layer=LAYER, fid=fid)])
    gone = np.flatnonzero(base.sites.site == 3)
    assert np.isin(base.channel(SERVER), gone).any()
    assert not np.isin(outcome.run.channel(SERVER), gone).any()
    assert (outcome.run.channel(0) <= base.channel(0)).all()
    assert_equal(outcome.run, from_scratch(outcome))
    back = what_if.with_sites(outcome.run, base.sites.chosen(np.arange(len(base.sites)) == 3))
    assert np.abs(back.channel(0) - base.channel(0)).max() == 0


def test_only_the_circle_that_a_site_leaves_is_rebuilt(base: Run) -> None:
    at = 3
    outcome = what_if.with_edits(base, [Remove(id=1, layer=LAYER, fid=int(base.sites.fid[at]))])
    rows, columns = np.indices(base.surface.grid.shape)
    [left] = np.unique(base.masts.arrays.cell[base.masts.site == at], axis=0)

    def disc(cell: np.ndarray) -> np.ndarray:
        return (rows - cell[0]) ** 2 + (columns - cell[1]) ** 2 <= base.sight.reach**2

    heard = 0
    circle = disc(left)
    for mast in np.flatnonzero(base.masts.site != at).tolist():
        first, last = base.masts.arrays.first[mast : mast + 2].tolist()
        heard += (last - first) * int((circle & disc(base.masts.arrays.cell[mast])).sum())
    assert outcome.run.evaluations == heard
    changed = np.zeros(circle.shape, bool)
    for channel in range(SERVER + 1):
        changed |= outcome.run.channel(channel) != base.channel(channel)
    assert changed.any()
    assert not (changed & ~circle).any()


def test_sites_that_fall_silent_together_are_those_of_a_full_computation(base: Run) -> None:
    silent = what_if.silenced(base, np.array([2, 3, 11, 17]))
    assert_equal(silent, engine.run(base.surface, silent.sites, base.parameters))


def test_dragging_rebuilds_what_a_site_leaves_once(base: Run) -> None:
    editor = Editor(base)
    fid = int(base.sites.fid[5])
    first = editor.apply([move(1, base, fid, 1200, 1200)])
    second = editor.apply([move(1, base, fid, 1260, 1215)])
    assert second.run.evaluations <= 3 * 101 * 101
    assert_equal(first.run, from_scratch(first))
    assert_equal(second.run, from_scratch(second))
    assert editor.apply([]).run is base


def test_a_site_moved_twice_stands_where_it_was_put_last(base: Run) -> None:
    fid = int(base.sites.fid[5])
    twice = what_if.with_edits(base, [move(1, base, fid, 1200, 1200), move(2, base, fid, 2000, 800)])
    once = what_if.with_edits(base, [move(1, base, fid, 2000, 800)])
    assert_equal(twice.run, once.run)


def test_a_site_is_tilted_anew_and_switched_off(base: Run) -> None:
    fid = int(base.sites.fid[3])
    [row] = sites.as_rows(base.sites.chosen(np.arange(len(base.sites)) == 3))
    same = Editor(base).apply([Change(id=1, layer=LAYER, fid=fid, values={"sectors": row["sectors"]})])
    moved = Editor(base).apply([Move(id=1, layer=LAYER, fid=fid, lon=row["lon"], lat=row["lat"])])
    assert_equal(same.run, moved.run)
    steep = [sector | {"electrical_tilt_deg": 14.0} for sector in row["sectors"]]
    tilted = Editor(base).apply([Change(id=1, layer=LAYER, fid=fid, values={"sectors": steep})])
    assert_equal(tilted.run, from_scratch(tilted))
    assert not np.array_equal(tilted.run.channel(0), base.channel(0))
    off = Editor(base).apply([Change(id=1, layer=LAYER, fid=fid, values={"status": "off"})])
    assert_equal(off.run, Editor(base).apply([Remove(id=1, layer=LAYER, fid=fid)]).run)


def test_edits_of_no_effect_are_told(base: Run) -> None:
    gone = int(base.sites.fid[0])
    lon, lat = scenes.place(base.surface, 500, 500)
    outcome = what_if.with_edits(
        base,
        [
            Remove(id=1, layer="facility", fid=gone),
            Remove(id=2, layer=LAYER, fid=987654321),
            Remove(id=3, layer=LAYER, fid=gone),
            Remove(id=4, layer=LAYER, fid=gone),
            Add(id=5, layer=LAYER, lon=lon, lat=lat, values={"status": "off"}),
            Add(id=6, layer=LAYER, lon=lon + 1, lat=lat, values={}),
        ],
    )
    assert outcome.ignored == (1, 2, 4, 5, 6)
    assert_equal(outcome.run, from_scratch(outcome))


def test_an_added_site_says_what_is_wrong_with_it(base: Run) -> None:
    with pytest.raises(InputError, match="azimuth_deg"):
        what_if.with_edits(base, [add(1, base, 500, 500, sectors=[{"azimuth_deg": 400.0}])])


def test_edits_of_operators_not_asked_for_are_ignored() -> None:
    city = scenes.town(32, size_m=1500, count=50)
    run = engine.run(city, scenes.scattered(city, 32, 2), Parameters(radius_m=300.0, operators=("cmcc",)))
    outcome = what_if.with_edits(run, [add(1, run, 700, 700, operator="ctcc")])
    assert outcome.ignored == (1,)
    assert outcome.run is run


def test_hybrid_edits_are_those_of_a_full_computation() -> None:
    city = scenes.town(33, size_m=1500, count=200)
    run = engine.run(city, scenes.scattered(city, 33, 4), Parameters(radius_m=300.0, model="hybrid"))
    fid = int(run.sites.fid[1])
    outcome = what_if.with_edits(run, [move(1, run, fid, 700, 700), add(2, run, 300, 900)])
    assert_equal(outcome.run, from_scratch(outcome))


def build(
    number: int, base: Run, east: float, south: float, half: float, height_m: float, **more: object
) -> AnyEdit:
    ring = [
        scenes.place(base.surface, east + x * half, south + y * half)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    return read_edit({"id": number, "kind": "build", "footprint": [ring], "height_m": height_m, **more})


def one(city: Surface, east: float, south: float, height_m: float) -> sites.Sites:
    lon, lat = scenes.place(city, east, south)
    sectors = [
        {"band_ghz": 3.5, "azimuth_deg": azimuth, "power_dbm": 46.0, "bandwidth_mhz": 100.0}
        for azimuth in (90.0, 210.0, 330.0)
    ]
    row = {
        "fid": 1,
        "lon": lon,
        "lat": lat,
        "operator": "cmcc",
        "height_m": height_m,
        "mount": "mast",
        "sectors": sectors,
    }
    return sites.of_rows([row])


def test_a_tower_puts_what_is_behind_it_into_shadow() -> None:
    field = scenes.boxes(10.0, 2000, [], [])
    alone = engine.run(field, one(field, 500, 1000, height_m=30.0), Parameters(radius_m=900.0))
    # 60 m high and 40 m wide, 300 m east of the antenna (beyond what its scenario is told from): the ground
    # right behind it lies in its shadow.
    outcome = Editor(alone).apply([build(1, alone, 800, 1000, 20, 60.0)])
    run = outcome.run
    row, behind, beside = 100, 85, 30
    assert not bool(run.rasters().line_of_sight[row, behind])
    assert bool(alone.rasters().line_of_sight[row, behind])
    assert run.rasters().rsrp_dbm[row, behind] < alone.rasters().rsrp_dbm[row, behind] - 10
    assert run.rasters().rsrp_dbm[row, beside] == alone.rasters().rsrp_dbm[row, beside]
    cell = (100, 80)
    assert int(run.surface.buildings.fid[run.surface.building[cell]]) == -1
    assert run.surface.top[cell] == 60.0
    assert run.rasters().indoor_loss_db[cell] > 10
    assert outcome.ignored == ()
    again = engine.run(run.surface, run.sites, run.parameters)
    assert_equal(run, again)
    assert alone.surface.building.max() == -1  # the base is as it was


def test_works_and_sites_together_are_those_of_a_full_computation(base: Run) -> None:
    fids = base.surface.buildings.fid
    order = np.argsort(-base.surface.buildings.height_m)
    tall = [int(fids[row]) for row in order[:3]]
    edits: list[AnyEdit] = [
        build(1, base, 1500, 1500, 30, 120.0, use="residential", people=500),
        build(2, base, 700, 2100, 25, 45.0, replaces=[tall[0]]),
        read_edit({"id": 3, "kind": "remove", "layer": "building", "fid": tall[1]}),
        add(4, base, 1530.0, 1480.0, height_m=30.0),
        read_edit({"id": 5, "kind": "change", "layer": "building", "fid": -2, "values": {"height_m": 80.0}}),
        build(6, base, 9000, 9000, 25, 45.0),
        read_edit({"id": 7, "kind": "remove", "layer": "building", "fid": 10**9}),
    ]
    outcome = Editor(base).apply(edits)
    assert outcome.ignored == (6, 7)
    assert outcome.works is not None
    assert_equal(outcome.run, from_scratch(outcome))
    top, bottom, left, right = outcome.window
    outside = np.ones(base.surface.grid.shape, bool)
    outside[top:bottom, left:right] = False
    for channel in range(SERVER + 1):
        assert np.array_equal(outcome.run.channel(channel)[outside], base.channel(channel)[outside])
    assert int(outcome.run.surface.buildings.floors[-3]) == 40
    # Without the works all is as before, bit for bit.
    assert_equal(Editor(base).apply([]).run, base)


def test_a_surface_after_works_is_that_of_the_changed_buildings() -> None:
    """Overlapping boxes on rolling ground: what comes to light under a demolished one is there again."""
    rng = np.random.default_rng(5)
    middle, half, height = (
        rng.uniform(100, 900, (60, 2)),
        rng.uniform(10, 60, (60, 2)),
        rng.uniform(3, 60, 60),
    )
    corners = np.column_stack([middle[:, 0] - half[:, 0], middle[:, 1] + half[:, 1], middle[:, 0] + half[:, 0],
                               middle[:, 1] - half[:, 1]])  # fmt: skip
    lines = np.arange(100) * 10.0
    ground = (5 + 3 * np.sin(lines / 60)[:, None] * np.cos(lines / 45)[None, :]).astype(np.float32)
    whole = scenes.boxes(10.0, 1000, corners, height, ground=ground)
    gone = [3, 17, 40]
    stays = np.array([row not in gone for row in range(60)])

    def degrees(row: int) -> shapely.Polygon:
        west, south, east, north = corners[row]
        return shapely.Polygon(
            [
                scenes.place(whole, x, y)
                for x, y in ((west, south), (east, south), (east, north), (west, north))
            ]
        )

    def standing(_box: object) -> list[tuple[int, shapely.Polygon]]:
        return [(row + 1, degrees(row)) for row in range(60)]

    run = engine.run(whole, one(whole, 500, 500, height_m=25.0), Parameters(radius_m=300.0))
    edits = [
        build(1, run, 400, 400, 43, 30.0, replaces=[gone[0] + 1, gone[1] + 1]),
        read_edit({"id": 2, "kind": "remove", "layer": "building", "fid": gone[2] + 1}),
    ]
    made = building_works.rebuilt(whole, planned.works(edits), standing).surface
    expected = scenes.boxes(
        10.0,
        1000,
        np.vstack([corners[stays], [[357, 443, 443, 357]]]),
        np.append(height[stays], 30.0),
        ground=ground,
    )
    np.testing.assert_array_equal(made.top, expected.top)
    number = np.append(np.append(np.cumsum(stays) - 1, 57), -1)
    np.testing.assert_array_equal(number[made.building], expected.building)
