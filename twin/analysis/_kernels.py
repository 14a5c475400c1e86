"""Compiled loops of the network: shortest times from places to every street, on one core, without the GIL.

The queue is a ring of buckets of equal width (Dial 1969, delta-stepping of Meyer
and Sanders 2003): a bucket is worked off until nothing falls into it any more, so
times are exact float64 whatever the width. Times are kept on a grid of 2**-32
seconds, on which float64 sums below 2**20 seconds are exact: a result does not
depend on the order of its additions.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

Loop = TypeVar("Loop", bound=Callable[..., Any])

GRID = float(2**32)
MICRO = 1e6
TIE = 0.5e-6
MOST_SLOTS = 2**16


class Graph(NamedTuple):
    """A network at one speed: arcs against the direction of travel and edges, nodes in Hilbert order."""

    start: I32  # [n + 1] arcs of a node
    target: I32  # [2 m]
    code: I32  # [2 m], see reversed_arcs
    weight: F64  # [2 m] seconds, inf where closed
    u: I32  # [m]
    v: I32  # [m]
    forward: F64  # [m] seconds u -> v
    backward: F64  # [m] seconds v -> u
    width: float  # seconds of a bucket
    slots: int  # of the ring of buckets, a power of two


class Seats(NamedTuple):
    """Places at one speed: rows of which several may be the entrances of one owner."""

    edge: I32  # [k], -1 off the network
    t: F64  # [k]
    access_s: F64  # [k]
    leg: F64  # [k, 2] seconds to (origins) or from (facilities) the ends u and v
    owner: I32  # [k]


class Ends(NamedTuple):
    """Origins by the node at either end of their edge."""

    start: I32  # [n + 1]
    owner: I32  # [2 k]
    leg: F64  # [2 k] seconds from the origin to the node


class Work(NamedTuple):
    """Arrays of one search; ``dist`` starts at inf, ``label`` and ``waits`` at -1."""

    dist: F64  # [n] seconds
    label: I32  # [n] owner, -1
    waits: I32  # [n] slot of the bucket a node waits in, -1 again after the search
    touched: I32  # [n] nodes that were at inf


def kernel(function: Loop) -> Loop:
    """Compile at first use and keep the machine code on disk where a folder can be written."""
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(nogil=True)(function)
    return cast("Loop", compiled)


@kernel
def on_grid(seconds: float) -> float:
    """The nearest multiple of 2**-32 s."""
    return float(np.rint(seconds * GRID) / GRID)


@kernel
def micro(seconds: float) -> float:
    """Rounded to the microsecond, so that a way of exactly the limit is inside the limit."""
    return float(np.floor(seconds * MICRO + 0.5) / MICRO)


@kernel
def stretch(share: float, seconds: float) -> float:
    """Time of a share of an edge; nothing of a closed edge (inf) takes no time."""
    if share <= 0.0:
        return 0.0
    return on_grid(share * seconds)


@kernel
def hilbert(x: F64, y: F64) -> I64:
    """Place of each point on a Hilbert curve of 2**16 x 2**16 cells over their bounds, int64[n]."""
    n = x.shape[0]
    out = np.zeros(n, np.int64)
    if n == 0:
        return out
    west, south = x.min(), y.min()
    size = max(x.max() - west, y.max() - south)
    scale = 65535.0 / size if size > 0 else 0.0
    for i in range(n):
        a = np.int64((x[i] - west) * scale)
        b = np.int64((y[i] - south) * scale)
        d = np.int64(0)
        s = np.int64(32768)
        while s > 0:
            right = 1 if a & s else 0
            upper = 1 if b & s else 0
            d += s * s * ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    a = 65535 - a
                    b = 65535 - b
                a, b = b, a
            s >>= 1
        out[i] = d
    return out


@kernel
def reversed_arcs(u: I32, v: I32, n_nodes: int) -> tuple[I32, I32, I32]:
    """Arcs to search against the direction of travel, by node: ``start[n + 1]``, ``target``, ``code``.

    Code ``2 e`` at ``v[e]`` stands for travel ``u -> v``, ``2 e + 1`` at ``u[e]`` for ``v -> u``.
    """
    m = u.shape[0]
    start = np.zeros(n_nodes + 1, np.int32)
    for e in range(m):
        start[u[e] + 1] += 1
        start[v[e] + 1] += 1
    for i in range(n_nodes):
        start[i + 1] += start[i]
    cursor = start[:-1].copy()
    target = np.empty(2 * m, np.int32)
    code = np.empty(2 * m, np.int32)
    for e in range(m):
        a = cursor[v[e]]
        cursor[v[e]] += 1
        target[a] = u[e]
        code[a] = 2 * e
        a = cursor[u[e]]
        cursor[u[e]] += 1
        target[a] = v[e]
        code[a] = 2 * e + 1
    return start, target, code


@kernel
def rows_by_edge(edge: I32, n_edges: int) -> tuple[I32, I32]:
    """Places by edge: ``start[m + 1]`` and ``row``; places off the network (-1) are left out."""
    start = np.zeros(n_edges + 1, np.int32)
    for i in range(edge.shape[0]):
        if edge[i] >= 0:
            start[edge[i] + 1] += 1
    for e in range(n_edges):
        start[e + 1] += start[e]
    cursor = start[:-1].copy()
    row = np.empty(start[n_edges], np.int32)
    for i in range(edge.shape[0]):
        if edge[i] >= 0:
            row[cursor[edge[i]]] = i
            cursor[edge[i]] += 1
    return start, row


@kernel
def legs(edge: I32, t: F64, access_s: F64, seconds_u: F64, seconds_v: F64) -> F64:
    """Seconds between each place and the ends of its edge, access included, float64[n, 2].

    ``seconds_u`` and ``seconds_v`` are the whole edge's time along which the place is tied to its
    end u (share t) and v (share 1 - t); nan off the network.
    """
    out = np.full((edge.shape[0], 2), np.nan)
    for i in range(edge.shape[0]):
        e = edge[i]
        if e >= 0:
            out[i, 0] = access_s[i] + stretch(t[i], seconds_u[e])
            out[i, 1] = access_s[i] + stretch(1.0 - t[i], seconds_v[e])
    return out


@kernel
def search(graph: Graph, seed_node: I32, seed_cost: F64, seed_label: I32, bound: float, work: Work) -> int:
    """Lower ``dist`` and ``label`` to the least (seconds, label) over all seeds; the number of nodes touched.

    ``work.dist`` may hold an earlier field to improve. ``bound`` is finite.
    """
    # The queue stays in this one function: handing its arrays to another takes three times as long.
    start, target, weight = graph.start, graph.target, graph.weight
    dist, label, waits, touched = work.dist, work.label, work.waits, work.touched
    first, last, n_touched = np.inf, 0.0, 0
    for i in range(seed_node.shape[0]):
        y, new = seed_node[i], seed_cost[i]
        if new <= bound and (new < dist[y] or (new == dist[y] and seed_label[i] < label[y])):
            if dist[y] == np.inf:
                touched[n_touched] = y
                n_touched += 1
            dist[y] = new
            label[y] = seed_label[i]
            first, last = min(first, new), max(last, new)
    if first == np.inf:
        return 0
    # The ring is longer than the heaviest edge and than the seeds lie apart.
    width = max(graph.width, (last - first) / MOST_SLOTS)
    inverse = 1.0 / width
    slots = graph.slots
    while slots < (last - first) * inverse + 2:
        slots *= 2
    mask = slots - 1
    head = np.full(slots, -1, np.int32)
    entry_node = np.empty(seed_node.shape[0] + 1024, np.int32)
    entry_next = np.empty(seed_node.shape[0] + 1024, np.int32)
    used = 0
    for i in range(seed_node.shape[0]):
        y = seed_node[i]
        if dist[y] == seed_cost[i] and waits[y] < 0 and seed_cost[i] <= bound:
            slot = np.int32(np.int64(dist[y] * inverse) & mask)
            waits[y] = slot
            entry_node[used] = y
            entry_next[used] = head[slot]
            head[slot] = used
            used += 1
    waiting = used
    bucket = np.int64(first * inverse)
    while waiting > 0:
        slot = np.int32(bucket & mask)
        while head[slot] >= 0:
            # The list is taken off whole, so that what falls into the bucket anew makes a next round.
            entry = head[slot]
            head[slot] = -1
            while entry >= 0:
                x = entry_node[entry]
                entry = entry_next[entry]
                waiting -= 1
                if waits[x] != slot:
                    continue  # it went on to an earlier bucket and is done
                waits[x] = -1
                seconds, owner = dist[x], label[x]
                if used + start[x + 1] - start[x] > entry_node.shape[0]:
                    entry_node = _grown(entry_node, start[x + 1] - start[x])
                    entry_next = _grown(entry_next, start[x + 1] - start[x])
                for a in range(start[x], start[x + 1]):
                    new = seconds + weight[a]
                    y = target[a]
                    old = dist[y]
                    if new >= old and (new > old or owner >= label[y]):
                        continue
                    if new > bound:
                        continue
                    if old == np.inf:
                        touched[n_touched] = y
                        n_touched += 1
                    dist[y] = new
                    label[y] = owner
                    there = np.int32(np.int64(new * inverse) & mask)
                    if waits[y] != there:
                        waits[y] = there
                        entry_node[used] = y
                        entry_next[used] = head[there]
                        head[there] = used
                        used += 1
                        waiting += 1
        bucket += 1
    return n_touched


@kernel
def _grown(array: Any, least: int) -> Any:
    out = np.empty(2 * array.shape[0] + least, array.dtype)
    out[: array.shape[0]] = array
    return out


@kernel
def _nearer(seconds: float, who: int, best: float, holder: int) -> bool:
    """Whether (seconds, who) comes before (best, holder), times within half a microsecond being equal."""
    return seconds < best - TIE or (seconds <= best + TIE and who < holder and seconds < np.inf)


@kernel
def at_places(graph: Graph, origins: Seats, dist: F64, label: I32, seconds: F64, facility: I32) -> None:
    """Lower ``seconds`` and ``facility`` of each origin's owner by way of the ends of its edge."""
    u, v, edge, leg, owner = graph.u, graph.v, origins.edge, origins.leg, origins.owner
    for i in range(edge.shape[0]):
        e = edge[i]
        if e < 0:
            continue
        a, b = u[e], v[e]
        best, who = leg[i, 0] + dist[a], label[a]
        by_v = leg[i, 1] + dist[b]
        if _nearer(by_v, label[b], best, who):
            best, who = by_v, label[b]
        o = owner[i]
        if _nearer(best, who, seconds[o], facility[o]):
            seconds[o] = best
            facility[o] = who


