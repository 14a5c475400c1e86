"""Travel times on a network of streets, from places on its edges to places on its edges.

Everything is in seconds, exact and direction-true: residents travel to facilities, so searches start
at the facilities and run against the direction of travel. A place reaches the network at a position
of an edge after an access leg; two places on one edge reach each other straight along it. Limits are
inclusive; times are rounded to the microsecond so that a way of exactly the limit counts. Parallel
edges, self loops and edges of no length are allowed. What cannot be reached is nan, never a number.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from twin.analysis import _kernels
from twin.analysis._kernels import F64, I32, I64, Ends, Graph, Seats
from twin.analysis.places import Places, column, fault
from twin.analysis.topology import Topology

if TYPE_CHECKING:
    from twin.analysis.edits import Edited
    from twin.analysis.route import Route

Frame: TypeAlias = "pd.DataFrame | Places"
Answer = TypeVar("Answer")
Question = TypeVar("Question")

# Longer than any time and still finite, so that closed edges (inf) stay out of every search.
FARTHEST_S = 1e300
_SPEEDS_KEPT = 4
_ORIGINS_KEPT = 2


@dataclass(frozen=True, eq=False)
class Field:
    """Seconds from every node to the nearest of some facilities; made by :meth:`Network.field`."""

    network: Network
    facilities: Places
    speed_mps: float
    limit_s: float
    _seconds: F64
    _facility: I32

    @property
    def node_seconds(self) -> F64:
        """Seconds from each node (row of ``nodes``), nan beyond the limit, float64[n]."""
        seconds = self._seconds[self.network.topology.rank]
        return np.where(seconds <= min(self.limit_s, FARTHEST_S), seconds, np.nan)

    @property
    def node_facility(self) -> I32:
        """Owner of the facility each node is nearest to, -1 beyond the limit, int32[n]."""
        facility = self._facility[self.network.topology.rank]
        return np.where(np.isnan(self.node_seconds), np.int32(-1), facility)

    def at(self, origins: Frame) -> tuple[F64, I32]:
        """Seconds and facility of each origin: float64[n] (nan) and int32[n] (-1); a tie goes to the lowest."""
        places = self.network.places(origins)
        seconds, facility = np.empty(places.count), np.empty(places.count, np.int32)
        self.fill(places, self.network.seats(places, self.speed_mps, leaving=True), seconds, facility)
        return seconds, facility

    def fill(self, places: Places, seats: Seats, seconds: F64, facility: I32) -> None:
        """:meth:`at` into arrays at hand and with the origins' legs at hand, for many fields at once."""
        graph = self.network.graph(self.speed_mps)
        seconds.fill(np.inf)
        facility.fill(-1)
        _kernels.at_places(graph, seats, self._seconds, self._facility, seconds, facility)
        there = self.network.seats(self.facilities, self.speed_mps, leaving=False)
        _kernels.at_shared_edges(graph, seats, *places.by_edge, there, seconds, facility)
        _kernels.keep_within(seconds, facility, min(self.limit_s, FARTHEST_S))

    def with_added(self, facilities: Frame) -> Field:
        """The field with further facilities, whose owners count on from the present ones.

        Only the nodes they are nearer to are visited, so one facility takes about a millisecond.
        """
        added = self.network.places(facilities)
        added = replace(added, owner=added.owner + np.int32(self.facilities.count))
        seconds, facility = self._seconds.copy(), self._facility.copy()
        self.network.sweep(added, self.speed_mps, self.limit_s, seconds, facility)
        both = Places(
            np.concatenate([self.facilities.edge, added.edge]),
            np.concatenate([self.facilities.t, added.t]),
            np.concatenate([self.facilities.access_m, added.access_m]),
            np.concatenate([self.facilities.owner, added.owner]),
            self.facilities.count + added.count,
            added.edge_count,
        )
        return replace(self, facilities=both, _seconds=seconds, _facility=facility)


