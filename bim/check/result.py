"""What the checks of a model found, as plain data: templates, their specifications, the elements that fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bim.finding import Sentence, Severity

FORMAT = "jiading-city-twin/bim-check/1"
FILE = "check.json"
EMPTY = Sentence("", "")

Origin = Literal["built-in", "user", "model", "georeference"]
Outcome = Literal["pass", "fail", "none", "skipped", "stopped", "broken"]
"""``none``: nothing in the model it applies to; ``skipped``: made for other versions of IFC; ``stopped``: out
of time, its counts hold for what was looked at; ``broken``: it cannot be evaluated."""


COUNTS = ("passed", "failed", "warned", "not_finished", "not_applicable")
"""How specifications can end."""


@dataclass(slots=True)
class Failure:
    """One instance that does not meet a specification, and why."""

    reason: Sentence
    guid: str = ""
    ifc_class: str = ""
    name: str = ""
    storey: str = ""
    key: str | None = None
    """Unique key of the element; None for what has no row in ``elements.parquet``."""
    row: int | None = None
    step_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without what is not known."""
        data = {
            "key": self.key,
            "row": self.row,
            "step_id": self.step_id,
            "guid": self.guid,
            "class": self.ifc_class,
            "name": self.name,
            "storey": self.storey,
            "reason": {"zh": self.reason.zh, "en": self.reason.en},
        }
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Failure:
        """The reverse of :meth:`as_dict`."""
        rest = {name: value for name, value in data.items() if name not in {"class", "reason"}}
        return cls(reason=Sentence(**data["reason"]), ifc_class=data["class"], **rest)


@dataclass(slots=True)
class Requirement:
    """One thing a specification asks of every element it applies to."""

    facet: str
    """``entity``, ``attribute``, ``property``, ``classification``, ``material``, ``partOf``, or ``rule``."""
    text: Sentence
    failed: int = 0


@dataclass(slots=True)
class Specification:
    """One specification and how the model fared; ``failures`` may hold fewer than ``failed``."""

    id: str
    title: Sentence
    description: Sentence = EMPTY
    severity: Severity = "error"
    outcome: Outcome = "none"
    why: Sentence | None = None
    """Told when the outcome does not follow from the failures."""
    applicable: int = 0
    passed: int = 0
    failed: int = 0
    requirements: list[Requirement] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def ended(self) -> str:
        """The outcome as it is counted: one of :data:`COUNTS`. What fails a mere warning is ``warned``."""
        if self.outcome == "fail":
            return "failed" if self.severity == "error" else "warned"
        return {"pass": "passed", "none": "not_applicable", "skipped": "not_applicable"}.get(
            self.outcome, "not_finished"
        )

    @property
    def left_out(self) -> int:
        """Elements that fail and are counted but not listed."""
        return self.failed - len(self.failures)


@dataclass(slots=True)
class Template:
    """The specifications of one IDS file, or of our own rules."""

    id: str
    title: Sentence
    origin: Origin
    description: Sentence = EMPTY
    problem: Sentence | None = None
    """Why the file could not be used; it has no specifications then."""
    specifications: list[Specification] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Specifications by how they ended: the names of :data:`COUNTS`."""
        found = dict.fromkeys(COUNTS, 0)
        for item in self.specifications:
            found[item.ended] += 1
        return found


@dataclass(slots=True)
class CheckResult:
    """All templates a model was checked by."""

    templates: list[Template] = field(default_factory=list)
    at: str = ""
    """When, ISO 8601 in UTC."""
    seconds: float = 0.0

    def specifications(self) -> Iterator[tuple[Template, Specification]]:
        """Every specification with the template it is of."""
        for template in self.templates:
            for specification in template.specifications:
                yield template, specification

    def summary(self) -> dict[str, int]:
        """How many specifications passed, failed, warn or did not apply, and the failures of elements."""
        total = dict.fromkeys(COUNTS, 0)
        for template in self.templates:
            for name, value in template.counts().items():
                total[name] += value
        return {
            "specifications": sum(total.values()),
            **total,
            "failures": sum(item.failed for _, item in self.specifications()),
        }

    def failures_of(self, key: str) -> list[tuple[Template, Specification, Failure]]:
        """What one element fails, for its card."""
        return [
            (template, specification, failure)
            for template, specification in self.specifications()
            for failure in specification.failures
            if failure.key == key
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": FORMAT,
            "at": self.at,
            "seconds": self.seconds,
            "summary": self.summary(),
            "templates": [_template(item) for item in self.templates],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CheckResult:
        """The reverse of :meth:`as_dict`.

        Raises
        ------
        ValueError
            When the data has another format.
        """
        if data.get("format") != FORMAT:
            raise ValueError(f"no check result of the format {FORMAT}")
        return cls([_read_template(item) for item in data["templates"]], data["at"], data["seconds"])

    def write(self, folder: Path) -> None:
        """Write ``check.json`` into ``folder``."""
        text = json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # A lone surrogate out of a broken name is no text; it is written as a question mark.
        (folder / FILE).write_bytes(text.encode("utf-8", "replace"))


def read(folder: Path) -> CheckResult | None:
    """The result kept in ``folder``; None when the model has not been checked."""
    path = folder / FILE
    if not path.exists():
        return None
    return CheckResult.from_dict(json.loads(path.read_text(encoding="utf-8")))


def _pair(text: Sentence) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _template(item: Template) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": _pair(item.title),
        "origin": item.origin,
        "description": _pair(item.description),
        "problem": None if item.problem is None else _pair(item.problem),
        "counts": item.counts(),
        "specifications": [_specification(each) for each in item.specifications],
    }


def _specification(item: Specification) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": _pair(item.title),
        "description": _pair(item.description),
        "severity": item.severity,
        "outcome": item.outcome,
        "why": None if item.why is None else _pair(item.why),
        "applicable": item.applicable,
        "passed": item.passed,
        "failed": item.failed,
        "requirements": [
            {"facet": each.facet, "text": _pair(each.text), "failed": each.failed}
            for each in item.requirements
        ],
        "failures": [each.as_dict() for each in item.failures],
        "failures_left_out": item.left_out,
    }


def _read_template(data: dict[str, Any]) -> Template:
    return Template(
        id=data["id"],
        title=Sentence(**data["title"]),
        origin=data["origin"],
        description=Sentence(**data["description"]),
        problem=None if data["problem"] is None else Sentence(**data["problem"]),
        specifications=[_read_specification(each) for each in data["specifications"]],
    )


def _read_specification(data: dict[str, Any]) -> Specification:
    return Specification(
        id=data["id"],
        title=Sentence(**data["title"]),
        description=Sentence(**data["description"]),
        severity=data["severity"],
        outcome=data["outcome"],
        why=None if data["why"] is None else Sentence(**data["why"]),
        applicable=data["applicable"],
        passed=data["passed"],
        failed=data["failed"],
        requirements=[
            Requirement(each["facet"], Sentence(**each["text"]), each["failed"])
            for each in data["requirements"]
        ],
        failures=[Failure.from_dict(each) for each in data["failures"]],
    )
