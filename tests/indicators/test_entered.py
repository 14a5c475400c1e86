"""Values entered by hand: history, corrections, what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from twin.errors import InputError, UnknownName
from twin.indicators import Desk, entered, report


def put(desk: Desk, no: int, value: object, date: str, source: str = "区经委", **more: Any) -> None:
    entered.enter(desk.store, no, value, as_of=date, source=source, **more)


def test_the_latest_date_holds_whenever_it_was_entered(empty: Desk) -> None:
    put(empty, 7, 75.0, "2023-12-31", author="张三", note="快报")
    put(empty, 7, 62.5, "2022-12-31")
    row = report.one(empty, 7)
    assert (row["value"], row["as_of"], row["status"], row["basis"]) == (
        75.0,
        "2023-12-31",
        "short",
        "entered",
    )
    assert row["gap"] == 5.0
    assert row["trend"] == {
        "previous": 62.5, "previous_as_of": "2022-12-31", "change": 12.5, "direction": "up", "better": True,
    }  # fmt: skip
    card = row["evidence"]
    assert card["datasets"][0] | {"source": "区经委", "author": "张三", "note": "快报"} == card["datasets"][0]
    assert (card["value"], card["unit"], card["origin"], card["as_of"]) == (75.0, "%", "real", "2023-12-31")
    assert "左右" in card["caveats"][-1]["zh"]


def test_a_correction_keeps_the_old_row(empty: Desk) -> None:
    put(empty, 15, 9, "2023-06-30")
    put(empty, 15, 11, "2023-06-30", note="更正")
    row = report.one(empty, 15)
    assert (row["value"], row["status"], row["trend"]) == (11.0, "met", None)
    assert [(item["value"], item["holds"]) for item in row["history"]["entered"]] == [
        (11.0, True),
        (9.0, False),
    ]


def test_a_date_can_be_taken_back(empty: Desk) -> None:
    put(empty, 15, 9, "2023-06-30")
    put(empty, 15, 90, "2023-12-31")
    put(empty, 15, None, "2023-12-31", source="日期写错")
    row = report.one(empty, 15)
    assert (row["value"], row["as_of"]) == (9.0, "2023-06-30")
    assert [item["holds"] for item in row["history"]["entered"]] == [False, False, True]
    put(empty, 15, None, "2023-06-30", source="同上")
    assert report.one(empty, 15)["status"] == "no_data"
    with pytest.raises(InputError, match="no value of 2023-06-30"):
        put(empty, 15, None, "2023-06-30")


def test_a_rising_target_is_judged_against_the_date_before(empty: Desk) -> None:
    put(empty, 6, 12.0, "2022-12-31")
    assert report.one(empty, 6)["status"] == "unjudged"
    put(empty, 6, 12.4, "2023-12-31")
    row = report.one(empty, 6)
    assert (row["status"], row["target"], row["gap"]) == ("met", None, None)


TOMORROW = (dt.date.today() + dt.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("value", "date", "source", "says"),
    [
        ("many", "2023-12-31", "区经委", "is not a number"),
        (True, "2023-12-31", "区经委", "is not a number"),
        (float("nan"), "2023-12-31", "区经委", "is not a number"),
        (101, "2023-12-31", "区经委", "from 0 to 100"),
        (-1, "2023-12-31", "区经委", "from 0 to 100"),
        (50, "2023", "区经委", "write it as 2023-12-31"),
        (50, "2023-13-01", "区经委", "write it as 2023-12-31"),
        (50, None, "区经委", "write it as 2023-12-31"),
        (50, TOMORROW, "区经委", "today"),
        (50, "2023-12-31", "  ", "source"),
        (50, "2023-12-31", "x" * 401, "at most 400"),
        (50, "2023-12-31", 7, "must be a text"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_kept(
    desk: Desk, value: object, date: Any, source: Any, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        entered.enter(desk.store, 7, value, as_of=date, source=source)
    assert entered.history(desk.store, 7) == []


def test_counts_are_whole_numbers_and_numbers_are_known(empty: Desk) -> None:
    with pytest.raises(InputError, match="whole number"):
        put(empty, 9, 5.5, "2023-12-31")
    with pytest.raises(UnknownName):
        put(empty, 36, 5, "2023-12-31")


def test_entered_values_survive_a_restart_and_a_backup(empty: Desk, tmp_path: Any) -> None:
    from tests.indicators.conftest import desk_of
    from twin.backup import backup, restore
    from twin.store import Store

    put(empty, 32, 85.0, "2023-12-31", source="区行政服务中心")
    backup(empty.store, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "again")
    with Store.open(tmp_path / "again") as store:
        assert report.one(desk_of(store), 32)["value"] == 85.0
