from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.coverage_5g.conftest import RADIUS_M, Radio
from twin.analysis import surface
from twin.analysis.coverage_5g import criteria, engine, report, sites, tables
from twin.errors import HomeUnusable, UnknownName


def test_summary_is_plain_data_with_everything(radio: Radio) -> None:
    data = report.summary(radio.store, radio.found, radio.found)
    assert json.loads(json.dumps(data, allow_nan=False))["areas"] == data["areas"]
    assert set(data) == {
        "parameters", "bounds", "corners", "profile", "areas", "roads", "scenes", "sensors", "weak", "sites",
        "evidence",
    }  # fmt: skip
    west, _, east, north = data["bounds"]
    nw, _, se, _ = data["corners"]
    assert nw[0] < se[0]
    assert nw[1] > se[1]
    assert (west, north) == (min(lon for lon, _ in data["corners"]), max(lat for _, lat in data["corners"]))
    assert east - west > 0.025
    assert data["parameters"]["profile"] == "sa-standard"
    assert data["areas"][0]["base"]["people"] == data["areas"][0]["rates"]["people"]
    assert len(data["scenes"]) == 11
    assert data["weak"][0]["rank"] == 1


def test_sites_of_the_district(radio: Radio) -> None:
    network = report.network(radio.found)
    assert (network["count"], network["sectors"], network["assumed"]) == (1, 3, {})
    assert network["km2"] == pytest.approx(2.4, rel=0.01)
    assert network["per_km2"] == pytest.approx(1 / 2.4, rel=0.01)


def test_the_method_tells_model_criteria_and_parameters(radio: Radio) -> None:
    method = report.method(radio.found)
    for text in method.values():
        for part in ("3.5 GHz", "TR 38.901 Release 18", "-105 dBm", "-3 dB", f"{RADIUS_M:g} m", "UM"):
            assert part in text
    assert "未核实" in method["zh"]
    assert "not verified" in method["en"]
    hybrid = radio.run.parameters.model_copy(update={"model": "hybrid", "environment": "UMi"})
    run = engine.run(radio.run.surface, radio.run.sites, hybrid)
    other = report.method(tables.assess(run, radio.found.zones, radio.found.profile))
    assert "P.526" in other["en"]
    assert "the scenario is UMi throughout" in other["en"]


def test_evidence_names_data_parameters_and_caveats(radio: Radio) -> None:
    card = report.evidence(radio.store, radio.found)
    assert card.origin == "synthetic"
    assert {item["layer"] for item in card.datasets} >= {"site_5g", "building", "road", "town", "sensor"}
    assert card.parameters["criteria"] == {"ss_rsrp_dbm": -105.0, "ss_sinr_db": -3.0}
    assert card.parameters["profile"] == "sa-standard"
    told = " ".join(note["en"] for note in card.caveats)
    for part in ("not verified", "taken to be flat", "shadow fading", "central urban area", "extrapolated"):
        assert part in told


def test_assumed_values_are_counted(radio: Radio) -> None:
    bare = sites.of_rows([{"fid": 7, "lon": 121.255, "lat": 31.384, "mount": "mast"}])
    run = engine.run(radio.run.surface, bare, radio.run.parameters)
    found = tables.assess(run, radio.found.zones, radio.found.profile)
    assert report.assumed(run) == {"sectors": 3, "height": 3, "power": 3, "tilt": 3, "band": 3}
    (note,) = [note for note in report.caveats(found) if "assumed" in note["en"]]
    assert "no power 3" in note["en"]
    assert "缺功率 3" in note["zh"]


def test_a_window_says_so(radio: Radio) -> None:
    ground = surface.read(radio.store, 10.0, (121.251, 31.382, 121.262, 31.388))
    run = engine.run(ground, radio.run.sites, radio.run.parameters)
    found = report.assessment(radio.store, run)
    assert any("of the part within it" in note["en"] for note in report.caveats(found))
    assert not any("of the part within it" in note["en"] for note in report.caveats(radio.found))
    data = report.summary(radio.store, found)
    assert data["areas"][0]["rates"]["area"] > radio.found.rates["area"][0]
    # "near" and "shed" lie in the window.
    assert data["areas"][0]["people"] == 303


