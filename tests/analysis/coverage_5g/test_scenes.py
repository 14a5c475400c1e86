from __future__ import annotations

import json

import numpy as np
import pytest

from tests.analysis.coverage_5g.conftest import Radio
from tests.radio_city import EAST_TOWN, WEST_TOWN
from twin.analysis.coverage_5g import criteria, scenes, tables
from twin.analysis.coverage_5g.scenes import Outcome, Scenes


@pytest.fixture(scope="module")
def places(radio: Radio) -> Scenes:
    return scenes.read(radio.store, radio.found.zones, radio.run.surface)


def outcome(radio: Radio, places: Scenes, name: str) -> Outcome:
    kind = next(kind for kind in places.kinds if kind.scene.id == name)
    return scenes.judge(kind, radio.found)


def test_eleven_rows_of_plain_data(radio: Radio, places: Scenes) -> None:
    rows = scenes.table(places, radio.found)
    assert [row["id"] for row in rows] == [scene.id for scene in criteria.SCENES]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert {row["id"] for row in rows if row["places"]} == {
        "government", "hub", "metro", "transport_line", "residential", "office",
    }  # fmt: skip
    notes = {row["id"]: row["note"] for row in rows}
    assert notes["metro"]["zh"].startswith("地下段")
    assert notes["medical"] is None
    assert places is scenes.read(radio.store, radio.found.zones, radio.run.surface)


def test_places_of_a_point_pass_with_their_cell(radio: Radio, places: Scenes) -> None:
    found = outcome(radio, places, "government")
    named = dict(zip(found.places.name.tolist(), found.passed.tolist(), strict=True))
    assert named == {"西站": True, "东站": False}
    row = next(row for row in scenes.table(places, radio.found) if row["id"] == "government")
    assert (row["places"], row["passed"], row["rate"], row["needed"]) == (2, 1, 0.5, 1.0)
    assert {town["id"]: (town["places"], town["passed"]) for town in row["towns"]} == {
        str(WEST_TOWN): (1, 1),
        str(EAST_TOWN): (1, 0),
    }
    assert [(place["layer"], place["name"], place["share"]) for place in row["failed"]] == [
        ("facility", "东站", 0.0)
    ]


def test_underground_is_counted_not_judged(radio: Radio, places: Scenes) -> None:
    hub = outcome(radio, places, "hub")
    assert sorted(hub.places.name.tolist()) == ["东", "地上", "西"]
    assert hub.places.underground == 1
    metro = outcome(radio, places, "metro")
    assert (len(metro.places), metro.places.underground) == (1, 1)
    assert metro.places.outdoors.weight.sum() == pytest.approx(400, rel=0.01)
    roads = outcome(radio, places, "transport_line")
    assert roads.places.underground == 1


def test_lines_are_judged_by_length_under_one_name(radio: Radio, places: Scenes) -> None:
    found = outcome(radio, places, "transport_line")
    assert dict(zip(found.places.name.tolist(), found.places.layer.tolist(), strict=True)) == {
        "主路": "road",
        "长河": "water",
    }
    assert found.needed == 0.95
    assert not found.passed.any()
    road = found.places.name.tolist().index("主路")
    assert found.outdoors[road] == pytest.approx(radio.found.rates["road_length"][0])
    assert np.isnan(found.indoors).all()
    # Both run through both towns, half in each.
    assert set(found.places.town.tolist()) <= {2, 3}


def test_an_outline_needs_its_cells_outdoors_and_in_buildings(radio: Radio, places: Scenes) -> None:
    found = outcome(radio, places, "residential")
    assert found.places.name.tolist() == ["中苑"]
    ground = radio.run.surface
    indoors = ground.building.ravel()[found.places.indoors.cell]
    assert ground.buildings.height_m[np.unique(indoors)].tolist() == [18.0]
    assert len(found.places.outdoors.cell) + len(found.places.indoors.cell) == pytest.approx(64, abs=2)
    assert found.outdoors[0] == radio.found.outside.ravel()[found.places.outdoors.cell].mean()
    assert found.indoors[0] == radio.found.covered.ravel()[found.places.indoors.cell].mean()
    assert found.passed.tolist() == [bool(found.outdoors[0] == 1 and found.indoors[0] == 1)]
    assert found.share[0] == min(found.outdoors[0], found.indoors[0])


def test_a_building_in_an_outline_is_no_place_of_its_own(radio: Radio) -> None:
    scene = criteria.Scene(
        "both",
        criteria.SCENES[0].title,
        "place",
        (
            criteria.Selection("building", "use", ("residential",)),
            criteria.Selection("estate", "kind", ("slab",)),
        ),
    )
    ground = scenes._Ground(radio.run.surface)
    made = scenes._places(radio.store, radio.found.zones, ground, scene)
    assert sorted(made.name.tolist()) == ["far", "near", "shed", "中苑"]
    assert made.layer.tolist().count("building") == 3
    shares = scenes.judge(made, radio.found)
    assert shares.judged.all()
    far = made.name.tolist().index("far")
    assert (shares.indoors[far], shares.passed[far]) == (0.0, False)
    assert np.isnan(shares.outdoors[far])


def test_what_the_profile_asks_for(radio: Radio, places: Scenes) -> None:
    lines = criteria.Criterion(
        "line_share", 0.3, criteria.SCENES[0].title, "no", "", criteria.SCENES[0].title
    )
    profile = criteria.Profile("easy", radio.found.profile.title, (*radio.found.profile.criteria, lines))
    easy = tables.assess(radio.run, radio.found.zones, profile)
    kind = next(kind for kind in places.kinds if kind.scene.id == "transport_line")
    assert scenes.judge(kind, easy).passed.all()


def test_a_base_is_told_beside(radio: Radio, places: Scenes) -> None:
    rows = scenes.table(places, radio.found, radio.found)
    assert all(row["base"] == row["rate"] for row in rows)
