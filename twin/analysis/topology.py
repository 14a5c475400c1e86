"""The shape of a network: nodes, edges and the arcs that searches follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.analysis import _kernels
from twin.analysis._kernels import F64, I32


@dataclass(frozen=True, eq=False)
class Topology:
    """What does not change with speed: nodes, edges and arcs.

    ``u`` and ``v`` are positions in ``node_ids``; the searches number the nodes along a Hilbert
    curve instead (``rank`` by position), which keeps neighbours near each other in memory.
    """

    node_ids: pd.Index
    x: F64
    y: F64
    u: I32
    v: I32
    length_m: F64
    oneway: NDArray[np.bool_]
    rank: I32
    inner_u: I32
    inner_v: I32
    start: I32
    target: I32
    code: I32

    @classmethod
    def of(
        cls, node_ids: pd.Index, x: F64, y: F64, u: I32, v: I32, length_m: F64, oneway: NDArray[np.bool_]
    ) -> Topology:
        """Order the nodes and lay out the arcs."""
        rank = np.empty(len(x), np.int32)
        rank[np.argsort(_kernels.hilbert(x, y), kind="stable")] = np.arange(len(x), dtype=np.int32)
        return cls._laid_out(node_ids, x, y, u, v, length_m, oneway, rank)

    def extended(self, x: F64, y: F64, u: I32, v: I32, length_m: F64, oneway: NDArray[np.bool_]) -> Topology:
        """With further edges (from ``u`` to ``v``) and nodes; ``x`` and ``y`` are those of all nodes.

        The new nodes are named by their row.
        """
        added = np.arange(len(self.x), len(x), dtype=np.int32)
        return self._laid_out(
            self.node_ids.append(pd.Index(added)) if len(added) else self.node_ids,
            x,
            y,
            np.concatenate([self.u, u]),
            np.concatenate([self.v, v]),
            np.concatenate([self.length_m, length_m]),
            np.concatenate([self.oneway, oneway]),
            np.concatenate([self.rank, added]),
        )

    @classmethod
    def _laid_out(
        cls,
        node_ids: pd.Index,
        x: F64,
        y: F64,
        u: I32,
        v: I32,
        length_m: F64,
        oneway: NDArray[np.bool_],
        rank: I32,
    ) -> Topology:
        inner_u, inner_v = rank[u], rank[v]
        start, target, code = _kernels.reversed_arcs(inner_u, inner_v, len(x))
        return cls(node_ids, x, y, u, v, length_m, oneway, rank, inner_u, inner_v, start, target, code)
