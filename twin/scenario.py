"""Scenarios: the city as it is shown, plus a list of edits that never touch the data.

An edit adds, moves, removes or changes one object of a layer, joins two places by a
new link, opens a gate of an estate, or builds a planned building. Analyses take the edits in their order and
work out what changes; nothing but the list is kept, so a scenario stays valid
when newer data come in. An object added by edit ``n`` goes by the feature
number ``-n``, which later edits of the same scenario may move, remove or change.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from layers import Column, LayerSpec, all_layers
from twin.errors import InputError, UnknownName
from twin.store import Store, utc_now

FORMAT = "jiading-city-twin/scenario/1"
"""What an exported scenario calls itself."""
MOST_EDITS = 500
_LENGTHS = {"name": 80, "author": 80, "note": 4000}

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
Fid = Annotated[int, Field(ge=-(10**6), lt=2**53)]


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = Field(0, ge=0, description="number of the edit within its scenario, given by the twin")


class Add(_Edit):
    """A new object of a point layer; ``values`` are columns of the layer."""

    kind: Literal["add"] = "add"
    layer: str
    lon: Longitude
    lat: Latitude
    values: dict[str, Any] = Field(default_factory=dict)


class Move(_Edit):
    """An object of a point layer stands somewhere else."""

    kind: Literal["move"] = "move"
    layer: str
    fid: Fid
    lon: Longitude
    lat: Latitude


class Remove(_Edit):
    """An object is closed: a facility, a centre, a site; a street when the layer is ``road``."""

    kind: Literal["remove"] = "remove"
    layer: str
    fid: Fid


class Change(_Edit):
    """Some columns of an object get other values: a site is switched off or its sectors re-tilted."""

    kind: Literal["change"] = "change"
    layer: str
    fid: Fid
    values: dict[str, Any] = Field(min_length=1)


class Link(_Edit):
    """A new way for people on foot and cycles between two places, each on the nearest way."""

    kind: Literal["link"] = "link"
    from_: tuple[Longitude, Latitude] = Field(alias="from")
    to: tuple[Longitude, Latitude]
    type: Literal["bridge", "crossing", "path"] = "path"


class Gate(_Edit):
    """A gate of an estate is opened at a place."""

    kind: Literal["gate"] = "gate"
    estate: Fid
    lon: Longitude
    lat: Latitude


Ring = Annotated[tuple[tuple[Longitude, Latitude], ...], Field(min_length=3, max_length=2000)]


class Build(_Edit):
    """A planned building stands on its footprint; the buildings it ``replaces`` are gone.

    ``footprint`` are outer rings, ``people`` those who will live in it, ``floor_area_m2`` is above ground,
    ``model`` and ``version`` the building model it was taken from.
    """

    kind: Literal["build"] = "build"
    footprint: tuple[Ring, ...] = Field(min_length=1, max_length=50)
    height_m: float = Field(gt=0, le=700, allow_inf_nan=False)
    floors: int | None = Field(None, ge=1, le=200)
    use: str | None = None
    people: int | None = Field(None, ge=0, le=100000)
    floor_area_m2: float | None = Field(None, ge=0, le=10**7, allow_inf_nan=False)
    year: int | None = Field(None, ge=1900, le=2200)
    name: str = Field("", max_length=200)
    replaces: tuple[Annotated[int, Field(ge=0, lt=2**53)], ...] = Field((), max_length=500)
    model: str | None = Field(None, max_length=40)
    version: int | None = Field(None, ge=1, le=10**6)


AnyEdit = Add | Move | Remove | Change | Link | Gate | Build
Edit = Annotated[AnyEdit, Field(discriminator="kind")]
_EDIT: TypeAdapter[AnyEdit] = TypeAdapter(Edit)
_OnObject = (Add, Move, Remove, Change)
BUILDING = "building"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named list of edits; ``revision`` grows with every change of it."""

    id: str
    name: str
    author: str
    note: str
    edits: tuple[AnyEdit, ...]
    next_edit: int
    revision: int
    created_at: dt.datetime
    updated_at: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "author": self.author,
            "note": self.note,
            "revision": self.revision,
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "updated_at": self.updated_at.isoformat(timespec="seconds"),
            "edits": [plain(edit) for edit in self.edits],
        }


def plain(edit: AnyEdit) -> dict[str, Any]:
    """One edit as plain data, the way :func:`read_edit` reads it."""
    return edit.model_dump(mode="json", by_alias=True)