@kernel
def direct(graph: Graph, e: int, t_from: float, t_to: float) -> float:
    """Seconds along edge ``e`` from ``t_from`` to ``t_to``."""
    if t_to >= t_from:
        return stretch(t_to - t_from, graph.forward[e])
    return stretch(t_from - t_to, graph.backward[e])


@kernel
def at_shared_edges(
    graph: Graph, origins: Seats, start: I32, row: I32, facilities: Seats, seconds: F64, facility: I32
) -> None:
    """Lower ``seconds`` of the origins that share an edge with a facility by the direct stretch.

    ``start`` and ``row`` are the origins' :func:`rows_by_edge`.
    """
    for j in range(facilities.edge.shape[0]):
        e = facilities.edge[j]
        if e < 0:
            continue
        who = facilities.owner[j]
        for k in range(start[e], start[e + 1]):
            i = row[k]
            access = origins.access_s[i] + facilities.access_s[j]
            total = access + direct(graph, e, origins.t[i], facilities.t[j])
            o = origins.owner[i]
            if _nearer(total, who, seconds[o], facility[o]):
                seconds[o] = total
                facility[o] = who


@kernel
def keep_within(seconds: F64, facility: I32, limit: float) -> None:
    """Round to the microsecond, and put nan and -1 beyond the finite ``limit``, in place."""
    for i in range(seconds.shape[0]):
        seconds[i] = micro(seconds[i])
        if not seconds[i] <= limit:
            seconds[i] = np.nan
            facility[i] = -1


