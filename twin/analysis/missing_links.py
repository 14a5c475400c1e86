"""Missing links: which bridge, crossing, gate or path would complete most people's circle.

A candidate joins two positions of the network that are near in a straight line
and far on foot. The times to the nearest facility of every category are known
at every node, and a link can only lower them, and only around its worse end; so
each candidate is judged exactly by relaxing the fields from there and looking
again at the homes met on the way (compare the decremental part of Ramalingam &
Reps 1996). The gain of a link is that of building it alone; gains do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.ndimage import uniform_filter

from layers._spec import Text
from twin.analysis import _link_kernels
from twin.analysis._kernels import F64, I32, I64, Graph, Seats
from twin.analysis._link_kernels import Homes, Services
from twin.analysis.network import Network, side_by_side
from twin.analysis.places import Places
from twin.errors import Cancelled, InputError

Kind = Literal["bridge", "gate", "crossing", "path"]
Progress = Callable[[float, str], None]
Shapes = NDArray[Any]

HORIZON_S = 1800.0
"""Time saved beyond half an hour's walk does not count."""
SEARCHED_M = 10_000.0
"""Detours longer than this are told as none being there."""
TITLES: dict[Kind, Text] = {
    "bridge": Text("人行桥", "Footbridge"),
    "gate": Text("小区出入口", "Estate gate"),
    "crossing": Text("过街设施", "Crossing"),
    "path": Text("步行通道", "Path"),
}
METHOD = Text(
    "候选连接为直线相距很近而步行绕行很远的两处路段位置；把每条连接单独加入路网，"
    "精确重算受影响的住宅到各类设施的时间，按新增的“全部必备设施按时到达”的人口排序，其次按节省的人·分钟；"
    "同一处取效益相近者中最短的一条。"
    "各连接的效益为单独实施时的效益，不可相加；未考虑造价、用地权属与通航等条件。",
    "Candidates join two positions of the network that are near in a straight line and far on foot. Each is "
    "added alone and the times of the homes it affects are computed anew, exactly; the order is by people "
    "whose circle becomes complete, then by person-minutes saved; of one place the shortest that gains nearly "
    "as much as the best is told. Gains are those of one link built alone and "
    "do not add up; cost, ownership of land and navigation are not considered.",
)
_NEAR_M = 100.0
_CHUNK = 16


