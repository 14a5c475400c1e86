"""What a version's folder says beyond its tables: the card of an element, its check, what changed between versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bim import model as formats
from bim.errors import BimError
from twin.errors import UnknownName, of_model
from twin.models import tables

_MOST_FAILURES = 2000
"""Failures told with the model itself; the report has them all."""


def card(folder: Path, row: int) -> dict[str, Any]:
    """Everything known of one element, with what was found in the file about it and the checks it fails."""
    from bim import check

    told = tables.read(folder).card(row)
    model = formats.read(folder)
    told["findings"] = [item.as_dict() for item in model.findings if item.guid and item.guid == told["guid"]]
    result = check.read(folder)
    told["failures"] = [
        {
            "template": template.id,
            "specification": {"zh": specification.title.zh, "en": specification.title.en},
            "severity": specification.severity,
            "reason": {"zh": failure.reason.zh, "en": failure.reason.en},
        }
        for template, specification, failure in (
            result.failures_of(told["key"]) if result is not None else ()
        )
    ]
    return told


def check_of(folder: Path) -> dict[str, Any] | None:
    """The check in short: counts by template and the failures of elements, by row; None for a model not checked."""
    from bim import check

    result = check.read(folder)
    if result is None:
        return None
    rows = {key: row for row, key in enumerate(tables.read(folder).elements["key"].tolist())}
    failures: list[dict[str, Any]] = []
    for template, specification in result.specifications():
        for failure in specification.failures:
            if len(failures) >= _MOST_FAILURES:
                break
            failures.append(
                failure.as_dict()
                | {
                    "row": rows.get(failure.key or ""),
                    "template": template.id,
                    "specification": {"zh": specification.title.zh, "en": specification.title.en},
                    "severity": specification.severity,
                }
            )
    return {
        "summary": result.summary(),
        "templates": [
            {
                "name": template.id,
                "title": {"zh": template.title.zh, "en": template.title.en},
                "problem": None
                if template.problem is None
                else {"zh": template.problem.zh, "en": template.problem.en},
                "specifications": len(template.specifications),
                "applicable": sum(item.applicable for item in template.specifications),
                **template.counts(),
                "failures": sum(item.failed for item in template.specifications),
            }
            for template in result.templates
        ],
        "failures": failures,
    }


def compared(before: Path, after: Path) -> dict[str, Any]:
    """What was added, removed and changed from one version to another, each with its row.

    The row is that of the newer version, of what was removed that of the older one.
    """
    from bim.comparison import compare

    try:
        told = compare(before, after).as_dict()
    except BimError as error:
        raise of_model(error) from error
    for kind, row in (("added", "row_after"), ("removed", "row_before"), ("changed", "row_after")):
        for item in told[kind]:
            item["row"] = item[row]
    return told


def report_document(folder: Path) -> dict[str, Any]:
    """The check with the file's findings as data; :class:`UnknownName` for a model not checked."""
    from bim import check

    _checked(folder)
    return check.document(folder)


def report_page(
    folder: Path,
    language: str,
    *,
    address: str = "",
    hypotheses: Sequence[Mapping[str, Any]] = (),
    placement: Mapping[str, Any] | None = None,
) -> str:
    """The check as a page to read; :class:`UnknownName` for a model not checked.

    ``address`` is that of the page that shows the model; elements link there.
    """
    from bim import check

    _checked(folder)
    return check.html(folder, language, base=address, hypotheses=hypotheses, placement=placement)


def write_issues(folder: Path, target: Path) -> None:
    """Write failed checks as BCF 2.1; :class:`UnknownName` for a model not checked."""
    from bim import check

    _checked(folder)
    check.bcf(folder, target)


def _checked(folder: Path) -> None:
    if not (folder / "check.json").is_file():
        raise UnknownName("此模型没有检查结果。", "this model has not been checked.")
