"""Annotations: pinned, answered, settled, carried along with what they are pinned to."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import city
from twin import annotation, features, scenario
from twin.backup import backup, restore
from twin.errors import InputError, UnknownName
from twin.store import Store

PLACE = (city.WEST + 0.001, city.SOUTH + 0.001)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("annotation") / "home"
    with Store.open(folder) as opened:
        city.put(opened, {"town": city.towns(), "building": city.buildings(40), "site_5g": city.sites()})
    return folder


@pytest.fixture
def store(home: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of its own for every test."""
    shutil.copytree(home, tmp_path / "home")
    with Store.open(tmp_path / "home") as opened:
        yield opened


def pin(
    store: Store, text: str = "这里缺一处过街", author: str = "王工", **more: Any
) -> annotation.Annotation:
    if not {"lon", "layer"} & set(more):
        more |= {"lon": PLACE[0], "lat": PLACE[1]}
    return annotation.add(store, annotation.read({"text": text, "author": author, **more}))


def fid(store: Store, layer: str, key: str) -> int:
    row = (
        store.cursor()
        .execute(f"SELECT fid FROM {store.generation(layer).relation} WHERE source_key = ?", [f"test/{key}"])
        .fetchone()
    )
    assert row is not None
    return int(row[0])


def test_a_remark_its_answers_and_its_end(store: Store) -> None:
    made = pin(store, title="过街")
    assert (made.lon, made.lat, made.status, made.heading) == (*PLACE, "open", "过街")
    answered = annotation.reply(store, made.id, "已列入计划", "李工")
    assert [(item.author, item.text) for item in answered.replies] == [("李工", "已列入计划")]
    settled = annotation.resolve(store, made.id, "李工")
    assert (settled.status, settled.resolved_by) == ("resolved", "李工")
    again = annotation.resolve(store, made.id, "王工")
    assert (again.resolved_by, again.resolved) == ("李工", settled.resolved)
    opened = annotation.reopen(store, made.id)
    assert (opened.status, opened.resolved_by, opened.replies) == ("open", "", answered.replies)
    annotation.delete(store, made.id)
    with pytest.raises(UnknownName):
        annotation.get(store, made.id)
    with pytest.raises(UnknownName):
        annotation.delete(store, made.id)


def test_only_its_author_changes_what_it_says(store: Store) -> None:
    made = pin(store)
    changed = annotation.change(store, made.id, "王工", text="这里缺两处过街", title="过街")
    assert (changed.text, changed.title, changed.created) == ("这里缺两处过街", "过街", made.created)
    assert annotation.change(store, made.id, "王工", title="").text == "这里缺两处过街"
    with pytest.raises(InputError, match="only its author, 王工"):
        annotation.change(store, made.id, "李工", text="不缺")
    assert annotation.get(store, made.id).text == "这里缺两处过街"


def test_a_heading_is_the_title_or_the_first_line(store: Store) -> None:
    assert pin(store, "第一行\n第二行").heading == "第一行"
    long = pin(store, "长" * 200).heading
    assert (len(long), long[-1]) == (80, "…")


def test_chosen_by_place_object_status_author_and_scenario(store: Store) -> None:
    plan = scenario.create(store, "新城")
    far = pin(store, lon=121.5, lat=31.5, author="李工")
    here = pin(store)
    of_plan = pin(store, scenario=plan.id)
    house = pin(store, layer="building", fid=fid(store, "building", "way/3"))
    annotation.resolve(store, here.id, "王工")

    def ids(**asked: Any) -> set[str]:
        return {item.id for item in annotation.every(store, **asked)}

    assert ids() == {far.id, here.id, of_plan.id, house.id}
    assert ids(bbox=(121.4, 31.4, 121.6, 31.6)) == {far.id}
    assert ids(scenario="") == {far.id, here.id, house.id}
    assert ids(scenario=plan.id) == {of_plan.id}
    assert ids(scenario=plan.id, city=True) == {far.id, here.id, of_plan.id, house.id}
    assert ids(status="resolved") == {here.id}
    assert ids(status="open", author="王工") == {of_plan.id, house.id}
    assert ids(layer="building") == ids(layer="building", fid=house.fid) == {house.id}
    assert ids(layer="building", fid=1) == set()
    assert annotation.counts(store) == {
        "": {"open": 2, "resolved": 1},
        plan.id: {"open": 1, "resolved": 0},
    }
    assert annotation.every(store)[0].id == house.id  # newest first


