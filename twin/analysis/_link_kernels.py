"""Compiled loops of the missing-link finder: pairs of positions, ways between them, what a link would change."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.analysis._kernels import F64, I32, I64, Graph, Seats, direct, kernel, micro, stretch

Bools = NDArray[np.bool_]


class Homes(NamedTuple):
    """Homes and what they need: ``seats`` by edge (``start``, ``row``), arrays over owners and categories."""

    seats: Seats
    start: I32  # [m + 1]
    row: I32  # [k]
    seconds: F64  # [n, c] at present, inf beyond the horizon
    limit_s: F64  # [n_kinds, c]; nan where not needed
    kind: I32  # [n]
    people: F64  # [n]


class Services(NamedTuple):
    """Facilities of all categories by edge (``start``), with the field of each category at the nodes."""

    dist: F64  # [c, nodes] in the searches' order, inf beyond the horizon
    start: I32  # [m + 1]
    category: I32  # [k]
    t: F64  # [k]
    access_s: F64  # [k]


@kernel
def at_position(graph: Graph, services: Services, category: int, edge: int, t: float) -> float:
    """Seconds to the nearest facility of a category from a position of an edge."""
    best = stretch(t, graph.backward[edge]) + services.dist[category, graph.u[edge]]
    best = min(best, stretch(1.0 - t, graph.forward[edge]) + services.dist[category, graph.v[edge]])
    for k in range(services.start[edge], services.start[edge + 1]):
        if services.category[k] == category:
            best = min(best, services.access_s[k] + direct(graph, edge, t, services.t[k]))
    return float(best)


@kernel
def at_positions(graph: Graph, services: Services, edge: I32, t: F64) -> F64:
    """:func:`at_position` of many positions and every category, float64[p, c]."""
    out = np.empty((edge.shape[0], services.dist.shape[0]))
    for i in range(edge.shape[0]):
        for c in range(services.dist.shape[0]):
            out[i, c] = at_position(graph, services, c, edge[i], t[i])
    return out


@kernel
def promising(
    x: F64,
    y: F64,
    seconds: F64,
    need: F64,
    limit_s: F64,
    squares: tuple[I32, I32, I64, I64],
    columns: int,
    speed_mps: float,
    longest_m: float,
    least_s: float,
) -> tuple[I32, I32, F64]:
    """Pairs of positions that a link would help: from, to (the side helped is from) and a promise.

    Positions lie by square of side ``longest_m``: ``squares`` is start, row, and the square's row and
    column of each position. ``need`` (p, c) is the people near a position whom each category
    fails, shared among the categories that fail them; a category counts in the promise when the link
    brings it within its limit, by the share of its delay that goes.
    """
    start, row, square_row, square_column = squares
    size = 1024
    first, second, promise = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size)
    used = 0
    rows = (start.shape[0] - 1) // columns
    for i in range(x.shape[0]):
        for r in range(max(0, square_row[i] - 1), min(rows, square_row[i] + 2)):
            for c in range(max(0, square_column[i] - 1), min(columns, square_column[i] + 2)):
                for z in range(start[r * columns + c], start[r * columns + c + 1]):
                    j = row[z]
                    metres = np.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2)
                    if j == i or metres > longest_m:
                        continue
                    walk = metres / speed_mps
                    total, most = 0.0, 0.0
                    for q in range(seconds.shape[1]):
                        new = seconds[j, q] + walk
                        saved = seconds[i, q] - new
                        if saved > 0 and new <= limit_s[q] and need[i, q] > 0:
                            saved = min(saved, 3600.0)
                            most = max(most, saved)
                            total += need[i, q] * saved / (saved + 60.0)
                    if most < least_s:
                        continue
                    if used == size:
                        size *= 2
                        first, second, promise = _longer(first), _longer(second), _longer(promise)
                    first[used], second[used], promise[used] = i, j, total
                    used += 1
    return first[:used], second[:used], promise[:used]


@kernel
def _longer(array: Any) -> Any:
    out = np.empty(2 * array.shape[0], array.dtype)
    out[: array.shape[0]] = array
    return out


@kernel
def between(
    graph: Graph,
    from_edge: int,
    from_t: float,
    to_edge: int,
    to_t: float,
    bound_s: float,
    best: F64,
    stamp: I64,
) -> float:
    """Seconds from one position to another, inf when more than ``bound_s``.

    ``best`` and ``stamp`` (nodes) are workspace; ``stamp[-1]`` counts the searches made with it.
    """
    stamp[-1] += 1
    epoch = stamp[-1]
    found = np.inf
    if from_edge == to_edge:
        found = direct(graph, from_edge, from_t, to_t)
    goal_u, goal_v = graph.u[from_edge], graph.v[from_edge]
    to_u, to_v = stretch(from_t, graph.backward[from_edge]), stretch(1.0 - from_t, graph.forward[from_edge])
    heap = [(stretch(to_t, graph.forward[to_edge]), graph.u[to_edge])]
    heap.append((stretch(1.0 - to_t, graph.backward[to_edge]), graph.v[to_edge]))
    heapq.heapify(heap)
    for seconds, node in heap:
        if stamp[node] != epoch or seconds < best[node]:
            stamp[node] = epoch
            best[node] = seconds
    while len(heap) > 0:
        seconds, node = heapq.heappop(heap)
        if seconds > bound_s or seconds >= found:
            break
        if seconds > best[node]:
            continue
        if node == goal_u:
            found = min(found, to_u + seconds)
        if node == goal_v:
            found = min(found, to_v + seconds)
        for a in range(graph.start[node], graph.start[node + 1]):
            new = seconds + graph.weight[a]
            other = graph.target[a]
            if new <= bound_s and (stamp[other] != epoch or new < best[other]):
                stamp[other] = epoch
                best[other] = new
                heapq.heappush(heap, (new, other))
    return float(found) if found <= bound_s else np.inf


@kernel
def apart(
    graph: Graph,
    order: I64,
    pair: tuple[I32, I32],
    position: tuple[I32, F64, F64, F64],
    rule: tuple[float, float, float, float],
    most: int,
) -> I64:
    """The first pairs, in ``order``, that are far on the network and not near a pair taken before.

    ``position`` is edge, t, x, y; ``rule`` speed, times the straight length, metres more, metres
    between the ends of two links.
    """
    first, second = pair
    edge, t, x, y = position
    speed_mps, times, more_m, thin_m = rule
    nodes = graph.start.shape[0] - 1
    best, stamp = np.empty(nodes), np.zeros(nodes + 1, np.int64)
    taken = np.empty(most, np.int64)
    used = 0
    near = thin_m * thin_m
    for k in order:
        if used == most:
            break
        i, j = first[k], second[k]
        crowded = False
        for q in range(used):
            a, b = first[taken[q]], second[taken[q]]
            same = (x[i] - x[a]) ** 2 + (y[i] - y[a]) ** 2 < near and (x[j] - x[b]) ** 2 + (
                y[j] - y[b]
            ) ** 2 < near
            turned = (x[i] - x[b]) ** 2 + (y[i] - y[b]) ** 2 < near and (x[j] - x[a]) ** 2 + (
                y[j] - y[a]
            ) ** 2 < near
            if same or turned:
                crowded = True
                break
        if crowded:
            continue
        metres = np.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2)
        bound = max(times * metres, metres + more_m) / speed_mps
        if between(graph, edge[i], t[i], edge[j], t[j], bound, best, stamp) < bound:
            continue
        taken[used] = k
        used += 1
    return taken[:used]


@kernel
def detours(graph: Graph, from_edge: I32, from_t: F64, to_edge: I32, to_t: F64, bound_s: float) -> F64:
    """Seconds between pairs of positions, inf beyond ``bound_s``."""
    nodes = graph.start.shape[0] - 1
    best, stamp = np.empty(nodes), np.zeros(nodes + 1, np.int64)
    out = np.empty(from_edge.shape[0])
    for i in range(out.shape[0]):
        out[i] = between(graph, from_edge[i], from_t[i], to_edge[i], to_t[i], bound_s, best, stamp)
    return out


class Touched(NamedTuple):
    """Workspace of :func:`gains`: nodes whose time a link lowers, homes met."""

    best: F64  # [nodes]
    stamp: I64  # [nodes] which link and category ``best`` is of
    slot: I32  # [n] row of a home among those met
    mark: I64  # [n] link that met it last
    home: I32  # [n] homes met, in order


@kernel
def gains(
    graph: Graph,
    homes: Homes,
    services: Services,
    links: tuple[I32, F64, I32, F64, F64, F64],
    horizon_s: float,
) -> tuple[F64, F64]:
    """People newly complete and person-seconds saved by each link on its own.

    ``links`` is edge and t of either end and the seconds there and back. A link lowers the field of a
    category only around its worse end, so the field is relaxed from there and only homes that are
    met on the way are looked at again.
    """
    edge_a, t_a, edge_b, t_b, there_s, back_s = links
    n, categories = homes.seconds.shape
    nodes = graph.start.shape[0] - 1
    work = Touched(
        np.empty(nodes),
        np.zeros(nodes, np.int64),
        np.empty(n, np.int32),
        np.full(n, -1, np.int64),
        np.empty(n, np.int32),
    )
    fresh = np.empty((256, categories))
    people = np.zeros(edge_a.shape[0])
    saved = np.zeros(edge_a.shape[0])
    for link in range(edge_a.shape[0]):
        count = 0
        for c in range(categories):
            a = at_position(graph, services, c, edge_a[link], t_a[link])
            b = at_position(graph, services, c, edge_b[link], t_b[link])
            if there_s[link] + b < a:
                edge, t, start_s = edge_a[link], t_a[link], there_s[link] + b
            elif back_s[link] + a < b:
                edge, t, start_s = edge_b[link], t_b[link], back_s[link] + a
            else:
                continue
            if start_s <= horizon_s:
                spot = (edge, t, start_s, horizon_s)
                count, fresh = _relaxed(graph, homes, services, link, c, spot, work, count, fresh)
        people[link], saved[link] = _judged(homes, work.home, count, fresh, horizon_s)
    return people, saved


@kernel
def _relaxed(
    graph: Graph,
    homes: Homes,
    services: Services,
    link: int,
    category: int,
    spot: tuple[int, float, float, float],
    work: Touched,
    count: int,
    fresh: F64,
) -> tuple[int, F64]:
    """Lower a category's times from one position (edge, t, its new seconds, horizon) outwards."""
    edge, t, start_s, horizon_s = spot
    best, stamp, dist = work.best, work.stamp, services.dist[category]
    epoch = link * services.dist.shape[0] + category + 1
    # Homes on the edge where the link ends walk straight to it.
    for z in range(homes.start[edge], homes.start[edge + 1]):
        k = homes.row[z]
        total = homes.seats.access_s[k] + direct(graph, edge, homes.seats.t[k], t) + start_s
        count, fresh = _lowered(
            homes, work, fresh, count, link, homes.seats.owner[k], category, total, horizon_s
        )
    heap = [(np.inf, np.int32(0))]
    heap.pop()
    for side in range(2):
        node = graph.u[edge] if side == 0 else graph.v[edge]
        leg = stretch(t, graph.forward[edge]) if side == 0 else stretch(1.0 - t, graph.backward[edge])
        new = start_s + leg
        if new < (best[node] if stamp[node] == epoch else dist[node]) and new <= horizon_s:
            best[node] = new
            stamp[node] = epoch
            heapq.heappush(heap, (new, node))
    while len(heap) > 0:
        seconds, node = heapq.heappop(heap)
        if seconds > best[node]:
            continue
        for arc in range(graph.start[node], graph.start[node + 1]):
            e = graph.code[arc] >> 1
            side = 1 - (graph.code[arc] & 1)  # an even code leads to v
            for z in range(homes.start[e], homes.start[e + 1]):
                k = homes.row[z]
                total = homes.seats.leg[k, side] + seconds
                owner = homes.seats.owner[k]
                count, fresh = _lowered(homes, work, fresh, count, link, owner, category, total, horizon_s)
            other = graph.target[arc]
            new = seconds + graph.weight[arc]
            if new < (best[other] if stamp[other] == epoch else dist[other]) and new <= horizon_s:
                best[other] = new
                stamp[other] = epoch
                heapq.heappush(heap, (new, other))
    return count, fresh


