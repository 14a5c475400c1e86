"""The life circle of the city worked out on paper (:mod:`tests.life_city`), and what edits do to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import life_city
from tests.life_city import complete, place
from twin import scenario
from twin.analysis import explain, life_circle, pictures, report, spread, supply, what_if
from twin.analysis.city import City
from twin.analysis.life_circle import Parameters, Study
from twin.analysis.rules import CATEGORY_IDS
from twin.errors import InputError, UnknownName
from twin.store import Store

CENTRE = CATEGORY_IDS.index("centre")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("life") / "home") as opened:
        life_city.put(opened)
        yield opened


@pytest.fixture(scope="module")
def base(store: Store) -> Study:
    return life_circle.study(City.read(store), Parameters())


def edits(*items: dict) -> list[scenario.AnyEdit]:
    return [scenario.read_edit(item | {"id": number}) for number, item in enumerate(items, 1)]


def centre(x: float, y: float, **values: str) -> dict:
    lon, lat = place(x, y)
    return {"kind": "add", "layer": "centre", "lon": lon, "lat": lat, "values": values}


def link(start: tuple[float, float], end: tuple[float, float]) -> dict:
    return {"kind": "link", "from": list(place(*start)), "to": list(place(*end)), "type": "bridge"}


def fid_of(store: Store, layer: str, name: str) -> int:
    relation = store.generation(layer).relation
    return store.cursor().execute(f"SELECT fid FROM {relation} WHERE name = ?", [name]).fetchone()[0]


def test_only_the_home_near_the_centre_is_covered(base: Study) -> None:
    assert base.parameters.standard == "shanghai-2024-draft"
    assert complete(base) == {"west"}
    assert base.rates()[0].tolist() == pytest.approx([1 / 6] * 4, abs=1e-3)


def test_seconds_of_the_covered_home(base: Study) -> None:
    # 20 m to the street at either end and 100 m along it, at 1.2 m/s.
    assert np.nanmin(base.seconds[:, CENTRE]) == pytest.approx(140 / 1.2, rel=2e-3)


def test_a_centre_on_the_same_edge_reaches_its_home_and_no_farther(base: Study) -> None:
    after = what_if.with_edits(base, edits(centre(1700, 20)))
    assert complete(after) == {"west", "same"}
    row = int(np.flatnonzero(after.complete & ~base.complete)[0])
    assert after.seconds[row, CENTRE] == pytest.approx(140 / 1.2, rel=2e-3)


def test_the_canal_bars_the_way_until_a_bridge_is_built(base: Study) -> None:
    near = edits(centre(1700, 20))
    assert "north" not in complete(what_if.with_edits(base, near))
    bridged = edits(centre(1700, 20), link((1700, 0), (1700, 400)))
    assert complete(what_if.with_edits(base, bridged)) == {"west", "same", "north"}


def test_an_estate_is_entered_by_its_gate_until_another_is_opened(base: Study, store: Store) -> None:
    estate = fid_of(store, "estate", "试验小区")
    lon, lat = place(1200, -40)
    gate = {"kind": "gate", "estate": estate, "lon": lon, "lat": lat}
    before = what_if.with_edits(base, edits(centre(1700, 20)))
    after = what_if.with_edits(base, edits(centre(1700, 20), gate))
    assert complete(after) - complete(before) == {"estate"}


def test_a_closed_street_takes_a_home_away(base: Study, store: Store) -> None:
    start = centre(2450, 20)
    assert complete(what_if.with_edits(base, edits(start))) == {"west", "same", "east"}
    # The centre's own street is closed: it joins the next one, 54 m off, whose homes it still reaches.
    own = {"kind": "remove", "layer": "road", "fid": fid_of(store, "road", "主街2000")}
    assert complete(what_if.with_edits(base, edits(start, own))) == {"west", "east"}
    between = {"kind": "remove", "layer": "road", "fid": fid_of(store, "road", "主街1500")}
    assert complete(what_if.with_edits(base, edits(start, between))) == {"west", "east"}


def test_the_island_is_reached_from_the_island_only(base: Study) -> None:
    assert "island" not in complete(what_if.with_edits(base, edits(centre(3000, 10))))
    assert complete(what_if.with_edits(base, edits(centre(4250, 10)))) == {"west", "island"}
    row = int(np.argmax(base.city.demand.lon))
    assert np.isnan(base.seconds[row, CENTRE])


def test_edits_equal_a_study_from_scratch(base: Study, store: Store) -> None:
    first = fid_of(store, "centre", "西邻里中心")
    lon, lat = place(2500, 10)
    changes = edits(
        centre(1700, 20, services="社区食堂"),
        {"kind": "move", "layer": "centre", "fid": first, "lon": lon, "lat": lat},
        {"kind": "add", "layer": "facility", "lon": lon, "lat": lat, "values": {"category": "market"}},
        {"kind": "remove", "layer": "facility", "fid": fid_of(store, "facility", "试验菜场")},
    )
    after = what_if.with_edits(base, changes)
    again = life_circle.study(base.city, base.parameters, after.supply)
    np.testing.assert_array_equal(after.seconds, again.seconds)
    np.testing.assert_array_equal(after.nearest, again.nearest)
    assert complete(after) == {"same", "east"}


def test_an_added_object_can_be_moved_and_removed(base: Study) -> None:
    lon, lat = place(4250, 10)
    move = {"kind": "move", "layer": "centre", "fid": -1, "lon": lon, "lat": lat}
    assert complete(what_if.with_edits(base, edits(centre(1700, 20), move))) == {"west", "island"}
    remove = {"kind": "remove", "layer": "centre", "fid": -1}
    assert complete(what_if.with_edits(base, edits(centre(1700, 20), remove))) == {"west"}


def test_edits_of_other_layers_and_of_objects_gone_are_told(base: Study) -> None:
    lon, lat = place(0, 0)
    sensor = {"kind": "move", "layer": "bus_stop", "fid": 1, "lon": lon, "lat": lat}
    gone = {"kind": "remove", "layer": "centre", "fid": 12345}
    after = what_if.with_edits(base, edits(sensor, gone, centre(1700, 20)))
    assert after.ignored == (1, 2)
    assert any("1, 2" in item["en"] for item in report.caveats(after))


def test_categories_without_data_are_not_required_and_said(store: Store, base: Study) -> None:
    study = life_circle.study(base.city, Parameters(standard="gb50180-2018"))
    named = {CATEGORY_IDS[column] for column in np.flatnonzero(study.limits.required.any(axis=0))}
    assert named == {"market", "sports_ground"}  # the centre's services name the second
    assert any("菜" not in item["zh"] and "幼儿园" in item["zh"] for item in report.caveats(study))
    without = life_circle.study(base.city, Parameters(standard="gb50180-2018", centre_services=False))
    assert {CATEGORY_IDS[c] for c in np.flatnonzero(without.limits.required.any(axis=0))} == {"market"}


def test_upper_tiers_do_not_stand_in(base: Study) -> None:
    market = CATEGORY_IDS.index("market")
    fifteen = life_circle.study(base.city, Parameters(standard="gb50180-2018", measure="fifteen"))
    tiers = life_circle.study(base.city, Parameters(standard="gb50180-2018", measure="tiers"))
    assert fifteen.limit_s[0, market] == 900
    assert tiers.limit_s[0, market] == 600


def test_bottleneck_and_minutes_short(base: Study) -> None:
    study = life_circle.study(base.city, Parameters(standard="gb50180-2018"))
    row = {name: number for number, name in enumerate(life_city.HOMES)}
    order = {name: int(np.flatnonzero(np.abs(base.city.demand.lon - place(*xy)[0]) < 1e-4)[0])
             for name, xy in life_city.HOMES.items() if name in ("west", "east")}  # fmt: skip
    west = order["west"]
    assert row["west"] == 0
    assert CATEGORY_IDS[study.bottleneck[west]] == "market"
    # 20 m to the street, 1450 m along it, 10 m to the market; 900 s are allowed.
    assert study.short_s[west] == pytest.approx(1480 / 1.2 - 900, abs=3)
    assert study.reached[west] == 1
    assert study.slowest_s[west] == pytest.approx(1480 / 1.2, abs=3)


def test_the_cycle_counts_where_the_rules_allow_it(store: Store, base: Study, tmp_path: Path) -> None:
    group = life_circle.study(base.city, Parameters(group="cycle"))
    assert complete(group) >= {"west", "same", "east", "estate"}
    assert "island" not in complete(group)


def test_wrong_names_are_refused(base: Study) -> None:
    for wrong in ({"measure": "near"}, {"measure": "category:pub"}, {"standard": "x"}, {"group": "birds"}):
        with pytest.raises(InputError):
            life_circle.study(base.city, Parameters(**wrong))


def test_summary_is_plain_data_with_evidence(store: Store, base: Study) -> None:
    told = report.summary(store, base)
    json.dumps(told, allow_nan=False)
    kinds = [row["kind"] for row in told["areas"]]
    assert kinds == ["district", "town"]
    town = told["areas"][1]
    assert (town["name"], town["people"], town["short_people"]) == ("试验镇", 600, 500)
    assert town["gap"] == pytest.approx(0.95 - 1 / 6)
    assert told["evidence"]["origin"] == "synthetic"
    assert {item["layer"] for item in told["evidence"]["datasets"]} >= {"road", "building", "centre", "town"}
    assert told["bottlenecks"] == [{"category": "centre", "people": 500}]


def test_the_interval_holds_the_rate(base: Study) -> None:
    found = spread.spread(base)
    assert (found.low <= base.rates() + 1e-12).all()
    assert (base.rates() <= found.high + 1e-12).all()
    assert {item.id for item in found.variants} >= {"hardest", "easiest", "slower", "gates_closed"}
    rows = report.areas_table(base, None, found)
    assert rows[0]["contains_target"] is False


def test_explanation_of_a_home(store: Store, base: Study) -> None:
    fid = fid_of(store, "building", "north")
    west = {"kind": "remove", "layer": "centre", "fid": fid_of(store, "centre", "西邻里中心")}
    study = what_if.with_edits(base, edits(centre(1700, 20), west))
    told = explain.explain(store, study, fid)
    [item] = [item for item in told["categories"] if item["id"] == "centre"]
    assert (told["complete"], item["ok"], item["facility"]["layer"], item["facility"]["fid"]) == (
        False,
        False,
        "centre",
        -1,
    )
    assert item["route_m"] == pytest.approx(30 + 1200 + 400 + 1200 + 20, rel=2e-3)
    assert item["straight_m"] == pytest.approx(410, rel=2e-3)
    assert item["detour"] == pytest.approx(2850 / 410, rel=5e-3)
    assert "桥" in item["fix"]["zh"]
    assert item["route"][0] == pytest.approx([*place(1700, 430)], abs=2e-6)
    with pytest.raises(UnknownName):
        explain.explain(store, base, 1)


def test_explanation_draws_the_way_over_a_new_bridge(store: Store, base: Study) -> None:
    study = what_if.with_edits(base, edits(centre(1700, 20), link((1700, 0), (1700, 400))))
    told = explain.explain(store, study, fid_of(store, "building", "north"))
    [item] = [item for item in told["categories"] if item["id"] == "centre"]
    assert item["ok"]
    assert item["route_m"] == pytest.approx(450, rel=5e-3)
    lons = [point[0] for point in item["route"]]
    assert max(lons) - min(lons) < 20 / life_city.PER_LON


def test_octets_and_cells(base: Study) -> None:
    octets = np.frombuffer(pictures.octets(base, "minutes"), np.uint8)
    assert len(octets) == 6
    assert sorted(octets.tolist())[0] == 4  # 117 s, rounded up to half-minutes
    assert pictures.UNREACHABLE in octets
    codes = np.frombuffer(pictures.octets(base, "bottleneck"), np.uint8)
    assert sorted(set(codes.tolist())) == [CENTRE, pictures.COMPLETE]
    cells = pictures.cells(base)["cells"]
    assert sum(cell[2] for cell in cells) == 600
    assert sum(cell[2] * cell[3] for cell in cells) == pytest.approx(100)
    with pytest.raises(InputError):
        pictures.octets(base, "colour")


def test_catchment_conserves_supply(base: Study) -> None:
    market = CATEGORY_IDS.index("market")
    for gaussian in (False, True):
        share = base.catchment(market, 3000, gaussian=gaussian)
        assert float((share * base.city.demand.weights[:, 0]).sum()) == pytest.approx(100)
    assert base.counts(market, 900).tolist().count(1) == int((base.seconds[:, market] <= 900).sum())


def test_services_of_a_centre() -> None:
    assert supply.services_of("社区食堂、健身") == ("canteen", "sports_ground")
    assert supply.services_of(None) == ()


def test_exports(store: Store, base: Study, tmp_path: Path) -> None:
    import geopandas as gpd

    table, buildings, text = (tmp_path / f"x{suffix}" for suffix in (".csv", ".parquet", ".md"))
    for path in (table, buildings, text):
        report.write(store, base, path)
    assert (
        table.read_text(encoding="utf-8-sig")
        .splitlines()[2]
        .startswith("310114199,试验镇,Test Town,town,0.16")
    )
    frame = gpd.read_parquet(buildings)
    assert (len(frame), int(frame["complete"].sum()), frame.crs.to_epsg()) == (6, 1, 4326)
    assert "合成" in text.read_text(encoding="utf-8")


def planned(x: float, y: float, half: float = 10.0, **values: object) -> dict:
    corners = [place(x + dx * half, y + dy * half) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return {
        "kind": "build",
        "footprint": [corners],
        "height_m": 18.0,
        "floors": 6,
        "use": "residential",
        **values,
    }


def test_a_planned_home_of_a_hundred_changes_the_rates_as_on_paper(base: Study) -> None:
    # 100 m from the centre, so it is covered: 200 of 700 people, 2400 + 3000 of 17400 m2, 2 of 7 buildings.
    after = what_if.with_edits(base, edits(planned(200, 30, people=100, floor_area_m2=3000.0)))
    people, floor_area, land, count = after.rates()[0].tolist()
    assert (people, floor_area, count) == pytest.approx((200 / 700, 5400 / 17400, 2 / 7))
    assert land == base.rates()[0][2]
    # Far from any centre, it lowers them.
    far = what_if.with_edits(base, edits(planned(2600, 30, people=100, floor_area_m2=3000.0)))
    assert far.rates()[0].tolist()[0] == pytest.approx(100 / 700)
    assert (after.ignored, far.ignored) == ((), ())
    town = next(number for number, area in enumerate(after.city.areas.areas) if area.kind == "town")
    assert after.rates()[town].tolist() == after.rates()[0].tolist()
    assert what_if.newly_complete(base, after)[0] == pytest.approx(100)
    assert what_if.newly_complete(base, far)[0] == pytest.approx(0)


def test_a_planned_home_replaces_what_it_stands_on(base: Study, store: Store) -> None:
    west, east = fid_of(store, "building", "west"), fid_of(store, "building", "east")
    after = what_if.with_edits(base, edits(planned(200, -20, people=300, replaces=[west])))
    assert after.rates()[0][0] == pytest.approx(300 / 800)
    assert complete(after) == {"west"}  # the land it stood on is still residential and still reaches
    with pytest.raises(UnknownName):
        explain.explain(store, after, west)
    gone = what_if.with_edits(base, edits({"kind": "remove", "layer": "building", "fid": east}))
    assert gone.rates()[0][0] == pytest.approx(100 / 500)
    assert gone.ignored == ()


def test_planned_homes_equal_a_study_from_scratch(base: Study, store: Store) -> None:
    changes = edits(
        planned(1250, -330, people=50),  # behind the gate of the estate
        planned(4200, -30, people=70),  # on the island
        planned(1500, 430, people=90),  # north of the canal
        centre(1700, 20),
        link((1700, 0), (1700, 400)),
        {"kind": "change", "layer": "building", "fid": -1, "values": {"people": 60}},
        planned(700, 30, people=10),
        {"kind": "remove", "layer": "building", "fid": -7},
    )
    after = what_if.with_edits(base, changes)
    assert after.ignored == ()
    assert after.city.demand.fid[-3:].tolist() == [-1, -2, -3]
    assert after.city.demand.weights[-3:, 0].tolist() == [60, 70, 90]
    for stop in (3, 4, len(changes)):
        edited = what_if.with_edits(base, changes[:stop])
        again = life_circle.recomputed(edited, range(len(CATEGORY_IDS)))
        np.testing.assert_array_equal(edited.seconds, again.seconds)
        np.testing.assert_array_equal(edited.nearest, again.nearest)
    # From a city of its own, whose residences were all placed anew.
    whole = base.city.with_works(scenario_works(changes[:4]))
    afresh = life_circle.study(whole, base.parameters, what_if.with_edits(base, changes[:4]).supply)
    np.testing.assert_array_equal(afresh.seconds, what_if.with_edits(base, changes[:4]).seconds)


def scenario_works(changes: list) -> object:
    from twin import planned as plans

    return plans.works(changes)


def test_what_nobody_lives_in_is_told_as_without_effect(base: Study, store: Store) -> None:
    office = planned(200, 30, use="office")
    after = what_if.with_edits(base, edits(office, planned(300, 30)))
    assert after.ignored == (1,)
    assert len(after.city.demand) == len(base.city.demand) + 1
    # Six floors of 400 m2 at 40 m2 a person.
    assert after.city.demand.weights[-1].tolist() == pytest.approx([60, 2400, 0, 1], rel=2e-3)
    assert any("40 m²" in item["en"] for item in report.caveats(after))


def test_a_planned_home_is_explained_and_drawn(base: Study, store: Store) -> None:
    after = what_if.with_edits(base, edits(planned(200, 30, people=100)))
    told = explain.explain(store, after, -1)
    assert (told["people"], told["complete"], told["name"]) == (100, True, None)
    assert len(pictures.octets(after, "minutes")) == len(life_city.HOMES)
    people = sum(cell[2] for cell in pictures.cells(after)["cells"])
    assert people == 700
    summary = report.summary(store, after, base)
    json.dumps(summary, allow_nan=False)
