"""Indicator 2: the modelled rate against one taken home by home, kept once it was computed, entered values first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests import radio_city
from tests.indicators.conftest import desk_of
from tests.life_city import place
from twin import scenario
from twin.analysis.coverage_5g import explain, radio
from twin.analysis.coverage_5g.parameters import Parameters
from twin.indicators import Desk, entered, report
from twin.store import Store


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Store.open(tmp_path_factory.mktemp("rate") / "home") as store:
        radio_city.put(store)
        yield desk_of(store)


def test_it_waits_to_be_asked_for_and_is_then_kept(desk: Desk) -> None:
    assert report.one(desk, 2)["status"] == "no_data"
    row = report.one(desk, 2, coverage=True)
    assert row["value"] > 0
    assert row["basis"] == "computed"
    # A later start has no run at hand, but what was noted holds for the same layers.
    fresh = desk_of(desk.store)
    assert not fresh.runs.at_hand(Parameters())
    kept = report.one(fresh, 2)
    assert (kept["value"], kept["evidence"]["datasets"]) == (row["value"], row["evidence"]["datasets"])
    assert not fresh.runs.at_hand(Parameters())
    assert len(kept["history"]["computed"]) == 1


def test_it_is_the_mean_over_residents_outside_their_walls(desk: Desk) -> None:
    row = report.one(desk, 2, coverage=True)
    run = desk.runs.base(Parameters())
    homes = desk.runs.answer(Parameters()).found.zones.homes
    grid, total, people = run.surface.grid, 0.0, 0.0
    for cell, home in zip(homes.cell.tolist(), homes.home.tolist(), strict=True):
        r, c = divmod(cell, grid.columns)
        lon, lat = (float(value) for value in grid.to_degrees(*grid.middles(r, c)))
        told = explain.explain(run, lon, lat)
        weight = homes.people[home] / (homes.home == home).sum()
        people += weight
        if told.servers:
            # Behind the wall every signal is weaker by the same loss; here it is taken off again.
            loss = -sum(line.value for line in told.servers[0].lines if line.id in ("wall", "indoors"))
            best = 10 ** ((told.servers[0].rsrp_dbm + loss) / 10)
            window = (r, r + 1, c, c + 1)
            coverage = run.rasters(window)
            noise = 10 ** (radio.noise_dbm(run.carrier, run.parameters.noise_figure_db) / 10)
            inside = 10 ** (float(coverage.data_sinr_db[0, 0]) / 10)
            others = best / inside - noise * 10 ** (loss / 10)
            total += weight * float(
                radio.throughput_mbps(10 * np.log10(best / (others + noise)), run.carrier)
            )
    assert people == pytest.approx(sum(radio_city.PEOPLE.values()))
    assert row["value"] == pytest.approx(total / people, rel=1e-3)
    amounts = {item["title"]["en"]: item["value"] for item in row["evidence"]["denominators"]}
    assert amounts["Residents"] == sum(radio_city.PEOPLE.values())


def test_evidence_names_model_and_says_it_is_no_measurement(desk: Desk) -> None:
    card = report.one(desk, 2, coverage=True)["evidence"]
    assert card["origin"] == "synthetic"
    assert "不是实测" in card["method"]["zh"]
    assert "TR 38.901" in card["method"]["en"]
    assert len(card["standards"]) == 3
    assert {"site_5g", "building"} <= {item["layer"] for item in card["datasets"]}
    assert card["parameters"]["load"] == 0.5


def test_a_scenario_changes_it(desk: Desk) -> None:
    lon, lat = place(2100, 500)
    values = {
        "name": "新站",
        "height_m": 30.0,
        "sectors": [radio_city.sector(a) for a in (0.0, 120.0, 240.0)],
    }
    made = scenario.create(
        desk.store,
        "加站",
        edits=[
            scenario.read_edit({"kind": "add", "layer": "site_5g", "lon": lon, "lat": lat, "values": values})
        ],
    )
    row = report.one(desk, 2, scenario=made.id, coverage=True)
    assert row["value"] > row["base"]["value"]
    assert row["affected"]
    # Where no run is at hand the value before is told, and why there is none after.
    row = report.one(desk_of(desk.store), 2, scenario=made.id)
    assert (row["value"], row["change"]) == (row["base"]["value"], None)
    assert "--coverage" in row["not_in_scenario"]["en"]


def test_a_measured_value_goes_before_the_model(desk: Desk) -> None:
    modelled = report.one(desk, 2, coverage=True)["value"]
    entered.enter(desk.store, 2, 480.0, as_of="2023-12-31", source="测速平台")
    row = report.one(desk, 2)
    assert (row["value"], row["basis"], row["status"], row["computed"]) == (480.0, "entered", "met", modelled)
