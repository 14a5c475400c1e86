"""What a model says of its building, and taking it over into the building layer; models as planned buildings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import city
from tests.models import office
from twin import catalogue, features, planned, scenario
from twin.errors import InputError
from twin.models import link, placing, register
from twin.models import planned as plans
from twin.models.register import Entry
from twin.settings import Settings
from twin.store import Store


@pytest.fixture
def placed(city_store: Store, versions: tuple[Path, Path]) -> Entry:
    entry = office.kept(city_store, versions[0])
    return placing.accept(
        city_store, entry, 1, placing.told(city_store, entry.id, 1)["hypotheses"][0]["name"]
    )


def test_before_and_after_of_every_column(city_store: Store, placed: Entry) -> None:
    rows = {row["column"]: row for row in link.compared(city_store, placed)["rows"]}
    assert (rows["height_m"]["before"], rows["height_m"]["after"]) == (12.0, pytest.approx(17.88, abs=0.01))
    assert (rows["floors"]["before"], rows["floors"]["after"]) == (4, 5)
    assert (rows["use"]["before"], rows["use"]["after"]) == ("residential", "office")
    assert rows["floor_area_m2"]["before"] is None
    assert rows["floor_area_m2"]["after"] == pytest.approx(30 * 127.7267, abs=0.1)
    assert [name for name, row in rows.items() if row["differs"]] == [
        "height_m", "height_source", "floors", "use", "floor_area_m2", "bim_model",
    ]  # fmt: skip


def test_taken_over_values_are_a_generation_with_their_source(city_store: Store, placed: Entry) -> None:
    before = city_store.generation("building")
    done = link.apply(city_store, placed, ["height_m", "use"], Settings(home=city_store.home))
    after = city_store.generation("building")
    assert (after.number, after.rows) == (before.number + 1, before.rows)
    told = features.card(city_store, "building", placed.building or 0)
    values = {item["column"]: item["value"] for item in told["attributes"]}
    assert values["height_m"] == pytest.approx(17.88, abs=0.01)
    assert (values["use"], values["height_source"], values["bim_model"], values["floors"]) == (
        "office", "measured", placed.id, 4,
    )  # fmt: skip
    [dataset] = catalogue.datasets(city_store, [done["dataset"]])
    assert (dataset.layer, dataset.file_name, dataset.accepted) == ("building", "jiading_office_cn_v1.ifc", 1)
    assert dataset.parameters["columns"]["height_m"] == [12.0, values["height_m"]]
    assert done["dataset"] in after.datasets
    assert told["evidence"]["datasets"][0]["id"] == done["dataset"]
    others = (
        city_store.cursor()
        .execute(
            f"SELECT count(*) FROM {after.relation} a JOIN {before.relation} b USING (fid) "
            "WHERE a.height_m = b.height_m AND ST_Equals(a.geom, b.geom) AND a.identifier = b.identifier"
        )
        .fetchone()
    )
    assert others == (before.rows - 1,)
    assert city_store.undo() == ["building"]
    assert features.card(city_store, "building", placed.building or 0)["attributes"] != told["attributes"]


def test_the_next_delivery_of_the_survey_replaces_the_row(city_store: Store, placed: Entry) -> None:
    link.apply(city_store, placed, ["height_m"], Settings(home=city_store.home))
    outline = placing.outlines(city_store, (121.0, 31.0, 122.0, 32.0))
    shape = next(shape for fid, shape in outline if fid == placed.building)
    city.put(city_store, {"building": office.block(shape)}, name="survey")
    generation = city_store.generation("building")
    assert generation.rows == 3
    distinct = (
        city_store.cursor().execute(f"SELECT count(DISTINCT fid) FROM {generation.relation}").fetchone()
    )
    assert distinct == (3,)


def test_what_cannot_be_taken_over_is_refused(
    city_store: Store, placed: Entry, versions: tuple[Path, Path]
) -> None:
    settings = Settings(home=city_store.home)
    for columns in ([], ["people"], ["identifier"]):
        with pytest.raises(InputError):
            link.apply(city_store, placed, columns, settings)
    loose = office.kept(city_store, versions[1])
    with pytest.raises(InputError, match="not linked"):
        link.compared(city_store, loose)
    assert city_store.generation("building").number == 1


def test_a_placed_model_becomes_a_planned_building(city_store: Store, placed: Entry) -> None:
    made = scenario.create(city_store, "更新")
    edit = plans.edit_of(city_store, placed, {"people": 40})
    made = scenario.add_edit(city_store, made.id, edit)
    done = planned.works(made.edits)
    [tower] = done.built
    assert (tower.people, tower.use, tower.floors, tower.model, tower.version) == (
        40,
        "office",
        5,
        placed.id,
        1,
    )
    assert tower.height_m == pytest.approx(17.88, abs=0.01)
    assert done.demolished == {placed.building}
    [[_, shape]] = [
        item
        for item in placing.outlines(city_store, (121.0, 31.0, 122.0, 32.0))
        if item[0] == placed.building
    ]
    assert tower.shape.intersection(shape).area / shape.union(tower.shape).area > 0.98
    loose = register.place(city_store, placed.id, None)
    with pytest.raises(InputError, match="no place"):
        plans.edit_of(city_store, loose, {})