def test_a_pin_stands_on_its_building_and_follows_it(store: Store) -> None:
    number = fid(store, "building", "way/7")
    card = features.card(store, "building", number)
    corner = card["lon"] + 0.0001, card["lat"] + 0.0001
    made = pin(store, layer="building", fid=number, lon=corner[0], lat=corner[1])
    assert (made.lon, made.lat, made.height_m) == (pytest.approx(corner[0]), pytest.approx(corner[1]), 10.0)
    assert made.object_name == card["identifier"]  # it has no name
    moved = city.buildings(40)
    moved.loc[7, "geometry"] = moved.geometry[7].buffer(0)  # the same outline, elsewhere
    moved["geometry"] = moved.geometry.translate(0.00002, 0.00001)
    moved.loc[7, "height_m"] = 24.0
    city.put(store, {"building": moved})
    assert fid(store, "building", "way/7") == number
    now = annotation.get(store, made.id)
    assert now.lon == pytest.approx(corner[0] + 0.00002, abs=1e-8)
    assert now.lat == pytest.approx(corner[1] + 0.00001, abs=1e-8)
    assert (now.height_m, now.note) == (24.0, None)


def test_a_pin_stays_where_it_was_put_when_its_object_is_gone(store: Store) -> None:
    number = fid(store, "building", "way/39")
    made = pin(store, layer="building", fid=number)
    city.put(store, {"building": city.buildings(20)})
    left = annotation.get(store, made.id)
    assert (left.lon, left.lat) == (made.lon, made.lat)
    assert left.note is not None
    assert left.note.zh == f"所指的建筑“{made.object_name}”已不在现有数据中，批注留在原处。"
    assert made.object_name in left.note.en
    assert left.as_dict()["object"]["there"] is False
    with pytest.raises(UnknownName):
        pin(store, layer="building", fid=number)


def test_a_pin_goes_with_the_edits_of_its_scenario(store: Store) -> None:
    site = fid(store, "site_5g", "s1")
    plan = scenario.create(store, "新城")
    of_city = pin(store, layer="site_5g", fid=site)
    made = pin(store, layer="site_5g", fid=site, scenario=plan.id, lon=121.0, lat=31.0)
    assert (made.lon, made.lat) == (
        pytest.approx(of_city.lon),
        pytest.approx(of_city.lat),
    )  # a point has one place
    scenario.add_edit(
        store,
        plan.id,
        scenario.read_edit({"kind": "move", "layer": "site_5g", "fid": site, "lon": 121.25, "lat": 31.35}),
    )
    there = annotation.get(store, made.id)
    assert (there.lon, there.lat) == (pytest.approx(121.25), pytest.approx(31.35))
    assert there.object_name == "白银路站"
    assert annotation.get(store, of_city.id).lon == pytest.approx(of_city.lon)
    scenario.add_edit(store, plan.id, scenario.read_edit({"kind": "remove", "layer": "site_5g", "fid": site}))
    gone = annotation.get(store, made.id)
    assert gone.note is not None
    assert "在此情景中已移除" in gone.note.zh
    assert (gone.lon, gone.lat) == (pytest.approx(made.lon), pytest.approx(made.lat))


def test_a_pin_on_what_a_scenario_adds(store: Store) -> None:
    add = {"kind": "add", "layer": "centre", "lon": 121.21, "lat": 31.31, "values": {"name": "南门邻里中心"}}
    ring = [[121.22, 31.32], [121.221, 31.32], [121.221, 31.321], [121.22, 31.321]]
    build = {"kind": "build", "footprint": [ring], "height_m": 60.0, "name": "规划塔楼"}
    plan = scenario.create(store, "新城", edits=[scenario.read_edit(add), scenario.read_edit(build)])
    centre = pin(store, layer="centre", fid=-1, scenario=plan.id)
    tower = pin(store, layer="building", fid=-2, scenario=plan.id)
    assert (centre.lon, centre.lat, centre.object_name) == (
        pytest.approx(121.21),
        pytest.approx(31.31),
        "南门邻里中心",
    )
    assert (tower.height_m, tower.object_name) == (60.0, "规划塔楼")
    assert tower.as_dict()["object"]["identifier"] is None
    scenario.remove_edit(store, plan.id, 2)
    note = annotation.get(store, tower.id).note
    assert note is not None
    assert note.zh == "所指的建筑“规划塔楼”已不在此情景中，批注留在原处。"
    with pytest.raises(UnknownName):
        pin(store, layer="centre", fid=-1)  # the city itself has none


