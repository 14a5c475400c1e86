"""Places on the edges of a network: homes, facilities and their entrances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from twin.analysis import _kernels
from twin.analysis._kernels import F64, I32
from twin.errors import InputError


def fault(zh: str, en: str) -> InputError:
    """An error about a network or its places."""
    return InputError(f"路网：{zh}", f"Network: {en}")


def column(frame: pd.DataFrame, name: str, what: str) -> F64:
    """A column as float64; raises :class:`InputError` where it is missing or not a number."""
    if name not in frame.columns:
        raise fault(f"{what}缺少列 {name}，请补上。", f"{what} lacks the column {name}; add it.")
    try:
        return np.ascontiguousarray(frame[name].to_numpy(np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        raise fault(
            f"{what}的列 {name} 含有非数字，请改正。",
            f"{what}: the column {name} holds something not a number.",
        ) from None


@dataclass(frozen=True, eq=False)
class Places:
    """Places prepared for searching, in the order of their rows.

    Attributes
    ----------
    edge
        Row of the network's edges, int32[k]; -1 is off the network.
    t
        Position along the edge from its u (0) to its v (1), float64[k].
    access_m
        Metres from the place itself to the edge, float64[k].
    owner
        Whose entrance the row is, int32[k]: 0 .. ``count`` - 1. Results are told by owner; a frame
        without such a column has one row per place, and then they are told by row.
    count
        Number of owners.
    edge_count
        Number of edges of the network.
    """

    edge: I32
    t: F64
    access_m: F64
    owner: I32
    count: int
    edge_count: int

    @classmethod
    def of(cls, places: pd.DataFrame | Places, edge_count: int) -> Places:
        """Check and prepare a frame with columns edge, t, access_m and optionally owner.

        Raises :class:`InputError` where an edge is not there, t is outside 0 .. 1 or access_m is negative.
        """
        if isinstance(places, Places):
            if places.edge_count != edge_count:
                raise fault(
                    "这些地点属于另一个路网，请重新吸附。",
                    "these places were prepared for another network; snap them again.",
                )
            return places
        what = "places"
        row, t, access_m = (column(places, name, what) for name in ("edge", "t", "access_m"))
        off = row == -1
        wrong = ~off & ~((row >= 0) & (row < edge_count) & (row == np.floor(row)))
        wrong |= ~off & ~((t >= 0) & (t <= 1) & (access_m >= 0) & (access_m < np.inf))
        if wrong.any():
            at = int(wrong.argmax())
            values = f"edge={row[at]:g}, t={t[at]:g}, access_m={access_m[at]:g}"
            raise fault(
                f"第 {at} 个地点（{values}）不在路网上：edge 应为 0 至 {edge_count - 1} 或 -1，"
                "t 应在 0 至 1 之间，access_m 不得为负。",
                f"place {at} ({values}) is not on the network: edge must be 0 to {edge_count - 1} or -1, "
                "t between 0 and 1, access_m not negative.",
            )
        edge = np.where(off, -1, row).astype(np.int32)
        t, access_m = np.where(off, 0.0, t), np.where(off, 0.0, access_m)
        if "owner" not in places.columns:
            return cls(edge, t, access_m, np.arange(len(edge), dtype=np.int32), len(edge), edge_count)
        owner = column(places, "owner", what)
        if not ((owner >= 0) & (owner == np.floor(owner)) & (owner < 2**31 - 1)).all():
            raise fault("列 owner 应为不小于 0 的整数。", "the column owner must hold whole numbers from 0.")
        return cls(edge, t, access_m, owner.astype(np.int32), int(owner.max(initial=-1)) + 1, edge_count)

    def of_owners(self, owners: I32) -> Places:
        """The places of some owners (ascending), numbered in their order."""
        rows = np.flatnonzero(np.isin(self.owner, owners))
        owner = np.searchsorted(owners, self.owner[rows]).astype(np.int32)
        return Places(self.edge[rows], self.t[rows], self.access_m[rows], owner, len(owners), self.edge_count)

    def joined(self, other: Places) -> Places:
        """These places with ``other`` of the same network after them, its owners numbered on."""
        return Places(
            np.concatenate([self.edge, other.edge]),
            np.concatenate([self.t, other.t]),
            np.concatenate([self.access_m, other.access_m]),
            np.concatenate([self.owner, other.owner + np.int32(self.count)]),
            self.count + other.count,
            self.edge_count,
        )

    @cached_property
    def by_edge(self) -> tuple[I32, I32]:
        """``start`` int32[edge_count + 1] and ``row``: places of edge e are ``row[start[e]:start[e + 1]]``."""
        start, row = _kernels.rows_by_edge(self.edge, self.edge_count)
        return start, row

    def of_owner(self, owner: int) -> I32:
        """The rows of one owner."""
        return np.flatnonzero(self.owner == owner).astype(np.int32)
