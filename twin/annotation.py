"""Annotations (批注): remarks pinned to a place or to an object, with author, replies and whether they are settled.

An annotation is of the city itself (``scenario`` empty) or of one scenario, with which it is deleted. One that is
pinned to an object goes where the object goes: newer data and the edits of its scenario are looked up whenever it
is read. When the object is gone the pin stays where it was put, and ``note`` says so.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from layers import Text, all_layers
from twin import anchor
from twin import scenario as scenarios
from twin.errors import InputError, UnknownName
from twin.export_formats import inert
from twin.features import identifier_of, known_layer
from twin.scenario import Fid, Latitude, Longitude
from twin.store import Store, utc_now

FORMAT = "jiading-city-twin/annotations/1"
"""What exported annotations call themselves."""
MOST = 5000
MOST_REPLIES = 200
LENGTHS = {"title": 80, "text": 2000, "author": 40}
Status = Literal["open", "resolved"]
STATUSES: tuple[Status, ...] = ("open", "resolved")
Box = tuple[float, float, float, float]

_FIELDS = {
    "title": Text("标题", "title"), "text": Text("内容", "text"), "author": Text("作者", "author"),
    "lon": Text("经度", "longitude"), "lat": Text("纬度", "latitude"), "height_m": Text("高度", "height"),
    "layer": Text("图层", "layer"), "fid": Text("对象编号", "feature number"), "scenario": Text("情景", "scenario"),
}  # fmt: skip


class New(BaseModel):
    """What a new annotation is made of: a text and its author, and a place, an object, or both.

    ``lon`` and ``lat`` (WGS84) may be left out where ``layer`` and ``fid`` name an object; ``height_m`` is above
    ground; ``fid`` is below 0 for an object that the scenario adds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str
    author: str
    title: str = ""
    lon: Longitude | None = None
    lat: Latitude | None = None
    height_m: Annotated[float, Field(ge=-100, le=1000, allow_inf_nan=False)] = 0.0
    layer: str = ""
    fid: Fid | None = None
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to an annotation; ``created`` is UTC."""

    author: str
    text: str
    created: dt.datetime

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"author": self.author, "text": self.text, "created": _moment(self.created)}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark where it is pinned now.

    ``lon``, ``lat`` in degrees (WGS84), ``height_m`` above ground: on the roof of a building. ``note`` is set when
    the object it was pinned to is gone. Times are UTC.
    """

    id: str
    lon: float
    lat: float
    height_m: float
    layer: str
    fid: int | None
    object_name: str
    scenario: str
    title: str
    text: str
    author: str
    created: dt.datetime
    changed: dt.datetime
    replies: tuple[Reply, ...]
    resolved_by: str = ""
    resolved: dt.datetime | None = None
    note: Text | None = None
    from_: tuple[float, float] | None = None

    @property
    def status(self) -> Status:
        """Whether it is still to be settled."""
        return "open" if self.resolved is None else "resolved"

    @property
    def heading(self) -> str:
        """Its title, else the beginning of its text."""
        line = self.title or self.text.splitlines()[0]
        return line if len(line) <= LENGTHS["title"] else f"{line[: LENGTHS['title'] - 1]}…"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "lon": round(self.lon, 7),
            "lat": round(self.lat, 7),
            "height_m": self.height_m,
            "layer": self.layer,
            "fid": self.fid,
            "object": self._object(),
            "note": None if self.note is None else {"zh": self.note.zh, "en": self.note.en},
            "scenario": self.scenario,
            "title": self.title,
            "heading": self.heading,
            "text": self.text,
            "author": self.author,
            "created": _moment(self.created),
            "changed": _moment(self.changed),
            "status": self.status,
            "resolved": None
            if self.resolved is None
            else {"by": self.resolved_by, "at": _moment(self.resolved)},
            "replies": [item.as_dict() for item in self.replies],
        }

    def _object(self) -> dict[str, Any] | None:
        if self.fid is None:
            return None
        title = anchor.layer_title(self.layer)
        return {
            "name": self.object_name,
            "layer_title": {"zh": title.zh, "en": title.en},
            "there": self.note is None,
            "identifier": identifier_of(self.layer, self.fid)
            if self.fid >= 0 and self.layer in all_layers()
            else None,
        }


# -- reading -------------------------------------------------------------------

_COLUMNS = (
    "id, lon, lat, height_m, layer, fid, from_lon, from_lat, object_name, scenario, title, text, author, replies, "
    "resolved_by, resolved_at, created_at, changed_at"
)


