"""Reading waits for nothing and writes nothing; the ledger computes, notes, and says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import shapely

from tests import city
from tests.indicators import town
from tests.indicators.conftest import desk_of
from tests.life_city import place
from twin.indicators import Desk, noted, report, sensing
from twin.indicators.ledger import Ledger
from twin.store import Store


@contextmanager
def ledger_of(desk: Desk) -> Iterator[Ledger]:
    ledger = Ledger(desk)
    try:
        yield ledger
    finally:
        ledger.close()


def test_what_takes_long_is_told_later_and_noted_once(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, town.layers(), name="town")
        desk = desk_of(store)
        with ledger_of(desk) as ledger:
            first = {row["no"]: row for row in report.rows(ledger.reading())}
            assert (first[21]["value"], first[21]["computing"]) == (None, True)
            assert "正在" in first[21]["reason"]["zh"]
            assert first[20]["value"] == 1, "counts are told at once"
            assert ledger.settle()
            now = {row["no"]: row for row in report.rows(ledger.reading())}
            assert (now[21]["value"], now[21]["computing"]) == (pytest.approx(25.0), False)
            assert now[2]["status"] == "no_data"
            assert "--coverage" in now[2]["reason"]["en"]
            assert {no: len(items) for no, items in noted.every(store).items()} == dict.fromkeys(
                (3, 4, 17, 20, 21, 22, 25, 35), 1
            )
            # What was told before the layers changed is told as that.
            another = town.layers()["centre"].iloc[:1].assign(source_key=["new"], name=["新邻里中心"])
            another = another.set_geometry([shapely.Point(place(1700, 20))], crs=4326)
            city.put(store, {"centre": another}, name="new")
            old = {row["no"]: row for row in report.rows(ledger.reading())}
            assert (old[21]["value"], old[21]["computing"], old[21]["outdated"]) == (
                pytest.approx(25.0),
                True,
                True,
            )
            assert report.OUTDATED in old[21]["evidence"]["caveats"]
            assert old[20]["value"] == 2
            assert ledger.settle()
            row = report.one(ledger.reading(), 21)
            assert (row["value"], row["computing"], row["outdated"]) == (pytest.approx(50.0), False, False)
            assert [item["value"] for item in row["history"]["computed"]] == [50.0, 25.0]
            assert [point["value"] for point in row["points"]] == [50.0], "of one date the last value"


def test_a_reading_writes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, {"centre": town.layers()["centre"]}, name="town")

        class Deaf(Ledger):
            def ask(self, no: int, inputs: str, value: float | None = None) -> None:
                asked.append((no, value))

        asked: list[tuple[int, float | None]] = []
        ledger = Deaf(desk_of(store))
        try:
            assert report.one(ledger.reading(), 20)["value"] == 1
        finally:
            ledger.close()
        assert noted.every(store) == {}
        assert asked == [(20, 1.0)]


def test_why_it_cannot_be_computed_is_remembered(empty: Desk) -> None:
    with ledger_of(empty) as ledger:
        assert report.one(ledger.reading(), 21)["computing"]
        assert ledger.settle()
        row = report.one(ledger.reading(), 21)
        assert not row["computing"]
        assert "holds no data yet" in row["reason"]["en"]


def test_history_has_each_state_though_nobody_reads(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        desk = desk_of(store)
        with ledger_of(desk) as ledger:
            city.put(store, {"centre": town.layers()["centre"]}, name="town")
            with ledger._change:
                assert ledger._change.wait_for(lambda: 20 in noted.every(store), 30)


def test_a_live_state_takes_the_place_of_the_layer(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, {"sensor": town.layers()["sensor"]}, name="town")
        _follow_and_leave(desk_of(store))


def _follow_and_leave(desk: Desk) -> None:
    readings = sensing.State(7, {"online": 6, "offline": 1, "fault": 0, "unknown": 0}, live=True)
    sensing.follow(lambda: readings)
    try:
        row = report.one(desk, 4)
        assert (row["value"], row["evidence"]["parameters"]) == (7, {"live": True})
        assert row["evidence"]["denominators"][0]["value"] == 6
        sensing.follow(lambda: None)
        assert report.one(desk, 4)["value"] == 5, "a source that is silent leaves it to the layer"
    finally:
        sensing.follow(None)
    assert report.one(desk, 4)["evidence"]["parameters"] == {"live": False}
