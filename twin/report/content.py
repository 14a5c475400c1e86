"""What stands in a report, as plain data that templates set: sections in their order, and the entries of the appendix.

::

    {"lang", "title", "subtitle", "facts": [..], "date", "origin", "notice", "sources",
     "sections": [{"kind": "summary" | "view" | "indicators" | "chart" | "scenario" | "annotations", "title",
                   "origin", …}], "evidence": [{"mark", "name", "value", "as_of", "facts": [{"head", "text"}]}],
     "words": {…}}

Every printed figure holds the mark of its evidence (``ref``). Nothing here knows slides, pages or pictures; a view
names its picture by ``picture`` and :func:`with_pictures` tells which of them there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from twin import annotation, describe
from twin import scenario as scenarios
from twin.briefing.viewpoint import Tour
from twin.errors import InputError
from twin.indicators import Desk, report
from twin.indicators import status as judged
from twin.report import charts
from twin.report.edits import described
from twin.report.ledger import Ledger, told
from twin.report.request import Request
from twin.report.words import word

STATUSES: tuple[judged.Status, ...] = ("met", "short", "unjudged", "no_data")
_EDITS = 24
_WORDS = (
    "contents", "by_status", "by_category", "category", "total", "no", "indicator", "target", "value", "status",
    "as_of_head", "basis", "evidence_head", "continued", "methods", "methods_note", "change", "base", "after", "edits",
    "place", "text", "author", "product", "footnote_end", "comma", "share_of_target", "targets_note",
)  # fmt: skip


def chosen(tour: Tour, request: Request) -> list[Any]:
    """The viewpoints asked for, in the tour's order; :class:`InputError` when one is not in the tour."""
    known = {item.id: item for item in tour.viewpoints}
    for name in request.viewpoints:
        if name not in known:
            raise InputError(
                f"巡览“{tour.name}”中没有视点 {name!r}。",
                f"the tour {tour.name!r} has no viewpoint {name!r}.",
            )
    views = [item for item in tour.viewpoints if not request.viewpoints or item.id in request.viewpoints]
    if request.scenario:
        views = [
            item if item.scenario else item.model_copy(update={"scenario": request.scenario})
            for item in views
        ]
    return views


def compose(desk: Desk, tour: Tour, request: Request, *, coverage: bool = False) -> dict[str, Any]:
    """The content of a report; with ``coverage`` a 5G run is computed where none is at hand.

    Raises
    ------
    twin.errors.UnknownName
        There is no such scenario.
    """
    return _Writer(desk, tour, request, coverage).document()