def every(
    store: Store,
    *,
    bbox: Box | None = None,
    scenario: str | None = None,
    city: bool = False,
    layer: str = "",
    fid: int | None = None,
    status: Status | Literal[""] = "",
    author: str = "",
) -> list[Annotation]:
    """Annotations where they stand now, newest first.

    Parameters
    ----------
    bbox
        Only pins within west, south, east, north (degrees).
    scenario
        Only those of one scenario; ``""`` is the city itself, None all.
    city
        Also those of the city itself, beside the scenario's.
    layer, fid
        Only those pinned to an object of this layer; to this object.
    status, author
        Only open or resolved ones; only those of one author.
    """
    asked: list[tuple[str, object]] = []
    if scenario is not None:
        asked.append(("scenario = ?" if not city else "(scenario = '' OR scenario = ?)", scenario))
    if layer:
        asked.append(("layer = ?", layer))
    if fid is not None:
        asked.append(("fid = ?", fid))
    if author:
        asked.append(("author = ?", author))
    where = " AND ".join(["true", *(condition for condition, _ in asked)])
    where += {"": "", "open": " AND resolved_at IS NULL", "resolved": " AND resolved_at IS NOT NULL"}[status]
    rows = (
        store.cursor()
        .execute(
            f"SELECT {_COLUMNS} FROM twin.annotation WHERE {where} ORDER BY created_at DESC, id",
            [value for _, value in asked],
        )
        .fetchall()
    )
    found = _standing(store, [_annotation(row) for row in rows])
    if bbox is None:
        return found
    west, south, east, north = bbox
    return [item for item in found if west <= item.lon <= east and south <= item.lat <= north]


def get(store: Store, identity: str) -> Annotation:
    """The annotation with this id; :class:`UnknownName` when there is none."""
    row = (
        store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.annotation WHERE id = ?", [identity]).fetchone()
    )
    if row is None:
        raise _gone()
    return _standing(store, [_annotation(row)])[0]


def counts(store: Store) -> dict[str, dict[Status, int]]:
    """How many are open and resolved, by scenario ("" is the city); scenarios without any are left out."""
    rows = (
        store.cursor()
        .execute(
            "SELECT scenario, count(*) FILTER (resolved_at IS NULL), count(*) FILTER (resolved_at IS NOT NULL) "
            "FROM twin.annotation GROUP BY scenario ORDER BY scenario"
        )
        .fetchall()
    )
    return {identity: {"open": left, "resolved": settled} for identity, left, settled in rows}


# -- writing -------------------------------------------------------------------


def read(data: Mapping[str, Any]) -> New:
    """A new annotation from plain data; :class:`InputError` says which part is wrong."""
    try:
        given = New.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        title = _FIELDS.get(name, Text(name[:40], name[:40]))
        if first["type"] == "missing":
            raise InputError(f"批注须有{title.zh}。", f"an annotation needs its {title.en}.") from None
        if first["type"] == "extra_forbidden":
            raise InputError(
                f"批注没有字段 {name[:40]!r}；可用：{', '.join(New.model_fields)}。",
                f"an annotation has no field {name[:40]!r}; there are: {', '.join(New.model_fields)}.",
            ) from None
        raise InputError(
            f"批注的{title.zh}无效，请核对后重试。",
            f"the {title.en} of the annotation is not valid: {first['msg'][:200]}.",
        ) from None
    return given.model_copy(
        update={
            "text": _text("text", given.text, required=True),
            "author": _text("author", given.author, required=True),
            "title": _text("title", given.title),
        }
    )


def add(store: Store, given: New) -> Annotation:
    """Pin a new annotation.

    Raises
    ------
    UnknownName
        There is no such scenario, layer or object.
    InputError
        It has neither place nor object, or there are too many.
    """
    edits = scenarios.get(store, given.scenario).edits if given.scenario else ()
    place = None if given.lon is None or given.lat is None else (given.lon, given.lat)
    stands: anchor.Anchor | None = None
    if given.layer or given.fid is not None:
        if not given.layer or given.fid is None:
            raise InputError(
                "批注所指的对象须同时给出图层和编号。",
                "the object of an annotation is named by its layer and its number, both.",
            )
        stands = anchor.find(store, given.layer, given.fid, edits)
        if place is None or known_layer(given.layer).geometry == "point":
            place = stands.lon, stands.lat
    if place is None:
        raise InputError(
            "批注须有位置（经度和纬度）或所指的对象。",
            "an annotation needs a place, longitude and latitude, or an object.",
        )
    now = utc_now()
    made = Annotation(
        uuid.uuid4().hex[:12],
        *place,
        given.height_m,
        given.layer,
        given.fid,
        stands.name if stands else "",
        given.scenario,
        given.title,
        given.text,
        given.author,
        now,
        now,
        (),
        from_=(stands.lon, stands.lat) if stands else None,
    )
    with store.writing() as writer:
        row = writer.execute("SELECT count(*) FROM twin.annotation").fetchone()
        if row and row[0] >= MOST:
            raise InputError(
                f"批注已达上限 {MOST} 条；请导出后删除已解决的批注。",
                f"there are {MOST} annotations already; export and delete those that are resolved.",
            )
        there = writer.execute("SELECT 1 FROM twin.scenario WHERE id = ?", [given.scenario]).fetchone()
        if given.scenario and there is None:
            scenarios.get(store, given.scenario)  # it was deleted meanwhile: this says so
        _write(writer, made)
    return get(store, made.id)


