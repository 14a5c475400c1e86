"""Computed values noted in the home: once for each state of their inputs, so that there is a history of them.

A noted value also stands for a costly computation as long as its inputs are the same.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import duckdb

from twin.store import Store, utc_now

_COLUMNS = "id, no, inputs, value, as_of, origin, computed_at"


@dataclass(frozen=True, slots=True)
class Noted:
    """A computed value; the card that explains it is read with :func:`evidence` where it is wanted."""

    id: int
    no: int
    inputs: str
    value: float
    as_of: str
    origin: str
    computed_at: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "value": self.value,
            "as_of": self.as_of,
            "origin": self.origin,
            "computed_at": self.computed_at.isoformat(timespec="seconds"),
        }


def every(store: Store) -> dict[int, list[Noted]]:
    """All noted values by indicator, the oldest first."""
    rows = store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.indicator_figure ORDER BY id").fetchall()
    found: dict[int, list[Noted]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(Noted(*row))
    return found


def evidence(store: Store, item: Noted) -> dict[str, Any]:
    """The card of a noted value."""
    row = (
        store.cursor()
        .execute("SELECT evidence FROM twin.indicator_figure WHERE id = ?", [item.id])
        .fetchone()
    )
    assert row is not None
    card: dict[str, Any] = json.loads(row[0])
    return card


def note(store: Store, fresh: list[tuple[int, str, float, dict[str, Any]]]) -> None:
    """Note values (number, inputs, value, card) that differ from the last noted one of their indicator.

    A home that cannot be written loses the note, not the answer.
    """
    if not fresh:
        return
    with suppress(duckdb.Error), store.writing() as writer:
        # Two readers at once must not note the same value twice.
        rows = writer.execute(
            "SELECT no, arg_max(inputs, id), arg_max(value, id) FROM twin.indicator_figure GROUP BY no"
        ).fetchall()
        last = {no: (inputs, value) for no, inputs, value in rows}
        row = writer.execute("SELECT coalesce(max(id), 0) + 1 FROM twin.indicator_figure").fetchone()
        assert row is not None
        number = int(row[0])
        for no, inputs, value, card in fresh:
            if last.get(no) == (inputs, value):
                continue
            text = json.dumps(card, ensure_ascii=False, separators=(",", ":"), default=str)
            writer.execute(
                f"INSERT INTO twin.indicator_figure ({_COLUMNS}, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [number, no, inputs, value, card["as_of"] or "", card["origin"], utc_now(), text],
            )
            number += 1