@kernel
def _lowered(
    homes: Homes,
    work: Touched,
    fresh: F64,
    count: int,
    link: int,
    owner: int,
    category: int,
    total: float,
    horizon_s: float,
) -> tuple[int, F64]:
    """Take a shorter time of a home into ``fresh``; the number of homes met and ``fresh``, which may have grown."""
    new = micro(total)
    if not (new < homes.seconds[owner, category] and new <= horizon_s):
        return count, fresh
    if work.mark[owner] != link:
        work.mark[owner] = link
        work.slot[owner] = count
        work.home[count] = owner
        if count == fresh.shape[0]:
            more = np.empty((2 * fresh.shape[0], fresh.shape[1]))
            more[:count] = fresh
            fresh = more
        fresh[count] = homes.seconds[owner]
        count += 1
    q = work.slot[owner]
    fresh[q, category] = min(fresh[q, category], new)
    return count, fresh


@kernel
def _judged(homes: Homes, met: I32, count: int, fresh: F64, horizon_s: float) -> tuple[float, float]:
    """People newly complete and person-seconds saved among the first ``count`` homes met."""
    people, saved = 0.0, 0.0
    for q in range(count):
        o = met[q]
        limit = homes.limit_s[homes.kind[o]]
        before, after = True, True
        for c in range(limit.shape[0]):
            if np.isnan(limit[c]):
                continue
            old, new = homes.seconds[o, c], fresh[q, c]
            before = before and old <= limit[c]
            after = after and new <= limit[c]
            saved += homes.people[o] * (min(old, horizon_s) - min(new, horizon_s))
        if after and not before:
            people += homes.people[o]
    return people, saved
