"""Rows of a layer with a scenario's edits applied, as an SQL query: nothing is written and nothing is copied.

An object that a scenario adds is taken as built, as the analyses take it: a state of "planned" or "building" is what
the real city would say of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from layers import get
from twin.scenario import BUILDING, Add, AnyEdit, Build, Change, Move, Remove
from twin.store import Store

_SQL_TYPE = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
_NOT_YET = ("planned", "building")


@dataclass(slots=True)
class _Changes:
    """What edits do to a layer: rows taken out, values by fid, rows added (of negative fid)."""

    removed: set[int] = field(default_factory=set)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    added: dict[int, dict[str, Any]] = field(default_factory=dict)


def rows(
    store: Store, layer: str, columns: Sequence[str], edits: Sequence[AnyEdit]
) -> tuple[str, list[object]]:
    """A query of ``columns`` (the layer's own, ``town`` and ``measure``) after ``edits``, and its values.

    :class:`twin.errors.UnknownName` when the layer holds nothing. The measure of an added object is 0.
    """
    relation = store.generation(layer).relation
    plain = ", ".join(f'"{name}"' for name in columns)
    changes = _changes(store, layer, edits)
    if not (changes.removed or changes.values or changes.added):
        return f"SELECT {plain} FROM {relation}", []
    values: list[object] = []
    kept = ", ".join(_changed(layer, name, changes, values) for name in columns)
    sql = f"SELECT {kept} FROM {relation}"
    if changes.removed:
        sql += " WHERE fid NOT IN (SELECT unnest(?))"
        values.append(sorted(changes.removed))
    for row in changes.added.values():
        sql += " UNION ALL SELECT " + ", ".join(f"CAST(? AS {_sql_type(layer, name)})" for name in columns)
        values += [row.get(name, 0 if name in ("town", "measure") else None) for name in columns]
    return sql, values


def bearing(subjects: Sequence[str], edits: Sequence[AnyEdit]) -> list[int]:
    """Numbers of the edits that bear on what depends on ``subjects``.

    A subject is a layer whose objects are edited, with the kinds of edit that matter where not all do
    (``"road:remove"``, ``"centre:add|move|remove"``), or ``link`` or ``gate``. Planned buildings are edits of the layer
    ``building``, whatever its kinds.
    """
    kinds = dict(subject.partition(":")[::2] for subject in subjects)
    found = []
    for edit in edits:
        if isinstance(edit, (Add, Move, Remove, Change)):
            asked = kinds.get(edit.layer)
            matters = asked is not None and (not asked or edit.kind in asked.split("|"))
        else:
            matters = (BUILDING if isinstance(edit, Build) else edit.kind) in kinds
        if matters:
            found.append(edit.id)
    return found


def _changes(store: Store, layer: str, edits: Sequence[AnyEdit]) -> _Changes:
    found = _Changes()
    for edit in edits:
        if not isinstance(edit, (Add, Move, Remove, Change)) or edit.layer != layer:
            continue
        if isinstance(edit, Add):
            built = {
                name: None if name == "status" and value in _NOT_YET else value
                for name, value in edit.values.items()
            }
            found.added[-edit.id] = built | {"town": _town(store, edit.lon, edit.lat)}
        elif isinstance(edit, Remove):
            if found.added.pop(edit.fid, None) is None:
                found.removed.add(edit.fid)
        else:
            fresh = edit.values if isinstance(edit, Change) else {"town": _town(store, edit.lon, edit.lat)}
            of_added = found.added.get(edit.fid)
            if of_added is None:
                found.values.setdefault(edit.fid, {}).update(fresh)
            else:
                of_added.update(fresh)
    return found


def _changed(layer: str, name: str, changes: _Changes, values: list[object]) -> str:
    kind = _sql_type(layer, name)
    cases = ""
    for fid, row in changes.values.items():
        if name in row:
            cases += f" WHEN ? THEN CAST(? AS {kind})"
            values += [fid, row[name]]
    return f'CASE fid{cases} ELSE "{name}" END AS "{name}"' if cases else f'"{name}"'


def _sql_type(layer: str, name: str) -> str:
    if name == "town":
        return "INTEGER"
    return "DOUBLE" if name == "measure" else _SQL_TYPE[get(layer).column(name).kind]


def _town(store: Store, lon: float, lat: float) -> int:
    """Code of the town at a place, 0 for none."""
    generation = store.shown.get("town")
    if generation is None:
        return 0
    row = (
        store.cursor()
        .execute(
            f"SELECT min(town) FROM {generation.relation} WHERE town <> 0 AND ST_Intersects(geom, ST_Point(?, ?))",
            [lon, lat],
        )
        .fetchone()
    )
    return int(row[0]) if row is not None and row[0] is not None else 0
