"""The indicators told as plain data: what the pages, the command line, the API and reports read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin import scenario as scenarios
from twin.errors import InputError, TwinError
from twin.indicators import card, edited, entered, noted, sensing, status, table
from twin.indicators.computed import NOT_YET, Computed, Context, Desk, NotYetComputed, registry
from twin.indicators.entered import Entry
from twin.indicators.noted import Noted
from twin.indicators.status import Point
from twin.indicators.table import Indicator, words
from twin.scenario import Scenario
from twin.store import Store

if TYPE_CHECKING:
    from twin.indicators.ledger import Ledger


@dataclass(slots=True)
class _Told:
    """What is known of one indicator: the card of its computed value, or why there is none."""

    card: dict[str, Any] | None = None
    reason: dict[str, str] | None = None
    inputs: str = ""
    fresh: bool = False
    computing: bool = False
    outdated: bool = False


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
    """Compute what can be computed and note what is new, or have the desk's ledger do so; ``only`` one if it is named."""
    chosen = scenarios.get(desk.store, scenario) if scenario else None
    notes = noted.every(desk.store)
    ways = {no: how for no, how in registry().items() if only in (None, no)}
    base = Context(desk, run_coverage=coverage)
    told = {no: _told(how, base, notes.get(no, [])) for no, how in ways.items()}
    fresh = [
        (no, item.inputs, item.card["value"], item.card)
        for no, item in told.items()
        if item.fresh and item.card is not None
    ]
    if desk.ledger is None:
        noted.note(desk.store, fresh)
    else:
        for no, inputs, value, _ in fresh:
            if [(item.inputs, item.value) for item in notes.get(no, [])[-1:]] != [(inputs, value)]:
                desk.ledger.ask(no, inputs, value)
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
    ledger = context.desk.ledger if context.scenario is None else None
    quick = how.cost == "count"
    if same and not (quick and (ledger is None or sensing.takes_over(how.layers))):
        return _Told(noted.evidence(context.store, same[-1]), None, inputs)
    if ledger is not None and not quick:
        return _from_ledger(ledger, how, context.store, notes, inputs)
    try:
        if context.scenario is None or how.cost == "count":
            figure = how.compute(context)
        else:
            key = (how.no, inputs, context.scenario.id, context.scenario.revision)
            figure = context.desk.studies.figure(key, lambda: how.compute(context))
    except TwinError as error:
        told = {"zh": error.zh, "en": error.en}
        # A run that has to be asked for is told as it was; where layers are gone, nothing is.
        if isinstance(error, NotYetComputed):
            return _before_now(context.store, notes, told, inputs)
        return _Told(None, told, inputs)
    made = card.of_figure(table.get(how.no), how, figure)
    return _Told(made, None, inputs, fresh=context.scenario is None)


COMPUTING = {
    "zh": "正在根据现有图层计算，稍后即可看到。",
    "en": "Being computed from the layers as they are; it will be there shortly.",
}
OUTDATED = {
    "zh": "图层或计算方法在此之后有变动：所示为变动之前算得的值。",
    "en": "Layers or the method have changed since: this is the value computed before.",
}


def _from_ledger(ledger: Ledger, how: Computed, store: Store, notes: list[Noted], inputs: str) -> _Told:
    """What is told of a long computation that is not noted of these inputs; the ledger is asked for it."""
    ledger.ask(how.no, inputs)
    known = ledger.failure(how.no, inputs)
    if known is not None:
        return _Told(None, known, inputs)
    # A run has to be asked for by someone, so there is no use waiting for it.
    waited_for = how.cost == "analysis"
    return _before_now(
        store, notes, COMPUTING if waited_for else words(NOT_YET), inputs, computing=waited_for
    )


def _before_now(
    store: Store, notes: list[Noted], reason: dict[str, str], inputs: str, *, computing: bool = False
) -> _Told:
    """What was noted last, told as that; why there is nothing where nothing was."""
    if not notes:
        return _Told(None, reason, inputs, computing=computing)
    last = noted.evidence(store, notes[-1])
    made = last | {"caveats": [OUTDATED, *last["caveats"]]}
    return _Told(made, None, inputs, computing=computing, outdated=True)


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
        "cost": None if how is None else how.cost,
        "reason": None if value is not None else shown["method"],
        "computed": None if told.card is None else told.card["value"],
        "not_computed": told.reason,
        "computing": told.computing,
        "outdated": told.outdated and shown["basis"] == "computed",
        "points": _history(no, book),
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


def _history(no: int, book: _Book) -> list[dict[str, Any]]:
    """Every value that holds, by date: of a date and basis the one noted last."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for note in book.notes.get(no, []):
        if note.as_of:
            found["computed", note.as_of] = {
                "as_of": note.as_of, "value": note.value, "basis": "computed", "origin": note.origin,
            }  # fmt: skip
    for entry in book.entries.get(no, []):
        date = entry.as_of.isoformat()
        found["entered", date] = {"as_of": date, "value": entry.value, "basis": "entered", "origin": "real"}
    return sorted(found.values(), key=lambda item: (item["as_of"], item["basis"]))


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