class Parameters(BaseModel):
    """What counts as a missing link; every field is part of the evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(20, ge=1, le=200, description="数量 number of links to tell")
    longest_m: float = Field(150.0, ge=5, le=1000, description="最长 longest straight length, m")
    detour: float = Field(
        5.0, ge=1, le=100, description="绕行倍数 at least so many times the straight length"
    )
    more_m: float = Field(400.0, ge=0, le=20_000, description="绕行增量 and at least so much longer, m")
    apart_m: float = Field(
        100.0, ge=0, le=2000, description="间距 ends of two links at least this far apart, m"
    )
    spacing_m: float = Field(50.0, ge=5, le=500, description="步长 positions along a street every so far, m")
    candidates: int = Field(1000, ge=1, le=10_000, description="候选数 links judged exactly")
    distinct_m: float = Field(
        300.0, ge=0, le=5000, description="同一处 a link nearer than this to a better one is not told, m"
    )
    as_good: float = Field(
        0.9,
        gt=0,
        le=1,
        description="相近效益 share of the best gain of a place with which a shorter link goes before",
    )
    saving_s: float = Field(60.0, ge=0, le=3600, description="至少节省 least time saved at the link, s")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may lie between the ends of a link, shapely geometries in the network's metres.

    ``obstacles`` cannot be crossed by anything (buildings, railways).
    """

    water: Shapes | None = None
    estates: Shapes | None = None
    main_roads: Shapes | None = None
    obstacles: Shapes | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A missing link with what it gains; ``start`` and ``end`` in the network's metres.

    ``detour`` is the present way over the straight length, None where there is no way
    within 10 km.
    """

    rank: int
    edge_a: int
    t_a: float
    edge_b: int
    t_b: float
    start: tuple[float, float]
    end: tuple[float, float]
    length_m: float
    kind: Kind
    gain_people: float
    person_minutes: float
    detour: float | None


@dataclass(frozen=True, eq=False)
class Circle:
    """Homes and what they need, ready for judging links; make one with :meth:`of`."""

    network: Network
    speed_mps: float
    horizon_s: float
    graph: Graph
    homes: Homes
    services: Services

    @classmethod
    def of(
        cls,
        network: Network,
        origins: pd.DataFrame | Places,
        facilities: Sequence[pd.DataFrame | Places],
        people: F64,
        limits_s: F64,
        kind: NDArray[np.integer[Any]] | None = None,
        *,
        speed_mps: float,
        horizon_s: float = HORIZON_S,
    ) -> Circle:
        """The circle of some homes.

        Parameters
        ----------
        origins
            Homes on the network (owners 0 .. n-1).
        facilities
            Places of each category, (c,).
        people
            Weight of each home, (n,).
        limits_s
            Limits in seconds by kind of home and category, (kinds, c); nan where not needed.
        kind
            Kind of each home, (n,); all 0 when not given.

        Raises
        ------
        InputError
            Shapes that do not fit, or a limit beyond ``horizon_s``.
        """
        speed_mps, horizon_s = float(speed_mps), float(horizon_s)
        here = network.places(origins)
        limits = np.ascontiguousarray(limits_s, dtype=np.float64)
        kinds = np.zeros(here.count, np.int32) if kind is None else np.asarray(kind).astype(np.int32)
        weights = np.ascontiguousarray(people, dtype=np.float64)
        fits = limits.ndim == 2 and limits.shape[1] == len(facilities) and len(weights) == here.count
        fits = fits and len(kinds) == here.count and (kinds >= 0).all() and (kinds < len(limits)).all()
        if not fits or np.nanmax(limits, initial=0.0) > horizon_s:
            raise InputError(
                f"缺失连接：住宅、类别、时限的数量不一致，或时限超过 {horizon_s:g} 秒。",
                f"missing links: homes, categories and limits do not fit, or a limit is beyond {horizon_s:g} s.",
            )
        graph = network.graph(speed_mps)
        groups = [network.places(group) for group in facilities]
        fields = network.fields(groups, speed_mps=speed_mps, limit_s=horizon_s)
        dist = np.full((len(groups), network.n_nodes), np.inf)
        seconds = np.full((here.count, len(groups)), np.inf)
        for column, field in enumerate(fields):
            known = field.node_seconds
            dist[column, network.topology.rank] = np.where(np.isnan(known), np.inf, known)
            found, _ = field.at(here)
            seconds[:, column] = np.where(np.isnan(found), np.inf, found)
        seats = network.seats(here, speed_mps, leaving=True)
        start, row = here.by_edge
        homes = Homes(seats, start, row, seconds, limits, kinds, weights)
        return cls(network, speed_mps, horizon_s, graph, homes, _services(network, groups, speed_mps, dist))

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Homes that reach everything they need in time, (n,)."""
        limit = self.homes.limit_s[self.homes.kind]
        needed = ~np.isnan(limit)
        reached: NDArray[np.bool_] = np.all((self.homes.seconds <= limit) | ~needed, axis=1)
        return reached & needed.any(axis=1)

    def gains(self, links: pd.DataFrame, cancelled: Callable[[], bool] = lambda: False) -> pd.DataFrame:
        """What each of ``links`` gains when built alone: gain_people, person_minutes.

        ``links`` has the columns of :meth:`Network.edited`: edge_a, t_a, edge_b, t_b, length_m and
        optionally seconds, seconds_back.
        """
        there = _seconds(links, "seconds", links["length_m"].to_numpy(np.float64) / self.speed_mps)
        back = _seconds(links, "seconds_back", there)
        edge_a, edge_b = (links[name].to_numpy(np.int32) for name in ("edge_a", "edge_b"))
        t_a, t_b = (links[name].to_numpy(np.float64) for name in ("t_a", "t_b"))

        def some(first: int) -> tuple[F64, F64]:
            if cancelled():
                raise Cancelled("已取消。", "cancelled.")
            part = slice(first, first + _CHUNK)
            ends = (edge_a[part], t_a[part], edge_b[part], t_b[part], there[part], back[part])
            return _link_kernels.gains(self.graph, self.homes, self.services, ends, self.horizon_s)

        found = side_by_side(some, range(0, len(links), _CHUNK))
        people = np.concatenate([part[0] for part in found]) if found else np.zeros(0)
        saved = np.concatenate([part[1] for part in found]) if found else np.zeros(0)
        return pd.DataFrame({"gain_people": people, "person_minutes": saved / 60})


