"""All 35 rows on a worked-out town: values against queries of the layers, evidence, change, scenarios, history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from tests import city
from tests.indicators import town
from tests.indicators.conftest import desk_of
from tests.life_city import place
from twin import scenario
from twin.analysis import report as circle_report
from twin.analysis import service_radius
from twin.analysis.life_circle import Parameters
from twin.import_options import Origin
from twin.importer import import_file
from twin.indicators import Desk, computed, entered, report
from twin.settings import Settings
from twin.store import Store

COMPUTED = (2, 3, 4, 17, 20, 21, 22, 25, 35)
CARD = {
    "value", "unit", "unit_en", "as_of", "updated", "origin", "basis", "datasets", "parameters", "method",
    "standards", "denominators", "caveats",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(desk: Desk) -> dict[int, dict[str, Any]]:
    return {row["no"]: row for row in report.rows(desk)}


def ask(store: Store, layer: str, select: str, where: str = "true") -> Any:
    return (
        store.cursor()
        .execute(f"SELECT {select} FROM {store.generation(layer).relation} WHERE {where}")
        .fetchone()[0]
    )


def test_there_are_35_rows_with_the_contract(rows: dict[int, dict[str, Any]]) -> None:
    assert sorted(rows) == list(range(1, 36))
    for row in rows.values():
        assert {"no", "value", "unit", "target", "status", "as_of", "evidence"} <= set(row)
    assert json.loads(json.dumps(list(rows.values()), allow_nan=False))[2]["value"] == 4
    assert tuple(computed.registry()) == COMPUTED


def test_figures_worked_out_by_hand(rows: dict[int, dict[str, Any]]) -> None:
    assert [rows[no]["value"] for no in (3, 4, 20, 22, 35)] == [4, 5, 1, 50.0, 50.0]
    # Streets: main 3000 m, north bank 3000 m, bridge 400 m, island 300 m; 1000 m of them opened.
    assert rows[17]["value"] == pytest.approx(100 * 1000 / 6700, rel=2e-3)
    assert rows[17]["evidence"]["denominators"][1]["value"] == pytest.approx(6.7, rel=2e-3)
    assert {item["title"]["en"]: item["value"] for item in rows[4]["evidence"]["denominators"]} == {
        "Online": 2, "Offline": 1, "Fault": 1, "State unknown": 1,
    }  # fmt: skip


def test_counts_equal_queries_of_the_layers(desk: Desk, rows: dict[int, dict[str, Any]]) -> None:
    store = desk.store
    assert rows[3]["value"] == ask(store, "site_5g", "count(*)", "status = 'on' OR status IS NULL")
    assert rows[4]["value"] == ask(store, "sensor", "count(*)")
    assert rows[20]["value"] == ask(store, "centre", "count(*)", "status = 'open'")
    core = f"town = {town.CORE}"
    assert rows[22]["value"] == 100 * ask(store, "bus_stop", "count(*)", f"realtime_board AND {core}") / ask(
        store, "bus_stop", "count(*)", core
    )
    assert rows[35]["value"] == 100 * ask(store, "construction_site", "avg(smart::INTEGER)")
    public = "class IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'residential') AND town <> 0"
    assert rows[17]["value"] == pytest.approx(
        100
        * ask(store, "road", "sum(measure)", f"open_for_testing AND {public}")
        / ask(store, "road", "sum(measure)", public)
    )


def test_the_life_circle_is_that_of_the_analysis(desk: Desk, rows: dict[int, dict[str, Any]]) -> None:
    study, _ = desk.studies.study(Parameters())
    areas = {row["kind"]: row for row in circle_report.areas_table(study)}
    row = rows[21]
    assert row["value"] == 100 * areas["central"]["rates"]["people"]
    # By hand: of the four homes in the central town only "west" reaches a centre.
    assert row["value"] == pytest.approx(25.0)
    assert row["evidence"]["denominators"][0]["value"] == 400
    assert row["evidence"]["parameters"]["standard"] == study.parameters.standard
    assert any("town_types" in note["en"] for note in row["evidence"]["caveats"])


def test_lockers_are_those_of_the_service_radius(desk: Desk, rows: dict[int, dict[str, Any]]) -> None:
    told = service_radius.report(
        desk.store, desk.studies.city(), service_radius.Parameters.model_validate({"layer": "parcel_locker"})
    )
    communities = told["areas"][0]["communities"]
    assert rows[25]["value"] == 100 * communities["network"] == 100.0
    assert rows[25]["evidence"]["denominators"][0]["value"] == communities["count"] == 1


def test_every_value_has_its_evidence_and_no_evidence_hides_a_guess(rows: dict[int, dict[str, Any]]) -> None:
    for no, row in rows.items():
        card = row["evidence"]
        assert set(card) == CARD, no
        assert card["value"] == row["value"]
        assert card["as_of"] == row["as_of"]
        assert all(card["method"][language] for language in ("zh", "en"))
        assert f"第 {no} 项" in card["standards"][0]["zh"]
        if row["value"] is None:
            assert (row["status"], row["basis"], card["datasets"]) == ("no_data", "none", [])
            assert row["reason"] == card["method"]
            continue
        assert no in COMPUTED
        assert (row["basis"], row["origin"], row["as_of"]) == ("computed", "real", "2026-01-01")
        assert {item["layer"] for item in card["datasets"]} <= set(computed.registry()[no].layers)
        for item in card["datasets"]:
            assert item["generation"] == 1
            assert (item["source"], item["licence"]) == ("by hand", "none needed")
        assert card["denominators"]


def test_the_modelled_rate_is_not_computed_by_surprise(rows: dict[int, dict[str, Any]]) -> None:
    assert rows[2]["status"] == "no_data"
    assert rows[2]["computable"]
    assert "--coverage" in rows[2]["reason"]["en"]
    assert "尚未计算" in rows[2]["reason"]["zh"]


def test_an_empty_home_says_what_is_missing(empty: Desk) -> None:
    told = report.summary(empty)
    assert told["counts"] == {"met": 0, "short": 0, "unjudged": 0, "no_data": 35}
    reasons = {row["no"]: row["reason"]["en"] for row in told["indicators"]}
    assert all("holds no data yet" in reasons[no] for no in COMPUTED), reasons
    assert "'site_5g'" in reasons[3]
    assert all(row["evidence"]["method"]["zh"] for row in told["indicators"])


def test_values_follow_the_layers_and_are_noted(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, town.layers(), name="town", synthetic=True)
        desk = desk_of(store)
        before = report.one(desk, 20)
        assert (before["value"], before["as_of"], before["origin"]) == (1, "2026-01-01", "synthetic")
        lon, lat = place(1700, 20)
        table = tmp_path / "centres.csv"
        table.write_text(
            f"名称,状态,经度,纬度\n新邻里中心,已开放,{lon:.6f},{lat:.6f}\n另一中心,在建,{lon:.6f},{lat + 0.001:.6f}\n",
            encoding="utf-8",
        )
        circle = report.one(desk, 21)
        import_file(
            store, table, settings=Settings(home=store.home), layer="centre", crs="EPSG:4326",
            origin=Origin("区地区办", "内部", "2026-06-30"),
        )  # fmt: skip
        after = report.one(desk, 20)
        assert (after["value"], after["as_of"], after["origin"]) == (2, "2026-06-30", "mixed")
        assert {item["source"] for item in after["evidence"]["datasets"]} == {"by hand", "区地区办"}
        assert [item["value"] for item in after["history"]["computed"]] == [2.0, 1.0]
        assert after["trend"] is None, "what is partly real is not compared with what is made up"
        again = report.one(desk, 21)
        assert again["as_of"] == "2026-06-30"
        assert (circle["value"], again["value"]) == (pytest.approx(25.0), pytest.approx(50.0))
        assert report.one(desk, 20)["history"]["computed"] == after["history"]["computed"], "noted once"
        store.undo()
        assert [report.one(desk, no)["value"] for no in (20, 21)] == [1, pytest.approx(25.0)]


def test_a_trend_of_computed_values(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        desk = desk_of(store)
        for date, count in (("2025-06-30", 2), ("2026-06-30", 5)):
            table = tmp_path / f"{date}.csv"
            lines = [f"站{n},开通,121.25,{31.38 + n / 1000:.4f}" for n in range(count)]
            table.write_text("名称,状态,经度,纬度\n" + "\n".join(lines) + "\n", encoding="utf-8")
            import_file(
                store, table, settings=Settings(home=store.home), layer="site_5g", crs="EPSG:4326", mode="replace",
                origin=Origin("通信办", "内部", date),
            )  # fmt: skip
            row = report.one(desk, 3)
        assert (row["value"], row["gap"], row["as_of"]) == (5, 3495, "2026-06-30")
        assert row["trend"] == {
            "previous": 2.0, "previous_as_of": "2025-06-30", "change": 3.0, "direction": "up", "better": True,
        }  # fmt: skip


def test_a_computed_value_goes_before_an_entered_one(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, {"centre": town.layers()["centre"]})
        desk = desk_of(store)
        entered.enter(store, 20, 52, as_of="2023-12-31", source="区民政局")
        row = report.one(desk, 20)
        assert (row["value"], row["basis"], row["entered"]["value"], row["computed"]) == (
            1,
            "computed",
            52.0,
            1,
        )
        store.undo()
        row = report.one(desk, 20)
        assert (row["value"], row["basis"], row["status"]) == (52.0, "entered", "met")
        assert "'centre'" in row["not_computed"]["en"]


def edit(**given: Any) -> scenario.AnyEdit:
    return scenario.read_edit(given)


def test_a_scenario_before_and_after(desk: Desk) -> None:
    store = desk.store
    lon, lat = place(1700, 20)
    fid = {name: ask(store, "site_5g", "fid", f"name = '{name}'") for name in ("站0", "站1", "站4")}
    stop = ask(store, "bus_stop", "fid", "name = 'c'")
    road = ask(store, "road", "fid", "name = '主街1000'")
    works = ask(store, "construction_site", "fid", "name = '二'")
    made = scenario.create(
        store,
        "试",
        edits=[
            edit(kind="add", layer="centre", lon=lon, lat=lat, values={"name": "新", "status": "planned"}),
            edit(kind="add", layer="centre", lon=lon, lat=lat, values={"name": "又一"}),
            edit(kind="remove", layer="centre", fid=-2),
            edit(kind="add", layer="site_5g", lon=lon, lat=lat, values={"name": "新站"}),
            edit(kind="remove", layer="site_5g", fid=fid["站0"]),
            edit(kind="change", layer="site_5g", fid=fid["站4"], values={"status": "on"}),
            edit(kind="move", layer="site_5g", fid=fid["站1"], lon=lon, lat=lat),
            edit(kind="change", layer="bus_stop", fid=stop, values={"realtime_board": True}),
            edit(kind="change", layer="road", fid=road, values={"open_for_testing": True}),
            edit(kind="change", layer="construction_site", fid=works, values={"smart": True}),
        ],
    )
    rows = {row["no"]: row for row in report.rows(desk, scenario=made.id)}

    def told(no: int) -> tuple[Any, Any]:
        return rows[no]["base"]["value"], rows[no]["value"]

    assert told(20) == (1, 2)
    assert told(3) == (4, 5)
    assert told(22) == (50.0, 75.0)
    assert told(35) == (50.0, 100.0)
    assert rows[35]["base"]["status"] == "short"
    assert (rows[35]["status"], rows[35]["change"]) == ("met", 50.0)
    assert told(17) == (
        pytest.approx(100 * 1000 / 6700, rel=2e-3),
        pytest.approx(100 * 1500 / 6700, rel=2e-3),
    )
    assert told(21) == (pytest.approx(25.0), pytest.approx(50.0))
    assert told(4) == (5, 5)
    assert [no for no in COMPUTED if rows[no]["affected"]] == [2, 3, 17, 20, 21, 22, 35]
    assert rows[3]["edits"] == [4, 5, 6], "a site that only moves stands as before"
    assert (told(25), rows[25]["change"], rows[25]["edits"]) == ((100.0, 100.0), 0.0, [])
    assert "--coverage" in rows[2]["not_in_scenario"]["en"]
    assert rows[20]["evidence"]["parameters"]["scenario"]["name"] == "试"
    assert rows[7]["base"] is None
    # Nothing of a scenario is noted, and without it everything is as it was.
    assert {len(report.one(desk, no)["history"]["computed"]) for no in (3, 20, 21)} == {1}
    scenario.delete(store, made.id)


def test_a_stop_moved_out_of_the_core_leaves_the_share(desk: Desk) -> None:
    stop = ask(desk.store, "bus_stop", "fid", "name = 'c'")
    lon, lat = place(3000, 10)
    made = scenario.create(desk.store, "移", edits=[edit(kind="remove", layer="bus_stop", fid=stop)])
    assert report.one(desk, 22, scenario=made.id)["value"] == pytest.approx(100 * 2 / 3)
    moved = scenario.create(
        desk.store,
        "移",
        edits=[
            edit(kind="move", layer="bus_stop", fid=stop, lon=lon, lat=lat),
            edit(
                kind="add", layer="bus_stop", lon=place(100, 10)[0], lat=lat, values={"realtime_board": True}
            ),
        ],
    )
    assert report.one(desk, 22, scenario=moved.id)["value"] == 75.0


def test_where_all_homes_are_central_the_district_is_meant(tmp_path: Path) -> None:
    frames = town.layers()
    frames["town"] = gpd.GeoDataFrame(
        {"source_key": ["a"], "name": ["新成路街道"], "code": [str(town.CORE)], "kind": ["subdistrict"]},
        geometry=[shapely.union_all(frames["town"].geometry.to_numpy())],
        crs=4326,
    )
    with Store.open(tmp_path / "home") as store:
        city.put(store, frames, name="town")
        desk = desk_of(store)
        row = report.one(desk, 21)
        study, _ = desk.studies.study(Parameters())
        assert row["value"] == 100 * study.rates()[0, 0]
        assert row["evidence"]["parameters"]["area"] == "district"


def test_without_the_central_towns_there_is_no_rate(tmp_path: Path) -> None:
    frames = town.layers()
    frames["town"]["code"] = ["310114198", "310114199"]
    with Store.open(tmp_path / "home") as store:
        city.put(store, frames, name="town")
        told = {row["no"]: row for row in report.rows(desk_of(store))}
        for no in (21, 22):
            assert told[no]["status"] == "no_data"
            assert "town_types.csv" in told[no]["reason"]["en"]


def test_the_registry_refuses_a_second_method() -> None:
    computed.registry()
    with pytest.raises(ValueError, match="computed by sites_5g already"):
        computed.computed(3, layers=(), method=computed.Text("", ""))(lambda context: context.figure(0))


def test_percent_of_nothing_is_no_value() -> None:
    assert computed.percent(1, 4) == 25.0
    with pytest.raises(computed.InputError):
        computed.percent(np.float64(0), 0)
