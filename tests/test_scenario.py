"""Scenarios: lists of edits, kept, checked, shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twin import scenario
from twin.backup import backup, restore
from twin.errors import InputError, UnknownName
from twin.planned import works
from twin.store import Store

ADD = {"kind": "add", "layer": "centre", "lon": 121.2, "lat": 31.3, "values": {"name": "试"}}
LINK = {"kind": "link", "from": [121.2, 31.3], "to": [121.21, 31.3], "type": "bridge"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


def edit(data: dict[str, Any]) -> scenario.AnyEdit:
    return scenario.read_edit(data)


def test_edits_are_numbered_and_never_renumbered(store: Store) -> None:
    made = scenario.create(store, "新城加密", author="规划科", edits=[edit(ADD)])
    two = scenario.add_edit(store, made.id, edit(LINK))
    assert [item.id for item in two.edits] == [1, 2]
    less = scenario.remove_edit(store, made.id, 2)
    again = scenario.add_edit(store, made.id, edit(LINK))
    assert ([item.id for item in less.edits], [item.id for item in again.edits]) == ([1], [1, 3])
    assert again.revision == 4
    assert scenario.get(store, made.id) == again


def test_a_scenario_survives_a_restart_and_a_backup(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        made = scenario.create(store, "甲", edits=[edit(ADD), edit(LINK)])
        backup(store, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "copy")
    for home in ("home", "copy"):
        with Store.open(tmp_path / home) as store:
            assert scenario.get(store, made.id) == made


def test_listed_newest_change_first(store: Store) -> None:
    first = scenario.create(store, "甲")
    second = scenario.create(store, "乙")
    scenario.rename(store, first.id, note="改过")
    assert [item.id for item in scenario.listed(store)] == [first.id, second.id]
    scenario.delete(store, first.id)
    assert [item.name for item in scenario.listed(store)] == ["乙"]
    with pytest.raises(UnknownName):
        scenario.delete(store, first.id)


def test_what_was_added_takes_its_changes_with_it(store: Store) -> None:
    made = scenario.create(store, "甲", edits=[edit(ADD)])
    scenario.add_edit(
        store, made.id, edit({"kind": "move", "layer": "centre", "fid": -1, "lon": 121.3, "lat": 31.3})
    )
    assert scenario.remove_edit(store, made.id, 1).edits == ()
    with pytest.raises(UnknownName):
        scenario.add_edit(store, made.id, edit({"kind": "remove", "layer": "centre", "fid": -1}))


def test_a_file_brings_the_same_scenario_to_another_home(store: Store, tmp_path: Path) -> None:
    made = scenario.create(store, "甲", author="乙", note="丙", edits=[edit(LINK), edit(ADD)])
    scenario.remove_edit(store, made.id, 1)
    made = scenario.add_edit(
        store, made.id, edit({"kind": "move", "layer": "centre", "fid": -2, "lon": 121.3, "lat": 31.3})
    )
    with Store.open(tmp_path / "other") as other:
        copy = scenario.from_file(other, scenario.to_file(made))
    assert (copy.name, copy.author, copy.note) == ("甲", "乙", "丙")
    assert [(item.id, item.kind) for item in copy.edits] == [(1, "add"), (2, "move")]
    assert copy.edits[1].fid == -1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "paint"}, "kind"),
        ({}, "kind"),
        (ADD | {"lon": 500}, "lon"),
        (ADD | {"lon": float("nan")}, "lon"),
        (ADD | {"layer": "moon"}, "moon"),
        (ADD | {"layer": "building"}, "building"),
        (ADD | {"values": {"height": 3}}, "height"),
        (ADD | {"values": {"status": "closed"}}, "status"),
        (ADD | {"values": {"capacity": -1}}, "capacity"),
        (ADD | {"values": {"capacity": True}}, "capacity"),
        ({"kind": "add", "layer": "facility", "lon": 121, "lat": 31}, "category"),
        (LINK | {"to": [121.2]}, "to"),
        (LINK | {"type": "tunnel"}, "type"),
        (LINK | {"extra": 1}, "extra"),
        ({"kind": "remove", "layer": "road", "fid": 2**60}, "fid"),
        ({"kind": "change", "layer": "site_5g", "fid": 1, "values": {}}, "values"),
        ({"kind": "change", "layer": "site_5g", "fid": 1, "values": {"height_m": "high"}}, "height_m"),
    ],
)
def test_wrong_edits_say_what_is_wrong(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        edit(wrong)
    assert named in caught.value.en


def test_wrong_files_and_texts_leave_nothing(store: Store) -> None:
    for document in ({}, {"format": scenario.FORMAT}, {"format": "x", "edits": []}):
        with pytest.raises(InputError):
            scenario.from_file(store, document)
    with pytest.raises(InputError):
        scenario.from_file(store, {"format": scenario.FORMAT, "name": "甲", "edits": [ADD, 7]})
    with pytest.raises(InputError):
        scenario.create(store, "  ")
    with pytest.raises(InputError):
        scenario.create(store, "甲" * 81)
    assert scenario.listed(store) == []


def test_a_change_needs_no_required_column(store: Store) -> None:
    off = edit({"kind": "change", "layer": "facility", "fid": 5, "values": {"capacity": 20}})
    made = scenario.create(store, "甲", edits=[off])
    assert scenario.plain(made.edits[0]) == {
        "id": 1, "kind": "change", "layer": "facility", "fid": 5, "values": {"capacity": 20},
    }  # fmt: skip


def test_a_scenario_has_a_most_of_edits(store: Store) -> None:
    made = scenario.create(store, "甲", edits=[edit(LINK)] * scenario.MOST_EDITS)
    with pytest.raises(InputError):
        scenario.add_edit(store, made.id, edit(LINK))


RING = [[121.25, 31.38], [121.2504, 31.38], [121.2504, 31.3804], [121.25, 31.3804]]
BUILD = {"kind": "build", "footprint": [RING], "height_m": 99.0, "use": "residential", "people": 400}


def test_a_planned_building_is_numbered_changed_and_taken_back(store: Store) -> None:
    made = scenario.create(store, "塔楼", edits=[edit(BUILD)])
    change = {"kind": "change", "layer": "building", "fid": -1, "values": {"people": 500}}
    made = scenario.add_edit(store, made.id, edit(change))
    [tower] = works(made.edits).built
    assert (tower.fid, tower.people, tower.floors, tower.height_m) == (-1, 500, 33, 99.0)
    # 0.0004 degrees a side at 31.38 N, 38.0 by 44.4 m, on 33 floors.
    assert tower.floor_area_m2 == pytest.approx(33 * 38.05 * 44.35, rel=2e-3)
    with pytest.raises(UnknownName):
        scenario.add_edit(store, made.id, edit(change | {"fid": -2}))
    with pytest.raises(UnknownName):
        scenario.add_edit(store, made.id, edit(change | {"layer": "facility", "values": {"capacity": 1}}))
    assert scenario.get(store, made.id) == made
    assert scenario.remove_edit(store, made.id, 1).edits == ()


def test_a_planned_building_is_shared_with_what_it_replaces(store: Store, tmp_path: Path) -> None:
    made = scenario.create(
        store, "甲", edits=[edit(LINK), edit(BUILD | {"replaces": [5, 7], "model": "0a1b2c3d4e5f"})]
    )
    made = scenario.add_edit(store, made.id, edit({"kind": "remove", "layer": "building", "fid": 9}))
    with Store.open(tmp_path / "other") as other:
        copy = scenario.from_file(other, scenario.to_file(made))
    done = works(copy.edits)
    assert done.demolished == {5, 7, 9}
    assert done.built[0].model == "0a1b2c3d4e5f"
    assert done.edits == {2: frozenset({-2, 5, 7}), 3: frozenset({9})}
    assert not works([edit(LINK)])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (
            BUILD | {"footprint": [[[121.2, 31.3], [121.21, 31.31], [121.21, 31.3], [121.2, 31.31]]]},
            "footprint",
        ),
        (BUILD | {"footprint": [RING[:2]]}, "footprint"),
        (BUILD | {"footprint": []}, "footprint"),
        (BUILD | {"footprint": [[[121, 31], [122, 31], [122, 32]]]}, "footprint"),
        (BUILD | {"height_m": 0}, "height_m"),
        (BUILD | {"height_m": float("inf")}, "height_m"),
        (BUILD | {"use": "castle"}, "use"),
        (BUILD | {"people": -1}, "people"),
        (BUILD | {"replaces": [-3]}, "replaces"),
        (BUILD | {"roof": "flat"}, "roof"),
    ],
)
def test_wrong_planned_buildings_say_what_is_wrong(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        edit(wrong)
    assert named in caught.value.en
