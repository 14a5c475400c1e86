"""Tours: viewpoints in their order under a name, kept in the home; two editors of one never overwrite each other.

Every change of a tour gives it another ``changed``, and whoever replaces it says
which one was edited: :class:`twin.errors.Outdated` when that is no longer the last.
Beside those that are kept there is always the built-in one, made anew from
what the home holds (:mod:`twin.briefing.standard`).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace as changed_copy
from typing import Any

from twin.briefing import standard
from twin.briefing.viewpoint import CONTROL, Tour, Viewpoint, read
from twin.errors import InputError, Outdated, UnknownName
from twin.store import Store, utc_now

MOST_TOURS = 200
MOST_VIEWPOINTS = 100
_LENGTHS = {"name": 80, "note": 2000, "author": 80}
_TITLES = {"name": ("名称", "name"), "note": ("说明", "note"), "author": ("作者", "author")}
_COLUMNS = "id, name, note, author, viewpoints, created, changed"


def every(store: Store) -> list[Tour]:
    """The built-in tour, then every one that is kept, the one changed last first."""
    rows = store.cursor().execute(f"SELECT {_COLUMNS} FROM twin.tour ORDER BY changed DESC, id").fetchall()
    return [standard.tour(store), *map(_tour, rows)]


def get(store: Store, name: str) -> Tour:
    """The tour with this id or name; :class:`UnknownName` when there is none."""
    builtin = standard.tour(store)
    if name in (builtin.id, builtin.name):
        return builtin
    row = (
        store.cursor()
        .execute(
            f"SELECT {_COLUMNS} FROM twin.tour WHERE id = ? OR name = ? ORDER BY id = ? DESC", [name] * 3
        )
        .fetchone()
    )
    if row is None:
        raise _unknown(name)
    return _tour(row)


def create(
    store: Store, name: str, *, note: str = "", author: str = "", viewpoints: Iterable[Viewpoint] = ()
) -> Tour:
    """A new tour; every viewpoint gets an id of its own. Names are given once."""
    now = utc_now()
    made = Tour(
        uuid.uuid4().hex[:12],
        _text("name", name),
        _text("note", note),
        _text("author", author),
        _numbered(viewpoints, keep=False),
        now,
        now,
    )
    with store.writing() as writer:
        row = writer.execute("SELECT count(*) FROM twin.tour").fetchone()
        assert row is not None
        if row[0] >= MOST_TOURS:
            raise InputError(
                f"巡览至多 {MOST_TOURS} 个；请先删除不用的。",
                f"there are at most {MOST_TOURS} tours; delete one first.",
            )
        _check_name(writer, made)
        writer.execute(f"INSERT INTO twin.tour ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", _row(made))
    return made


def copy(store: Store, name: str, new_name: str = "") -> Tour:
    """A tour with the viewpoints of another, the built-in one included, under ``new_name`` or one that is free."""
    old = get(store, name)
    note = "" if old.builtin else old.note  # the built-in tour's own says how it is made
    if new_name:
        return create(store, new_name, note=note, author=old.author, viewpoints=old.viewpoints)
    taken = {item.name for item in every(store)}
    stem = f"{old.name[: _LENGTHS['name'] - 8]} 副本"
    free = next(
        name
        for number in range(1, MOST_TOURS + 2)
        if (name := stem + f" {number}" * (number > 1)) not in taken
    )
    return create(store, free, note=note, author=old.author, viewpoints=old.viewpoints)


def replace(
    store: Store,
    identity: str,
    *,
    changed: str,
    name: str | None = None,
    note: str | None = None,
    author: str | None = None,
    viewpoints: Sequence[Viewpoint] | None = None,
) -> Tour:
    """Put new texts and viewpoints in place of those of a tour; None leaves a part as it is.

    ``changed`` is that of the tour which was edited; :class:`twin.errors.Outdated` when somebody changed it since.
    """
    given = {"name": name, "note": note, "author": author}
    new: dict[str, Any] = {key: _text(key, value) for key, value in given.items() if value is not None}
    if viewpoints is not None:
        new["viewpoints"] = _numbered(viewpoints, keep=True)
    return _written(store, identity, lambda old: changed_copy(old, **new), changed)


def append(store: Store, identity: str, viewpoint: Viewpoint) -> Tour:
    """Put a viewpoint at the end of a tour, under a new id; whoever else edits it loses nothing."""

    def longer(old: Tour) -> Tour:
        known = {item.id for item in old.viewpoints}
        return changed_copy(old, viewpoints=_limited((*old.viewpoints, _named(viewpoint, known))))

    return _written(store, identity, longer)


def delete(store: Store, identity: str) -> None:
    """Forget a tour; :class:`UnknownName` when there is none, :class:`InputError` for the built-in one."""
    _refuse_builtin(identity)
    with store.writing() as writer:
        gone = writer.execute("DELETE FROM twin.tour WHERE id = ? RETURNING id", [identity]).fetchall()
    if not gone:
        raise _unknown(identity)


# -- inside --------------------------------------------------------------------


def _written(store: Store, identity: str, change: Any, changed: str | None = None) -> Tour:
    """Read, change and write one tour in one transaction."""
    _refuse_builtin(identity)
    with store.writing() as writer:
        row = writer.execute(f"SELECT {_COLUMNS} FROM twin.tour WHERE id = ?", [identity]).fetchone()
        if row is None:
            raise _unknown(identity)
        old = _tour(row)
        if changed is not None and changed != old.as_dict()["changed"]:
            raise Outdated(
                f"巡览“{old.name}”已被他人修改；请载入最新内容后再改。",
                f"the tour {old.name!r} was changed by someone else meanwhile; load it again and repeat the change.",
            )
        # Clocks may stand still or step back; every change must be told from the one before.
        now = max(utc_now(), old.changed + dt.timedelta(microseconds=1))
        new: Tour = changed_copy(change(old), changed=now)
        _check_name(writer, new)
        writer.execute(
            f"INSERT OR REPLACE INTO twin.tour ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", _row(new)
        )
    return new


def _numbered(viewpoints: Iterable[Viewpoint], *, keep: bool) -> tuple[Viewpoint, ...]:
    """Viewpoints with an id each; with ``keep`` those that have one of their own keep it."""
    known: set[str] = set()
    found = []
    for item in viewpoints:
        named = item if keep and item.id and item.id not in known else _named(item, known)
        known.add(named.id)
        found.append(named)
    return _limited(tuple(found))


def _named(viewpoint: Viewpoint, known: set[str]) -> Viewpoint:
    identity = next(name for _ in range(100) if (name := uuid.uuid4().hex[:12]) not in known)
    return viewpoint.model_copy(update={"id": identity})


def _limited(viewpoints: tuple[Viewpoint, ...]) -> tuple[Viewpoint, ...]:
    if len(viewpoints) > MOST_VIEWPOINTS:
        raise InputError(
            f"一个巡览至多 {MOST_VIEWPOINTS} 个视点；请另建巡览。",
            f"a tour has at most {MOST_VIEWPOINTS} viewpoints; make another one.",
        )
    return viewpoints


def _check_name(writer: Any, tour: Tour) -> None:
    """Commands ask for a tour by its name: it must say which one is meant."""
    taken = writer.execute(
        "SELECT 1 FROM twin.tour WHERE (name = ? OR id = ?) AND id <> ?", [tour.name, tour.name, tour.id]
    ).fetchone()
    if taken or tour.name in (standard.ID, standard.NAME.zh, standard.NAME.en):
        raise InputError(
            f"已有名为“{tour.name}”的巡览；请换一个名称。",
            f"there is a tour called {tour.name!r} already; choose another name.",
        )


def _refuse_builtin(identity: str) -> None:
    if identity == standard.ID:
        raise InputError(
            "内置巡览随数据生成，不能修改；请先复制再编辑。",
            "the built-in tour is made from the data and cannot be changed; copy it and edit the copy.",
        )


def _unknown(name: str) -> UnknownName:
    return UnknownName(
        f"没有巡览 {name[:40]!r}，可能已被删除。",
        f"there is no tour {name[:40]!r}; it may have been deleted.",
    )


def _row(tour: Tour) -> list[object]:
    points = json.dumps(
        [item.as_dict() for item in tour.viewpoints], ensure_ascii=False, separators=(",", ":")
    )
    return [tour.id, tour.name, tour.note, tour.author, points, tour.created, tour.changed]


def _tour(row: Sequence[Any]) -> Tour:
    identity, name, note, author, points, created, changed = row
    return Tour(identity, name, note, author, tuple(map(read, json.loads(points))), created, changed)


def _text(name: str, value: str) -> str:
    text = value.replace("\r\n", "\n").strip()
    zh, en = _TITLES[name]
    if name == "name" and not text:
        raise InputError("巡览须有名称。", "a tour needs a name.")
    if len(text) > _LENGTHS[name] or CONTROL.search(text) or (name != "note" and "\n" in text):
        raise InputError(
            f"巡览的{zh}无效：至多 {_LENGTHS[name]} 个字，不含控制字符。",
            f"the {en} of a tour is not valid: at most {_LENGTHS[name]} characters, none of them control characters.",
        )
    return text
