"""Two versions of a model side by side: what was added, what was removed, what changed and in what.

Only the kept tables are read (:mod:`bim.model`), never the IFC files. Step ids, the order of instances and of sets,
and the way numbers are written make no difference.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bim import matching, model
from bim.finding import Sentence
from bim.model import NO_STOREY, Model
from bim.movement import Movement, common, moved

NEAR_M = 1e-4
"""Placements nearer than this are the same: 0.1 mm."""
TURN_RAD = 1e-5
NUMBER = 1e-6
"""Relative difference of numbers that are the same."""

TEXTS = {
    "class": "class",
    "name": "name",
    "long_name": "long_name",
    "type_name": "type",
    "predefined_type": "predefined_type",
    "materials": "material",
}
"""Columns compared as they are, and the aspect each is told as."""


@dataclass(frozen=True, slots=True)
class Item:
    """One element, space or structure that is not in both versions as it was.

    ``row_before`` and ``row_after`` are rows of the two versions' ``elements.parquet``; None for a storey, a building
    or a site without a shape, and where it is not in that version.
    """

    guid: str
    key: str
    class_name: str
    name: str
    storey: str
    row_before: int | None
    row_after: int | None
    what: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        found: dict[str, Any] = {
            "guid": self.guid,
            "key": self.key,
            "class": self.class_name,
            "name": self.name,
            "storey": self.storey,
            "row_before": self.row_before,
            "row_after": self.row_after,
        }
        return {**found, "what": list(self.what)} if self.what else found


@dataclass(slots=True)
class Comparison:
    """What is different between two versions.

    Attributes
    ----------
    added, removed, changed
        Elements, spaces and structures; each changed one says in what.
    storeys
        Storeys ``added``, ``removed``, ``renamed`` and ``moved`` once more, by themselves.
    matched_by
        ``GlobalId``, or ``place`` where the GlobalIds were made anew.
    movement
        How the whole model was moved; differences of placement are told apart from it.
    """

    added: list[Item] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    storeys: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"added": [], "removed": [], "renamed": [], "moved": []}
    )
    matched_by: str = "GlobalId"
    movement: Movement | None = None
    notes: list[Sentence] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing is different."""
        return not (self.added or self.removed or self.changed or self.movement)

    def counts(self) -> dict[str, dict[str, int]]:
        """Numbers of ``added``, ``removed`` and ``changed`` by class."""
        found: dict[str, dict[str, int]] = {}
        for kind, items in (("added", self.added), ("removed", self.removed), ("changed", self.changed)):
            for class_name, number in Counter(item.class_name for item in items).items():
                found.setdefault(class_name, {"added": 0, "removed": 0, "changed": 0})[kind] = number
        return dict(sorted(found.items()))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "added": [item.as_dict() for item in self.added],
            "removed": [item.as_dict() for item in self.removed],
            "changed": [item.as_dict() for item in self.changed],
            "storeys": self.storeys,
            "counts": self.counts(),
            "matched_by": self.matched_by,
            "movement": None if self.movement is None else self.movement.as_dict(),
            "notes": [{"zh": note.zh, "en": note.en} for note in self.notes],
        }


@dataclass(slots=True)
class _Version:
    """The tables of one version."""

    document: Model
    elements: pd.DataFrame
    properties: pd.DataFrame
    structures: pd.DataFrame
    columns: dict[str, list[Any]]
    """What is told of every element, as lists: a thousand times as fast as row by row."""

    @classmethod
    def read(cls, folder: Path) -> _Version:
        document = model.read(folder)
        tree = json.loads((folder / "tree.json").read_text(encoding="utf-8"))
        elements = pd.read_parquet(folder / "elements.parquet")
        return cls(
            document,
            elements,
            pd.read_parquet(folder / "properties.parquet"),
            _structures(tree, document),
            {name: elements[name].tolist() for name in ("guid", "key", "class", "name", "storey")},
        )

    def storey(self, index: int) -> str:
        """Name of a storey; empty for none."""
        return "" if index == NO_STOREY else self.document.storeys[index].name