def reply(store: Store, identity: str, text: str, author: str) -> Annotation:
    """Answer an annotation, whether it is open or resolved."""
    answer = Reply(
        _text("author", author, required=True), _text("text", text, required=True, reply=True), utc_now()
    )

    def change(old: Annotation) -> Annotation:
        if len(old.replies) >= MOST_REPLIES:
            raise InputError(
                f"一条批注至多 {MOST_REPLIES} 条回复；请另建批注。",
                f"an annotation has at most {MOST_REPLIES} replies; make another one.",
            )
        return replace(old, replies=(*old.replies, answer))

    return _changed(store, identity, change)


def resolve(store: Store, identity: str, author: str) -> Annotation:
    """Mark as settled by ``author``; one that is settled stays as it is."""
    by = _text("author", author, required=True)
    return _changed(
        store,
        identity,
        lambda old: old if old.resolved else replace(old, resolved_by=by, resolved=utc_now()),
    )


def reopen(store: Store, identity: str) -> Annotation:
    """Mark as to be settled again."""
    return _changed(store, identity, lambda old: replace(old, resolved_by="", resolved=None))


def change(
    store: Store, identity: str, author: str, *, text: str | None = None, title: str | None = None
) -> Annotation:
    """Change what it says, which is for its author; None leaves a text as it is.

    Names are taken as given: the twin keeps no accounts, so this guards against slips, not against people.
    """
    who = _text("author", author, required=True)
    words = None if text is None else _text("text", text, required=True)
    heading = None if title is None else _text("title", title)

    def rewrite(old: Annotation) -> Annotation:
        if old.author != who:
            raise InputError(
                f"只有作者“{old.author}”可以修改这条批注；其他人请回复。",
                f"only its author, {old.author}, may change this annotation; others reply to it.",
            )
        return replace(
            old, text=old.text if words is None else words, title=old.title if heading is None else heading
        )

    return _changed(store, identity, rewrite)


def delete(store: Store, identity: str) -> None:
    """Forget an annotation with its replies; :class:`UnknownName` when there is none."""
    with store.writing() as writer:
        gone = writer.execute("DELETE FROM twin.annotation WHERE id = ? RETURNING id", [identity]).fetchall()
    if not gone:
        raise _gone()


# -- sharing -------------------------------------------------------------------

_TABLE = {
    "id": "编号 id", "status": "状态 status", "scenario": "情景 scenario", "title": "标题 title", "text": "内容 text",
    "author": "作者 author", "created": "时间 UTC created", "resolved_by": "解决人 resolved by",
    "resolved": "解决时间 UTC resolved", "layer": "图层 layer", "object": "对象 object", "lon": "经度 lon",
    "lat": "纬度 lat", "height_m": "高度 height (m)", "replies": "回复 replies",
}  # fmt: skip