def read_edit(data: Mapping[str, Any]) -> AnyEdit:
    """An edit from plain data, its layer and values checked.

    :class:`InputError` says which part is wrong.
    """
    try:
        edit = _EDIT.validate_python(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind"
        raise InputError(
            f"情景修改有误：{where[:60]} 无效，请核对后重试。",
            f"the edit is not valid: {where[:60]}: {first['msg'][:200]}.",
        ) from None
    if isinstance(edit, _OnObject):
        spec = _known(edit.layer)
        if isinstance(edit, (Add, Move)) and spec.geometry != "point":
            raise InputError(
                f"图层“{spec.title.zh}”不是点图层，不能在图上新增或移动。",
                f"objects of the layer {spec.id!r} are not points; they cannot be added or moved by a click.",
            )
        if isinstance(edit, Add):
            _check_values(spec, edit.values, complete=True)
        elif isinstance(edit, Change):
            _check_values(spec, edit.values, complete=False)
    elif isinstance(edit, Build):
        _check_values(_known(BUILDING), {"use": edit.use}, complete=False)
        _check_footprint(edit)
    return edit


def _check_footprint(edit: Build) -> None:
    """The rings must enclose ground, each once, and together the size of a building."""
    import shapely

    rings = [shapely.Polygon(ring) for ring in edit.footprint]
    whole = shapely.union_all([ring for ring in rings if ring.is_valid])
    if not all(ring.is_valid for ring in rings) or not 1e-10 <= whole.area <= 1e-4:
        raise InputError(
            "规划建筑的基底 footprint 无效：边线不得自交，面积须在 1 m² 到 1 km² 之间。",
            "the footprint of the planned building is not valid: its outline must not cross itself and must "
            "enclose 1 m² to 1 km².",
        )


def _known(layer: str) -> LayerSpec:
    try:
        return all_layers()[layer]
    except KeyError:
        raise UnknownName(f"没有图层 {layer[:40]!r}。", f"there is no layer {layer[:40]!r}.") from None


def _check_values(spec: LayerSpec, values: Mapping[str, Any], *, complete: bool) -> None:
    for name, value in values.items():
        column = next((item for item in spec.columns if item.name == name), None)
        if column is None:
            raise InputError(
                f"图层“{spec.title.zh}”没有属性 {name[:40]!r}。",
                f"the layer {spec.id!r} has no column {name[:40]!r}.",
            )
        if value is not None and not _fits(column, value):
            raise InputError(
                f"属性“{column.title.zh}”的值 {str(value)[:40]!r} 无效，请改正。",
                f"{str(value)[:40]!r} is not a value of the column {name!r}.",
            )
    missing = [item for item in spec.columns if item.required and values.get(item.name) is None]
    if complete and missing:
        raise InputError(
            f"新增“{spec.title.zh}”须给出“{missing[0].title.zh}”。",
            f"a new object of the layer {spec.id!r} needs the column {missing[0].name!r}.",
        )


def _fits(column: Column, value: object) -> bool:
    if column.kind in ("text", "date"):
        known = {choice.value for choice in column.choices}
        return isinstance(value, str) and len(value) <= 500 and (not known or value in known)
    if column.kind == "boolean":
        return isinstance(value, bool)
    if column.kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        low = -float("inf") if column.minimum is None else column.minimum
        high = float("inf") if column.maximum is None else column.maximum
        return low <= value <= high
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


# -- keeping -------------------------------------------------------------------

_COLUMNS = "id, name, author, note, edits, next_edit, revision, created_at, updated_at"


def listed(store: Store) -> list[Scenario]:
    """Every scenario, the one changed last first."""
    rows = (
        store.cursor()
        .execute(f"SELECT {_COLUMNS} FROM twin.scenario ORDER BY updated_at DESC, id")
        .fetchall()
    )
    return [_scenario(row) for row in rows]


def get(store: Store, identity: str) -> Scenario:
    """The scenario with this id; :class:`UnknownName` when there is none."""
    row = store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.scenario WHERE id = ?", [identity]).fetchone()
    if row is None:
        raise UnknownName(
            "没有这个情景，可能已被删除。", "there is no such scenario; it may have been deleted."
        )
    return _scenario(row)


def create(
    store: Store, name: str, *, author: str = "", note: str = "", edits: Iterable[AnyEdit] = ()
) -> Scenario:
    """A new scenario; its edits are numbered from 1 in their order."""
    now = utc_now()
    numbered = tuple(edit.model_copy(update={"id": number}) for number, edit in enumerate(edits, 1))
    _check_count(numbered)
    made = Scenario(
        uuid.uuid4().hex[:12],
        _text("name", name, required=True),
        _text("author", author),
        _text("note", note),
        numbered,
        len(numbered) + 1,
        1,
        now,
        now,
    )
    with store.writing() as writer:
        writer.execute(
            f"INSERT INTO twin.scenario ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(made)
        )
    return made


def rename(
    store: Store,
    identity: str,
    *,
    name: str | None = None,
    author: str | None = None,
    note: str | None = None,
) -> Scenario:
    """Change what a scenario is called, by whom, and its note; None leaves a text as it is."""
    given = {"name": name, "author": author, "note": note}
    change = {
        key: _text(key, value, required=key == "name") for key, value in given.items() if value is not None
    }
    return _changed(store, identity, lambda old: replace(old, **change))


def add_edit(store: Store, identity: str, edit: AnyEdit) -> Scenario:
    """Put ``edit`` at the end of the list, under the next number."""

    def change(old: Scenario) -> Scenario:
        edits = (*old.edits, edit.model_copy(update={"id": old.next_edit}))
        _check_count(edits)
        _check_reference(old, edit)
        return replace(old, edits=edits, next_edit=old.next_edit + 1)

    return _changed(store, identity, change)


def remove_edit(store: Store, identity: str, number: int) -> Scenario:
    """Take edit ``number`` back, with those that move, remove or change what it added."""

    def change(old: Scenario) -> Scenario:
        if all(edit.id != number for edit in old.edits):
            raise UnknownName(
                f"情景中没有第 {number} 项修改。", f"the scenario has no edit with the number {number}."
            )
        edits = tuple(
            edit
            for edit in old.edits
            if edit.id != number and not (isinstance(edit, (Move, Remove, Change)) and edit.fid == -number)
        )
        return replace(old, edits=edits)

    return _changed(store, identity, change)


def delete(store: Store, identity: str) -> None:
    """Forget a scenario with its annotations; :class:`UnknownName` when there is none."""
    with store.writing() as writer:
        gone = writer.execute("DELETE FROM twin.scenario WHERE id = ? RETURNING id", [identity]).fetchall()
        writer.execute("DELETE FROM twin.annotation WHERE scenario <> '' AND scenario = ?", [identity])
    if not gone:
        get(store, identity)


# -- sharing -------------------------------------------------------------------


def to_file(scenario: Scenario) -> dict[str, Any]:
    """The scenario as a document that another twin can read with :func:`from_file`."""
    return {"format": FORMAT, **scenario.as_dict()}


def from_file(store: Store, document: Mapping[str, Any]) -> Scenario:
    """A new scenario from an exported document.

    :class:`InputError` when it is not one or an edit in it is wrong; nothing is kept then.
    """
    edits = document.get("edits")
    if document.get("format") != FORMAT or not isinstance(edits, list):
        raise InputError(
            "这不是情景文件；请选择由本系统导出的情景 JSON 文件。",
            "this is not a scenario file; choose a JSON file that a twin exported.",
        )
    read = [read_edit(item if isinstance(item, dict) else {}) for item in edits]
    old = {edit.id: number for number, edit in enumerate(read, 1)}
    moved = [
        edit.model_copy(update={"fid": -old.get(-edit.fid, 0)})
        if isinstance(edit, (Move, Remove, Change)) and edit.fid < 0
        else edit
        for edit in read
    ]
    texts = {key: str(document.get(key) or "") for key in ("name", "author", "note")}
    return create(store, texts["name"], author=texts["author"], note=texts["note"], edits=moved)


# -- inside --------------------------------------------------------------------


def _changed(store: Store, identity: str, change: Any) -> Scenario:
    """Read, change and write one scenario in one transaction."""
    with store.writing() as writer:
        row = writer.execute(f"SELECT {_COLUMNS} FROM twin.scenario WHERE id = ?", [identity]).fetchone()
        if row is None:
            raise UnknownName(
                "没有这个情景，可能已被删除。", "there is no such scenario; it may have been deleted."
            )
        old = _scenario(row)
        new: Scenario = replace(change(old), revision=old.revision + 1, updated_at=utc_now())
        # DuckDB rewrites a row with a key by deleting and inserting it; said plainly, both are one statement.
        writer.execute(
            f"INSERT OR REPLACE INTO twin.scenario ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(new)
        )
    return new


def _row(scenario: Scenario) -> list[object]:
    edits = json.dumps([plain(edit) for edit in scenario.edits], ensure_ascii=False, separators=(",", ":"))
    return [
        scenario.id, scenario.name, scenario.author, scenario.note, edits, scenario.next_edit,
        scenario.revision, scenario.created_at, scenario.updated_at,
    ]  # fmt: skip


def _scenario(row: Sequence[Any]) -> Scenario:
    identity, name, author, note, edits, next_edit, revision, created_at, updated_at = row
    read = tuple(_EDIT.validate_python(item) for item in json.loads(edits))
    return Scenario(identity, name, author, note, read, next_edit, revision, created_at, updated_at)


def _text(name: str, value: str, *, required: bool = False) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if required and not text:
        raise InputError("情景须有名称。", "a scenario needs a name.")
    if len(text) > _LENGTHS[name]:
        raise InputError(
            f"情景的{name}过长，至多 {_LENGTHS[name]} 个字。",
            f"the {name} of a scenario has at most {_LENGTHS[name]} characters.",
        )
    return text


def _check_count(edits: Sequence[AnyEdit]) -> None:
    if len(edits) > MOST_EDITS:
        raise InputError(
            f"一个情景至多 {MOST_EDITS} 项修改；请另建情景。",
            f"a scenario has at most {MOST_EDITS} edits; make another one.",
        )


def _check_reference(scenario: Scenario, edit: AnyEdit) -> None:
    """An object added by the scenario must be there to be moved, removed or changed."""
    if not isinstance(edit, (Move, Remove, Change)) or edit.fid >= 0:
        return
    added = any(
        item.id == -edit.fid
        and (
            (isinstance(item, Add) and item.layer == edit.layer)
            or (isinstance(item, Build) and edit.layer == BUILDING)
        )
        for item in scenario.edits
    )
    if not added:
        raise UnknownName(
            "要修改的新增对象不在此情景中。", "the added object to change is not in this scenario."
        )
