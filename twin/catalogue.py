"""The catalogue: where every dataset came from, and the evidence behind every number.

Nothing enters the store without a :class:`Dataset`; every figure that leaves it
can carry an :class:`Evidence` built from the datasets it was computed from.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from layers import all_layers
from twin.store import Generation, Store

Origin = Literal["real", "synthetic", "mixed"]

_COLUMNS = (
    "id", "layer", "name", "file_name", "sha256", "source", "licence", "data_date", "imported_at",
    "crs_declared", "crs_found", "crs_report", "rows_in", "accepted", "rejected", "synthetic", "parameters",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one row of a file; ``rejected`` tells whether the row stayed out."""

    row: int | None
    key: str | None
    rejected: bool
    reason_zh: str
    reason_en: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """What came in for one layer from one source.

    ``data_date`` is the date the data describe, as the source states it;
    ``rows_in == accepted + rejected``.
    """

    id: int
    layer: str
    name: str
    imported_at: dt.datetime
    rows_in: int
    accepted: int
    rejected: int
    synthetic: bool
    file_name: str | None = None
    sha256: str | None = None
    source: str | None = None
    licence: str | None = None
    data_date: str | None = None
    crs_declared: str | None = None
    crs_found: str | None = None
    crs_report: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def insert(self) -> tuple[str, list[object]]:
        """The statement and values that record this dataset."""
        values: list[object] = []
        for name in _COLUMNS:
            value = getattr(self, name)
            if name in ("crs_report", "parameters"):
                value = None if value is None else _as_json(value)
            values.append(value)
        return f"INSERT INTO twin.dataset VALUES ({', '.join('?' * len(_COLUMNS))})", values


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a number is what it is: shown behind every figure of the product.

    ``method`` is one text per language; ``origin`` is the worst of the inputs,
    so that a figure computed from synthetic data says so.
    """

    as_of: str
    origin: Origin
    datasets: tuple[Mapping[str, Any], ...]
    method: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[Mapping[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def next_dataset_id(store: Store) -> int:
    """The id the next dataset gets; call it while holding ``store.import_lock``."""
    row = store.cursor().execute("SELECT coalesce(max(id), 0) + 1 FROM twin.dataset").fetchone()
    return int(row[0]) if row else 1


def datasets(store: Store, ids: Iterable[int] | None = None) -> list[Dataset]:
    """Datasets by id, newest first; all of them when ``ids`` is None."""
    where, values = "", []
    if ids is not None:
        values = [list(ids)]
        where = "WHERE list_contains(?, id)"
    rows = (
        store.cursor()
        .execute(f"SELECT {', '.join(_COLUMNS)} FROM twin.dataset {where} ORDER BY id DESC", values)
        .fetchall()
    )
    result = []
    for row in rows:
        found = dict(zip(_COLUMNS, row, strict=True))
        found["crs_report"] = json.loads(found["crs_report"]) if found["crs_report"] else None
        found["parameters"] = json.loads(found["parameters"]) if found["parameters"] else {}
        result.append(Dataset(**found))
    return result


def newest_step(store: Store) -> dict[str, Any] | None:
    """What undo would take back: ``action``, ``layers``, ``datasets`` (ids) and ``done_at``; None if nothing."""
    rows = (
        store.cursor()
        .execute(
            """SELECT step.action, step.layer, step.done_at, made.datasets, before.datasets
           FROM twin.history step
           LEFT JOIN twin.generation made ON made.layer = step.layer AND made.number = step.number
           LEFT JOIN twin.generation before ON before.layer = step.layer AND before.number = (
               SELECT arg_max(number, step) FROM twin.history
               WHERE layer = made.layer AND step < (SELECT max(step) FROM twin.history))
           WHERE step.step = (SELECT max(step) FROM twin.history) ORDER BY step.layer"""
        )
        .fetchall()
    )
    if not rows:
        return None
    fresh = {item for row in rows for item in set(row[3] or ()) - set(row[4] or ())}
    return {
        "action": rows[0][0],
        "layers": [row[1] for row in rows],
        "datasets": sorted(fresh),
        "done_at": rows[0][2].isoformat(timespec="seconds"),
    }


def insert_faults(dataset: int, faults: Sequence[Fault]) -> list[tuple[str, list[object]]]:
    """Statements that record ``faults``, some thousands of rows each."""
    statements: list[tuple[str, list[object]]] = []
    for start in range(0, len(faults), 2000):
        part = faults[start : start + 2000]
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(part))
        values: list[object] = []
        for item in part:
            values += [dataset, item.row, item.key, item.rejected, item.reason_zh, item.reason_en, item.value]
        statements.append((f"INSERT INTO twin.fault VALUES {marks}", values))
    return statements


def faults(store: Store, dataset: int) -> list[Fault]:
    """The recorded faults of one dataset, in the file's order."""
    rows = (
        store.cursor()
        .execute(
            "SELECT row_no, key, rejected, reason_zh, reason_en, value FROM twin.fault WHERE dataset = ? ORDER BY row_no",
            [dataset],
        )
        .fetchall()
    )
    return [Fault(*row) for row in rows]


def origin(parts: Iterable[Dataset]) -> Origin:
    """``real``, ``synthetic``, or ``mixed`` when both are among ``parts``."""
    kinds = {part.synthetic for part in parts}
    if kinds == {True}:
        return "synthetic"
    return "mixed" if True in kinds else "real"


def evidence(
    store: Store,
    generations: Sequence[Generation],
    method: Mapping[str, str],
    parameters: Mapping[str, Any] | None = None,
    caveats: Sequence[Mapping[str, str]] = (),
) -> Evidence:
    """The evidence of a figure computed from ``generations``."""
    used = datasets(store, sorted({item for generation in generations for item in generation.datasets}))
    number = {item: generation.number for generation in generations for item in generation.datasets}
    dates = [part.data_date or f"{part.imported_at:%Y-%m-%d}" for part in used]
    return Evidence(
        as_of=max(dates, default=""),
        origin=origin(used),
        datasets=tuple(
            {
                "id": part.id,
                "layer": part.layer,
                "layer_title": _title(part.layer),
                "name": part.name,
                "source": part.source,
                "licence": part.licence,
                "data_date": part.data_date,
                "imported_at": part.imported_at.isoformat(timespec="seconds"),
                "generation": number[part.id],
                "synthetic": part.synthetic,
            }
            for part in used
        ),
        method=dict(method),
        parameters=dict(parameters or {}),
        caveats=tuple(caveats),
    )


def _title(layer: str) -> dict[str, str] | None:
    """What people call a layer; None for rasters, which have no specification."""
    spec = all_layers().get(layer)
    return None if spec is None else {"zh": spec.title.zh, "en": spec.title.en}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _as_json(value: Any) -> str:
    """Compact JSON of a parameter or report for the catalogue."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
