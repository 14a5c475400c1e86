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

_COLUMNS = "id, no, inputs, value, as_of, origin, evidence, computed_at"


@dataclass(frozen=True, slots=True)
class Noted:
    """A computed value with the card that explains it."""

    id: int
    no: int
    inputs: str
    value: float
    as_of: str
    origin: str
    evidence: dict[str, Any]
    computed_at: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "value": self.value,
            "as_of": self.as_of,
            "origin": self.origin,
            "computed_at": self.computed_at.isoformat(timespec="seconds"),
            "evidence": self.evidence,
        }


def every(store: Store) -> dict[int, list[Noted]]:
    """All noted values by indicator, the oldest first."""
    rows = store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.indicator_figure ORDER BY id").fetchall()
    found: dict[int, list[Noted]] = {}
    for identity, no, inputs, value, as_of, origin, evidence, computed_at in rows:
        noted = Noted(identity, no, inputs, value, as_of, origin, json.loads(evidence), computed_at)
        found.setdefault(no, []).append(noted)
    return found


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
                f"INSERT INTO twin.indicator_figure ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [number, no, inputs, value, card["as_of"], card["origin"], text, utc_now()],
            )
            number += 1
