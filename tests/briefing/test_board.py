"""The board of the wall: at once, the last good values, what fails and since when."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import city, life_city
from twin.analysis.coverage_5g.runs import Runs
from twin.analysis.study import Studies
from twin.briefing import board as boards
from twin.briefing.board import Board
from twin.errors import InputError, UnknownName
from twin.indicators import Desk
from twin.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        life_city.put(opened)
        yield opened


@pytest.fixture
def board(store: Store) -> Iterator[Board]:
    made = Board(Desk(store, Studies(store), Runs(store)))
    yield made
    made.close()


def test_nothing_is_waited_for_and_everything_comes(board: Board) -> None:
    first = board.read()
    assert first["pending"] == list(boards.SOURCES)
    assert not first["sources"]
    board.settle()
    told = board.read()
    assert told["pending"] == []
    # One of six homes stands where the centre is reached; see tests.life_city.
    assert told["life_circle"]["district"]["people"] == 600
    assert told["life_circle"]["evidence"]["method"]["zh"]
    assert told["centres"]["total"] == 1
    assert len(told["indicators"]["indicators"]) == 35
    assert told["models"]["models"] == 0
    # What the city does not hold is said in a sentence, with the moment since when.
    assert set(told["failures"]) == {"sensors", "coverage"}
    assert told["failures"]["coverage"]["zh"] == "还没有 5G 基站数据。"
    assert all(set(told[name]) >= {"as_of", "evidence"} for name in ("life_circle", "centres", "models"))


def test_new_data_are_taken_up_and_the_last_good_values_stand_meanwhile(store: Store, board: Board) -> None:
    board.read()
    board.settle()
    before = board.read()
    city.put(store, {"site_5g": city.sites()}, name="plan", synthetic=True)
    told = board.read()
    assert "coverage" in told["pending"]
    assert told["centres"] == before["centres"]
    assert told["generations"]["site_5g"] == 1


def test_a_source_that_fails_keeps_its_last_good_value(
    store: Store, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.read()
    board.settle()
    good = board.read()

    def broken(desk: Desk, scenario: str) -> dict[str, object]:
        raise InputError("坏了。", "it broke.")

    def faulty(desk: Desk, scenario: str) -> dict[str, object]:
        raise ZeroDivisionError

    monkeypatch.setitem(boards._MAKERS, "centres", broken)
    monkeypatch.setitem(boards._MAKERS, "life_circle", faulty)
    city.put(store, {"site_5g": city.sites()}, name="plan", synthetic=True)
    board.read()
    board.settle()
    told = board.read()
    assert told["centres"] == good["centres"]
    assert told["sources"]["centres"] == good["sources"]["centres"]
    assert told["failures"]["centres"]["en"] == "it broke."
    assert told["failures"]["life_circle"]["zh"] == "计算时发生内部错误；详情见服务日志。"


def test_a_long_computation_holds_nobody_up(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(desk: Desk, scenario: str) -> dict[str, object]:
        begun.set()
        assert go_on.wait(30)
        return {"as_of": None, "origin": None, "evidence": {}}

    monkeypatch.setitem(boards._MAKERS, "sensors", slow)
    board.read()
    assert begun.wait(10)
    assert "sensors" in board.read()["pending"]
    go_on.set()
    board.settle()
    assert "sensors" in board.read()["sources"]


def test_an_unknown_scenario_is_refused(board: Board) -> None:
    with pytest.raises(UnknownName):
        board.read("0123456789ab")
