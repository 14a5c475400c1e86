"""The report on a model as one HTML page: printed, mailed or opened beside the viewer.

The page stands alone: no script, nothing loaded from elsewhere, and a policy in
it that forbids both. Every text of a model is a stranger's and goes through
:func:`text`.
"""

from __future__ import annotations

import html as markup
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bim import model as models
from bim.check import result as results
from bim.check.page_words import WORDS
from bim.check.result import COUNTS, CheckResult, Failure, Outcome, Specification, Template
from bim.check.terms import class_words
from bim.check.wording import cut
from bim.finding import Finding, Sentence
from bim.model import Model

SHOWN = 100
"""Failures shown of one specification; ``check.json`` holds more."""
REASONS = 3
"""Reasons told beside a specification; its list holds all of them."""
OPEN = 60
"""Failures of the whole model up to which their lists are unfolded."""
_STYLE = Path(__file__).with_name("page.css")
_CLASSES = ("IfcWall", "IfcDoor", "IfcWindow", "IfcSlab", "IfcColumn", "IfcBeam", "IfcStair", "IfcSpace")
_COLORS = {
    "passed": "good",
    "failed": "bad",
    "warned": "warn",
    "not_finished": "warn",
    "not_applicable": "none",
}
_CHIPS: dict[Outcome, str] = {
    "pass": "good", "fail": "bad", "none": "none", "skipped": "none", "stopped": "warn", "broken": "warn",
}  # fmt: skip


def html(
    folder: Path,
    language: str,
    *,
    base: str = "",
    hypotheses: Sequence[Mapping[str, Any] | Any] = (),
    placement: Mapping[str, Any] | None = None,
) -> str:
    """The report on the model kept in ``folder``.

    Parameters
    ----------
    folder
        A model's folder; without ``check.json`` the report holds the facts only.
    language
        ``"zh"`` or ``"en"``.
    base
        Address of the page that shows the model; elements link to ``base?element=KEY``. Without one, or when
        it is neither a path nor http(s), nothing is linked.
    hypotheses
        Where the model may stand, best first: ``Hypothesis`` of :mod:`bim.georeference`, or their dicts.
    placement
        Where the user has put it: ``lon``, ``lat``, ``height_m``, ``rotation_deg``.
    """
    return Page(language, base).whole(models.read(folder), results.read(folder), hypotheses, placement)


def text(value: object, characters: int = 300) -> str:
    """A stranger's text made safe for HTML: one line, cut, without control and direction characters."""
    return markup.escape(cut(value, characters), quote=True)