def best(
    circle: Circle,
    lines: Shapes,
    surroundings: Surroundings,
    parameters: Parameters,
    *,
    rows: NDArray[np.integer[Any]] | None = None,
    progress: Progress = lambda _share, _stage: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Link]:
    """The links that complete most people's circle, best first; only those that gain something.

    One is told for each place (``distinct_m``): the shortest of those there that gain nearly as
    much as the best (``as_good``).

    Parameters
    ----------
    lines
        Line of every edge from u to v, in metres, (m,).
    rows
        Edges on which a link may end (not those on bridges or in tunnels, say); all open ones when not given.

    Raises
    ------
    Cancelled
        ``cancelled`` said so.
    """
    progress(0.05, "candidates")
    found = candidates(circle, lines, parameters, rows=rows, cancelled=cancelled)
    if not len(found):
        return []
    segments = shapely.linestrings(
        np.stack([found[["x_a", "y_a"]].to_numpy(), found[["x_b", "y_b"]].to_numpy()], axis=1)
    )
    free = ~_crosses(segments, surroundings.obstacles)
    found = found[free].reset_index(drop=True)
    kinds = kinds_of(segments[free], surroundings)
    judged = []
    step = 4 * _CHUNK
    for first in range(0, len(found), step):
        progress(0.3 + 0.65 * first / len(found), "gains")
        judged.append(circle.gains(found.iloc[first : first + step].reset_index(drop=True), cancelled))
    if not judged:
        return []
    found = pd.concat([found, pd.concat(judged, ignore_index=True)], axis=1).assign(kind=kinds)
    found = found[(found["gain_people"] > 0) | (found["person_minutes"] > 0)]
    found = found.sort_values(
        ["gain_people", "person_minutes", "length_m"], ascending=[False, False, True], kind="stable"
    )
    found = found.iloc[_distinct(found, parameters)]
    edge_a, edge_b = (found[name].to_numpy(np.int32, copy=True) for name in ("edge_a", "edge_b"))
    t_a, t_b = (found[name].to_numpy(np.float64, copy=True) for name in ("t_a", "t_b"))
    ways = _link_kernels.detours(circle.graph, edge_a, t_a, edge_b, t_b, SEARCHED_M / circle.speed_mps)
    progress(1.0, "done")
    return [
        Link(
            rank=rank,
            edge_a=int(row.edge_a),
            t_a=float(row.t_a),
            edge_b=int(row.edge_b),
            t_b=float(row.t_b),
            start=(float(row.x_a), float(row.y_a)),
            end=(float(row.x_b), float(row.y_b)),
            length_m=float(row.length_m),
            kind=row.kind,
            gain_people=float(row.gain_people),
            person_minutes=float(row.person_minutes),
            detour=float(way * circle.speed_mps / max(row.length_m, 1.0)) if np.isfinite(way) else None,
        )
        for rank, (row, way) in enumerate(zip(found.itertuples(), ways.tolist(), strict=True), start=1)
    ]