@kernel
def workspace(dist: F64, label: I32) -> Work:
    """A workspace for searches that lower ``dist`` and ``label``."""
    n = dist.shape[0]
    return Work(dist, label, np.full(n, -1, np.int32), np.empty(n, np.int32))


@kernel
def sweep(
    graph: Graph, seed_node: I32, seed_cost: F64, seed_label: I32, bound: float, dist: F64, label: I32
) -> None:
    """:func:`search` in a workspace of its own."""
    search(graph, seed_node, seed_cost, seed_label, bound, workspace(dist, label))


@kernel
def _seeds(graph: Graph, facilities: Seats, first: int, last: int) -> tuple[I32, F64]:
    """Ends of the edges of the entrances ``first`` to ``last`` and seconds from there."""
    node = np.empty(2 * (last - first), np.int32)
    cost = np.empty(2 * (last - first), np.float64)
    n = 0
    for p in range(first, last):
        e = facilities.edge[p]
        if e >= 0:
            node[n], cost[n] = graph.u[e], facilities.leg[p, 0]
            node[n + 1], cost[n + 1] = graph.v[e], facilities.leg[p, 1]
            n += 2
    return node[:n], cost[:n]


@kernel
def by_end(graph: Graph, origins: Seats) -> Ends:
    """The origins by node: a counting sort."""
    n = graph.start.shape[0] - 1
    start = np.zeros(n + 1, np.int32)
    for i in range(origins.edge.shape[0]):
        if origins.edge[i] >= 0:
            start[graph.u[origins.edge[i]] + 1] += 1
            start[graph.v[origins.edge[i]] + 1] += 1
    for x in range(n):
        start[x + 1] += start[x]
    cursor = start[:-1].copy()
    owner = np.empty(start[n], np.int32)
    leg = np.empty(start[n], np.float64)
    for i in range(origins.edge.shape[0]):
        if origins.edge[i] >= 0:
            for side in range(2):
                x = graph.u[origins.edge[i]] if side == 0 else graph.v[origins.edge[i]]
                owner[cursor[x]] = origins.owner[i]
                leg[cursor[x]] = origins.leg[i, side]
                cursor[x] += 1
    return Ends(start, owner, leg)


