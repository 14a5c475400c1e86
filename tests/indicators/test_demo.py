"""The demonstration city: every computed indicator against the layers, asked in other words, and against the commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import shapely

from layers import all_layers
from tests.indicators.conftest import desk_of
from twin.analysis import report as circle
from twin.analysis import service_radius
from twin.analysis.life_circle import Parameters
from twin.demo.install import install
from twin.indicators import Desk, report
from twin.rows import measures
from twin.settings import Settings
from twin.store import Store

pytestmark = pytest.mark.slow
CORE = (310114001, 310114003, 310114004, 310114106)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("demo") / "home"
    with Store.open(home) as store:
        install(store, Settings(home=home), seed=310114, scale=0.05)
        yield desk_of(store)


@pytest.fixture(scope="module")
def values(demo: Desk) -> dict[int, float]:
    found = report.rows(demo)
    assert {row["origin"] for row in found if row["basis"] == "computed"} == {"synthetic"}
    return {row["no"]: row["value"] for row in found}


def column(desk: Desk, layer: str, *names: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        desk.store.cursor()
        .execute(f"SELECT {listed} FROM {desk.store.generation(layer).relation}")
        .fetchall()
    )


def test_counts(demo: Desk, values: dict[int, float]) -> None:
    assert values[3] == sum(status in ("on", None) for (status,) in column(demo, "site_5g", "status")) > 100
    assert values[4] == len(column(demo, "sensor", "fid")) == 11_000
    assert values[20] == sum(status in ("open", None) for (status,) in column(demo, "centre", "status")) > 0


def test_shares(demo: Desk, values: dict[int, float]) -> None:
    stops = [board for board, code in column(demo, "bus_stop", "realtime_board", "town") if code in CORE]
    assert values[22] == pytest.approx(100 * stops.count(True) / len(stops))
    works = [smart for (smart,) in column(demo, "construction_site", "smart")]
    assert values[35] == pytest.approx(100 * works.count(True) / len(works))


def test_roads_by_their_lines(demo: Desk, values: dict[int, float]) -> None:
    relation = demo.store.generation("road").relation
    rows = (
        demo.store.cursor()
        .execute(f'SELECT "class", open_for_testing, town, lat, ST_AsWKB(geom)::BLOB FROM {relation}')
        .fetchnumpy()
    )
    length = measures(
        shapely.from_wkb([bytes(value) for value in rows.popitem()[1]]), rows["lat"].astype(float)
    )
    names = [choice.value for choice in all_layers()["road"].column("class").choices]
    vehicles = set(names) - {"service", "cycleway", "footway", "steps", "track", "other"}
    public = [name in vehicles and code != 0 for name, code in zip(rows["class"], rows["town"], strict=True)]
    opened = rows["open_for_testing"].astype(bool)
    assert values[17] == pytest.approx(100 * length[public & opened].sum() / length[public].sum(), rel=1e-6)


def test_analyses(demo: Desk, values: dict[int, float]) -> None:
    study, _ = demo.studies.study(Parameters())
    central = next(row for row in circle.areas_table(study) if row["kind"] == "central")
    assert values[21] == 100 * central["rates"]["people"]
    asked = service_radius.Parameters.model_validate({"layer": "parcel_locker"})
    told = service_radius.report(demo.store, demo.studies.city(), asked)
    assert values[25] == pytest.approx(100 * told["areas"][0]["communities"]["network"])
