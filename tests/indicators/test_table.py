"""The plan's table, re-typed: held to what the plan prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layers import Text
from twin.errors import UnknownName
from twin.indicators import table
from twin.indicators.status import Point, before, gap, judge, trend
from twin.indicators.table import Indicator


def made(comparison: str, target: float | None = 100.0, most: float | None = None) -> Indicator:
    text = Text("甲", "a")
    return Indicator(1, text, text, comparison, target, most, Text("%", "%"), 2023, text, text, text)  # type: ignore[arg-type]


def test_there_are_35_in_the_plans_order() -> None:
    found = table.indicators()
    assert [item.no for item in found] == list(range(1, 36))
    assert {item.year for item in found} == {2023}
    assert all("嘉府发〔2021〕30号" in item.source.zh for item in found)
    assert [item.category.zh for item in found if item.no in (5, 6, 18, 19, 30, 31)] == [
        "数字基础设施", "经济数字化转型", "经济数字化转型", "生活数字化转型", "生活数字化转型", "治理数字化转型",
    ]  # fmt: skip


def test_every_row_is_what_the_plan_prints(shared: Path) -> None:
    text = (shared / "plan" / "action-plan-2021-2023.txt").read_text(encoding="utf-8")
    text = text[text.index("主要指标列表") : text.index("四、主要任务")]
    printed = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("\t") if cell.strip()]
        if cells and cells[0].isdigit():
            printed[int(cells[0])] = [re.sub(r"\s", "", cell) for cell in cells[-2:]]
    for item in table.indicators():
        assert printed[item.no] == [item.name.zh, item.wording.zh], item.no
        numbers = [float(part) for part in re.findall(r"[0-9]+", item.wording.zh.replace("5G", ""))]
        scale = 10_000 if "万" in item.wording.zh else 1
        given = [value for value in (item.target, item.target_max) if value is not None]
        assert given == [number * scale for number in numbers], item.no


def test_an_unknown_number_is_told() -> None:
    with pytest.raises(UnknownName, match="1 to 35"):
        table.get(36)


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        (">=", 100.0, "met"), (">=", 99.99, "short"), (">=", None, "no_data"), ("<=", 100.0, "met"),
        ("<=", 100.1, "short"), ("=", 100.0, "met"), ("=", 101.0, "short"), ("about", 95.0, "met"),
        ("about", 94.9, "short"), ("about", 300.0, "met"), ("between", 100.0, "met"), ("between", 250.0, "met"),
        ("between", 99.0, "short"),
    ],
)  # fmt: skip
def test_status(comparison: str, value: float | None, expected: str) -> None:
    assert judge(made(comparison, most=200.0 if comparison == "between" else None), value) == expected


def test_rising_needs_a_value_before() -> None:
    rising = made("rising", None)
    assert [judge(rising, 12.0), judge(rising, 12.0, 11.0), judge(rising, 12.0, 12.0)] == [
        "unjudged", "met", "short",
    ]  # fmt: skip
    assert judge(rising, None, 11.0) == "no_data"
    assert gap(rising, 12.0) is None


def test_gap_is_what_is_missing() -> None:
    assert gap(made(">="), 92.5) == 7.5
    assert gap(made(">="), 104.0) == -4.0
    assert gap(made("<="), 104.0) == 4.0
    assert gap(made(">="), None) is None


def test_a_trend_compares_what_can_be_compared() -> None:
    points = [
        Point("2025-01-01", 40.0, "real"),
        Point("2025-06-01", 90.0, "synthetic"),
        Point("2026-01-01", 50.0, "real"),
    ]
    assert before(points, Point("2026-01-01", 50.0, "real")) == points[0]
    assert before(points, Point("2025-01-01", 40.0, "real")) is None
    told = trend(made(">="), points[2], points[0])
    assert told == {
        "previous": 40.0, "previous_as_of": "2025-01-01", "change": 10.0, "direction": "up", "better": True,
    }  # fmt: skip
    assert trend(made("<="), points[2], points[0])["better"] is False
    flat = trend(made(">="), points[2], Point("2025-01-01", 50.0, "real"))
    assert (flat["direction"], flat["better"]) == ("flat", None)
    assert trend(made(">="), points[2], None) is None