@kernel
def _reach(
    graph: Graph,
    facilities: Seats,
    first: int,
    last: int,
    origins: Seats,
    start: I32,
    row: I32,
    ends: Ends,
    bound: float,
    work: Work,
    best: F64,
    found: I32,
) -> int:
    """Origins within ``bound`` of the facility whose entrances are rows ``first`` to ``last``: how many.

    ``found`` names their owners and ``best`` has their seconds; it comes holding inf, and the caller
    puts inf back at ``found``. ``start`` and ``row`` are the origins' :func:`rows_by_edge`.
    """
    node, cost = _seeds(graph, facilities, first, last)
    n_touched = search(graph, node, cost, np.zeros(node.shape[0], np.int32), bound, work)
    end_start, leg, owner = ends.start, ends.leg, ends.owner
    dist, label, touched = work.dist, work.label, work.touched
    n = 0
    for i in range(n_touched):
        x = touched[i]
        seconds = dist[x]
        dist[x] = np.inf
        label[x] = -1
        for k in range(end_start[x], end_start[x + 1]):
            total = leg[k] + seconds
            o = owner[k]
            if total <= bound and total < best[o]:
                if best[o] == np.inf:
                    found[n] = o
                    n += 1
                best[o] = total
    for p in range(first, last):
        e = facilities.edge[p]
        if e < 0:
            continue
        for k in range(start[e], start[e + 1]):
            i = row[k]
            access = origins.access_s[i] + facilities.access_s[p]
            total = access + direct(graph, e, origins.t[i], facilities.t[p])
            o = origins.owner[i]
            if total <= bound and total < best[o]:
                if best[o] == np.inf:
                    found[n] = o
                    n += 1
                best[o] = total
    return n


@kernel
def count_within(
    graph: Graph,
    facilities: Seats,
    bounds: I64,
    origins: Seats,
    start: I32,
    row: I32,
    ends: Ends,
    n_origins: int,
    limit: float,
) -> I64:
    """Number of facilities within ``limit`` of each origin, int64[n_origins].

    Facility g has the entrances ``bounds[g]`` to ``bounds[g + 1]``.
    """
    n_nodes = graph.start.shape[0] - 1
    work = workspace(np.full(n_nodes, np.inf), np.full(n_nodes, -1, np.int32))
    best = np.full(n_origins, np.inf)
    found = np.empty(n_origins, np.int32)
    out = np.zeros(n_origins, np.int64)
    bound = limit + 1.0 / MICRO
    for g in range(bounds.shape[0] - 1):
        n = _reach(
            graph, facilities, bounds[g], bounds[g + 1], origins, start, row, ends, bound, work, best, found
        )
        for i in range(n):
            o = found[i]
            if micro(best[o]) <= limit:
                out[o] += 1
            best[o] = np.inf
    return out


