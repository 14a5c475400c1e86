"""Which element of one version is which of another: by GlobalId, or by what and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

FEW = 0.3
"""With a smaller share of GlobalIds in common they were made anew."""

Rows = np.ndarray[Any, np.dtype[np.int64]]

PASSES: tuple[tuple[str, ...], ...] = (
    ("class", "tag", "name", "placement", "content_hash"),
    ("class", "tag", "name", "placement"),
    ("class", "tag"),  # moved or renamed, but known to its authoring tool by the same number
    ("class", "name", "placement"),
    ("class", "placement", "content_hash"),
    ("class", "name", "storey", "content_hash"),
)
"""Columns that two elements have in common, the surest first."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the two versions that are one thing, and those that have no other."""

    before: Rows
    after: Rows
    removed: list[int]
    added: list[int]


def elements(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Pairs, bool]:
    """Match the elements of two versions.

    A GlobalId that is invalid or repeated names nothing; such elements are matched by what and where they are.

    Returns
    -------
    pairs
        In the order of ``after``.
    by_place
        Whether the GlobalIds were made anew, so that all elements were matched by what and where they are.
    """
    tables = (before, after)
    match = _Match(tables)
    sound = [~_marked(table["key"]) & ~table["guid"].duplicated(keep=False) for table in tables]
    numbers = [mask.to_numpy(dtype=bool) for mask in sound]
    match.by(("key",), numbers)
    fewer = min(int(mask.sum()) for mask in numbers)
    renewed = fewer > 0 and len(match.pairs) < FEW * fewer
    unsound = [~mask | renewed for mask in numbers]
    if all(mask.any() for mask in unsound):
        for columns in (("guid", "class", "name", "placement"), ("guid", "class", "name"), *PASSES):
            match.by(columns, unsound)
    return match.result(), renewed


def structures(before: pd.DataFrame, after: pd.DataFrame, *, renewed: bool) -> Pairs:
    """Match sites, buildings and storeys: by GlobalId, else by name and height or by being the only one.

    Where GlobalIds were made anew, the same name or the same height is enough.
    """
    tables = (before, after)
    match = _Match(tables)
    everything = [np.ones(len(table), dtype=bool) for table in tables]
    match.by(("guid",), everything)
    # The only site of a file is the site, whatever its GlobalId.
    alone = [~table["class"].duplicated(keep=False) & (table["storey"] < 0) for table in tables]
    match.by(("class",), [mask.to_numpy(dtype=bool) for mask in alone])
    match.by(("class", "name", "elevation_m"), everything)
    if renewed:
        match.by(("class", "name"), everything)
        match.by(("class", "elevation_m"), everything)
    return match.result()


def _marked(keys: pd.Series) -> pd.Series:
    """Which keys were given a number by :func:`bim.identity.keys`."""
    return keys.str.contains("~", regex=False)


class _Match:
    """Pairs found so far."""

    def __init__(self, tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        self._tables = tables
        self._free = [set(range(len(table))) for table in tables]
        self.pairs: list[tuple[int, int]] = []

    def by(self, columns: tuple[str, ...], among: list[np.ndarray[Any, np.dtype[np.bool_]]]) -> None:
        """Pair what is still free, is ``among`` these and agrees in ``columns``.

        Several that agree are paired in their order where they agree in place too or in their GlobalId; else each
        could be any, and none is.
        """
        exact = "placement" in columns or columns in {("key",), ("guid",)}
        sides = [self._groups(side, columns, among[side]) for side in (0, 1)]
        for values, left in sides[0].items():
            right = sides[1].get(values, [])
            if not exact and (len(left) > 1 or len(right) > 1):
                continue
            for pair in zip(left, right, strict=False):
                self.pairs.append(pair)
                self._free[0].discard(pair[0])
                self._free[1].discard(pair[1])

    def _groups(
        self, side: int, columns: tuple[str, ...], among: np.ndarray[Any, np.dtype[np.bool_]]
    ) -> dict[tuple[Any, ...], list[int]]:
        table, free = self._tables[side], self._free[side]
        values = zip(*(table[column].tolist() for column in columns), strict=True)
        found: dict[tuple[Any, ...], list[int]] = {}
        for row, (item, wanted) in enumerate(zip(values, among.tolist(), strict=True)):
            if wanted and row in free and not (columns == ("class", "tag") and item[1] == ""):
                found.setdefault(item, []).append(row)
        return found

    def result(self) -> Pairs:
        """Pairs in the order of the later version, and what is left."""
        ordered = sorted(self.pairs, key=lambda pair: pair[1])
        both = np.array(ordered, dtype=np.int64).reshape(-1, 2)
        return Pairs(both[:, 0], both[:, 1], sorted(self._free[0]), sorted(self._free[1]))
