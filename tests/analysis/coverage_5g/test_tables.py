from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tests.analysis.coverage_5g.conftest import Radio
from twin.analysis.coverage_5g import _kernels, criteria, engine, result, sites, tables, what_if
from twin.analysis.coverage_5g.tables import Assessment
from twin.analysis.coverage_5g.zones import PUBLIC_ROADS, ROAD_CLASSES

DISTRICT, CENTRAL, WEST, EAST, PILOT = range(5)


def with_b(radio: Radio) -> engine.Run:
    """The run with the planned site on the air too."""
    planned = sites.read(radio.store, planned=True)
    return what_if.with_sites(radio.run, planned.chosen(planned.status == "planned"))


def judged_again(found: Assessment) -> Assessment:
    return tables.assess(found.run, found.zones, found.profile)


def assert_same(one: Assessment, other: Assessment) -> None:
    for name in ("outside", "covered", "home_inside"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for mine, theirs in zip(one.counts, other.counts, strict=True):
        assert np.array_equal(mine, theirs)


def test_the_same_cells_pass_as_in_the_rasters(radio: Radio) -> None:
    found, coverage = radio.found, radio.run.rasters()
    assert 0.2 < found.covered[radio.run.surface.outdoor].mean() < 0.9
    assert np.array_equal(found.covered, coverage.passes(-105.0, -3.0))
    assert np.array_equal(found.outside[coverage.outdoor], found.covered[coverage.outdoor])
    # Behind a wall fewer cells pass than before it.
    assert (found.outside >= found.covered).all()
    assert (found.outside & ~found.covered).any()


def test_figures_of_areas_are_those_of_their_cells(radio: Radio) -> None:
    found, coverage = judged_again(radio.found), radio.run.rasters()
    zones = found.zones
    for number in range(len(zones.areas)):
        cells = zones.member[number][zones.atom] & coverage.outdoor
        level, quality = coverage.rsrp_dbm[cells], coverage.sinr_db[cells]
        assert found.rates["area"][number] == pytest.approx(found.covered[cells].mean())
        if number == PILOT:
            continue
        assert found.mean_rsrp_dbm[number] == pytest.approx(np.nanmean(level), abs=0.01)
        assert found.median_sinr_db[number] == pytest.approx(np.nanmedian(quality), abs=0.06)
        overlapped = coverage.overlap[cells & coverage.known] >= 4
        assert found.overlap[number] == pytest.approx(
            overlapped.mean() if len(overlapped) else math.nan, nan_ok=True
        )


def test_people_and_buildings_by_hand(radio: Radio) -> None:
    found = radio.found
    assert found.people.tolist() == pytest.approx([703, 303, 303, 400, 0])
    # "far" is 1.7 km from the only site, beyond the radius.
    assert found.covered_people[EAST] == 0
    assert found.rates["people"][WEST] == pytest.approx(found.covered_people[WEST] / 303)
    assert found.covered_people[WEST] >= 103
    assert found.rates["residential_buildings"][EAST] == 0
    assert math.isnan(found.rates["people"][PILOT])
    homes = found.zones.homes
    inside = np.bincount(homes.home, found.covered.ravel()[homes.cell], len(homes)) / homes.cells
    own = np.bincount(homes.home, homes.own, len(homes)) == homes.cells
    assert np.array_equal(found.home_share[own], inside[own])


def test_a_home_without_a_cell_has_its_own_wall(radio: Radio) -> None:
    found, homes = radio.found, radio.found.zones.homes
    at = np.flatnonzero(~homes.own)
    assert len(at) == 1
    (best,) = tables.at_cells(radio.run, homes.cell[at], (_kernels.BEST,))
    wall = radio.run.surface.building.ravel()[homes.cell[at]]
    assert wall.tolist() == [-1]
    loss = result.wall_db(radio.run)[homes.row[homes.home[at]]]
    assert loss.tolist() == pytest.approx([12.73 + 25 / 6], abs=0.05)
    expected = best - loss >= -105
    assert found.home_inside[at].tolist() == (expected & found.outside.ravel()[homes.cell[at]]).tolist()


def test_roads_and_their_classes(radio: Radio) -> None:
    found = radio.found
    roads = found.zones.roads
    rows = {row["class"]: row for row in tables.roads_table(found)}
    assert set(rows) == {"primary", "footway"}
    assert rows["primary"]["length_km"] == pytest.approx(2.4, rel=0.002)
    good = found.outside.ravel()[roads.cell]
    public = np.isin(np.array(ROAD_CLASSES), PUBLIC_ROADS)[roads.kind]
    share = roads.length_m[good & public].sum() / roads.length_m[public].sum()
    assert rows["primary"]["rate"] == pytest.approx(share, abs=0.005)
    assert found.rates["road_length"][DISTRICT] == rows["primary"]["rate"]
    # 900 m either way of x = 400 are heard.
    assert 0.3 < share <= 1300 / 2400 + 0.01


def test_sensors_outdoors_and_in_buildings(radio: Radio) -> None:
    table = tables.sensors_table(radio.found)
    assert (table["count"], table["rate"], table["indoor_count"]) == (2, 0.5, 1)
    assert [kind["kind"] for kind in table["kinds"]] == ["camera", "smoke"]
    assert table["kinds"][1] == {
        "kind": "smoke", "count": 0, "rate": None, "indoor_count": 1, "indoor_rate": table["indoor_rate"],
    }  # fmt: skip


def test_rows_of_areas_are_plain_data_with_their_base(radio: Radio) -> None:
    after = radio.found.after(with_b(radio))
    rows = tables.areas_table(after, radio.found)
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert set(rows[0]["rates"]) == set(tables.RATES)
    assert rows[EAST]["base"]["people"] == 0.0
    assert rows[EAST]["rates"]["people"] > 0.5
    assert rows[WEST]["rates"]["people"] == rows[WEST]["base"]["people"]
    assert rows[PILOT]["rates"]["people"] is None
    assert rows[DISTRICT]["people"] == 703
    assert rows[DISTRICT]["short_people"] == 703 - round(after.covered_people[DISTRICT])
    assert rows[DISTRICT]["target"] is None


def test_judging_changed_tiles_is_judging_all(radio: Radio) -> None:
    added = with_b(radio)
    after = radio.found.after(added)
    assert_same(after, judged_again(after))
    silent = what_if.silenced(added, np.array([0]))
    gone = after.after(silent)
    assert_same(gone, judged_again(gone))
    assert gone.covered_people[WEST] < after.covered_people[WEST]
    assert_same(gone.after(added), after)


def test_a_rate_is_asked_of_the_data_channel(radio: Radio) -> None:
    profile = criteria.load("signal-upgrade-2025")
    found = tables.assess(radio.run, radio.found.zones, profile)
    coverage = radio.run.rasters()
    cells = radio.found.zones.member[DISTRICT][radio.found.zones.atom] & coverage.outdoor
    fast = np.nan_to_num(coverage.throughput_mbps[cells]) >= 220
    assert found.rates["downlink"][DISTRICT] == pytest.approx(fast.mean())
    assert tables.areas_table(found)[DISTRICT]["target"] == 0.95
    assert tables.least_sinr_db(radio.run, 1e6) == math.inf
    assert tables.least_sinr_db(radio.run, 0.1) == -1.89


def test_upstairs_counts_indoors_only(radio: Radio) -> None:
    parameters = radio.run.parameters.model_copy(update={"floor": 5})
    run = engine.run(radio.run.surface, radio.run.sites, parameters)
    found = tables.assess(run, radio.found.zones, radio.found.profile)
    assert math.isnan(found.rates["area"][DISTRICT])
    assert math.isnan(found.rates["road_length"][DISTRICT])
    # "near" has four floors and "shed" one: two homes of 200 and 400 people have a sixth.
    assert found.people[DISTRICT] == pytest.approx(600)
    assert tables.sensors_table(found)["count"] == 0
    assert tables.roads_table(found) == []
    assert np.array_equal(found.covered, run.rasters().passes(-105.0, -3.0))


def test_cells_are_picked_from_their_tiles(radio: Radio) -> None:
    run = radio.run
    cells = np.random.default_rng(5).integers(0, run.surface.grid.rows * run.surface.grid.columns, 400)
    for channel in (_kernels.BEST, _kernels.OTHERS, _kernels.SERVER, _kernels.FOURTH):
        (picked,) = tables.at_cells(run, cells, (channel,))
        assert np.array_equal(picked, run.channel(channel).ravel()[cells])


def test_profiles_without_signal_thresholds_pass_what_is_heard(radio: Radio) -> None:
    profile = criteria.Profile("any", radio.found.profile.title, ())
    found = tables.assess(radio.run, radio.found.zones, profile)
    assert np.array_equal(found.covered, radio.run.rasters().known)