def compare(before: Path, after: Path) -> Comparison:
    """What changed from the model kept in ``before`` to the one kept in ``after``.

    Parameters
    ----------
    before, after
        Folders as :mod:`bim.model` describes them.

    Raises
    ------
    ValueError
        When a folder was written in another format.
    """
    old, new = _Version.read(before), _Version.read(after)
    result = Comparison()
    pairs, by_place = matching.elements(old.elements, new.elements)
    structures = matching.structures(old.structures, new.structures, renewed=by_place)
    if by_place:
        result.matched_by = "place"
        result.notes.append(
            Sentence(
                "两个版本的 GlobalId 几乎全部不同，已改按类别、标记、名称和位置对应构件；"
                "请在建模软件的导出设置中保持 GlobalId 不变。",
                "The GlobalIds of the two versions have little in common; elements were matched by class, tag, name "
                "and place instead. Have the authoring tool keep GlobalIds when it exports.",
            )
        )
    _compare_structures(old, new, structures, result)
    changes = _changes(old, new, pairs, structures, result)
    _tell(old, new, pairs, changes, result)
    return result


def _changes(
    old: _Version, new: _Version, pairs: matching.Pairs, structures: matching.Pairs, result: Comparison
) -> dict[int, list[dict[str, Any]]]:
    """What changed of each pair, by the pair's number."""
    changes: dict[int, list[dict[str, Any]]] = {}
    left = old.elements.iloc[pairs.before].reset_index(drop=True)
    right = new.elements.iloc[pairs.after].reset_index(drop=True)
    other_schema = old.document.schema != new.document.schema
    for column, aspect in TEXTS.items():
        was, now = left[column].tolist(), right[column].tolist()
        if column == "class" and other_schema:
            # IFC4 does away with IfcWallStandardCase and the like: the same wall is an IfcWall there.
            now = [
                kept if _plain_class(kept) == _plain_class(text) else text
                for kept, text in zip(was, now, strict=True)
            ]
        for number, texts in enumerate(zip(was, now, strict=True)):
            if texts[0] != texts[1]:
                change = {"aspect": aspect, "before": texts[0], "after": texts[1]}
                changes.setdefault(number, []).append(change)
    for number, storeys in _other_storey(old, new, left, right, structures):
        change = {"aspect": "storey", "before": old.storey(storeys[0]), "after": new.storey(storeys[1])}
        changes.setdefault(number, []).append(change)
    _placements(left, right, changes, result)
    _contents(left, right, changes)
    _properties(old, new, pairs, changes)
    return changes


def _plain_class(name: str) -> str:
    return name.removesuffix("StandardCase").removesuffix("ElementedCase")


def _other_storey(
    old: _Version, new: _Version, left: pd.DataFrame, right: pd.DataFrame, structures: matching.Pairs
) -> list[tuple[int, tuple[int, int]]]:
    """Pairs whose storey after is not the one that their storey before became: their numbers and both storeys."""
    was, now = old.structures["storey"].to_numpy(), new.structures["storey"].to_numpy()
    became = dict(zip(was[structures.before].tolist(), now[structures.after].tolist(), strict=True))
    became[NO_STOREY] = NO_STOREY
    both = zip(left["storey"].tolist(), right["storey"].tolist(), strict=True)
    return [
        (number, (before, after))
        for number, (before, after) in enumerate(both)
        if became.get(before) != after
    ]