def to_file(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Annotations as a document."""
    return {"format": FORMAT, "annotations": [item.as_dict() for item in annotations]}


def to_csv(store: Store, annotations: Iterable[Annotation]) -> str:
    """Annotations as a table, a line each, replies in one cell; begins with the mark by which Excel reads Chinese."""
    names = {item.id: item.name for item in scenarios.listed(store)}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_TABLE.values())
    for item in annotations:
        shown = "" if item.fid is None else item.object_name
        values = {
            **item.as_dict(),
            "scenario": names.get(item.scenario, item.scenario),
            "resolved_by": item.resolved_by,
            "resolved": "" if item.resolved is None else _moment(item.resolved),
            "object": shown if item.note is None else f"{shown} ({item.note.zh} {item.note.en})",
            "replies": "\n".join(
                f"{_moment(answer.created)} {answer.author}: {answer.text}" for answer in item.replies
            ),
        }
        writer.writerow([inert(values[name]) for name in _TABLE])
    return "\ufeff" + text.getvalue()


# -- objects -------------------------------------------------------------------


def _standing(store: Store, annotations: list[Annotation]) -> list[Annotation]:
    """The annotations with their pins where their objects stand."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for item in annotations:
        if item.fid is not None and item.fid >= 0:
            wanted[item.layer].add(item.fid)
    here = {layer: anchor.shown(store, layer, sorted(fids)) for layer, fids in wanted.items()}
    used = {item.scenario for item in annotations if item.scenario and item.fid is not None}
    edited = {one.id: anchor.edited(one.edits) for one in scenarios.listed(store) if one.id in used}

    def placed(item: Annotation) -> Annotation:
        if item.fid is None or item.from_ is None:
            return item
        base = here.get(item.layer, {}).get(item.fid)
        found = edited.get(item.scenario, {}).get((item.layer, item.fid), base)
        if found is None or found.gone:
            note = (
                found.gone if found and found.gone else anchor.missing(item.layer, item.fid, item.object_name)
            )
            return replace(item, note=note)
        return replace(
            item,
            lon=item.lon + found.lon - item.from_[0],
            lat=item.lat + found.lat - item.from_[1],
            height_m=found.height_m or (base.height_m if base else 0.0) or item.height_m,
            object_name=found.name or (base.name if base else "") or item.object_name,
        )

    return [placed(item) for item in annotations]


# -- inside --------------------------------------------------------------------


def _changed(store: Store, identity: str, change: Any) -> Annotation:
    """Read, change and write one annotation in one transaction."""
    with store.writing() as writer:
        row = writer.execute(f"SELECT {_COLUMNS} FROM twin.annotation WHERE id = ?", [identity]).fetchone()
        if row is None:
            raise _gone()
        _write(writer, replace(change(_annotation(row)), changed=utc_now()))
    return get(store, identity)


def _write(writer: Any, item: Annotation) -> None:
    replies = json.dumps([one.as_dict() for one in item.replies], ensure_ascii=False, separators=(",", ":"))
    values = [
        item.id, item.lon, item.lat, item.height_m, item.layer, item.fid, *(item.from_ or (None, None)),
        item.object_name, item.scenario, item.title, item.text, item.author, replies, item.resolved_by,
        item.resolved, item.created, item.changed,
    ]  # fmt: skip
    holes = ", ".join("?" * len(values))
    writer.execute(f"INSERT OR REPLACE INTO twin.annotation ({_COLUMNS}) VALUES ({holes})", values)


def _annotation(row: Sequence[Any]) -> Annotation:
    (
        identity, lon, lat, height, layer, fid, from_lon, from_lat, object_name, of, title, text, author, replies,
        resolved_by, resolved, created, changed,
    ) = row  # fmt: skip
    answers = tuple(
        Reply(one["author"], one["text"], dt.datetime.fromisoformat(one["created"]).replace(tzinfo=None))
        for one in json.loads(replies)
    )
    return Annotation(
        identity, lon, lat, height, layer, fid, object_name, of, title, text, author, created, changed, answers,
        resolved_by, resolved, None, None if from_lon is None else (from_lon, from_lat),
    )  # fmt: skip


def _text(name: str, value: object, *, required: bool = False, reply: bool = False) -> str:
    """``value`` without what cannot be printed; :class:`InputError` when it is missing or too long."""
    title, what = _FIELDS[name], Text("回复", "reply") if reply else Text("批注", "annotation")
    if not isinstance(value, str):
        raise InputError(
            f"{what.zh}的{title.zh}须是文字。", f"the {title.en} of {_a(what.en)} must be a text."
        )
    spaced = value.replace("\t", " ") if name == "text" else " ".join(value.split())
    text = "".join(
        letter for letter in spaced if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs")
    ).strip()
    if required and not text:
        raise InputError(f"{what.zh}须有{title.zh}。", f"{_a(what.en)} needs its {title.en}.")
    if len(text) > LENGTHS[name]:
        raise InputError(
            f"{what.zh}的{title.zh}过长，至多 {LENGTHS[name]} 个字。",
            f"the {title.en} of {_a(what.en)} has at most {LENGTHS[name]} characters.",
        )
    return text


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _gone() -> UnknownName:
    return UnknownName(
        "没有这条批注，可能已被删除。", "there is no such annotation; it may have been deleted."
    )


def _moment(value: dt.datetime) -> str:
    return value.isoformat(timespec="seconds") + "Z"