def with_pictures(
    document: dict[str, Any], files: Mapping[str, str], reasons: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """The document with the file of every picture there is, and a sentence in place of each there is not."""
    language = document["lang"]

    def placed(section: dict[str, Any]) -> dict[str, Any]:
        if "pictures" not in section:
            return section
        shown = []
        for item in section["pictures"]:
            file = files.get(item["key"])
            reason = reasons.get(item["key"]) or {}
            missing = word("no_picture", language, reason=reason.get(language) or word("not_asked", language))
            shown.append({**item, "file": file, "missing": "" if file else missing})
        return {**section, "pictures": shown}

    return {**document, "sections": [placed(item) for item in document["sections"]]}


class _Writer:
    """Writes the sections one after the other, citing evidence as figures come."""

    def __init__(self, desk: Desk, tour: Tour, request: Request, coverage: bool) -> None:
        self.desk, self.tour, self.request = desk, tour, request
        self.language = request.lang
        self.coverage = coverage
        self.ledger = Ledger(self.language)
        self.scenario = scenarios.get(desk.store, request.scenario) if request.scenario else None
        self.twin = describe.twin(desk.store)
        rows = report.rows(desk, scenario=request.scenario, coverage=coverage)
        self.every = {row["no"]: row for row in rows}
        self.rows = [row for row in rows if not request.indicators or row["no"] in request.indicators]

    def document(self) -> dict[str, Any]:
        language, today = self.language, dt.date.today()
        sections = [
            *self._views(),
            self._indicators(),
            *charts.every(self.desk, self.rows, self.ledger, self.request.scenario, self.coverage),
            *self._scenario(),
            *self._annotations(),
        ]
        sections = [self._summary(), *sections]
        origin = _worst([self.twin["origin"], *(item["origin"] for item in sections)])
        facts = [
            word("tour_by", language, name=self.tour.name),
            *([word("scenario_of", language, name=self.scenario.name)] if self.scenario else []),
            *([word("as_of", language, date=self.twin["as_of"])] if self.twin["as_of"] else []),
            word("made", language, date=today.isoformat()),
        ]
        comma = word("comma", language)
        return {
            "lang": language,
            "title": word("product", language) if self.tour.builtin else self.tour.name,
            "subtitle": word("subtitle", language),
            "district": word("district", language),
            "note": "" if self.tour.builtin else self.tour.note,
            "facts": facts,
            "date": today.isoformat(),
            "origin": origin,
            "notice": self._notice(origin),
            "sources": comma.join(self.twin["sources"]),
            "sections": [{**item, "notice": self._notice(item["origin"])} for item in sections],
            "evidence": self.ledger.entries,
            "words": {name: word(name, language) for name in _WORDS} | {"notice": self._notice(origin)},
        }

    def _notice(self, origin: str | None) -> str:
        return word(origin, self.language) if origin in ("synthetic", "mixed") else ""

    # -- figures ---------------------------------------------------------------

    def _figure(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """An indicator as it is printed; its evidence is cited when it has a value."""
        language = self.language
        unit = row["unit_en"] if language == "en" else row["unit"]
        name = row["name"][language]
        shown = told(row["value"], unit, language)
        ref = ""
        if row["value"] is not None:
            title = f"{row['no']} {name}"
            ref = self.ledger.cite(f"indicator {row['no']}", title, shown, row["evidence"])
        basis = {"computed": "computed", "entered": "entered"}.get(str(row["basis"]), "")
        return {
            "no": row["no"],
            "category": row["category"][language],
            "name": name,
            "value": shown if row["value"] is not None else "",
            "target": row["target_text"][language],
            "status": row["status"],
            "status_text": row["status_text"][language],
            "as_of": row["as_of"] or "",
            "origin": row["origin"],
            "origin_text": _origin_text(row["origin"], language),
            "basis": word(basis, language) if basis else "",
            "ref": ref,
        }

    # -- sections --------------------------------------------------------------

    def _summary(self) -> dict[str, Any]:
        language = self.language
        figures = [self._figure(row) for row in self.rows]
        names = {row["status"]: row["status_text"][language] for row in self.every.values()}
        categories = list(dict.fromkeys(item["category"] for item in figures))
        valued = [item for item in figures if item["value"]]
        return {
            "kind": "summary",
            "title": word("summary", language),
            "origin": _worst(item["origin"] for item in valued),
            "lead": word("count_text", language, count=len(figures), valued=len(valued)),
            "statuses": [
                {
                    "status": status,
                    "text": names.get(status) or judged.STATUSES[status].of(language),
                    "count": sum(item["status"] == status for item in figures),
                }
                for status in STATUSES
            ],
            "categories": [
                {
                    "name": name,
                    "counts": [
                        sum(item["category"] == name and item["status"] == status for item in figures)
                        for status in STATUSES
                    ],
                }
                for name in categories
            ],
            "figures": valued,
        }

    def _views(self) -> list[dict[str, Any]]:
        language = self.language
        made = []
        for number, view in enumerate(chosen(self.tour, self.request), start=1):
            figures = [self._figure(self.every[no]) for no in view.indicators if no in self.every]
            refs = [item["ref"] for item in figures if item["ref"]]
            english = language == "en"
            made.append(
                {
                    "kind": "view",
                    "number": number,
                    "title": (view.title_en if english else "") or view.title,
                    "caption": (view.caption_en if english else "") or view.caption,
                    "origin": _worst([self.twin["origin"], *(item["origin"] for item in figures)]),
                    "pictures": [{"key": picture_key(number), "title": ""}],
                    "figures": figures,
                    "footnotes": self.ledger.footnote(refs),
                }
            )
        return made

    def _indicators(self) -> dict[str, Any]:
        figures = [self._figure(row) for row in self.rows]
        groups: dict[str, list[dict[str, Any]]] = {}
        for item in figures:
            groups.setdefault(item["category"], []).append(item)
        return {
            "kind": "indicators",
            "title": word("indicators", self.language),
            "origin": _worst(item["origin"] for item in figures if item["value"]),
            "groups": [{"name": name, "figures": members} for name, members in groups.items()],
            "footnotes": [word("targets_note", self.language)],
        }

    def _scenario(self) -> list[dict[str, Any]]:
        chosen_scenario = self.scenario
        if chosen_scenario is None:
            return []
        language = self.language
        rows = []
        for row in self.every.values():
            base = row.get("base")
            if not row.get("affected") or base is None:
                continue
            unit = row["unit_en"] if language == "en" else row["unit"]
            name = f"{row['no']} {row['name'][language]}"
            before = told(base["value"], unit, language)
            reason = (row.get("not_in_scenario") or {}).get(language, "")
            after = told(row["value"], unit, language) if row["change"] is not None else ""
            card = base.get("evidence") or row["evidence"]
            figure = self._figure(row) if after else None
            rows.append(
                {
                    "no": row["no"],
                    "name": row["name"][language],
                    "target": row["target_text"][language],
                    "before": before,
                    "before_ref": self.ledger.cite(
                        f"base {row['no']}", f"{name}{_aside(word('base', language), language)}", before, card
                    ),
                    "after": after,
                    "after_ref": figure["ref"] if figure else "",
                    "change": "" if row["change"] is None else _signed(row["change"], unit, language),
                    "status": row["status"],
                    "status_text": row["status_text"][language],
                    "reason": reason,
                }
            )
        edits = [described(self.desk.store, edit, language) for edit in chosen_scenario.edits]
        more = len(edits) - _EDITS
        shown = edits[:_EDITS] + ([word("more_edits", language, count=more)] if more > 0 else [])
        about = word(
            "edits_of", language, name=chosen_scenario.name, count=len(edits),
            author=chosen_scenario.author or word("no_author", language),
        )  # fmt: skip
        refs = [item[key] for item in rows for key in ("before_ref", "after_ref") if item[key]]
        section: dict[str, Any] = {
            "kind": "scenario",
            "title": word("scenario", language),
            "origin": _worst([self.twin["origin"]]),
            "about": about,
            "note": chosen_scenario.note,
            "rows": rows,
            "none": "" if rows else word("unaffected", language),
            "edits": shown,
            "footnotes": [word("footnote_end", language)] if refs else [],
        }
        maps = {
            "kind": "maps",
            "title": word("scenario_maps", language),
            "origin": self.twin["origin"],
            "caption": about,
            "pictures": [
                {"key": "before", "title": word("base", language)},
                {"key": "after", "title": word("after", language)},
            ],
        }
        return [section, maps] if chosen_scenario.edits else [section]

    def _annotations(self) -> list[dict[str, Any]]:
        """The notes pinned to the scenario, and those of the city."""
        language, store = self.language, self.desk.store
        views = {view.scenario for view in chosen(self.tour, self.request)} | {self.request.scenario, ""}
        known = {item.id for item in scenarios.listed(store)}
        found = [
            item
            for name in sorted(views)
            if not name or name in known
            for item in annotation.every(store, scenario=name)
        ]
        if not found:
            return []
        rows = [
            {
                "title": item.heading,
                "text": item.text if item.title or item.heading != item.text else "",
                "author": item.author or word("no_author", language),
                "date": str(item.created)[:10],
                "status": item.status,
                "status_text": word(item.status, language),
                "place": item.object_name or f"{item.lon:.5f}, {item.lat:.5f}",
                "replies": [f"{reply.author}{word('colon', language)}{reply.text}" for reply in item.replies],
            }
            for item in {item.id: item for item in found}.values()
        ]
        return [
            {
                "kind": "annotations",
                "title": word("annotations", language),
                "origin": None,
                "rows": rows,
            }
        ]


def picture_key(number: int) -> str:
    """The name of the picture of viewpoint ``number`` (from 1)."""
    return f"view-{number:02d}"


def _worst(origins: Any) -> str | None:
    """``synthetic`` when all are, ``mixed`` when some are, ``real`` else; None of nothing."""
    kinds = {item for item in origins if item}
    if not kinds:
        return None
    if kinds == {"synthetic"}:
        return "synthetic"
    return "mixed" if kinds & {"synthetic", "mixed"} else "real"


def _origin_text(origin: str | None, language: str) -> str:
    names = {"synthetic": "synthetic_short", "mixed": "mixed_short", "real": "real"}
    return word(names[origin], language) if origin in names else ""


def _signed(value: float, unit: str, language: str) -> str:
    shown = told(abs(value), unit, language)
    return shown if value == 0 else f"{'+' if value > 0 else '−'}{shown}"


def _aside(text: str, language: str) -> str:
    return f"{word('left', language)}{text}{word('right', language)}"


__all__: Sequence[str] = ("STATUSES", "chosen", "compose", "picture_key", "with_pictures")