def _placements(
    left: pd.DataFrame, right: pd.DataFrame, changes: dict[int, list[dict[str, Any]]], result: Comparison
) -> None:
    if not len(left):
        return
    before, after = _matrices(left["placement"]), _matrices(right["placement"])
    # A place past all measure has no distance to another; where both are written alike they are the same.
    absurd = ~(np.isfinite(before) & np.isfinite(after)).all(axis=(1, 2))
    alike = (left["placement"] == right["placement"]).to_numpy(dtype=bool)
    before[absurd] = np.eye(4)
    after[absurd] = np.where(alike[absurd, None, None], np.eye(4), np.diag([-1.0, -1.0, 1.0, 1.0]))
    result.movement = common(before, after)
    if result.movement is not None:
        result.notes.append(result.movement.sentence())
        before[~absurd] = moved(before[~absurd], result.movement)
    distance = np.linalg.norm(after[:, :3, 3] - before[:, :3, 3], axis=1)
    # The Frobenius norm of two rotations' difference is 2 sqrt(2) sin(angle / 2).
    gap = np.linalg.norm(after[:, :3, :3] - before[:, :3, :3], axis=(1, 2))
    turn = 2 * np.arcsin(np.clip(gap / np.sqrt(8), 0, 1))
    for number in np.flatnonzero((distance > NEAR_M) | (turn > TURN_RAD)).tolist():
        change = {
            "aspect": "placement",
            "before": _place(left, number),
            "after": _place(right, number),
            "distance_m": round(float(distance[number]), 4),
            "turn_deg": round(float(np.degrees(turn[number])), 3),
        }
        changes.setdefault(number, []).append(change)


def _matrices(texts: pd.Series) -> np.ndarray[Any, Any]:
    """``(n, 4, 4)`` of the placements written as text."""
    numbers = np.array(" ".join(texts).split(), dtype=np.float64)
    return numbers.reshape(-1, 4, 4)


def _place(rows: pd.DataFrame, number: int) -> str:
    return ", ".join(f"{rows[axis].iloc[number]:.3f}" for axis in "xyz")


def _contents(left: pd.DataFrame, right: pd.DataFrame, changes: dict[int, list[dict[str, Any]]]) -> None:
    """Shape and openings apart: of the shape the two hashes are told, of the openings how many there are."""
    both = zip(left["content_hash"].tolist(), right["content_hash"].tolist(), strict=True)
    for number, (old_hash, new_hash) in enumerate(both):
        if old_hash == new_hash:
            continue
        was, now = old_hash.split("/"), new_hash.split("/")
        found = changes.setdefault(number, [])
        if was[0] != now[0]:
            found.append({"aspect": "geometry", "before": was[0], "after": now[0]})
        if was[1:] != now[1:]:
            found.append({"aspect": "openings", "before": int(was[1]), "after": int(now[1])})


def _properties(
    old: _Version, new: _Version, pairs: matching.Pairs, changes: dict[int, list[dict[str, Any]]]
) -> None:
    if not len(pairs.before):
        return
    left = _of_pairs(old.properties, pairs.before, len(old.elements))
    right = _of_pairs(new.properties, pairs.after, len(new.elements))
    keys = ["pair", "set", "name", "kind", "turn"]
    both = left.merge(right, on=keys, how="outer", suffixes=("_before", "_after"), sort=True)
    numbers = [both[f"number_{side}"].to_numpy(dtype=np.float64) for side in ("before", "after")]
    near = (
        np.abs(numbers[0] - numbers[1]) <= NUMBER * np.maximum(np.abs(numbers[0]), np.abs(numbers[1])) + 1e-9
    )
    texts = both["text_before"].fillna("\0"), both["text_after"].fillna("\0")
    equal = near | ((texts[0] == texts[1]).to_numpy(dtype=bool) & ~np.isfinite(numbers[0] + numbers[1]))
    for row in both[~equal].itertuples(index=False):
        inherited = row.of_type_before if pd.isna(row.of_type_after) else row.of_type_after
        change = {
            "aspect": "property",
            "set": row.set,
            "name": row.name,
            "before": None if pd.isna(row.text_before) else _with_unit(row.text_before, row.unit_before),
            "after": None if pd.isna(row.text_after) else _with_unit(row.text_after, row.unit_after),
            "of_type": bool(inherited),
        }
        changes.setdefault(int(row.pair), []).append(change)


def _of_pairs(properties: pd.DataFrame, rows: np.ndarray[Any, Any], total: int) -> pd.DataFrame:
    """Properties of the matched rows under their pair's number; those of one name are told apart by their order."""
    number = np.full(total, -1, dtype=np.int64)
    number[rows] = np.arange(len(rows))
    found = properties.assign(pair=number[properties["element"].to_numpy()]).drop(columns="element")
    found = found[found["pair"] >= 0].sort_values(["pair", "set", "name", "kind", "text"], kind="stable")
    return found.assign(turn=found.groupby(["pair", "set", "name", "kind"], sort=False).cumcount())


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else str(text)


