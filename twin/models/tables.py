"""The tables of a version as a viewer asks for them: elements, cards, search, values to colour by.

Read once from Parquet and kept for the few versions that are looked at. A row of
``elements.parquet`` is the element's number everywhere.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InputError, UnknownName

BASIC = ("class", "storey", "use", "area_m2", "method", "material")
"""What elements can be coloured by beside their properties."""
MOST_HITS = 500
_KEPT = 4
_LISTED = ("key", "class", "name", "storey", "kind", "method")
_CARD_LEFT_OUT = ("placement", "content_hash")
_MOST_CATEGORIES = 200


class Tables:
    """The elements and properties of one version; safe to ask from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.elements = pd.read_parquet(folder / "elements.parquet")
        self.properties = pd.read_parquet(folder / "properties.parquet")

    def __len__(self) -> int:
        return len(self.elements)

    @cached_property
    def listed(self) -> dict[str, Any]:
        """What a tree, a search box and a picked shape need of every element, by columns."""
        found: dict[str, Any] = {"count": len(self), "row": list(range(len(self)))}
        for name in _LISTED:
            found[name] = self._plain(name)
        return found

    def card(self, row: int) -> dict[str, Any]:
        """Everything known of one element; :class:`UnknownName` when there is no such row."""
        if not 0 <= row < len(self):
            raise UnknownName(f"模型没有第 {row} 号构件。", f"the model has no element {row}.")
        values = self.elements.iloc[row]
        card: dict[str, Any] = {
            name: _value(values[name]) for name in self.elements.columns if name not in _CARD_LEFT_OUT
        }
        start, end = np.searchsorted(self._owners, [row, row + 1])
        sets: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for item in self.properties.iloc[self._order[start:end]].itertuples(index=False):
            # A column called "set", "name" ... is a plain attribute of the row.
            group = sets.setdefault((item.set, item.kind, bool(item.of_type)), [])
            group.append(
                {
                    "name": item.name,
                    "text": _value(item.text),
                    "number": _value(item.number),
                    "unit": _value(item.unit),
                }
            )
        card |= {
            "row": row,
            "sets": [
                {"name": name, "kind": kind, "of_type": of_type, "properties": group}
                for (name, kind, of_type), group in sets.items()
            ],
            "children": [int(child) for child in np.flatnonzero(self.elements["parent"].to_numpy() == row)],
            "hosted": [int(child) for child in np.flatnonzero(self.elements["host"].to_numpy() == row)],
        }
        return card

    def search(self, query: str, limit: int = 100) -> dict[str, Any]:
        """Elements whose name, type, class, GlobalId, material or a property's value holds ``query``.

        Hits say where the text was found; those by name come first. ``SET.PROPERTY`` in full finds its owners.
        """
        text = query.strip().casefold()
        if not text:
            return {"total": 0, "hits": []}
        hits: dict[int, tuple[str, str]] = {}
        for column in ("name", "long_name", "key", "tag", "class", "type_name", "materials", "use"):
            texts = self._plain(column)
            for row in np.flatnonzero(_holds(self._folded(column), text)).tolist():
                hits.setdefault(row, (column, str(texts[row])))
        named = pc.equal(self._folded_names, text).to_numpy(zero_copy_only=False)
        found = self.properties[_holds(self._folded_values, text) | named]
        for row, group, name, value in zip(
            *(found[column].tolist() for column in ("element", "set", "name", "text")), strict=True
        ):
            hits.setdefault(row, (f"{group}.{name}", _text(value)))
        listed = self.listed
        return {
            "total": len(hits),
            "hits": [
                {"row": row, "where": where, "text": said[:200]}
                | {name: listed[name][row] for name in ("key", "class", "name", "storey")}
                for row, (where, said) in list(hits.items())[: min(limit, MOST_HITS)]
            ],
        }

    @cached_property
    def colourable(self) -> list[dict[str, Any]]:
        """Names that :meth:`values` knows, each with how many elements have one and its kind."""
        result = []
        for name in BASIC:
            values = self.values(name)
            known = sum(value is not None for value in values["values"])
            result.append({"by": name, "set": None, "name": name, "kind": values["kind"], "count": known})
        if len(self.properties):
            numbers = self.properties["number"].notna()
            grouped = (
                self.properties.assign(numeric=numbers)
                .groupby(["set", "name"], sort=True, observed=True)
                .agg(count=("element", "nunique"), numeric=("numeric", "mean"), distinct=("text", "nunique"))
            )
            for (group, name), row in grouped.iterrows():
                kind = "number" if row["numeric"] >= 0.5 else "category"
                if kind == "category" and row["distinct"] > _MOST_CATEGORIES:
                    continue  # a name or mark of its own for every element colours nothing
                result.append(
                    {
                        "by": f"{group}.{name}",
                        "set": group,
                        "name": name,
                        "kind": kind,
                        "count": int(row["count"]),
                    }
                )
        return result

    def values(self, by: str) -> dict[str, Any]:
        """A value for every row, None where it has none; ``kind`` is ``category`` or ``number``.

        :class:`InputError` when ``by`` is neither of :data:`BASIC` nor ``SET.PROPERTY`` of some element.
        """
        if by in BASIC:
            column = "materials" if by == "material" else by
            values = _plain(self.elements[column])
            if by == "storey":
                values = [None if value is None or value < 0 else value for value in values]
            return {"by": by, "kind": "number" if by == "area_m2" else "category", "values": _blanked(values)}
        named = (self.properties["set"] + "." + self.properties["name"]) == by
        found = self.properties[named]
        if found.empty:
            known = "、".join(BASIC)
            raise InputError(
                f"没有可着色的属性 {by[:80]!r}；可用：{known} 或“属性集.属性”。",
                f"there is nothing called {by[:80]!r} to colour by; use {', '.join(BASIC)} or SET.PROPERTY.",
            )
        # What the element says itself comes before what its type says.
        found = found.sort_values("of_type", kind="stable").drop_duplicates("element")
        numeric = found["number"].notna().mean() >= 0.5
        result: list[Any] = [None] * len(self)
        for row, value in zip(
            found["element"].tolist(), found["number" if numeric else "text"].tolist(), strict=True
        ):
            result[row] = _value(value)
        units = found["unit"].dropna().unique().tolist()
        return {
            "by": by,
            "kind": "number" if numeric else "category",
            "unit": units[0] if len(units) == 1 and not numeric else None,
            "values": _blanked(result),
        }

    @cached_property
    def _order(self) -> Any:
        return np.argsort(self.properties["element"].to_numpy(), kind="stable")

    @cached_property
    def _owners(self) -> Any:
        return self.properties["element"].to_numpy()[self._order]

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return {}

    def _plain(self, column: str) -> list[Any]:
        if column not in self._columns:
            self._columns[column] = _plain(self.elements[column])
        return self._columns[column]

    @cached_property
    def _folds(self) -> dict[str, pa.Array]:
        return {}

    def _folded(self, column: str) -> pa.Array:
        if column not in self._folds:
            self._folds[column] = _folded(self.elements[column])
        return self._folds[column]

    @cached_property
    def _folded_values(self) -> pa.Array:
        return _folded(self.properties["text"])

    @cached_property
    def _folded_names(self) -> pa.Array:
        return _folded(self.properties["set"] + "." + self.properties["name"])


