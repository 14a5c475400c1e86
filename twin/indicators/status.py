"""Whether a value meets its target, how far it is from it, and which way it moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from layers import Text
from twin.indicators.table import Indicator

ABOUT = 0.05
"""A target of "about" is met from this share below it: the plan says 左右 and no tolerance, so it is an assumption."""
_NEAR = 1e-9

Status = Literal["met", "short", "unjudged", "no_data"]
STATUSES: dict[Status, Text] = {
    "met": Text("达标", "Met"),
    "short": Text("未达标", "Short of target"),
    "unjudged": Text("暂无法判断", "Cannot be judged yet"),
    "no_data": Text("暂无数据", "No data"),
}

ABOUT_CAVEAT = {
    "zh": f"目标为“左右”，方案未给出容差；本项目按不低于目标的 {1 - ABOUT:.0%} 判断。",
    "en": f"The target is “about”, with no tolerance in the plan; this project takes {1 - ABOUT:.0%} of it as met.",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a date (ISO 8601), with the origin of what it came from."""

    as_of: str
    value: float
    origin: str


def judge(indicator: Indicator, value: float | None, previous: float | None = None) -> Status:
    """The status of ``value``; ``previous`` is the value before, which a target of "rising" needs.

    Above the upper end of a range is met too: the plan's ranges are amounts to be reached.
    """
    if value is None:
        return "no_data"
    if indicator.comparison == "rising" or indicator.target is None:
        return "unjudged" if previous is None else "met" if value > previous + _NEAR else "short"
    target = indicator.target
    close = _NEAR * max(1.0, abs(target))
    met = {
        "<=": value <= target + close,
        "=": abs(value - target) <= close,
        "about": value >= target * (1 - ABOUT) - close,
    }.get(indicator.comparison, value >= target - close)
    return "met" if met else "short"


def gap(indicator: Indicator, value: float | None) -> float | None:
    """What is missing to the target, in its unit: positive when short of it, negative when beyond."""
    if value is None or indicator.target is None:
        return None
    return value - indicator.target if indicator.comparison == "<=" else indicator.target - value


def before(points: Iterable[Point], now: Point) -> Point | None:
    """The newest of ``points`` dated before ``now`` with the same origin, which alone it can be compared with."""
    earlier = [item for item in points if item.as_of < now.as_of and item.origin == now.origin]
    return max(earlier, key=lambda item: item.as_of, default=None)


def trend(indicator: Indicator, now: Point, previous: Point | None) -> dict[str, Any] | None:
    """The change since the value before: ``direction`` up, down or flat, and whether it is ``better``; None without."""
    if previous is None:
        return None
    change = now.value - previous.value
    moved = abs(change) > _NEAR * max(1.0, abs(now.value))
    rising = change > 0
    return {
        "previous": previous.value,
        "previous_as_of": previous.as_of,
        "change": change,
        "direction": ("up" if rising else "down") if moved else "flat",
        "better": (rising != (indicator.comparison == "<=")) if moved else None,
    }
