"""Tours: kept, ordered, limited, and safe from two editors at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twin.backup import backup, restore
from twin.briefing import standard, tour, viewpoint
from twin.briefing.viewpoint import Viewpoint
from twin.errors import InputError, Outdated, UnknownName
from twin.store import Store


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("tours") / "home") as store:
        yield store


@pytest.fixture
def store(opened: Store) -> Iterator[Store]:
    """An empty home; opening one anew takes longer than all that is tested in it."""
    yield opened
    for item in tour.every(opened)[1:]:
        tour.delete(opened, item.id)


def point(title: str, **more: object) -> Viewpoint:
    return viewpoint.read({"title": title, "longitude": 121.2, "latitude": 31.3, "zoom": 14} | more)


def titles(found: tour.Tour) -> list[str]:
    return [item.title for item in found.viewpoints]


def test_viewpoints_get_ids_and_keep_their_order(store: Store) -> None:
    made = tour.create(store, "周一汇报", author="规划科", viewpoints=map(point, "甲乙丙"))
    assert titles(made) == ["甲", "乙", "丙"]
    assert len({item.id for item in made.viewpoints}) == 3
    assert made.duration_s == 45
    turned = tour.replace(store, made.id, changed=made.as_dict()["changed"], viewpoints=made.viewpoints[::-1])
    assert titles(turned) == ["丙", "乙", "甲"]
    assert [item.id for item in turned.viewpoints] == [item.id for item in made.viewpoints[::-1]]
    assert tour.get(store, made.id) == turned
    assert (turned.name, turned.author, turned.created) == ("周一汇报", "规划科", made.created)


def test_a_tour_survives_a_restart_and_a_backup(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        made = tour.create(store, "甲", note="两行\n说明", viewpoints=[point("远香湖", indicators=[21])])
        backup(store, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "copy")
    for home in ("home", "copy"):
        with Store.open(tmp_path / home) as store:
            assert tour.get(store, made.id) == made


def test_the_same_id_twice_is_two_viewpoints(store: Store) -> None:
    made = tour.create(store, "甲", viewpoints=[point("甲")])
    twice = tour.replace(store, made.id, changed=made.as_dict()["changed"], viewpoints=[*made.viewpoints] * 2)
    assert titles(twice) == ["甲", "甲"]
    assert twice.viewpoints[0].id == made.viewpoints[0].id != twice.viewpoints[1].id


def test_whoever_edits_what_is_no_longer_there_is_told(store: Store) -> None:
    made = tour.create(store, "甲", viewpoints=[point("甲")])
    seen = made.as_dict()["changed"]
    theirs = tour.replace(store, made.id, changed=seen, note="他人")
    assert theirs.changed > made.changed
    with pytest.raises(Outdated, match="changed by someone else"):
        tour.replace(store, made.id, changed=seen, viewpoints=[])
    assert tour.get(store, made.id) == theirs


def test_a_viewpoint_is_appended_whoever_edits(store: Store) -> None:
    made = tour.create(store, "甲", viewpoints=[point("甲")])
    given = point("乙").model_copy(update={"id": made.viewpoints[0].id})
    longer = tour.append(store, made.id, given)
    assert titles(longer) == ["甲", "乙"]
    assert longer.viewpoints[1].id != made.viewpoints[0].id
    with pytest.raises(Outdated):
        tour.replace(store, made.id, changed=made.as_dict()["changed"], viewpoints=made.viewpoints)


def test_by_id_or_name_newest_change_first(store: Store) -> None:
    first, second = tour.create(store, "甲"), tour.create(store, "乙")
    tour.replace(store, first.id, changed=first.as_dict()["changed"], note="改过")
    assert [item.id for item in tour.every(store)] == ["standard", first.id, second.id]
    assert tour.get(store, "乙").id == tour.get(store, second.id).id == second.id
    assert tour.get(store, "标准巡览").builtin
    tour.delete(store, first.id)
    for name in (first.id, "甲"):
        with pytest.raises(UnknownName):
            tour.get(store, name)
    with pytest.raises(UnknownName):
        tour.delete(store, first.id)


def test_names_say_which_tour_is_meant(store: Store) -> None:
    made = tour.create(store, "甲")
    for taken in ("甲", " 甲 ", "standard", "标准巡览", "Standard tour", made.id):
        with pytest.raises(InputError, match="already"):
            tour.create(store, taken)
    other = tour.create(store, "乙")
    with pytest.raises(InputError, match="already"):
        tour.replace(store, other.id, changed=other.as_dict()["changed"], name="甲")
    assert tour.replace(store, made.id, changed=made.as_dict()["changed"], name="甲").name == "甲"


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "长" * 81}, {"name": "甲\n乙"}, {"name": "甲\x00"}, {"note": "长" * 2001}],
)
def test_texts_have_limits(store: Store, wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        tour.create(store, **({"name": "甲"} | wrong))
    assert len(tour.every(store)) == 1


def test_numbers_have_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    full = tour.create(store, "满", viewpoints=[point(str(n)) for n in range(tour.MOST_VIEWPOINTS)])
    with pytest.raises(InputError, match="at most 100 viewpoints"):
        tour.append(store, full.id, point("多"))
    assert len(tour.get(store, full.id).viewpoints) == tour.MOST_VIEWPOINTS
    monkeypatch.setattr(tour, "MOST_TOURS", 1)
    with pytest.raises(InputError, match="at most 1 tours"):
        tour.create(store, "又一")


def test_the_built_in_tour_is_copied_not_changed(store: Store) -> None:
    for change in (
        lambda: tour.replace(store, "standard", changed="", note="x"),
        lambda: tour.append(store, "standard", point("甲")),
        lambda: tour.delete(store, "standard"),
    ):
        with pytest.raises(InputError, match="built-in tour"):
            change()
    copies = [
        tour.copy(store, "standard"),
        tour.copy(store, "standard"),
        tour.copy(store, "standard", "我的"),
    ]
    assert [item.name for item in copies] == ["标准巡览 副本", "标准巡览 副本 2", "我的"]
    assert all(titles(item) == titles(standard.tour(store)) and not item.builtin for item in copies)