def test_profiles_by_name(radio: Radio) -> None:
    assert report.assessment(radio.store, radio.run).profile.id == criteria.DEFAULT
    strict = report.assessment(radio.store, radio.run, "signal-upgrade-2025")
    assert strict.profile.id == "signal-upgrade-2025"
    plain = report.profile_of(strict)
    uplink = next(item for item in plain["criteria"] if item["metric"] == "uplink_mbps")
    assert (uplink["predicted"], uplink["minimum"], uplink["verification"]) == (False, 45.0, "by_source")
    assert any("Uplink rate" in note["en"] for note in report.caveats(strict))
    with pytest.raises(UnknownName):
        report.assessment(radio.store, radio.run, "nobody's")


def test_files(radio: Radio, tmp_path: Path) -> None:
    table = report.write(radio.store, radio.found, tmp_path / "areas.csv", radio.found).read_text("utf-8")
    assert table.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == [
        "Test District",
        "Central urban area",
        "West Town",
        "East Town",
        "Pilot",
    ]
    rate = float(rows[0]["覆盖率 rate: 室外面积 Ground outdoors"])
    assert rate == radio.found.rates["area"][0]
    assert (
        rows[0]["情景前 before: 室外面积 Ground outdoors"] == rows[0]["覆盖率 rate: 室外面积 Ground outdoors"]
    )
    assert rows[4]["覆盖率 rate: 人口（室外信号） People (signal outdoors)"] == ""
    text = report.write(radio.store, radio.found, tmp_path / "method.md").read_text("utf-8")
    assert text.index("# 5G 覆盖：方法说明") < text.index("# 5G coverage: method")
    assert f"| West Town | {radio.found.rates['area'][2]:.1%} |" in text
    assert "synthetic data" in text
    assert "| 政务中心 | 2 | 1 | 50.0% |" in text
    assert "SS-RSRP ≥ -105 dBm — " in text
    with pytest.raises(HomeUnusable):
        report.write(radio.store, radio.found, tmp_path / "no" / "method.md")


def test_nothing_told_is_nan(radio: Radio) -> None:
    silent = radio.run.sites.silenced([0])
    run = engine.run(radio.run.surface, silent, radio.run.parameters)
    found = tables.assess(run, radio.found.zones, radio.found.profile)
    data = report.summary(radio.store, found)
    assert json.dumps(data, allow_nan=False)
    assert data["areas"][0]["rates"]["area"] == 0.0
    assert data["areas"][0]["mean_rsrp_dbm"] is None
    assert data["sites"]["count"] == 0
    assert np.isnan(found.median_sinr_db).all()


def test_planned_homes_are_judged_with_the_city(radio: Radio) -> None:
    """A tower of 600 people right before site A, and "near" gone: people, shadow and caveats follow."""
    from tests.life_city import place
    from twin import scenario
    from twin.analysis.coverage_5g.runs import Runs

    near = (
        radio.store.cursor()
        .execute(f"SELECT fid FROM {radio.store.generation('building').relation} WHERE name = 'near'")
        .fetchone()[0]
    )
    corners = [place(x, y) for x, y in ((480, 480), (520, 480), (520, 520), (480, 520))]
    build = {"kind": "build", "footprint": [corners], "height_m": 90.0, "use": "residential", "people": 600,
             "replaces": [near]}  # fmt: skip
    made = scenario.create(radio.store, "塔楼", edits=[scenario.read_edit(build)])
    try:
        answer = Runs(radio.store).answer(radio.run.parameters, made.id)
    finally:
        scenario.delete(radio.store, made.id)
    assert answer.ignored == ()
    assert answer.base is not None
    before, after = answer.base, answer.found
    assert int(before.people[0]) == 703
    assert int(after.people[0]) == 703 - 100 + 600
    assert after.run.surface.buildings.fid[-1] == -1
    cell = after.run.surface.grid.cells(*after.run.surface.grid.to_metres(*place(500, 500)))
    assert after.run.surface.building[cell] == len(after.run.surface.buildings) - 1
    # East of the tower, on the axis of the sector at 90 degrees, the ground lies in its shadow.
    shadow = tuple(
        int(v) for v in after.run.surface.grid.cells(*after.run.surface.grid.to_metres(*place(560, 500)))
    )
    level = [found.run.rasters().rsrp_dbm[shadow] for found in (before, after)]
    assert level[1] < level[0] - 10
    again = engine.run(after.run.surface, after.run.sites, after.run.parameters)
    np.testing.assert_array_equal(again.rasters().rsrp_dbm, after.run.rasters().rsrp_dbm)
    told = report.summary(radio.store, after, before)
    assert told["areas"][0]["people"] == 1203
    json.dumps(told, allow_nan=False)
