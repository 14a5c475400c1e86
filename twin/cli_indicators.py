"""The command ``indicators``: the plan's 35 indicators, one of them with its history, and ``indicators set``.

Through a running server when there is one, else on the home itself.
"""

from __future__ import annotations

import argparse
import getpass
import re
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twin import remote
from twin.errors import InputError
from twin.settings import Settings
from twin.store import Store

if TYPE_CHECKING:
    from twin.indicators import Desk

Result = dict[str, Any]
NAME = "indicators"
_NUMBER = re.compile(r"[0-9]{1,4}")
_MARKS = {"met": "✓", "short": "✗", "unjudged": "?", "no_data": "-"}
_USE_ZH = (
    "用法：indicators [编号]，或 indicators set 编号 值 --date 日期 --source 来源（值为 none 表示撤回）。"
)
_USE_EN = (
    "use: indicators [NO], or indicators set NO VALUE --date D --source T (the value none takes a date back)."
)


def add(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the command and its options; ``command(name, text)`` makes a parser."""
    parser = command(NAME, "行动方案的 35 项指标 the plan's 35 indicators")
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NO | set NO VALUE",
        help="一项指标，或录入一个值 one of them, or enter a value",
    )
    parser.add_argument("--date", metavar="D", help="值的日期 date of the value, such as 2023-12-31")
    parser.add_argument("--source", metavar="T", help="值的来源 source of the value")
    parser.add_argument("--author", metavar="T", help="填报人 who enters it; the user of this machine")
    parser.add_argument("--note", metavar="T", help="备注 note")
    parser.add_argument("--scenario", metavar="ID", help="情景，给出前后的值 scenario, before and after")
    parser.add_argument(
        "--coverage", action="store_true", help="需要时计算 5G 覆盖 compute a 5G run if none is at hand"
    )


def run(options: argparse.Namespace, settings: Settings) -> Result:
    """All indicators, one of them, or a value entered.

    :class:`InputError` for a command that is none of these.
    """
    words: list[str] = options.words
    if words[:1] == ["set"]:
        return _set(options, settings)
    for name in ("date", "source", "author", "note"):
        if getattr(options, name) is not None:
            raise InputError(
                f"--{name} 只用于录入。{_USE_ZH}", f"--{name} goes with a value that is entered; {_USE_EN}"
            )
    if len(words) > 1:
        raise InputError(_USE_ZH, _USE_EN)
    no = _number(words[0]) if words else None
    given = {"wait": "1"}  # who asks on a command line wants values, not that they are on their way
    given |= {"scenario": options.scenario} if options.scenario else {}
    given |= {"coverage": "1"} if options.coverage else {}
    server = remote.running(settings.home)
    if server is not None:
        one = "" if no is None else f"/{no}"
        told: Result = server.json("GET", f"/api/indicators{one}?{urllib.parse.urlencode(given)}")
    else:
        from twin.indicators import report

        with _open(settings) as store:
            desk = _desk(store, settings)
            asked = {"scenario": options.scenario or "", "coverage": options.coverage}
            told = report.summary(desk, **asked) if no is None else report.one(desk, no, **asked)
    return told | {"text": _table(told) if no is None else _card(told)}


def _set(options: argparse.Namespace, settings: Settings) -> Result:
    if len(options.words) != 3 or options.date is None or options.source is None:
        raise InputError(_USE_ZH, _USE_EN)
    no = _number(options.words[1])
    body: Result = {
        "value": _value(options.words[2]),
        "date": options.date,
        "source": options.source,
        "author": _user() if options.author is None else options.author,
        "note": options.note or "",
    }
    server = remote.running(settings.home)
    if server is not None:
        told: Result = server.json("POST", f"/api/indicators/{no}", body)
    else:
        from twin.indicators import report

        with _open(settings) as store:
            told = report.set_value(_desk(store, settings), no, body)
    return told | {"text": _card(told)}


def _desk(store: Store, settings: Settings) -> Desk:
    from twin.analysis.coverage_5g.runs import Runs
    from twin.analysis.study import Studies
    from twin.indicators import Desk

    return Desk(store, Studies(store), Runs(store, settings.executor))


def _open(settings: Settings) -> Store:
    return Store.open(settings.home, keep_generations=settings.keep_generations)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InputError(
            f"{text[:20]!r} 不是指标编号。{_USE_ZH}", f"{text[:20]!r} is no indicator; {_USE_EN}"
        )
    return int(text)


def _value(text: str) -> float | None:
    if text == "none":
        return None
    try:
        return float(text.removesuffix("%").replace(",", ""))
    except ValueError:
        raise InputError(
            f"{text[:40]!r} 不是数。{_USE_ZH}", f"{text[:40]!r} is not a number; {_USE_EN}"
        ) from None


def _user() -> str:
    """The user of this machine, empty where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _told(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.10g}{unit}" if unit != "%" else f"{value:.1f}%"


def _table(told: Result) -> str:
    counts = told["counts"]
    words = {
        "met": "达标 met",
        "short": "未达标 short",
        "unjudged": "无法判断 unjudged",
        "no_data": "暂无数据 no data",
    }
    lines = ["，".join(f"{word} {counts[name]}" for name, word in words.items())]
    for row in told["indicators"]:
        line = f"{_MARKS[row['status']]} {row['no']:>2}  {_told(row['value'], row['unit']):>14}"
        if row.get("base"):
            line += f"  ({_told(row['base']['value'], row['unit'])})"
        synthetic = "  合成 synthetic" if row["origin"] in ("synthetic", "mixed") else ""
        lines.append(
            f"{line}  {row['target_text']['zh']:<12}  {row['as_of'] or '-':<10}  {row['name']['zh']}  "
            f"{row['name']['en']}{synthetic}"
        )
    return "\n".join(lines)


def _card(row: Result) -> str:
    card = row["evidence"]
    lines = [
        f"{row['no']}  {row['name']['zh']}  {row['name']['en']}",
        f"{_told(row['value'], row['unit'])}  {row['status_text']['zh']} {row['status_text']['en']}",
        f"目标 target {row['target_text']['zh']}  截至 as of {row['as_of'] or '-'}  {card['origin'] or '-'}",
        card["method"]["zh"],
        card["method"]["en"],
    ]
    lines += [f"{item['zh']}  {item['en']}" for item in card["standards"]]
    lines += [
        f"{item['title']['zh']} {item['title']['en']}: {item['value']:,.10g} {item['unit']}"
        for item in card["denominators"]
    ]
    lines += [
        f"{item['layer'] or '-'}  {item['name']}  {item['source'] or '-'}  {item['licence'] or '-'}  "
        f"{item['data_date'] or item['imported_at']}"
        for item in card["datasets"]
    ]
    lines += [f"! {item['zh']} {item['en']}" for item in card["caveats"]]
    lines += [
        f"{item['as_of']}  {_told(item['value'], row['unit'])}  {item['source']}  {item['author']}  {item['note']}"
        + ("" if item["holds"] else "  (已更正 corrected)")
        for item in row["history"]["entered"]
    ]
    return "\n".join(line.rstrip() for line in lines)
