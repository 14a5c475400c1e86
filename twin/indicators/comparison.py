"""Two scenarios side by side, or one and the city as it is: every indicator's two values, their difference and evidence."""

from __future__ import annotations

from typing import Any

from twin import scenario as scenarios
from twin.indicators import card, report, table
from twin.indicators.computed import Desk

_SAME = (
    "no",
    "category",
    "name",
    "unit",
    "unit_en",
    "comparison",
    "target",
    "target_max",
    "target_text",
    "year",
)


def compare(desk: Desk, a: str = "", b: str = "", *, coverage: bool = False) -> dict[str, Any]:
    """All 35 indicators under scenario ``a`` and scenario ``b`` (ids; empty: the city as it is).

    Of each: ``a`` and ``b`` (values, None where there is none; ``reason_a``, ``reason_b`` say why), ``change`` (b less
    a), ``status_a``, ``status_b``, ``affected``, ``edits_a``, ``edits_b`` (numbers of the edits that bear on it) and
    ``evidence_a``, ``evidence_b``. With ``coverage`` a 5G run is computed if none is at hand and an edit bears on it.

    Raises
    ------
    twin.errors.UnknownName
        There is no such scenario.
    """
    about = {identity: scenarios.get(desk.store, identity) for identity in (a, b) if identity}
    told = {identity: report.rows(desk, scenario=identity, coverage=coverage) for identity in {a, b}}
    rows = [_row(*pair) for pair in zip(told[a], told[b], strict=True)]
    return {
        "a": _about(about.get(a)),
        "b": _about(about.get(b)),
        "indicators": rows,
        "affected": sum(row["affected"] for row in rows),
        "changed": sum(bool(row["change"]) for row in rows),
        "coverage_missing": any(
            row["no"] == _RATE and row["affected"] and row["change"] is None for row in rows
        ),
    }


_RATE = 2
"""The indicator that needs a 5G run."""


def _about(chosen: scenarios.Scenario | None) -> dict[str, Any] | None:
    if chosen is None:
        return None
    told = chosen.as_dict()
    return {name: told[name] for name in ("id", "name", "author", "note", "revision", "updated_at")}


def _row(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    sides = {"a": first, "b": second}
    edits = {name: row.get("edits", []) for name, row in sides.items()}
    affected = bool(edits["a"] or edits["b"])
    told = {name: _side(row, sides["b" if name == "a" else "a"]) for name, row in sides.items()}
    values = [told[name]["value"] for name in sides]
    row: dict[str, Any] = {name: first[name] for name in _SAME}
    row |= {name: told[name]["value"] for name in sides}
    row |= {
        "change": None if None in values else values[1] - values[0],
        "affected": affected,
    }
    for name in sides:
        row |= {
            f"status_{name}": told[name]["status"],
            f"edits_{name}": edits[name],
            f"evidence_{name}": told[name]["evidence"],
            f"reason_{name}": told[name]["reason"],
        }
    return row


def _side(row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Value, status and evidence of one side.

    Where edits bear on the other side only, this one is told computed, too: a measured value and a modelled one have
    no difference.
    """
    reason = row.get("not_in_scenario")
    if row.get("affected") and reason is not None:
        nothing = card.of_nothing(table.get(row["no"]), reason)
        return {"value": None, "status": "no_data", "evidence": nothing, "reason": reason}
    if not row.get("affected") and other.get("affected") and other["base"] is not None:
        return {name: other["base"][name] for name in ("value", "status", "evidence")} | {"reason": None}
    return {name: row[name] for name in ("value", "status", "evidence", "reason")}
