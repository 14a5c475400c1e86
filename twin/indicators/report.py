"""The indicators told as plain data: what the pages, the command line, the API and reports read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin import scenario as scenarios
from twin.errors import InputError, TwinError
from twin.indicators import card, edited, entered, noted, status, table
from twin.indicators.computed import Computed, Context, Desk, registry
from twin.indicators.entered import Entry
from twin.indicators.noted import Noted
from twin.indicators.status import Point
from twin.indicators.table import Indicator, words
from twin.scenario import Scenario


@dataclass(slots=True)
class _Told:
    """What is known of one indicator: the card of its computed value, or why there is none."""

    card: dict[str, Any] | None = None
    reason: dict[str, str] | None = None
    inputs: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class _Book:
    """Everything that rows are made from, read once."""

    entries: dict[int, list[Entry]]
    notes: dict[int, list[Noted]]
    told: dict[int, _Told]
    edited: dict[int, _Told]
    scenario: Scenario | None
    bearing: dict[int, list[int]]


def _book(desk: Desk, scenario: str, coverage: bool, only: int | None = None) -> _Book:
    """Compute what can be computed and note what is new; ``only`` one indicator if it is named."""
    chosen = scenarios.get(desk.store, scenario) if scenario else None
    notes = noted.every(desk.store)
    ways = {no: how for no, how in registry().items() if only in (None, no)}
    base = Context(desk, run_coverage=coverage)
    told = {no: _told(how, base, notes.get(no, [])) for no, how in ways.items()}
    noted.note(
        desk.store,
        [
            (no, item.inputs, item.card["value"], item.card)
            for no, item in told.items()
            if item.fresh and item.card is not None
        ],
    )
    edits = () if chosen is None else chosen.edits
    bearing = {no: found for no, how in ways.items() if (found := edited.bearing(how.edits, edits))}
    # What no edit bears on stays as it is, and costs nothing.
    after = {
        no: _told(ways[no], Context(desk, chosen, coverage), [])
        for no in bearing
        if told[no].card is not None
    }
    entries = dict(entered.valid(desk.store))
    return _Book(entries, noted.every(desk.store), told, after, chosen, bearing)


def rows(desk: Desk, *, scenario: str = "", coverage: bool = False) -> list[dict[str, Any]]:
    """One row an indicator, all 35: target, value, status, gap, trend, as-of date and evidence.

    With ``scenario`` (its id) computed values are those after its edits; ``base`` holds value, status and evidence
    before, ``edits`` the numbers of the edits that bear on the indicator. With ``coverage`` a 5G run is computed if none
    is at hand, which takes tens of seconds.
    """
    book = _book(desk, scenario, coverage)
    return [_row(item, book) for item in table.indicators()]


def summary(desk: Desk, *, scenario: str = "", coverage: bool = False) -> dict[str, Any]:
    """The rows with their count by status."""
    found = rows(desk, scenario=scenario, coverage=coverage)
    counts = {name: sum(row["status"] == name for row in found) for name in status.STATUSES}
    return {"indicators": found, "counts": counts, "scenario": scenario or None}


def one(desk: Desk, no: int, *, scenario: str = "", coverage: bool = False) -> dict[str, Any]:
    """The row of one indicator with its ``history``: every entered and every noted value, the newest first.

    :class:`twin.errors.UnknownName` when there is none of that number.
    """
    indicator = table.get(no)
    book = _book(desk, scenario, coverage, no)
    holding = {entry.id for entry in book.entries.get(no, [])}
    return _row(indicator, book) | {
        "history": {
            "entered": [
                entry.as_dict() | {"holds": entry.id in holding} for entry in entered.history(desk.store, no)
            ],
            "computed": [
                item.as_dict() | {"evidence": noted.evidence(desk.store, item)}
                for item in reversed(book.notes.get(no, []))
            ],
        }
    }


def _told(how: Computed, context: Context, notes: list[Noted]) -> _Told:
    """The computed value, or the one noted of the same inputs where computing takes long."""
    inputs = how.inputs(context.store)
    same = [item for item in notes if item.inputs == inputs]
    if how.cost != "count" and same:
        return _Told(noted.evidence(context.store, same[-1]), None, inputs)
    try:
        figure = how.compute(context)
    except TwinError as error:
        return _Told(None, {"zh": error.zh, "en": error.en}, inputs)
    made = card.of_figure(table.get(how.no), how, figure)
    return _Told(made, None, inputs, fresh=context.scenario is None)


def _row(indicator: Indicator, book: _Book) -> dict[str, Any]:
    no = indicator.no
    how = registry().get(no)
    told = book.told.get(no, _Told())
    entries = book.entries.get(no, [])
    after = book.edited.get(no, _Told())
    if no in book.bearing and told.card is not None:
        shown = after.card or told.card
    elif told.card is not None and not (entries and how is not None and how.entered_first):
        shown = told.card
    elif entries:
        shown = card.of_entry(indicator, entries[-1])
    else:
        shown = card.of_nothing(indicator, told.reason)
    value = shown["value"]
    now, previous = _points(no, shown, book)
    if indicator.comparison == "about" and value is not None:
        shown = shown | {"caveats": [*shown["caveats"], status.ABOUT_CAVEAT]}
    judged = status.judge(indicator, value, None if previous is None else previous.value)
    row: dict[str, Any] = {
        "no": no,
        "category": words(indicator.category),
        "name": words(indicator.name),
        "value": value,
        "unit": indicator.unit.zh,
        "unit_en": indicator.unit.en,
        "comparison": indicator.comparison,
        "target": indicator.target,
        "target_max": indicator.target_max,
        "target_text": words(indicator.wording),
        "year": indicator.year,
        "status": judged,
        "status_text": words(status.STATUSES[judged]),
        "gap": status.gap(indicator, value),
        "trend": None if now is None else status.trend(indicator, now, previous),
        "as_of": shown["as_of"],
        "origin": shown["origin"],
        "basis": shown["basis"],
        "computable": how is not None,
        "reason": None if value is not None else shown["method"],
        "computed": None if told.card is None else told.card["value"],
        "not_computed": told.reason,
        "entered": entries[-1].as_dict() if entries else None,
        "evidence": shown,
    }
    if book.scenario is not None:
        row |= _before(indicator, book, row)
    return row


def _before(indicator: Indicator, book: _Book, row: dict[str, Any]) -> dict[str, Any]:
    """``base`` (value, status, evidence without the scenario), ``change``, whether and which edits bear on it."""
    no = indicator.no
    edits = book.bearing.get(no, [])
    told, after = book.told.get(no, _Told()), book.edited.get(no, _Told())
    found: dict[str, Any] = {"base": None, "change": None, "affected": bool(edits), "edits": edits}
    if not edits:
        if row["value"] is not None:
            found |= {"base": _base(row["value"], row["status"], row["evidence"]), "change": 0.0}
    elif told.card is None:
        found |= {"not_in_scenario": told.reason}
    else:
        value = told.card["value"]
        found |= {"base": _base(value, status.judge(indicator, value), told.card)}
        if after.card is None:
            found |= {"not_in_scenario": after.reason}
        else:
            found |= {"change": after.card["value"] - value}
    return found


def _base(value: float, judged: str, evidence: dict[str, Any]) -> dict[str, Any]:
    return {"value": value, "status": judged, "as_of": evidence["as_of"], "evidence": evidence}


def _points(no: int, shown: dict[str, Any], book: _Book) -> tuple[Point | None, Point | None]:
    """The value shown and the one before it of the same kind; None where there is none."""
    if shown["value"] is None:
        return None, None
    now = Point(shown["as_of"] or "", shown["value"], shown["origin"])
    if shown["basis"] == "entered":
        earlier = [
            Point(item.as_of.isoformat(), item.value or 0.0, "real") for item in book.entries.get(no, [])
        ]
    else:
        earlier = [Point(item.as_of, item.value, item.origin) for item in book.notes.get(no, [])]
    return now, status.before(earlier, now)


def set_value(desk: Desk, no: int, body: dict[str, Any]) -> dict[str, Any]:
    """Enter a value from ``value``, ``date``, ``source``, ``author`` and ``note``; the row with its history."""
    known = ("value", "date", "source", "author", "note")
    for name in body:
        if name not in known:
            raise InputError(
                f"没有字段 {name[:40]!r}；可用：{'、'.join(known)}。",
                f"there is no field {name[:40]!r}; there are {', '.join(known)}.",
            )
    if "value" not in body:
        raise InputError("须给出值 value（null 表示撤回）。", "the value is missing (null takes it back).")
    entered.enter(
        desk.store, no, body["value"], as_of=body.get("date"), source=body.get("source"),
        author=body.get("author", ""), note=body.get("note", ""),
    )  # fmt: skip
    return one(desk, no)
