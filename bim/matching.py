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
    match = _Match(before, after)
    sound = [
        ~table["key"].str.contains("~", regex=False) & ~table["guid"].duplicated(keep=False)
        for table in (before, after)
    ]
    match.by(("key",), [table[mask] for table, mask in zip((before, after), sound, strict=True)])
    fewer = min(int(mask.sum()) for mask in sound)
    renewed = fewer > 0 and len(match.pairs) < FEW * fewer
    unsound = [~mask | renewed for mask in sound]
    rest = [table[mask] for table, mask in zip((before, after), unsound, strict=True)]
    if len(rest[0]) and len(rest[1]):
        match.by(("guid", "class", "name", "placement"), rest)
        match.by(("guid", "class", "name"), rest)
        for columns in PASSES:
            match.by(columns, rest)
    return match.result(), renewed


def structures(before: pd.DataFrame, after: pd.DataFrame, *, renewed: bool) -> Pairs:
    """Match sites, buildings and storeys: by GlobalId, else by name and height or by being the only one.

    Where GlobalIds were made anew, the same name or the same height is enough.
    """
    match = _Match(before, after)
    tables = [before, after]
    match.by(("guid",), tables)
    alone = [table[~table["class"].duplicated(keep=False) & (table["storey"] < 0)] for table in tables]
    match.by(("class",), alone)  # the only site of a file is the site, whatever its GlobalId
    match.by(("class", "name", "elevation_m"), tables)
    if renewed:
        match.by(("class", "name"), tables)
        match.by(("class", "elevation_m"), tables)
    return match.result()


class _Match:
    """Pairs found so far."""

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame) -> None:
        self._rows = [np.arange(len(before)), np.arange(len(after))]
        self._free = [np.ones(len(before), dtype=bool), np.ones(len(after), dtype=bool)]
        self.pairs: list[tuple[int, int]] = []

    def by(self, columns: tuple[str, ...], tables: list[pd.DataFrame]) -> None:
        """Pair what is still free and agrees in ``columns``; what agrees with several is paired in its order.

        Tables keep the row numbers of the whole ones as their index.
        """
        sides = []
        for table, free in zip(tables, self._free, strict=True):
            rows = table.index.to_numpy()
            part = table.loc[rows[free[rows]], list(columns)].astype("object")
            if columns == ("class", "tag"):
                part = part[(part["tag"] != "") & ~part.duplicated(keep=False)]
            elif "placement" not in columns and columns not in {("key",), ("guid",)}:
                part = part[~part.duplicated(keep=False)]
            turn = part.groupby(list(columns), sort=False, dropna=False).cumcount()
            sides.append(part.assign(turn=turn, row=part.index))
        both = sides[0].merge(sides[1], on=[*columns, "turn"], suffixes=("_before", "_after"))
        for before, after in zip(both["row_before"], both["row_after"], strict=True):
            self.pairs.append((int(before), int(after)))
            self._free[0][before] = self._free[1][after] = False

    def result(self) -> Pairs:
        """Pairs in the order of the later version, and what is left."""
        ordered = sorted(self.pairs, key=lambda pair: pair[1])
        both = np.array(ordered, dtype=np.int64).reshape(-1, 2)
        left = [self._rows[side][self._free[side]].tolist() for side in (0, 1)]
        return Pairs(both[:, 0], both[:, 1], left[0], left[1])
