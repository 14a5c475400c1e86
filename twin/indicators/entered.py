"""Values entered by hand: kept by date with source, author and note, never changed, corrected by a newer row. ::

enter(store, 7, 62.5, as_of="2023-12-31", source="区经委统计")
current(store)[7]        # the value of the latest date
history(store, 7)        # every row, the corrected ones too
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.errors import InputError
from twin.indicators import table
from twin.store import Store, utc_now

_LENGTHS = {"source": 400, "author": 80, "note": 2000}
_TITLES = {"source": "来源", "author": "填报人", "note": "备注"}
_COLUMNS = "id, no, value, as_of, source, author, note, entered_at"
_EARLIEST = dt.date(2000, 1, 1)
_HUGE = 1e300


@dataclass(frozen=True, slots=True)
class Entry:
    """One entered row; ``value`` is None where it takes its date back."""

    id: int
    no: int
    value: float | None
    as_of: dt.date
    source: str
    author: str
    note: str
    entered_at: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "value": self.value,
            "as_of": self.as_of.isoformat(),
            "source": self.source,
            "author": self.author,
            "note": self.note,
            "entered_at": self.entered_at.isoformat(timespec="seconds"),
        }


def enter(
    store: Store,
    no: int,
    value: object,
    *,
    as_of: object,
    source: object,
    author: object = "",
    note: object = "",
) -> Entry:
    """Keep a value of indicator ``no`` at a date; None takes back what is kept for that date.

    Raises
    ------
    twin.errors.UnknownName
        There is no such indicator, or nothing to take back.
    twin.errors.InputError
        The value, the date or a text cannot be used; nothing is kept then.
    """
    indicator = table.get(no)
    number = _value(indicator, value)
    date = _date(as_of)
    texts = {
        name: _text(name, text) for name, text in (("source", source), ("author", author), ("note", note))
    }
    if not texts["source"]:
        raise InputError("须写明数据来源 (source)。", "the source of the value must be named (source).")
    with store.writing() as writer:
        if number is None and not any(
            row.as_of == date for row in _latest(_rows(writer.execute(*_of(no)).fetchall()))
        ):
            raise InputError(
                f"第 {no} 项指标在 {date} 没有可以撤回的值。",
                f"indicator {no} has no value of {date} to take back.",
            )
        row = writer.execute("SELECT coalesce(max(id), 0) + 1 FROM twin.indicator_entry").fetchone()
        assert row is not None
        made = Entry(
            int(row[0]), no, number, date, texts["source"], texts["author"], texts["note"], utc_now()
        )
        writer.execute(
            f"INSERT INTO twin.indicator_entry ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [made.id, no, number, date, made.source, made.author, made.note, made.entered_at],
        )
    return made


def history(store: Store, no: int) -> list[Entry]:
    """Every row of an indicator, the newest date first and of a date the newest row first."""
    rows = _rows(store.cursor().execute(*_of(no)).fetchall())
    return sorted(rows, key=lambda row: (row.as_of, row.id), reverse=True)


def valid(store: Store) -> Mapping[int, list[Entry]]:
    """The rows that hold, by indicator, the oldest date first."""
    rows = _rows(store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.indicator_entry").fetchall())
    found: dict[int, list[Entry]] = {}
    for row in _latest(rows):
        found.setdefault(row.no, []).append(row)
    return found


def _of(no: int) -> tuple[str, list[object]]:
    return f"SELECT {_COLUMNS} FROM twin.indicator_entry WHERE no = ?", [no]


def _rows(rows: list[Any]) -> list[Entry]:
    return [Entry(*row) for row in rows]


def _latest(rows: list[Entry]) -> list[Entry]:
    """Of each indicator and date the newest row, unless it takes the date back; by date."""
    newest: dict[tuple[int, dt.date], Entry] = {}
    for row in sorted(rows, key=lambda item: item.id):
        newest[row.no, row.as_of] = row
    return sorted(
        (row for row in newest.values() if row.value is not None), key=lambda row: (row.no, row.as_of)
    )


def _value(indicator: table.Indicator, value: object) -> float | None:
    if value is None:
        return None
    unit = indicator.unit.zh
    # Only NaN differs from itself; math.isnan cannot take every integer.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124
        raise InputError(
            f"第 {indicator.no} 项指标的值 {str(value)[:40]!r} 不是数；请给出以“{unit}”为单位的数。",
            f"{str(value)[:40]!r} is not a number; give indicator {indicator.no} in {indicator.unit.en or unit}.",
        )
    number = float(min(max(value, -_HUGE), _HUGE))  # JSON has numbers that no float holds
    most = 100.0 if unit == "%" else 1e9
    if not 0 <= number <= most or (indicator.whole and number != round(number)):
        whole = ("的整数", "a whole number ") if indicator.whole else ("", "")
        raise InputError(
            f"第 {indicator.no} 项指标的值 {number:g} 无效，应为 0 到 {most:g}{whole[0]}（{unit}）。",
            f"{number:g} is not valid for indicator {indicator.no}: it must be {whole[1]}from 0 to {most:g} "
            f"({indicator.unit.en or unit}).",
        )
    return number


def _date(value: object) -> dt.date:
    try:
        date = dt.date.fromisoformat(str(value)) if len(str(value)) == len("2023-12-31") else None
    except ValueError:
        date = None
    if date is None:
        raise InputError(
            f"日期 {str(value)[:40]!r} 无效；请写成 2023-12-31 的形式。",
            f"the date {str(value)[:40]!r} is not valid; write it as 2023-12-31.",
        )
    today = dt.date.today()
    if not _EARLIEST <= date <= today:
        raise InputError(
            f"日期 {date} 须在 {_EARLIEST} 到今天（{today}）之间。",
            f"the date {date} must lie between {_EARLIEST} and today ({today}).",
        )
    return date


def _text(name: str, value: object) -> str:
    text = value.strip() if isinstance(value, str) else "" if value is None else None
    if text is None or len(text) > _LENGTHS[name]:
        raise InputError(
            f"{_TITLES[name]} ({name}) 须是至多 {_LENGTHS[name]} 个字的文字。",
            f"{name} must be a text of at most {_LENGTHS[name]} characters.",
        )
    return text
