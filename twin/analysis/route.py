"""The quickest way between two places, edge by edge, for drawing and explaining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.analysis import _kernels
from twin.analysis._kernels import I32, Graph, Seats
from twin.analysis.places import Places, fault

if TYPE_CHECKING:
    from twin.analysis.network import Network


@dataclass(frozen=True, eq=False)
class Route:
    """A way from an origin to a facility.

    Attributes
    ----------
    seconds, length_m
        Of the whole way, the access legs at both ends included.
    edges, forward
        Rows of the edges in the order of travel, int32[k], and whether each is gone u -> v, bool[k].
    t_start, t_end
        The first edge is gone from ``t_start`` to its end in the direction of travel, the last from its
        beginning to ``t_end``; a single edge is gone straight from ``t_start`` to ``t_end``.
    origin_row, facility_row
        The entrances used.
    """

    seconds: float
    length_m: float
    edges: I32
    forward: NDArray[np.bool_]
    t_start: float
    t_end: float
    origin_row: int
    facility_row: int


def between(
    network: Network, origins: Places, origin: int, facilities: Places, facility: int, speed_mps: float
) -> Route | None:
    """The quickest way from any entrance of ``origin`` to any entrance of ``facility``, or None."""
    graph = network.graph(speed_mps)
    here_rows, there_rows = _entrances(origins, origin), _entrances(facilities, facility)
    if not len(here_rows) or not len(there_rows):
        return None
    here = network.seats(_rows(origins, here_rows), speed_mps, leaving=True)
    there = network.seats(_rows(facilities, there_rows), speed_mps, leaving=False)
    straight = _straight(graph, here, there)
    here_nodes = np.stack([graph.u[here.edge], graph.v[here.edge]], axis=1)
    there_nodes = np.stack([graph.u[there.edge], graph.v[there.edge]], axis=1)
    dist, arc = _kernels.way(graph, there_nodes.ravel(), there.leg.ravel(), here_nodes.ravel())
    totals = here.leg + dist[here_nodes]
    a, side = divmod(int(totals.argmin()), 2)
    around = float(totals[a, side])
    if min(straight[0], around) == np.inf:
        return None
    length_m = network.topology.length_m
    if straight[0] <= around:
        seconds, a, b = straight
        edges, forward = [int(here.edge[a])], [bool(there.t[b] >= here.t[a])]
        metres = abs(there.t[b] - here.t[a]) * length_m[edges[0]]
    else:
        seconds = around
        edges, forward = [int(here.edge[a])], [side == 1]
        node = int(here_nodes[a, side])
        while arc[node] >= 0:
            edge, backward = divmod(int(graph.code[arc[node]]), 2)
            edges.append(edge)
            forward.append(not backward)
            node = int(graph.u[edge] if backward else graph.v[edge])
        arrivals = np.where(there_nodes == node, there.leg, np.inf)
        b, side = divmod(int(arrivals.argmin()), 2)
        edges.append(int(there.edge[b]))
        forward.append(side == 0)
        first = here.t[a] if not forward[0] else 1 - here.t[a]
        last = there.t[b] if forward[-1] else 1 - there.t[b]
        metres = length_m[edges[1:-1]].sum() + first * length_m[edges[0]] + last * length_m[edges[-1]]
    origin_row, facility_row = int(here_rows[a]), int(there_rows[b])
    return Route(
        seconds=float(_kernels.micro(seconds)),
        length_m=float(metres + origins.access_m[origin_row] + facilities.access_m[facility_row]),
        edges=np.array(edges, np.int32),
        forward=np.array(forward, np.bool_),
        t_start=float(here.t[a]),
        t_end=float(there.t[b]),
        origin_row=origin_row,
        facility_row=facility_row,
    )


def _entrances(places: Places, owner: int) -> I32:
    if not 0 <= owner < places.count:
        raise fault(
            f"没有第 {owner} 个地点（共 {places.count} 个）。",
            f"there is no place {owner} of {places.count}.",
        )
    rows = places.of_owner(owner)
    return rows[places.edge[rows] >= 0]


def _rows(places: Places, rows: I32) -> Places:
    return Places(
        places.edge[rows], places.t[rows], places.access_m[rows], places.owner[rows], places.count,
        places.edge_count,
    )  # fmt: skip


def _straight(graph: Graph, here: Seats, there: Seats) -> tuple[float, int, int]:
    """The quickest way along one shared edge: seconds (inf where none), entrance here and there."""
    best = (np.inf, 0, 0)
    for a, b in zip(*np.nonzero(here.edge[:, None] == there.edge), strict=True):
        along = _kernels.direct(graph, here.edge[a], here.t[a], there.t[b])
        best = min(best, (float(here.access_s[a] + there.access_s[b] + along), int(a), int(b)))
    return best