def _tell(
    old: _Version,
    new: _Version,
    pairs: matching.Pairs,
    changes: dict[int, list[dict[str, Any]]],
    result: Comparison,
) -> None:
    result.removed += [_item(old, row, before=row) for row in pairs.removed]
    result.added += [_item(new, row, after=row) for row in pairs.added]
    for number in sorted(changes, key=lambda number: int(pairs.after[number])):
        before, after = int(pairs.before[number]), int(pairs.after[number])
        result.changed.append(_item(new, after, before=before, after=after, what=tuple(changes[number])))


def _item(
    version: _Version,
    row: int,
    *,
    before: int | None = None,
    after: int | None = None,
    what: tuple[dict[str, Any], ...] = (),
) -> Item:
    values = version.columns
    return Item(
        guid=values["guid"][row],
        key=values["key"][row],
        class_name=values["class"][row],
        name=values["name"][row],
        storey=version.storey(values["storey"][row]),
        row_before=before,
        row_after=after,
        what=what,
    )


def _structures(tree: dict[str, Any], document: Model) -> pd.DataFrame:
    """Sites, buildings, storeys and the like that have no row among the elements."""
    found: list[dict[str, Any]] = []
    stack = list(reversed(tree["children"]))
    while stack:
        node = stack.pop()
        stack.extend(reversed(node["children"]))
        if "row" in node:
            continue
        storey = node.get("storey", NO_STOREY)
        found.append(
            {
                **{name: node[name] for name in ("class", "guid", "name", "long_name")},
                "storey": storey,
                "elevation_m": np.nan if storey == NO_STOREY else document.storeys[storey].elevation_m,
            }
        )
    columns = ["class", "guid", "name", "long_name", "storey", "elevation_m"]
    return pd.DataFrame(found, columns=columns).astype({"storey": "int64", "elevation_m": "float64"})


def _compare_structures(old: _Version, new: _Version, pairs: matching.Pairs, result: Comparison) -> None:
    for rows, version, items, kind in (
        (pairs.removed, old, result.removed, "removed"),
        (pairs.added, new, result.added, "added"),
    ):
        for row in rows:
            item, values = _structure(version, row, ())
            items.append(item)
            if values["storey"] != NO_STOREY:
                told = {"guid": item.guid, "name": item.name, "elevation_m": float(values["elevation_m"])}
                result.storeys[kind].append(told)
    for before, after in zip(pairs.before, pairs.after, strict=True):
        was, now = old.structures.iloc[before], new.structures.iloc[after]
        what = [
            {"aspect": aspect, "before": was[aspect], "after": now[aspect]}
            for aspect in ("class", "name", "long_name")
            if was[aspect] != now[aspect]
        ]
        told = {"guid": now["guid"], "name": now["name"]}
        renamed = [change for change in what if change["aspect"] in {"name", "long_name"}]
        if renamed and now["storey"] != NO_STOREY:
            result.storeys["renamed"].append({**told, **_first(renamed)})
        if abs(was["elevation_m"] - now["elevation_m"]) > NEAR_M:
            change = {
                "aspect": "elevation",
                "before": float(was["elevation_m"]),
                "after": float(now["elevation_m"]),
            }
            result.storeys["moved"].append({**told, **_first([change])})
            what.append(change)
        if what:
            result.changed.append(_structure(new, after, tuple(what))[0])


def _first(changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: changes[0][key] for key in ("before", "after")}


def _structure(version: _Version, row: int, what: tuple[dict[str, Any], ...]) -> tuple[Item, pd.Series]:
    values = version.structures.iloc[row]
    guid, name = str(values["guid"]), str(values["name"])
    storey = version.storey(int(values["storey"]))
    return Item(guid, guid, str(values["class"]), name, storey, None, None, what), values
