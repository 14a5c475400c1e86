"""The register of building models: what there is, in which versions, where it stands, which building it is.

Versions never change; which of them is shown does. A placement is kept with every
step of its history, and the newest one is what the next version inherits.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bim import model as formats
from bim.georeference.placement import Placement
from bim.model import Model
from twin.errors import InputError, UnknownName
from twin.models import folders
from twin.store import Store, utc_now

_LONGEST_NAME = 120
_UNTELLING = frozenset(
    ("building", "project", "default", "default building", "default project", "project number", "project name",
     "my building", "undefined", "unnamed", "none", "building name", "0001", "ifc")
)  # fmt: skip
"""Names that authoring tools give where nobody did."""
_VERSION = (
    "model, number, file_name, sha256, bytes, ifc_schema, outcome, findings, storeys, height_m, received_at"
)


@dataclass(frozen=True, slots=True)
class Version:
    """One received file of a model, converted. ``outcome`` is ``accepted`` or ``warning``."""

    model: str
    number: int
    file_name: str
    sha256: str
    bytes: int
    schema: str
    outcome: str
    findings: int
    storeys: int
    height_m: float | None
    received_at: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "number": self.number,
            "name": self.file_name,
            "at": self.received_at.isoformat(timespec="seconds"),
            "outcome": self.outcome,
            "findings_count": self.findings,
            "sha256": self.sha256,
            "bytes": self.bytes,
            "schema": self.schema,
            "storeys": self.storeys,
            "height_m": self.height_m,
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A step in the history of where a model stands; ``origin`` is what of its axes ``placement`` puts there."""

    version: int
    building: int | None
    placement: Placement
    origin: tuple[float, float, float]
    at: dt.datetime

    def for_origin(self, origin: Sequence[float]) -> Placement:
        """The same place said of another point of the model's axes."""
        if tuple(origin) == self.origin:
            return self.placement
        [[lon, lat, height_m]] = self.placement.to_lonlat([list(origin)], self.origin).tolist()
        return Placement.from_dict(self.placement.as_dict() | {"lon": lon, "lat": lat, "height_m": height_m})

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return self.placement.as_dict() | {
            "version": self.version,
            "building": self.building,
            "at": self.at.isoformat(timespec="seconds"),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the register; ``version`` is the number of the version that is shown, ``building`` a fid."""

    id: str
    name: str
    building: int | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    versions: tuple[Version, ...]
    placed: Placed | None

    @property
    def current(self) -> Version:
        """The version that is shown."""
        return self.numbered(self.version)

    def numbered(self, number: int) -> Version:
        """The version with this number; :class:`UnknownName` when there is none."""
        for item in self.versions:
            if item.number == number:
                return item
        raise UnknownName(
            f"模型“{self.name}”没有第 {number} 版。", f"the model {self.name!r} has no version {number}."
        )


def listed(store: Store) -> list[Entry]:
    """Every model, the one changed last first."""
    return _entries(store.cursor(), "", [])


def get(store: Store, identity: str) -> Entry:
    """The model with this id; :class:`UnknownName` when there is none."""
    found = _entries(store.cursor(), "WHERE id = ?", [identity])
    if not found:
        raise UnknownName(
            "没有这个建筑模型，可能已被删除。", "there is no such building model; it may have been deleted."
        )
    return found[0]


def folder(store: Store, identity: str, number: int) -> Path:
    """The folder of a version; :class:`UnknownName` when there is no such model or version."""
    entry = get(store, identity)
    return folders.version(store.home, entry.id, entry.numbered(number).number)


def document(store: Store, identity: str, number: int) -> Model:
    """What is known of a version without its tables."""
    return formats.read(folder(store, identity, number))


def add(
    store: Store,
    finished: Path,
    *,
    model: str | None = None,
    name: str | None = None,
    outcome: str = "accepted",
    findings: int = 0,
) -> Entry:
    """Keep a converted folder as a new model, or as the next version of ``model``, and show it.

    The folder is moved; it must lie in the home (:func:`folders.stage`). Where the model stands holds for
    the new version too. ``outcome`` and the number of ``findings`` are kept as they were told.

    Raises
    ------
    UnknownName
        ``model`` is not there.
    """
    found = formats.read(finished)
    folders.pack(finished)
    with store.writing() as writer:
        now = utc_now()
        if model is None:
            identity, number, created = uuid.uuid4().hex[:12], 1, now
            building, called = None, name or _called(found)
        else:
            old = _one(writer, model)
            identity, number, created = old.id, max(item.number for item in old.versions) + 1, old.created_at
            building, called = old.building, name or old.name
        version = Version(
            identity, number, found.name, found.sha256, found.bytes, found.schema, outcome,
            findings, len(found.storeys), found.height_m, now,
        )  # fmt: skip
        folders.settle(store.home, finished, identity, number)
        writer.execute(
            "INSERT OR REPLACE INTO twin.model VALUES (?, ?, ?, ?, ?, ?)",
            [identity, called[:_LONGEST_NAME], building, number, created, now],
        )
        writer.execute(
            f"INSERT INTO twin.model_version ({_VERSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                getattr(version, "schema" if column == "ifc_schema" else column)
                for column in _VERSION.split(", ")
            ],
        )
    return get(store, identity)


def rename(store: Store, identity: str, name: str) -> Entry:
    """Call a model otherwise."""
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > _LONGEST_NAME or any(ord(character) < 32 for character in text):
        raise InputError(
            f"模型须有名称，至多 {_LONGEST_NAME} 个字。",
            f"a model needs a name of at most {_LONGEST_NAME} characters.",
        )
    return _changed(store, identity, name=text)


def link(store: Store, identity: str, building: int | None) -> Entry:
    """Say which building (fid) a model is of, None for none.

    :class:`UnknownName` when the building layer has no such building.
    """
    if building is not None:
        relation = store.generation("building").relation
        row = store.cursor().execute(f"SELECT 1 FROM {relation} WHERE fid = ?", [building]).fetchone()
        if row is None:
            raise UnknownName(
                f"建筑图层中没有编号 {building} 的建筑。", f"the building layer has no building {building}."
            )
    return _changed(store, identity, building=building)


def show(store: Store, identity: str, number: int) -> Entry:
    """Show version ``number`` from now on: a step back, or forward again."""
    get(store, identity).numbered(number)
    return _changed(store, identity, version=number)


def place(store: Store, identity: str, placement: Placement | None, *, number: int | None = None) -> Entry:
    """Remember where a model stands, said of the origin of version ``number`` (the shown one); None: nowhere."""
    entry = get(store, identity)
    version = entry.numbered(entry.version if number is None else number)
    origin = document(store, identity, version.number).origin_m
    with store.writing() as writer:
        old = _one(writer, identity)
        row = writer.execute("SELECT coalesce(max(step), 0) + 1 FROM twin.placement").fetchone()
        assert row is not None
        writer.execute(
            "INSERT INTO twin.placement VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                row[0],
                identity,
                version.number,
                old.building,
                json.dumps(None if placement is None else placement.as_dict()),
                list(origin),
                utc_now(),
            ],
        )
        _touch(writer, old)
    return get(store, identity)


def history(store: Store, identity: str) -> list[Placed]:
    """Where a model stood, newest first."""
    rows = (
        store.cursor()
        .execute(
            "SELECT version, building, placement, origin, placed_at FROM twin.placement WHERE model = ? "
            "ORDER BY step DESC",
            [identity],
        )
        .fetchall()
    )
    return [placed for row in rows if (placed := _placed(row)) is not None]


def placement(store: Store, entry: Entry, number: int | None = None) -> Placement | None:
    """Where a version (the shown one) stands; None while nobody has said."""
    if entry.placed is None:
        return None
    return entry.placed.for_origin(document(store, entry.id, number or entry.version).origin_m)


def delete(store: Store, identity: str) -> None:
    """Forget a model with all its versions and files; :class:`UnknownName` when there is none."""
    get(store, identity)
    with store.writing() as writer:
        for table, column in (("model", "id"), ("model_version", "model"), ("placement", "model")):
            writer.execute(f"DELETE FROM twin.{table} WHERE {column} = ?", [identity])
    folders.remove(store.home, identity)


# -- inside --------------------------------------------------------------------


def _entries(cursor: duckdb.DuckDBPyConnection, where: str, values: list[object]) -> list[Entry]:
    models = cursor.execute(
        f"SELECT id, name, building, version, created_at, updated_at FROM twin.model {where} "
        "ORDER BY updated_at DESC, id",
        values,
    ).fetchall()
    if not models:
        return []
    known = [row[0] for row in models]
    versions: dict[str, list[Version]] = {}
    for row in cursor.execute(
        f"SELECT {_VERSION} FROM twin.model_version WHERE list_contains(?, model) ORDER BY number", [known]
    ).fetchall():
        versions.setdefault(row[0], []).append(Version(*row))
    placed = {
        row[0]: _placed(row[1:])
        for row in cursor.execute(
            "SELECT model, version, building, placement, origin, placed_at FROM twin.placement "
            "WHERE list_contains(?, model) ORDER BY step",
            [known],
        ).fetchall()
    }
    return [
        Entry(
            identity,
            name,
            building,
            shown,
            made,
            changed,
            tuple(versions.get(identity, ())),
            placed.get(identity),
        )
        for identity, name, building, shown, made, changed in models
    ]


def _one(writer: duckdb.DuckDBPyConnection, identity: str) -> Entry:
    found = _entries(writer, "WHERE id = ?", [identity])
    if not found:
        raise UnknownName(
            "没有这个建筑模型，可能已被删除。", "there is no such building model; it may have been deleted."
        )
    return found[0]


def _placed(row: Sequence[Any]) -> Placed | None:
    version, building, text, origin, at = row
    data = json.loads(text)
    x, y, z = origin
    return None if data is None else Placed(version, building, Placement.from_dict(data), (x, y, z), at)


_KEEP: Any = object()


def _changed(
    store: Store, identity: str, *, name: str | None = None, version: int | None = None, building: Any = _KEEP
) -> Entry:
    with store.writing() as writer:
        old = _one(writer, identity)
        _touch(writer, old, name=name, version=version, building=building)
    return get(store, identity)


def _touch(
    writer: duckdb.DuckDBPyConnection,
    old: Entry,
    *,
    name: str | None = None,
    version: int | None = None,
    building: Any = _KEEP,
) -> None:
    """Write the model's row anew: with a key, DuckDB replaces rather than updates."""
    writer.execute(
        "INSERT OR REPLACE INTO twin.model VALUES (?, ?, ?, ?, ?, ?)",
        [
            old.id,
            name or old.name,
            old.building if building is _KEEP else building,
            version or old.version,
            old.created_at,
            utc_now(),
        ],
    )


def _called(model: Model) -> str:
    """What a new model is called: its project and building where they have telling names, else its file."""
    told = [text.strip() for text in (model.project, model.building)]
    telling = [text for text in dict.fromkeys(told) if len(text) > 1 and text.lower() not in _UNTELLING]
    return " · ".join(telling) or Path(model.name).stem or model.name
