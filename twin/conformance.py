"""What the CIM platform standard asks for, noun by noun, and what of the twin fulfils it: ``data/cim_functions.csv``.

CJJ/T 315-2022 《城市信息模型基础平台技术标准》 names the functions of a platform in its clause 4.3. The table says of
each one known to us whether it is met, and by what: a page, a module, a route, a command, and the test that shows it.
Whether those exist is for a test to check (``tests/test_conformance.py``), not for the reader of the table.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from layers import Text
from twin.analysis._csv_table import Row, Table
from twin.export_formats import inert
from twin.settings import ROOT

TABLE = ROOT / "data" / "cim_functions.csv"
STANDARD = Text(
    "CJJ/T 315-2022《城市信息模型基础平台技术标准》",
    "CJJ/T 315-2022, technical standard for the basic platform of city information modelling",
)
LIMITS = Text(
    "条文据公开摘录重新录入，摘录止于第 4.3.5 条；其后各条不在此表中。名称可能与原文略有出入，引用前请核对标准原文。",
    "Re-typed from a public excerpt that ends with clause 4.3.5; later clauses are not in this table. Names may "
    "differ slightly from the printed text; check the standard itself before quoting.",
)
State = Literal["met", "partly", "missing"]
STATES: dict[State, Text] = {
    "met": Text("满足", "met"),
    "partly": Text("部分满足", "partly met"),
    "missing": Text("未提供", "missing"),
}
LINKS = ("page", "element", "module", "route", "command", "test")
"""Columns that lead to what fulfils a function; ``page`` is an address, ``element`` a selector on it."""
_COLUMNS = (
    "clause", "group_zh", "group_en", "name_zh", "name_en", "state", "feature_zh", "feature_en", "lacks_zh",
    "lacks_en", *LINKS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Function:
    """One function that the standard names.

    ``clause`` is empty where the excerpt does not tell it. ``feature`` says what fulfils it, ``lacks`` what is
    missing; ``links`` holds those of :data:`LINKS` that apply.
    """

    clause: str
    group: Text
    name: Text
    state: State
    feature: Text
    lacks: Text
    links: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        texts = {
            key: {"zh": text.zh, "en": text.en}
            for key, text in (
                ("group", self.group), ("name", self.name), ("feature", self.feature), ("lacks", self.lacks),
            )
        }  # fmt: skip
        return {"clause": self.clause, "state": self.state, **texts, "links": dict(self.links)}


def functions() -> tuple[Function, ...]:
    """Every function of the table, in the standard's order."""
    return _read(TABLE)


def counts(items: Iterable[Function]) -> dict[State, int]:
    """How many are in each state."""
    found = Counter(item.state for item in items)
    return {state: found[state] for state in STATES}


def document() -> dict[str, Any]:
    """The whole table as plain data, with its standard, its limits and how many are met."""
    items = functions()
    return {
        "standard": {"zh": STANDARD.zh, "en": STANDARD.en},
        "limits": {"zh": LIMITS.zh, "en": LIMITS.en},
        "states": {state: {"zh": text.zh, "en": text.en} for state, text in STATES.items()},
        "counts": counts(items),
        "functions": [item.as_dict() for item in items],
    }


def to_csv(language: str) -> str:
    """The table for a bid, in ``zh`` or ``en``; begins with the mark by which Excel reads Chinese."""
    head = {
        "zh": ["条", "类别", "功能", "状态", "实现方式", "不足", "页面", "接口", "命令", "测试"],
        "en": [
            "clause",
            "group",
            "function",
            "state",
            "fulfilled by",
            "lacks",
            "page",
            "route",
            "command",
            "test",
        ],
    }
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head[language])
    for item in functions():
        told = (item.group, item.name, STATES[item.state], item.feature, item.lacks)
        links = (item.links.get(name, "") for name in ("page", "route", "command", "test"))
        writer.writerow([inert(cell) for cell in (item.clause, *(one.of(language) for one in told), *links)])
    return "\ufeff" + text.getvalue()


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Function, ...]:
    table = Table(path, _COLUMNS)
    items = tuple(_function(row) for row in table)
    table.close()
    return items


def _function(row: Row) -> Function:
    state = cast(State, row.choice("state", get_args(State)))
    links = {name: row.values[name] for name in LINKS if row.values[name]}
    for name in ("feature_zh", "feature_en"):
        if bool(row.values[name]) != (state != "missing"):
            row.fault(name, "满足或部分满足时填写", "is for what is met or partly met")
    for name in ("lacks_zh", "lacks_en"):
        if bool(row.values[name]) != (state != "met"):
            row.fault(name, "部分满足或未提供时填写", "is for what is partly met or missing")
    if state == "missing":
        if links:
            row.fault(
                next(iter(links)), "未提供的功能没有链接", "cannot lead anywhere: the function is missing"
            )
    elif "test" not in links:
        row.fault("test", "须指明测试", "must name a test")
    elif not {"page", "route", "command"} & set(links):
        row.fault("page", "须指明页面、接口或命令", "is needed, or a route or command")
    return Function(
        row.values["clause"],
        Text(row.text("group_zh"), row.text("group_en")),
        Text(row.text("name_zh"), row.text("name_en")),
        state,
        Text(row.values["feature_zh"], row.values["feature_en"]),
        Text(row.values["lacks_zh"], row.values["lacks_en"]),
        links,
    )