@kernel
def pairs_within(
    graph: Graph,
    facilities: Seats,
    bounds: I64,
    origins: Seats,
    start: I32,
    row: I32,
    ends: Ends,
    n_origins: int,
    limit: float,
) -> tuple[I64, I32, F64]:
    """Per facility the number of origins within ``limit``, then origin and seconds of each pair, by facility."""
    n_nodes = graph.start.shape[0] - 1
    work = workspace(np.full(n_nodes, np.inf), np.full(n_nodes, -1, np.int32))
    best = np.full(n_origins, np.inf)
    found = np.empty(n_origins, np.int32)
    counts = np.zeros(bounds.shape[0] - 1, np.int64)
    origin = np.empty(4096, np.int32)
    seconds = np.empty(4096, np.float64)
    bound = limit + 1.0 / MICRO
    used = 0
    for g in range(bounds.shape[0] - 1):
        n = _reach(
            graph, facilities, bounds[g], bounds[g + 1], origins, start, row, ends, bound, work, best, found
        )
        if used + n > origin.shape[0]:
            origin = _grown(origin, n)
            seconds = _grown(seconds, n)
        for i in range(n):
            o = found[i]
            total = micro(best[o])
            best[o] = np.inf
            if total <= limit:
                origin[used] = o
                seconds[used] = total
                used += 1
                counts[g] += 1
    return counts, origin[:used].copy(), seconds[:used].copy()


@kernel
def in_order(counts: I64, origin: I32, seconds: F64, n_origins: int) -> tuple[I32, I32, F64]:
    """Pairs sorted by facility, then origin: two counting passes; origin, facility, seconds."""
    place = np.zeros(n_origins + 1, np.int64)
    for i in range(origin.shape[0]):
        place[origin[i] + 1] += 1
    for i in range(n_origins):
        place[i + 1] += place[i]
    by_origin = np.empty(origin.shape[0], np.int64)
    facility_of = np.empty(origin.shape[0], np.int32)
    first = np.zeros(counts.shape[0] + 1, np.int64)
    for g in range(counts.shape[0]):
        first[g + 1] = first[g] + counts[g]
        for i in range(first[g], first[g + 1]):
            facility_of[i] = g
            by_origin[place[origin[i]]] = i
            place[origin[i]] += 1
    out_origin = np.empty(origin.shape[0], np.int32)
    out_seconds = np.empty(origin.shape[0], np.float64)
    cursor = first[:-1].copy()
    for k in range(origin.shape[0]):
        i = by_origin[k]
        g = facility_of[i]
        out_origin[cursor[g]] = origin[i]
        out_seconds[cursor[g]] = seconds[i]
        cursor[g] += 1
    return out_origin, facility_of, out_seconds


@kernel
def way(graph: Graph, seed_node: I32, seed_cost: F64, goals: I32) -> tuple[F64, I32]:
    """Least seconds from each node to the seeds and the arc it goes by, once all ``goals`` are settled.

    A plain binary heap; the arc of a node that a seed stands for is -1.
    """
    n = graph.start.shape[0] - 1
    dist = np.full(n, np.inf)
    arc = np.full(n, -1, np.int32)
    done = np.zeros(n, np.bool_)
    is_goal = np.zeros(n, np.bool_)
    is_goal[goals] = True
    open_goals = is_goal.sum()
    heap = [(np.inf, np.int32(0))]
    heap.pop()
    for i in range(seed_node.shape[0]):
        if seed_cost[i] < dist[seed_node[i]]:
            dist[seed_node[i]] = seed_cost[i]
            heapq.heappush(heap, (seed_cost[i], seed_node[i]))
    while len(heap) > 0 and open_goals > 0:
        seconds, x = heapq.heappop(heap)
        if done[x]:
            continue
        done[x] = True
        if is_goal[x]:
            open_goals -= 1
        for a in range(graph.start[x], graph.start[x + 1]):
            y = graph.target[a]
            new = seconds + graph.weight[a]
            if new < dist[y]:
                dist[y] = new
                arc[y] = a
                heapq.heappush(heap, (new, y))
    return dist, arc