_kept: OrderedDict[Path, Tables] = OrderedDict()
_lock = threading.Lock()


def read(folder: Path) -> Tables:
    """The tables of a version; the few looked at last are kept."""
    with _lock:
        if folder in _kept:
            _kept.move_to_end(folder)
            return _kept[folder]
    made = Tables(folder)
    with _lock:
        _kept[folder] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return made


def forget(model_folder: Path) -> None:
    """Drop what is kept of a model that is gone."""
    with _lock:
        for folder in [folder for folder in _kept if folder.parent == model_folder]:
            del _kept[folder]


def _folded(column: pd.Series[Any]) -> pa.Array:
    """Texts in lower case, for comparing."""
    return pa.array([_text(value).casefold() for value in column.tolist()], pa.large_string())


def _holds(texts: pa.Array, text: str) -> Any:
    return pc.match_substring(texts, text).to_numpy(zero_copy_only=False)


def _plain(column: pd.Series[Any]) -> list[Any]:
    return [_value(value) for value in column.tolist()]


def _blanked(values: list[Any]) -> list[Any]:
    return [None if value == "" else value for value in values]


def _value(value: Any) -> Any:
    """A cell as plain data: None for what is missing."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _text(value: Any) -> str:
    found = _value(value)
    return "" if found is None else str(found)