def candidates(
    circle: Circle,
    lines: Shapes,
    parameters: Parameters,
    *,
    rows: NDArray[np.integer[Any]] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> pd.DataFrame:
    """Pairs of positions worth joining, most promising first: edge_a, t_a, x_a, y_a, the same for b, length_m.

    The network's length of a way is its time at the group's speed, waits at crossings included. A pair
    is left out when no category is reached sooner by it within the limit somewhere near: such a link
    completes nobody's circle.
    """
    edge, t, x, y = _positions(circle, lines, parameters.spacing_m, rows)
    empty = pd.DataFrame(
        {
            name: np.zeros(0)
            for name in ("edge_a", "t_a", "x_a", "y_a", "edge_b", "t_b", "x_b", "y_b", "length_m")
        }
    )
    if len(edge) < 2:
        return empty
    seconds = _link_kernels.at_positions(circle.graph, circle.services, edge, t)
    limit_s = np.nanmax(np.where(np.isnan(circle.homes.limit_s), -1.0, circle.homes.limit_s), axis=0)
    squares, columns = _squares(x, y, parameters.longest_m)
    if cancelled():
        raise Cancelled("已取消。", "cancelled.")
    first, second, promise = _link_kernels.promising(
        x, y, seconds, _need(circle, x, y), limit_s, squares, columns,
        circle.speed_mps, parameters.longest_m, parameters.saving_s,
    )  # fmt: skip
    if cancelled():
        raise Cancelled("已取消。", "cancelled.")
    order = np.argsort(-promise, kind="stable")
    rule = (circle.speed_mps, parameters.detour, parameters.more_m, parameters.apart_m)
    taken = _link_kernels.apart(
        circle.graph, order, (first, second), (edge, t, x, y), rule, parameters.candidates
    )
    a, b = first[taken], second[taken]
    return pd.DataFrame(
        {
            "edge_a": edge[a], "t_a": t[a], "x_a": x[a], "y_a": y[a],
            "edge_b": edge[b], "t_b": t[b], "x_b": x[b], "y_b": y[b],
            "length_m": np.hypot(x[a] - x[b], y[a] - y[b]),
        }
    )  # fmt: skip


def kinds_of(segments: Shapes, surroundings: Surroundings) -> list[Kind]:
    """What has to be built along each straight segment, by what lies between its ends."""
    result: list[Kind] = ["path"] * len(segments)
    ways: tuple[tuple[Kind, Shapes | None], ...] = (
        ("crossing", surroundings.main_roads),
        ("gate", None if surroundings.estates is None else shapely.boundary(surroundings.estates)),
        ("bridge", surroundings.water),
    )
    for kind, shapes in ways:  # the hardest to build names the link
        for number in np.flatnonzero(_crosses(segments, shapes)).tolist():
            result[number] = kind
    return result


def _distinct(found: pd.DataFrame, parameters: Parameters) -> list[int]:
    """One link for each place, in order of gain: the shortest of those there that gain nearly as much as the best."""
    middle = (found[["x_a", "y_a"]].to_numpy() + found[["x_b", "y_b"]].to_numpy()) / 2
    gain = found[["gain_people", "person_minutes"]].to_numpy()
    length_m = found["length_m"].to_numpy()
    free = np.ones(len(found), bool)
    taken: list[int] = []
    while free.any() and len(taken) < parameters.count:
        first = int(np.flatnonzero(free)[0])
        measure = gain[:, 0] if gain[first, 0] > 0 else gain[:, 1]
        near = np.hypot(*(middle - middle[first]).T) < parameters.distinct_m
        near[first] = True
        rivals = np.flatnonzero(near & free & (measure >= parameters.as_good * measure[first]))
        chosen = int(rivals[np.argmin(length_m[rivals])])
        taken.append(chosen)
        free &= ~near & (np.hypot(*(middle - middle[chosen]).T) >= parameters.distinct_m)
        free[chosen] = False
    return sorted(taken)


def _crosses(segments: Shapes, shapes: Shapes | None) -> NDArray[np.bool_]:
    hit = np.zeros(len(segments), bool)
    if shapes is not None and len(shapes) and len(segments):
        hit[shapely.STRtree(shapes).query(segments, predicate="intersects")[0]] = True
    return hit


def _seconds(links: pd.DataFrame, name: str, otherwise: F64) -> F64:
    if name not in links.columns:
        return otherwise
    given = links[name].to_numpy(np.float64)
    return np.where(np.isnan(given), otherwise, given)


def _services(network: Network, groups: Sequence[Places], speed_mps: float, dist: F64) -> Services:
    """The facilities of all categories in order of their edge."""
    seats = [network.seats(group, speed_mps, leaving=False) for group in groups]
    blank = Seats(np.zeros(0, np.int32), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros(0, np.int32))
    edge = np.concatenate([part.edge for part in (*seats, blank)])
    category = np.repeat(np.arange(len(seats) + 1), [len(part.edge) for part in (*seats, blank)])
    t = np.concatenate([part.t for part in (*seats, blank)])
    access_s = np.concatenate([part.access_s for part in (*seats, blank)])
    on = np.flatnonzero(edge >= 0)
    order = on[np.argsort(edge[on], kind="stable")]
    start = np.zeros(network.n_edges + 1, np.int32)
    start[1:] = np.cumsum(np.bincount(edge[on], minlength=network.n_edges))
    return Services(dist, start, category[order].astype(np.int32), t[order], access_s[order])


def _positions(
    circle: Circle, lines: Shapes, spacing_m: float, rows: NDArray[np.integer[Any]] | None
) -> tuple[I32, F64, F64, F64]:
    """Where links may end: along every street, and at dead ends; edge, t, x, y."""
    network = circle.network
    is_open = ~(np.isposinf(network.forward_s) | np.isposinf(network.backward_s))
    if rows is not None:
        allowed = np.zeros(network.n_edges, bool)
        allowed[rows] = True
        is_open &= allowed
    usable = np.flatnonzero(is_open)
    topology = network.topology
    number = np.maximum(1, np.rint(topology.length_m[usable] / spacing_m)).astype(np.int64)
    edge = np.repeat(usable, number)
    t = (np.arange(len(edge)) - np.repeat(np.cumsum(number) - number, number) + 0.5) / np.repeat(
        number, number
    )
    degree = np.bincount(np.concatenate([topology.u[usable], topology.v[usable]]), minlength=network.n_nodes)
    for end, share in ((topology.u, 0.0), (topology.v, 1.0)):
        dead = usable[degree[end[usable]] == 1]
        edge, t = np.concatenate([edge, dead]), np.concatenate([t, np.full(len(dead), share)])
    points = shapely.line_interpolate_point(np.asarray(lines, dtype=object)[edge], t, normalized=True)
    return edge.astype(np.int32), t, shapely.get_x(points), shapely.get_y(points)


def _squares(x: F64, y: F64, side_m: float) -> tuple[tuple[I32, I32, I64, I64], int]:
    """Positions by square: start, row, the square's row and column of each; and the number of columns."""
    column = ((x - x.min()) // side_m).astype(np.int64)
    row = ((y - y.min()) // side_m).astype(np.int64)
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    square = row * columns + column
    start = np.zeros(rows * columns + 1, np.int32)
    start[1:] = np.cumsum(np.bincount(square, minlength=rows * columns))
    return (start, np.argsort(square, kind="stable").astype(np.int32), row, column), columns


def _need(circle: Circle, x: F64, y: F64) -> F64:
    """People within some 250 m of each position whom each category fails, (p, c).

    A home is counted for the categories that fail it in equal shares: a link that brings them all
    counts it whole.
    """
    homes, topology = circle.homes, circle.network.topology
    limit = homes.limit_s[homes.kind]
    failing = ~np.isnan(limit) & ~(homes.seconds <= limit)
    shared = homes.people / np.maximum(failing.sum(axis=1), 1)
    owner, first = np.unique(homes.seats.owner, return_index=True)
    on = homes.seats.edge[first] >= 0
    owner, first = owner[on], first[on]
    edge, t = homes.seats.edge[first], homes.seats.t[first]
    home_x = topology.x[topology.u[edge]] * (1 - t) + topology.x[topology.v[edge]] * t
    home_y = topology.y[topology.u[edge]] * (1 - t) + topology.y[topology.v[edge]] * t
    west, south = min(x.min(), home_x.min(initial=np.inf)), min(y.min(), home_y.min(initial=np.inf))
    east, north = max(x.max(), home_x.max(initial=-np.inf)), max(y.max(), home_y.max(initial=-np.inf))
    shape = (int((north - south) // _NEAR_M) + 1, int((east - west) // _NEAR_M) + 1)
    at_home = ((home_y - south) // _NEAR_M).astype(np.int64) * shape[1] + ((home_x - west) // _NEAR_M).astype(
        np.int64
    )
    here = ((y - south) // _NEAR_M).astype(np.int64) * shape[1] + ((x - west) // _NEAR_M).astype(np.int64)
    out = np.empty((len(x), homes.seconds.shape[1]))
    for category in range(out.shape[1]):
        counted = np.bincount(
            at_home, failing[owner, category] * shared[owner], minlength=shape[0] * shape[1]
        ).reshape(shape)
        around = uniform_filter(counted, size=5, mode="constant") * 25
        out[:, category] = np.where(around > 1e-9 * max(1.0, counted.max(initial=0.0)), around, 0.0).ravel()[
            here
        ]
    return out
