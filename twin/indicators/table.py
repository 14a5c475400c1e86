"""The plan's table of indicators, ``data/indicators.csv``: what is asked for, by when, and where it says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from layers import Text
from twin.analysis._csv_table import Row, Table
from twin.errors import UnknownName
from twin.settings import ROOT

TABLE = ROOT / "data" / "indicators.csv"
COUNT = 35

Comparison = Literal[">=", "<=", "=", "about", "between", "rising"]
COMPARISONS: dict[Comparison, Text] = {
    ">=": Text("不低于", "at least"),
    "<=": Text("不高于", "at most"),
    "=": Text("等于", "exactly"),
    "about": Text("左右", "about"),
    "between": Text("区间", "a range"),
    "rising": Text("持续提升", "rising"),
}
_COLUMNS = (
    "no", "category_zh", "category_en", "name_zh", "name_en", "comparison", "target", "target_max", "unit",
    "unit_en", "year", "target_zh", "target_en", "section_zh", "section_en", "source_zh", "source_en",
)  # fmt: skip
_WHOLE = ("个", "家", "架")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator as the plan has it.

    ``target`` and ``target_max`` (of a range) are in ``unit``, None where the plan names no number; ``wording`` is
    the target in the plan's words, ``section`` where the plan has the task, ``source`` the document.
    """

    no: int
    category: Text
    name: Text
    comparison: Comparison
    target: float | None
    target_max: float | None
    unit: Text
    year: int
    wording: Text
    section: Text
    source: Text

    @property
    def whole(self) -> bool:
        """Whether values are counts, so that a fraction is a slip."""
        return self.unit.zh in _WHOLE

    @property
    def citation(self) -> Text:
        """The clause that sets the target."""
        return Text(
            f"{self.source.zh}主要指标列表第 {self.no} 项“{self.name.zh}”：{self.wording.zh}；见方案{self.section.zh}",
            f"{self.source.en}, table of indicators, no. {self.no}, {self.name.en}: {self.wording.en}; "
            f"see section {self.section.en}",
        )


def indicators() -> tuple[Indicator, ...]:
    """All indicators in the plan's order."""
    return _read(TABLE)


def get(no: int) -> Indicator:
    """The indicator with the plan's number; :class:`twin.errors.UnknownName` when there is none."""
    for item in indicators():
        if item.no == no:
            return item
    raise UnknownName(
        f"没有第 {no} 项指标；行动方案的指标是第 1 至 {COUNT} 项。",
        f"there is no indicator {no}; the plan's are 1 to {COUNT}.",
    )


def words(text: Text) -> dict[str, Any]:
    """A text as plain data."""
    return {"zh": text.zh, "en": text.en}


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Indicator, ...]:
    table = Table(path, _COLUMNS)
    found = tuple(_indicator(row) for row in table)
    table.close()
    return found


def _indicator(row: Row) -> Indicator:
    def text(name: str) -> Text:
        return Text(row.text(f"{name}_zh"), row.text(f"{name}_en"))

    def number(name: str) -> float | None:
        return row.number(name, 0, 1e9) if row.values[name] else None

    return Indicator(
        int(row.number("no", 1, COUNT)),
        text("category"),
        text("name"),
        cast("Comparison", row.choice("comparison", get_args(Comparison))),
        number("target"),
        number("target_max"),
        Text(row.text("unit"), row.values["unit_en"]),
        int(row.number("year", 2000, 2100)),
        text("target"),
        text("section"),
        text("source"),
    )