class Page:
    """The parts of the report in one language."""

    def __init__(self, language: str, base: str = "") -> None:
        self.language = "en" if language == "en" else "zh"
        self.base = base if base.startswith(("/", "./", "?", "http://", "https://")) else ""

    def whole(
        self,
        model: Model,
        checked: CheckResult | None,
        hypotheses: Sequence[Mapping[str, Any] | Any],
        placement: Mapping[str, Any] | None,
    ) -> str:
        """The page."""
        title = f"{self._word('title')} · {text(model.name, 120)}"
        lists = checked is not None and checked.summary()["failures"] > OPEN
        unfold = f'<label class="unfold"><input type="checkbox" id="unfold"> {self._word("unfold")}</label>'
        parts = [
            unfold if lists else "",
            self._head(model, checked),
            self._facts(model),
            self._storeys(model),
            self._place(hypotheses, placement),
            self._notes(model.findings),
            *([] if checked is None else [self._template(item, checked) for item in checked.templates]),
            f"<footer>{self._word('footer')}</footer>",
        ]
        language = "en" if self.language == "en" else "zh-CN"
        return (
            f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            '<meta name="referrer" content="no-referrer">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n"
            f"<body>{''.join(parts)}</body></html>\n"
        )

    def _word(self, name: str, *values: object) -> str:
        return markup.escape(WORDS[name].of(self.language).format(*values), quote=True)

    def _of(self, sentence: Sentence, characters: int = 600) -> str:
        said = sentence.of(self.language)
        return text(said[:1].upper() + said[1:] if self.language == "en" else said, characters)

    def _head(self, model: Model, checked: CheckResult | None) -> str:
        names = [name for name in (model.project, model.site, model.building) if name]
        lines = " · ".join(dict.fromkeys(text(name, 80) for name in names))
        head = (
            f'<header><p class="over">{self._word("title")}</p><h1><bdi>{text(model.name, 160)}</bdi></h1>'
            f'<p class="quiet"><bdi>{lines}</bdi></p></header>'
        )
        if checked is None:
            return head + f'<section class="panel section">{self._word("unchecked")}</section>'
        summary = checked.summary()
        judged = summary["specifications"] - summary["not_applicable"]
        name = "bad" if summary["failed"] else "good" if summary["passed"] == judged else "fair"
        verdict = self._word(f"verdict_{name}", summary["failed"], judged, judged - summary["passed"])
        shown = [name for name in COUNTS if summary[name] or name in {"passed", "failed"}]
        return head + (
            f'<section class="panel verdict"><div><strong>{verdict}</strong>'
            f'<p class="quiet">{self._word("failures", _count(summary["failures"]))}'
            f" {self._word('at', _moment(checked.at))}</p></div>"
            '<div class="figures">'
            + "".join(
                f'<div class="figure"><b>{summary[name]}</b><span>{self._word(name)}</span></div>'
                for name in shown
            )
            + f"</div>{_outcomes(summary)}</section>"
        )

    def _facts(self, model: Model) -> str:
        rows = [
            ("schema", text(model.schema)),
            ("size", f"{model.bytes / 1e6:.1f} MB"),
            ("application", text(model.application, 120)),
            ("unit", text(model.length_unit)),
            ("elements", _count(sum(item.elements for item in model.storeys)) if model.storeys else "–"),
            ("drawn", f"{_count(model.drawn)} · {self._word('triangles', _count(model.triangles))}"),
        ]
        if model.bbox_m is not None:
            low, high = model.bbox_m
            rows.append(("extent", " × ".join(f"{b - a:.1f}" for a, b in zip(low, high, strict=True)) + " m"))
        if model.height_m is not None:
            rows.append(("height", f"{model.height_m:.1f} m"))
        if model.encoding != "ascii":
            rows.append(("encoding", self._word("transcoded", model.encoding.upper())))
        rows.append(("sha256", f'<span class="mono">{text(model.sha256[:16])}</span>'))
        counted = [
            f"{class_words(name).of(self.language).split('（')[0].split(' (')[0]} {_count(model.counts[name])}"
            for name in _CLASSES
            if model.counts.get(name)
        ]
        if counted:
            rows.append(("counts", text(" · ".join(counted))))
        whole = {"counts": ' class="whole"'}
        cells = "".join(
            f"<div{whole.get(name, '')}><dt>{self._word(name)}</dt><dd>{value}</dd></div>"
            for name, value in rows
        )
        return f'<h2>{self._word("facts")}</h2><section class="panel"><dl>{cells}</dl></section>'

    def _storeys(self, model: Model) -> str:
        if not model.storeys:
            return ""
        most = max(1, *(item.elements for item in model.storeys))
        several = len({item.building for item in model.storeys}) > 1
        rows = "".join(
            f"<tr><td><bdi>{text(item.name or '–', 80)}</bdi>"
            + (
                f'<span class="quiet small"> {text(item.long_name, 80)}</span>'
                if item.long_name not in {"", item.name}
                else ""
            )
            + (f'<div class="quiet small">{text(item.building, 80)}</div>' if several else "")
            + f'</td><td class="number">{_elevation(item.elevation_m)}</td>'
            f'<td class="number">{"–" if item.height_m is None else f"{item.height_m:.2f}"}</td>'
            f'<td class="number">{_count(item.elements)}</td><td class="number">{_count(item.spaces)}</td>'
            f"<td>{_bar([('accent', item.elements), ('', most - item.elements)], thin=True)}</td></tr>"
            for item in reversed(model.storeys)
        )
        return (
            f'<h2>{self._word("storeys")}</h2><section class="panel scroll"><table class="levels"><colgroup><col>'
            '<col class="count"><col class="count"><col class="count"><col class="count"><col class="wide">'
            f'</colgroup><thead><tr><th>{self._word("storey")}</th><th class="number">{self._word("elevation")}</th>'
            f'<th class="number">{self._word("storey_height")}</th><th class="number">{self._word("elements")}</th>'
            f'<th class="number">{self._word("spaces")}</th><th></th></tr></thead><tbody>{rows}</tbody></table></section>'
        )

    def _place(
        self, hypotheses: Sequence[Mapping[str, Any] | Any], placement: Mapping[str, Any] | None
    ) -> str:
        if not hypotheses and placement is None:
            return ""
        placed = ""
        if placement is not None:
            values = [_number(placement.get(name), digits) for name, digits in
                      (("lon", 6), ("lat", 6), ("height_m", 2), ("rotation_deg", 2))]  # fmt: skip
            placed = f'<section class="panel"><p>{self._word("placed", *values)}</p></section>'
        rows = "".join(self._hypothesis(number, item) for number, item in enumerate(hypotheses, 1))
        table = (
            f'<section class="panel scroll"><table class="places"><thead><tr><th></th><th>{self._word("hypothesis")}</th>'
            f'<th class="number">{self._word("lonlat")}</th><th class="number">{self._word("rotation")}</th>'
            f'<th class="number">{self._word("overlap")}</th><th class="number">{self._word("score")}</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></section>"
        )
        return f"<h2>{self._word('place')}</h2>{placed}{table if hypotheses else ''}"

    def _hypothesis(self, number: int, item: Mapping[str, Any] | Any) -> str:
        title = self._told(_field(item, "title")) or text(_field(item, "name") or "–")
        why = [self._told(each) for each in _field(item, "why") or ()]
        faults = [self._told(_field(each, "text") or each) for each in _field(item, "faults") or ()]
        lines = "".join(f"<li>{line}</li>" for line in (*why, *faults) if line)
        score, overlap = _field(item, "score"), _field(item, "overlap")
        crs = _field(item, "crs")
        return (
            f'<tr><td class="number quiet">{number}</td><td>{title}'
            + (f' <span class="mono">{text(crs, 60)}</span>' if crs else "")
            + (f'<ul class="why">{lines}</ul>' if lines else "")
            + f'</td><td class="number">{_number(_field(item, "longitude"), 6)}'
            f"<br>{_number(_field(item, 'latitude'), 6)}</td>"
            f'<td class="number">{_number(_field(item, "rotation_deg"), 2)}°</td>'
            f'<td class="number">{_percent(overlap)}</td><td class="number">{_percent(score)}</td></tr>'
        )

    def _told(self, value: Any) -> str:
        """A sentence, its dict, or a plain text, in the page's language."""
        if isinstance(value, Sentence):
            return self._of(value)
        if isinstance(value, Mapping):
            return self._of(Sentence(str(value.get("zh", "")), str(value.get("en", ""))))
        return "" if value is None else text(value, 600)

    def _notes(self, findings: Sequence[Finding]) -> str:
        if not findings:
            return ""
        order = {"error": 0, "warning": 1, "info": 2}
        chips = {"error": "bad", "warning": "warn", "info": "none"}
        lines = "".join(
            f'<li><span class="chip {chips[item.severity]}">{self._word(item.severity)}</span>'
            f"<span>{self._of(item.text)}</span></li>"
            for item in sorted(findings, key=lambda item: order[item.severity])[:SHOWN]
        )
        more = len(findings) - SHOWN
        rest = f'<p class="quiet section">{self._word("more_notes", _count(more))}</p>' if more > 0 else ""
        heading = self._word("notes")
        return f'<h2>{heading}</h2><section class="panel"><ul class="notes">{lines}</ul>{rest}</section>'

    def _template(self, item: Template, checked: CheckResult) -> str:
        counts = item.counts()
        judged = len(item.specifications) - counts["not_applicable"]
        head = (
            f'<div class="title"><p class="quiet">{self._of(item.description)}</p><p class="nowrap">'
            f"{self._word('tally', counts['passed'], judged)}</p></div>{_outcomes(counts)}"
        )
        if item.problem is not None:
            head = f'<p><span class="chip warn">{self._word("unusable")}</span> {self._of(item.problem)}</p>'
        rows = "".join(self._row(each) for each in item.specifications)
        table = (
            '<div class="section scroll"><table class="specifications"><colgroup><col class="state"><col>'
            '<col class="count"><col class="count"><col class="count"><col class="share"></colgroup>'
            f"<thead><tr><th>{self._word('outcome')}</th>"
            f'<th>{self._word("specification")}</th><th class="number">{self._word("applicable")}</th>'
            f'<th class="number">{self._word("passed_elements")}</th><th class="number">{self._word("failed_elements")}</th>'
            f"<th></th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
        unfold = checked.summary()["failures"] <= OPEN
        blocks = "".join(self._failures(each, unfold) for each in item.specifications if _listed(each))
        below = f'<section class="panel"><h3>{self._word("details")}</h3>{blocks}</section>' if blocks else ""
        return f'<h2>{self._of(item.title)}</h2><section class="panel">{head}{table if rows else ""}</section>{below}'

    def _row(self, item: Specification) -> str:
        about = [self._of(item.description)] if item.description.of(self.language) else []
        about += [self._of(item.why)] if item.why is not None else []
        reasons = (
            Counter(failure.reason.of(self.language) for failure in item.failures) if _listed(item) else {}
        )
        about += [
            f"{text(reason)} {self._word('times', _count(times))}"
            for reason, times in [*reasons.items()][:REASONS]
        ]
        bar = _bar([("good", item.passed), (_grave(item), item.failed)], thin=True) if item.applicable else ""
        return (
            f'<tr><td><span class="chip {_chip(item)}">{self._word(_state(item))}</span></td>'
            f"<td>{self._of(item.title)}"
            + "".join(f'<div class="quiet small">{each}</div>' for each in about)
            + f'</td><td class="number">{_count(item.applicable)}</td><td class="number">{_count(item.passed)}</td>'
            f'<td class="number">{_count(item.failed)}</td><td>{bar}</td></tr>'
        )

    def _failures(self, item: Specification, unfold: bool) -> str:
        groups: dict[str, list[Failure]] = {}
        for failure in item.failures[:SHOWN]:
            groups.setdefault(failure.reason.of(self.language), []).append(failure)
        rows = "".join(
            f'<tr class="reason {_grave(item)}"><td colspan="4">{text(reason, 600)}</td></tr>'
            + "".join(self._failure(each) for each in failures)
            for reason, failures in groups.items()
        )
        table = (
            '<div class="scroll"><table class="failures">'
            '<colgroup><col style="width:34%"><col style="width:26%"><col style="width:16%"><col></colgroup>'
            f"<thead><tr><th>{self._word('name')}</th><th>{self._word('class')}</th><th>{self._word('storey')}</th>"
            f"<th>GlobalId</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
        more = item.failed - min(len(item.failures), SHOWN)
        rest = f'<p class="quiet section">{self._word("more", _count(more))}</p>' if more > 0 else ""
        count = self._word("elements_failed", _count(item.failed))
        return (
            f'<details{" open" if unfold else ""}><summary>{self._of(item.title)}<span class="count">{count}</span>'
            f"</summary><div>{table}{rest}</div></details>"
        )

    def _failure(self, item: Failure) -> str:
        name = f"<bdi>{text(item.name or '–', 120)}</bdi>"
        if item.key is not None and self.base:
            joint = "&" if "?" in self.base else "?"
            address = markup.escape(f"{self.base}{joint}element={quote(item.key, safe='')}", quote=True)
            name = f'<a href="{address}">{name}</a>'
        words = class_words(item.ifc_class).of(self.language)
        return (
            f"<tr><td>{name}</td><td>{text(words, 120)}</td><td><bdi>{text(item.storey or '–', 80)}</bdi></td>"
            f'<td class="mono">{text(item.guid or "–", 60)}</td></tr>'
        )


def _listed(item: Specification) -> bool:
    """Whether the failures say more than the title: findings on the place are told by it already."""
    return bool(item.failures) and any(
        failure.reason != item.title or failure.guid for failure in item.failures
    )


def _state(item: Specification) -> str:
    return "warn" if item.outcome == "fail" and item.severity == "warning" else item.outcome


def _grave(item: Specification) -> str:
    return "warn" if item.severity == "warning" else "bad"


def _chip(item: Specification) -> str:
    return _grave(item) if item.outcome == "fail" else _CHIPS[item.outcome]


def _outcomes(counts: Mapping[str, int]) -> str:
    return _bar((_COLORS[name], counts[name]) for name in COUNTS)


def _bar(parts: Iterable[tuple[str, int]], *, thin: bool = False) -> str:
    shares = "".join(f'<i class="{name}" style="flex:{value} 0 0"></i>' for name, value in parts if value)
    return f'<div class="bar{" thin" if thin else ""}" aria-hidden="true">{shares}</div>'


def _field(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def _count(value: int) -> str:
    return f"{value:,}"


def _number(value: Any, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else "–"


def _percent(value: Any) -> str:
    return f"{100 * value:.0f} %" if isinstance(value, (int, float)) else "–"


def _elevation(value: float) -> str:
    return "±0.000" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def _moment(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return "–"