def test_a_deleted_scenario_takes_its_annotations_with_it(store: Store) -> None:
    plan = scenario.create(store, "新城")
    kept, gone = pin(store), pin(store, scenario=plan.id)
    scenario.delete(store, plan.id)
    assert [item.id for item in annotation.every(store)] == [kept.id]
    with pytest.raises(UnknownName):
        annotation.get(store, gone.id)
    with pytest.raises(UnknownName, match="no such scenario"):
        pin(store, scenario=plan.id)
    with pytest.raises(UnknownName):
        scenario.delete(store, "")
    assert [item.id for item in annotation.every(store)] == [kept.id]


def test_annotations_survive_a_restart_and_a_backup(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        made = annotation.reply(store, pin(store).id, "好", "李工")
        backup(store, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "copy")
    for home in ("home", "copy"):
        with Store.open(tmp_path / home) as store:
            assert annotation.every(store) == [made]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "needs its text"),
        ({"text": "甲", "lon": 121.2, "lat": 31.3}, "needs its author"),
        ({"text": " \n ", "author": "王"}, "needs its text"),
        ({"text": "甲", "author": "\u0007 "}, "needs its author"),
        ({"text": "甲" * 2001, "author": "王"}, "at most 2000 characters"),
        ({"text": "甲", "author": "王" * 41}, "at most 40 characters"),
        ({"text": "甲", "author": "王", "title": "题" * 81}, "at most 80 characters"),
        ({"text": 5, "author": "王"}, "the text of the annotation is not valid"),
        (
            {"text": "甲", "author": "王", "lon": 200.0, "lat": 0.0},
            "the longitude of the annotation is not valid",
        ),
        (
            {"text": "甲", "author": "王", "lon": 121.0, "lat": float("nan")},
            "the latitude of the annotation is not valid",
        ),
        ({"text": "甲", "author": "王", "height_m": 5000.0}, "the height of the annotation is not valid"),
        ({"text": "甲", "author": "王", "colour": "red"}, "has no field 'colour'"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        annotation.read(given)
    assert caught.value.zh.startswith("批注")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lon": 121.2}, "needs a place"),
        ({"layer": "building"}, "by its layer and its number"),
        ({"layer": "nothing", "fid": 1}, "no layer 'nothing'"),
        ({"layer": "building", "fid": 1}, "no object with the number 1"),
        ({"layer": "water", "fid": 1}, "no object with the number 1"),
        ({"lon": 121.2, "lat": 31.3, "scenario": "none"}, "no such scenario"),
    ],
)
def test_what_cannot_be_pinned_is_said(store: Store, given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        annotation.add(store, annotation.read({"text": "甲", "author": "王", **given}))
    assert annotation.every(store) == []


def test_texts_are_kept_as_they_were_written_but_for_what_cannot_be_printed(store: Store) -> None:
    made = pin(store, "第一行\r\n\t第二行\u0000　完\ud800", author=" 王\n工 ")
    assert (made.text, made.author) == ("第一行\n 第二行　完", "王 工")


def test_numbers_are_limited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation, "MOST", 2)
    monkeypatch.setattr(annotation, "MOST_REPLIES", 1)
    first, _ = pin(store), pin(store)
    with pytest.raises(InputError, match="there are 2 annotations already"):
        pin(store)
    annotation.reply(store, first.id, "好", "李工")
    with pytest.raises(InputError, match="at most 1 replies"):
        annotation.reply(store, first.id, "好", "李工")
    with pytest.raises(InputError, match="a reply needs its text"):
        annotation.reply(store, first.id, "", "李工")


def test_exported_as_a_table_and_as_a_document(store: Store) -> None:
    plan = scenario.create(store, "新城")
    made = pin(store, '=HYPERLINK("x")', scenario=plan.id, layer="site_5g", fid=fid(store, "site_5g", "s2"))
    annotation.reply(store, made.id, "好", "李工")
    annotation.resolve(store, made.id, "李工")
    table = annotation.to_csv(store, annotation.every(store))
    assert table.startswith("\ufeff")
    [line] = csv.DictReader(io.StringIO(table[1:]))
    assert line["内容 text"] == '\'=HYPERLINK("x")'
    assert (line["情景 scenario"], line["对象 object"], line["解决人 resolved by"]) == (
        "新城",
        "叶城路站",
        "李工",
    )
    assert line["回复 replies"].endswith("李工: 好")
    assert float(line["经度 lon"]) == pytest.approx(made.lon, abs=1e-6)
    document = annotation.to_file(annotation.every(store))
    assert document["format"] == annotation.FORMAT
    assert document["annotations"][0]["replies"][0]["text"] == "好"
