"""What is told of a file that was looked at: taken or not, why, what it holds, and where it may stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bim.errors import BimError
from bim.finding import Finding, Sentence
from bim.model import Model, Storey

if TYPE_CHECKING:
    from bim.georeference import Footprints, Hypothesis, LocalSystem, Region

Outcome = Literal["accepted", "warning", "rejected"]

ASKED = ("georeference.missing", "georeference.placement_needed", "georeference.orientation_unknown")
"""Findings that ask the user for the place; a model that names none is no worse for it."""


@dataclass(slots=True)
class Report:
    """What :func:`bim.inspect` found.

    ``reason`` says why a file was rejected, or the first thing to warn of; None when all is well.
    """

    name: str
    outcome: Outcome
    reason: Sentence | None
    code: str | None
    """Of the error, when it was rejected."""
    seconds: float
    model: Model | None = None
    hypotheses: list[Hypothesis] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    checks: dict[str, int] = field(default_factory=dict)
    """Specifications of the delivery templates by outcome."""

    @property
    def schema(self) -> str | None:
        """Schema of the model."""
        return None if self.model is None else self.model.schema

    @property
    def counts(self) -> dict[str, int]:
        """Instances by class, subtypes included."""
        return {} if self.model is None else self.model.counts

    @property
    def storeys(self) -> list[Storey]:
        """Storeys from below."""
        return [] if self.model is None else self.model.storeys

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: what ``bim inspect --json`` prints."""
        model = {} if self.model is None else self.model.as_dict()
        kept = (
            "project", "site", "building", "application", "length_unit", "encoding", "bytes", "sha256", "storeys",
            "bbox_m", "origin_m", "footprint_m", "height_m", "ground_m", "drawn", "triangles", "methods", "files",
        )  # fmt: skip
        return {
            "name": self.name,
            "outcome": self.outcome,
            "reason": None if self.reason is None else {"zh": self.reason.zh, "en": self.reason.en},
            "code": self.code,
            "schema": self.schema,
            "counts": self.counts,
            "georeference": {"hypotheses": [item.as_dict() for item in self.hypotheses]},
            "findings": [item.as_dict() for item in self.findings],
            "checks": self.checks,
            **{key: model[key] for key in kept if key in model},
            "seconds": {"all": round(self.seconds, 3), **model.get("seconds", {})},
        }


def rejected(name: str, error: BimError, seconds: float) -> Report:
    """The report of a file that was not taken."""
    findings = list(getattr(error, "findings", ()))
    return Report(name, "rejected", error.text, error.code, seconds, findings=findings)


def accepted(
    folder: Path,
    model: Model,
    seconds: float,
    *,
    footprints: Footprints | None = None,
    region: Region | None = None,
    local_systems: Sequence[LocalSystem] = (),
) -> Report:
    """The report of a model that was converted into ``folder``."""
    hypotheses, place = _place(folder, model, footprints, region, local_systems)
    findings = [*model.findings, *place]
    bad = [item for item in findings if item.severity != "info" and item.code not in ASKED]
    bad.sort(key=lambda item: item.severity != "error")
    return Report(
        model.name,
        "warning" if bad else "accepted",
        bad[0].text if bad else None,
        None,
        seconds,
        model,
        hypotheses,
        findings,
        _checks(folder),
    )


def _place(
    folder: Path,
    model: Model,
    footprints: Footprints | None,
    region: Region | None,
    local_systems: Sequence[LocalSystem],
) -> tuple[list[Hypothesis], list[Finding]]:
    from bim import georeference

    path = folder / "georeference.json"
    if not path.is_file():
        return [], []
    evidence = georeference.Evidence.from_dict(json.loads(path.read_text(encoding="utf-8")))
    try:
        ranked = georeference.hypotheses(
            evidence,
            model,
            region=region or georeference.SHANGHAI,
            footprints=footprints,
            local_systems=local_systems,
        )
    except BimError as error:  # coordinates that no place on Earth has
        return [], [Finding("georeference.impossible", "warning", error.text)]
    return ranked, georeference.findings(evidence, ranked, local_systems)


def _checks(folder: Path) -> dict[str, int]:
    from bim import check

    result = check.read(folder)
    return {} if result is None else result.summary()
