from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.coverage_5g import scenes
from twin.analysis.coverage_5g import engine, sites, what_if
from twin.analysis.coverage_5g._kernels import CHANNELS, SERVER
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.what_if import Editor, Outcome
from twin.errors import InputError
from twin.scenario import Add, AnyEdit, Change, Move, Remove

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