@dataclass(frozen=True, eq=False)
class Network:
    """A network of streets; see the module's text for the rules.

    ``forward_s`` and ``backward_s`` are the times given for each edge, float64[m]: nan means
    length / speed, inf closed. Build one with :meth:`from_frames`; networks do not change, and
    :meth:`with_seconds` and :meth:`edited` make new ones. Safe to use from several threads.
    """

    topology: Topology
    forward_s: F64
    backward_s: F64
    _graphs: dict[float, Graph] = field(default_factory=dict, repr=False)
    _kept: dict[tuple[int, float], tuple[Places, Seats, Ends]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def from_frames(cls, nodes: pd.DataFrame, edges: pd.DataFrame, directed: bool = False) -> Network:
        """A network from its nodes and edges.

        Parameters
        ----------
        nodes
            Indexed by node id, with x and y in metres.
        edges
            Columns u, v (node ids) and length_m; optionally seconds (u -> v, used instead of
            length / speed; nan = length / speed, inf = closed), seconds_back (v -> u, else as
            seconds) and oneway (only u -> v).
        directed
            Every edge is one-way.

        Raises
        ------
        InputError
            A column is missing, a node id unknown or repeated, a number missing or negative.
        """
        x, y = column(nodes, "x", "nodes"), column(nodes, "y", "nodes")
        if not nodes.index.is_unique:
            twice = nodes.index[nodes.index.duplicated()][0]
            raise fault(f"节点 {twice} 重复出现。", f"node {twice} is there twice.")
        if not (np.isfinite(x) & np.isfinite(y)).all():
            raise fault("有节点缺少坐标 x、y。", "a node lacks its x or y.")
        ends = []
        for name in ("u", "v"):
            if name not in edges.columns:
                raise fault(f"边缺少列 {name}。", f"the edges lack the column {name}.")
            found = nodes.index.get_indexer(pd.Index(edges[name]))
            if (found < 0).any():
                at = int((found < 0).argmax())
                raise fault(
                    f"第 {at} 条边的节点 {edges[name].iloc[at]} 不存在。",
                    f"edge {at} ends at node {edges[name].iloc[at]}, which is not there.",
                )
            ends.append(found.astype(np.int32))
        length_m = column(edges, "length_m", "edges")
        if not ((length_m >= 0) & (length_m < np.inf)).all():
            at = int((~((length_m >= 0) & (length_m < np.inf))).argmax())
            raise fault(
                f"第 {at} 条边的 length_m 为 {length_m[at]:g}，应为不小于 0 的数。",
                f"edge {at} has length_m {length_m[at]:g}; it must be a number from 0.",
            )
        oneway = np.full(len(edges), directed)
        if "oneway" in edges.columns:
            oneway |= column(edges, "oneway", "edges") == 1
        topology = Topology.of(nodes.index, x, y, ends[0], ends[1], length_m, oneway)
        given = "seconds" in edges.columns
        seconds = column(edges, "seconds", "edges") if given else np.full(len(edges), np.nan)
        back = column(edges, "seconds_back", "edges") if "seconds_back" in edges.columns else None
        return cls.over(topology, seconds, back)

    @classmethod
    def over(cls, topology: Topology, seconds: F64, seconds_back: F64 | None = None) -> Network:
        """The network of a topology and its times, as in :meth:`with_seconds`."""
        return cls(topology, seconds, seconds).with_seconds(seconds, seconds_back)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.topology.x)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.topology.u)

    def with_seconds(self, seconds: F64, seconds_back: F64 | None = None) -> Network:
        """The same streets with other times u -> v and v -> u (``seconds`` where not given), float64[m].

        nan means length / speed, inf closed; one-way edges stay closed from v to u.
        """
        both = []
        for given in (seconds, seconds if seconds_back is None else seconds_back):
            times = np.array(given, np.float64)
            if times.shape != (self.n_edges,) or (times < 0).any():
                raise fault(
                    f"通行时间应为 {self.n_edges} 个不小于 0 的数。",
                    f"the times must be {self.n_edges} numbers from 0, one for each edge.",
                )
            both.append(times)
        both[1][self.topology.oneway] = np.inf
        return Network(self.topology, both[0], both[1])

    def graph(self, speed_mps: float) -> Graph:
        """The network as the searches read it at one speed; the last few speeds are kept."""
        speed_mps = _speed(speed_mps)
        with self._lock:
            graph = self._graphs.pop(speed_mps, None) or self._graph(speed_mps)
            self._graphs[speed_mps] = graph
            while len(self._graphs) > _SPEEDS_KEPT:
                del self._graphs[next(iter(self._graphs))]
        return graph

    def _graph(self, speed_mps: float) -> Graph:
        shape = self.topology
        plain = shape.length_m / speed_mps
        both = np.stack([self.forward_s, self.backward_s], axis=1)
        both = np.where(np.isnan(both), plain[:, None], both)
        both = np.rint(both * _kernels.GRID) / _kernels.GRID
        usual = both[(both > 0) & (both < np.inf)]
        heaviest = float(usual.max(initial=0.0))
        width = max(float(np.median(usual)) / 4 if len(usual) else 1.0, heaviest / _kernels.MOST_SLOTS)
        slots = 2 ** math.ceil(math.log2(heaviest / width + 2))
        weight = both.reshape(-1)[shape.code]
        forward, backward = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
        return Graph(
            shape.start, shape.target, shape.code, weight, shape.inner_u, shape.inner_v,
            forward, backward, width, slots,
        )  # fmt: skip

    def places(self, places: Frame) -> Places:
        """``places`` checked and prepared for this network."""
        return Places.of(places, self.n_edges)

    def seats(self, places: Places, speed_mps: float, *, leaving: bool) -> Seats:
        """Times between places and the ends of their edges: of origins (``leaving``) or facilities."""
        graph = self.graph(speed_mps)
        access_s = np.rint(places.access_m / speed_mps * _kernels.GRID) / _kernels.GRID
        to_u, to_v = (graph.backward, graph.forward) if leaving else (graph.forward, graph.backward)
        leg = _kernels.legs(places.edge, places.t, access_s, to_u, to_v)
        return Seats(places.edge, places.t, access_s, leg, places.owner)

    def sweep(
        self, facilities: Places, speed_mps: float, limit_s: float, seconds: F64, facility: I32
    ) -> None:
        """Lower ``seconds`` and ``facility`` of the nodes (in the searches' order) to those of ``facilities``."""
        graph = self.graph(speed_mps)
        seats = self.seats(facilities, speed_mps, leaving=False)
        on = np.flatnonzero(seats.edge >= 0)
        ends = np.concatenate([graph.u[seats.edge[on]], graph.v[seats.edge[on]]])
        cost = np.concatenate([seats.leg[on, 0], seats.leg[on, 1]])
        owner = np.concatenate([seats.owner[on], seats.owner[on]])
        bound = min(limit_s + 1 / _kernels.MICRO, FARTHEST_S)
        _kernels.sweep(graph, ends, cost, owner, bound, seconds, facility)

    def field(self, facilities: Frame, *, speed_mps: float, limit_s: float = math.inf) -> Field:
        """Seconds from every node to the nearest of ``facilities``, as far as ``limit_s``."""
        there = self.places(facilities)
        _limit(limit_s)
        seconds = np.full(self.n_nodes, np.inf)
        facility = np.full(self.n_nodes, -1, np.int32)
        self.sweep(there, _speed(speed_mps), limit_s, seconds, facility)
        return Field(self, there, speed_mps, limit_s, seconds, facility)

    def fields(
        self, groups: Sequence[Frame], *, speed_mps: float, limit_s: float | Sequence[float] = math.inf
    ) -> list[Field]:
        """A field for each group of facilities, on all cores; ``limit_s`` is one or one for each."""
        self.graph(speed_mps)
        tasks = list(zip(groups, _limits(limit_s, len(groups)), strict=True))
        return side_by_side(lambda task: self.field(task[0], speed_mps=speed_mps, limit_s=task[1]), tasks)

    def nearest(
        self, origins: Frame, facilities: Frame, *, speed_mps: float, limit_s: float = math.inf
    ) -> F64:
        """Seconds from each origin to its nearest facility within ``limit_s``, nan where none, float64[n]."""
        return self.field(facilities, speed_mps=speed_mps, limit_s=limit_s).at(origins)[0]

    def nearest_each(
        self,
        origins: Frame,
        groups: Sequence[Frame],
        *,
        speed_mps: float,
        limit_s: float | Sequence[float] = math.inf,
    ) -> tuple[F64, I32]:
        """:meth:`nearest` and the facility's owner for several groups at once, on all cores.

        Returns float64[groups, n] (nan) and int32[groups, n] (-1).
        """
        here = self.places(origins)
        seats = self.seats(here, _speed(speed_mps), leaving=True)
        here.by_edge  # noqa: B018 - made once, before the threads

        seconds = np.empty((len(groups), here.count))
        facility = np.empty((len(groups), here.count), np.int32)
        limits = _limits(limit_s, len(groups))

        def one(row: int) -> None:
            made = self.field(groups[row], speed_mps=speed_mps, limit_s=limits[row])
            made.fill(here, seats, seconds[row], facility[row])

        side_by_side(one, range(len(groups)))
        return seconds, facility

    def count(self, origins: Frame, facilities: Frame, *, speed_mps: float, limit_s: float) -> I64:
        """Number of facilities within ``limit_s`` of each origin, int64[n]."""
        n, reach = self._local(_kernels.count_within, origins, facilities, speed_mps, limit_s)
        return sum((counts for _, counts in reach), start=np.zeros(n, np.int64))

    def pairs(self, origins: Frame, facilities: Frame, *, speed_mps: float, limit_s: float) -> pd.DataFrame:
        """Every pair within ``limit_s``: origin int32, facility int32, seconds float64, by facility, then origin."""
        n, reach = self._local(_kernels.pairs_within, origins, facilities, speed_mps, limit_s)
        parts = [(first, *_kernels.in_order(*found, n)) for first, found in reach]
        none = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
        return pd.DataFrame(
            {
                "origin": np.concatenate([none[0], *(origin for _, origin, _, _ in parts)]),
                "facility": np.concatenate([none[1], *(who + np.int32(first) for first, _, who, _ in parts)]),
                "seconds": np.concatenate([none[2], *(seconds for _, _, _, seconds in parts)]),
            },
            copy=False,
        )

    def _local(
        self,
        within: Callable[..., Answer],
        origins: Frame,
        facilities: Frame,
        speed_mps: float,
        limit_s: float,
    ) -> tuple[int, list[tuple[int, Answer]]]:
        """Search from each facility on all cores: number of origins; of each part its first facility and answer."""
        here, there = self.places(origins), self.places(facilities)
        graph = self.graph(speed_mps)
        limit = min(_limit(limit_s), FARTHEST_S)
        seats, ends = self._origins(here, _speed(speed_mps))
        start, row = here.by_edge
        order = np.argsort(there.owner, kind="stable")
        entrances = _taken(self.seats(there, speed_mps, leaving=False), order)
        bounds = np.searchsorted(entrances.owner, np.arange(there.count + 1))
        cuts = np.linspace(0, there.count, max(1, min(8 * cores(), there.count // 8)) + 1).astype(int)

        def one(part: tuple[int, int]) -> tuple[int, Answer]:
            some = bounds[part[0] : part[1] + 1]
            return part[0], within(graph, entrances, some, seats, start, row, ends, here.count, limit)

        return here.count, side_by_side(one, [(a, b) for a, b in pairwise(cuts.tolist()) if b > a])

    def _origins(self, places: Places, speed_mps: float) -> tuple[Seats, Ends]:
        """Seats of origins, by edge and by node; the last few are kept, so that one more facility is quick."""
        key = (id(places), speed_mps)
        with self._lock:
            kept = self._kept.pop(key, None)
            if kept is not None:
                self._kept[key] = kept
        if kept is None:
            seats = self.seats(places, speed_mps, leaving=True)
            kept = (places, seats, _kernels.by_end(self.graph(speed_mps), seats))
            with self._lock:
                self._kept[key] = kept  # holds the places, so that their id is not given away
                while len(self._kept) > _ORIGINS_KEPT:
                    del self._kept[next(iter(self._kept))]
        return kept[1], kept[2]

    def route(
        self, origin: int, facility: int, *, speed_mps: float, origins: Frame, facilities: Frame
    ) -> Route | None:
        """The quickest way from one origin to one facility (by owner); None where there is none."""
        from twin.analysis import route

        return route.between(
            self, self.places(origins), origin, self.places(facilities), facility, _speed(speed_mps)
        )

    def edited(self, closed: Sequence[int] | I32 = (), links: pd.DataFrame | None = None) -> Edited:
        """The network with edges closed and links added; see :func:`twin.analysis.edits.edited`."""
        from twin.analysis import edits

        return edits.edited(self, np.asarray(closed, np.int64), links)

    def components(self) -> tuple[I32, F64]:
        """Parts that hang together over edges open in some direction.

        Returns the part of each node, int32[n], and the metres of open edges of each part, longest
        first (part 0 is the main network).
        """
        shape = self.topology
        is_open = ~(np.isposinf(self.forward_s) & np.isposinf(self.backward_s))
        u, v = shape.u[is_open], shape.v[is_open]
        matrix = coo_matrix((np.ones(len(u), np.int8), (u, v)), shape=(self.n_nodes, self.n_nodes))
        n, label = connected_components(matrix.tocsr(), directed=False)
        label = label.astype(np.int32)
        length_m = np.bincount(label[u], weights=shape.length_m[is_open], minlength=n).astype(np.float64)
        order = np.argsort(-length_m, kind="stable")
        rank = np.empty(n, np.int32)
        rank[order] = np.arange(n, dtype=np.int32)
        part: I32 = rank[label]
        return part, length_m[order]

    @cached_property
    def position(self) -> pd.Series:
        """Row of each node id."""
        return pd.Series(np.arange(self.n_nodes), index=self.topology.node_ids)


def cores() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not told by macOS and Windows
        return os.cpu_count() or 1


def side_by_side(work: Callable[[Question], Answer], tasks: Sequence[Question]) -> list[Answer]:
    """``work`` of every task in order, on all cores; the compiled loops let go of the GIL."""
    if cores() == 1 or len(tasks) < 2:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(min(cores(), len(tasks))) as pool:
        return list(pool.map(work, tasks))


def warm_up() -> None:
    """Compile every kernel, or load it from disk, so that no user waits for it (once some 10 s, then 1 s)."""
    nodes = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 0.0]})
    network = Network.from_frames(nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [1.0]}))
    places = network.places(pd.DataFrame({"edge": [0], "t": [0.5], "access_m": [0.0]}))
    network.nearest(places, places, speed_mps=1.0)
    network.count(places, places, speed_mps=1.0, limit_s=1.0)
    network.pairs(places, places, speed_mps=1.0, limit_s=1.0)
    network.route(0, 0, speed_mps=1.0, origins=places, facilities=places)


def _taken(seats: Seats, rows: NDArray[np.integer]) -> Seats:
    return Seats(seats.edge[rows], seats.t[rows], seats.access_s[rows], seats.leg[rows], seats.owner[rows])


def _speed(speed_mps: float) -> float:
    if not 0 < speed_mps < math.inf:
        raise fault(f"速度 {speed_mps} 应大于 0。", f"the speed {speed_mps} must be above 0.")
    return float(speed_mps)


def _limit(limit_s: float) -> float:
    if not limit_s >= 0:
        raise fault(f"时限 {limit_s} 应不小于 0 秒。", f"the limit {limit_s} must be 0 s or more.")
    return float(limit_s)


def _limits(limit_s: float | Sequence[float], n: int) -> list[float]:
    limits = [limit_s] * n if isinstance(limit_s, int | float) else list(limit_s)
    if len(limits) != n:
        raise fault(f"应给出 {n} 个时限。", f"{n} limits are needed, one for each group.")
    return [float(limit) for limit in limits]
