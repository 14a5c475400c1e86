"""Streets: the road layer as a graph in metres, and its travel times for each traveller.

One set of nodes and edges serves everyone; who may not use an edge has infinite
time on it, so edge rows mean the same in every network. Assumptions, each of
which can be turned off or changed: private ways are open to residents and
visitors alike, waits at crossings follow :func:`crossings`, slopes count where
the home has a terrain raster.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin import rasters
from twin.analysis import noding, street_rules, terrain
from twin.analysis.network import Network
from twin.analysis.noding import Bools, Floats, Geometries, Ints, Vertices
from twin.analysis.squares import across, corners
from twin.analysis.street_rules import CLASSES, PRIVATE, Codes, Rules, Signs
from twin.analysis.travellers import Traveller
from twin.crs import metric_for
from twin.errors import InputError
from twin.store import Store

if TYPE_CHECKING:
    from twin.analysis.route import Route

FRAGMENT_M = 200.0
"""Streets that reach each other and nothing else, and are shorter together, are a fragment: a piece
of drawing rather than an island."""
MAIN = ("trunk", "primary", "secondary")
"""Classes of street at whose crossings people wait."""
_KEPT = 8
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Targets:
    """Edges that places may join: the rows of ``whole`` parts, and those of fragments."""

    whole: Ints
    whole_tree: shapely.STRtree
    fragments: Ints
    fragment_tree: shapely.STRtree


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where a place joins the streets: edge row, position 0..1 from its u, straight metres to it."""

    edge: int
    t: float
    access_m: float


@dataclass(frozen=True)
class Streets:
    """Nodes (n) and edges (m) of the road layer; parallel arrays.

    ``x`` and ``y`` are metres in ``crs``; ``z`` heights in metres, nan where no terrain is known. Of each edge:
    nodes ``u`` and ``v``, ``length_m`` in the plane (true to 0.04 %), ``fid`` of its road, ``kind`` (index of
    :data:`street_rules.CLASSES`), ``foot`` and ``cycle`` (0 no, 1 private, 2 yes), ``foot_way`` and
    ``cycle_way`` (1 only u to v, -1 only v to u, 0 both), ``steps`` (steps and other ways unfit for wheels),
    ``crossings`` (waits at crossings on the way along it, a mean), ``line`` from u to v in metres, ``across``
    (a straight way over a square, drawn by nobody).
    """

    crs: str
    x: Floats
    y: Floats
    z: Floats
    lon: Floats
    lat: Floats
    u: Ints
    v: Ints
    length_m: Floats
    fid: Ints
    kind: Codes
    foot: Codes
    cycle: Codes
    foot_way: Signs
    cycle_way: Signs
    steps: Bools
    bridge: Bools
    tunnel: Bools
    level: npt.NDArray[np.int16]
    crossings: Floats
    line: Geometries
    across: Bools
    _kept: dict[tuple[object, ...], Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(4326, self.crs, always_xy=True)

    def to_metres(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
        """Points in the streets' plane, (n, 2) metres, of degrees."""
        return np.column_stack(self._transformer.transform(np.atleast_1d(lon), np.atleast_1d(lat)))

    def to_degrees(self, points: Floats) -> Floats:
        """Longitude and latitude, (n, 2), of points in the plane."""
        return np.column_stack(
            self._transformer.transform(points[:, 0], points[:, 1], direction="INVERSE")
        )  # fmt: skip

    # -- who may go where ------------------------------------------------------------------

    def allowed(self, traveller: Traveller) -> Bools:
        """Edges that the traveller may use, in at least one direction."""
        may = (self.foot if traveller.mode == "foot" else self.cycle) >= PRIVATE
        return may if traveller.steps_allowed else may & ~self.steps

    def seconds(self, traveller: Traveller) -> tuple[Floats, Floats]:
        """Seconds u to v and v to u of each edge; infinite where the traveller may not go."""
        way = self.foot_way if traveller.mode == "foot" else self.cycle_way
        allowed = self.allowed(traveller)
        level_s = self.length_m / traveller.speed_mps
        wait_s = self.crossings * traveller.crossing_s
        gradient = self.gradient
        forth = np.where(allowed & (way >= 0), level_s * traveller.pace(gradient) + wait_s, np.inf)
        back = np.where(allowed & (way <= 0), level_s * traveller.pace(-gradient) + wait_s, np.inf)
        return forth, back

    @cached_property
    def gradient(self) -> Floats:
        """Rise over run of each edge from u to v; 0 where unknown, and on what does not follow the terrain."""
        rise = self.z[self.v] - self.z[self.u]
        built = self.bridge | self.tunnel | (self.level != 0) | (self.kind == CLASSES.index("steps"))
        known = np.isfinite(rise) & (self.length_m > 0) & ~built
        return np.divide(rise, self.length_m, out=np.zeros(len(rise)), where=known)

    @cached_property
    def _base(self) -> Network:
        return Network.from_frames(
            pd.DataFrame({"x": self.x, "y": self.y}),
            pd.DataFrame({"u": self.u, "v": self.v, "length_m": self.length_m}),
        )

    def network(self, traveller: Traveller) -> Network:
        """The network of ``traveller``; its edge rows are those of these arrays."""
        return self._remember(
            ("network", *traveller.key), lambda: self._base.with_seconds(*self.seconds(traveller))
        )

    def parts(self, traveller: Traveller) -> tuple[Ints, Floats]:
        """Which edges hang together, whatever their direction: a label of each edge (-1: not allowed), and
        metres of drawn street by label."""
        return self._remember(
            ("parts", traveller.mode, traveller.steps_allowed), lambda: self._parts(traveller)
        )

    def _parts(self, traveller: Traveller) -> tuple[Ints, Floats]:
        rows = np.flatnonzero(self.allowed(traveller))
        size = len(self.x)
        links = coo_array((np.ones(len(rows), np.int8), (self.u[rows], self.v[rows])), shape=(size, size))
        _, of_node = connected_components(links, directed=False)
        _, of_edge = np.unique(of_node[self.u[rows]], return_inverse=True)
        label = np.full(len(self.u), -1, dtype=np.int64)
        label[rows] = of_edge
        drawn_m = np.where(self.across, 0.0, self.length_m)[rows]
        length_m: Floats = np.bincount(of_edge, weights=drawn_m).astype(np.float64)
        return label, length_m

    def targets(self, traveller: Traveller) -> Targets:
        """Edges that places may join: allowed, and neither on a bridge nor in a tunnel."""
        return self._remember(
            ("targets", traveller.mode, traveller.steps_allowed), lambda: self._targets(traveller)
        )

    def _targets(self, traveller: Traveller) -> Targets:
        label, length_m = self.parts(traveller)
        aloft = (self.bridge & (self.level > 0)) | (self.tunnel & (self.level < 0))
        rows = np.flatnonzero((label >= 0) & ~aloft)
        small = length_m[label[rows]] < FRAGMENT_M
        whole, fragments = rows[~small], rows[small]
        return Targets(
            whole, shapely.STRtree(self.line[whole]), fragments, shapely.STRtree(self.line[fragments])
        )

    def _remember(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if key not in self._kept:
                while len(self._kept) >= 3 * _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = make()
            made: Made = self._kept[key]
            return made

    # -- places and routes -----------------------------------------------------------------

    def position(self, edges: Ints, points: Geometries) -> tuple[Floats, Floats]:
        """Position 0..1 along ``edges`` nearest to ``points``, and metres to it."""
        lines = self.line[edges]
        t = shapely.line_locate_point(lines, points, normalized=True)
        return np.clip(np.nan_to_num(t), 0.0, 1.0), shapely.distance(lines, points)

    def nearest_edge(self, lon: float, lat: float, traveller: Traveller, cap_m: float = 300.0) -> Nearest:
        """Where a place joins the traveller's streets; :class:`InputError` when none is within ``cap_m``."""
        point = shapely.points(self.to_metres(lon, lat))
        targets = self.targets(traveller)
        for rows, tree in ((targets.whole, targets.whole_tree), (targets.fragments, targets.fragment_tree)):
            _, found = tree.query_nearest(point, max_distance=cap_m, all_matches=False)
            if len(found):
                edge = rows[found[:1]]
                t, access_m = self.position(edge, point)
                return Nearest(int(edge[0]), float(t[0]), float(access_m[0]))
        raise InputError(
            f"该点（{lon:.5f}, {lat:.5f}）{cap_m:.0f} 米内没有{traveller.title.zh}可走的道路；请选离道路更近的点。",
            f"no street that {traveller.title.en.lower()} may use lies within {cap_m:.0f} m of "
            f"{lon:.5f}, {lat:.5f}; choose a place nearer to one.",
        )

    def link(
        self, start: tuple[float, float], end: tuple[float, float], traveller: Traveller, cap_m: float = 300.0
    ) -> pd.DataFrame:
        """A new way between two places (lon, lat): one row of edge_a, t_a, edge_b, t_b, length_m.

        Its length is the straight one with the access legs at both ends.
        """
        a, b = (self.nearest_edge(*place, traveller, cap_m) for place in (start, end))
        first, second = self.to_metres([start[0], end[0]], [start[1], end[1]])
        length_m = float(np.hypot(*(second - first))) + a.access_m + b.access_m
        return pd.DataFrame(
            {"edge_a": [a.edge], "t_a": [a.t], "edge_b": [b.edge], "t_b": [b.t], "length_m": [length_m]}
        )

    def part(self, edge: int, start: float, stop: float) -> Floats:
        """Points in metres, (k, 2), along an edge from one share of its length to another, either way."""
        return _between(self.line[edge], start, stop)

    def line_of(self, route: Route) -> Floats:
        """The drawn line of a route on these streets: longitude and latitude, (k, 2), k >= 2."""
        edges, forward = np.asarray(route.edges), np.asarray(route.forward, dtype=bool)
        if not len(edges):
            return np.empty((0, 2))
        start = np.where(forward, 0.0, 1.0)
        stop = 1.0 - start
        start[0], stop[-1] = route.t_start, route.t_end
        pieces = [
            _between(self.line[edge], first, last)
            for edge, first, last in zip(edges.tolist(), start.tolist(), stop.tolist(), strict=True)
        ]
        points = np.concatenate(pieces)
        same = np.r_[False, (np.abs(np.diff(points, axis=0)) < 1e-6).all(axis=1)]
        kept = points[~same]
        return self.to_degrees(kept if len(kept) > 1 else points[[0, -1]])


def _between(line: Any, start: float, stop: float) -> Floats:
    """Points of a line from one share of its length to another, either way."""
    points = shapely.get_coordinates(line)
    step = np.hypot(*np.diff(points, axis=0).T)
    along = np.r_[0.0, np.cumsum(step)]
    if start > stop:
        points, along = points[::-1], along[-1] - along[::-1]
        start, stop = 1 - start, 1 - stop
    low, high = start * along[-1], stop * along[-1]
    ends = np.column_stack([np.interp([low, high], along, points[:, axis]) for axis in (0, 1)])
    return np.vstack([ends[:1], points[(along > low) & (along < high)], ends[1:]])


# -- reading -------------------------------------------------------------------------------


def read(store: Store, *, slopes: bool = True) -> Streets:
    """The streets of a home, of the roads it shows.

    Parameters
    ----------
    slopes
        Take heights from the home's terrain raster, where it has one.

    Raises
    ------
    twin.errors.UnknownName
        There are no roads yet.
    """
    relation = store.generation("road").relation
    columns = ", ".join(f'"{name}"' for name in street_rules.COLUMNS)
    table = (
        store.cursor()
        .execute(f"SELECT fid, {columns}, ST_AsWKB(geom)::BLOB AS wkb FROM {relation} ORDER BY row_no")
        .to_arrow_table()
    )
    rows = {name: table[name].to_numpy() for name in table.column_names}
    dem = rasters.shown(store).get("dem") if slopes else None
    return of_roads(rows, shapely.from_wkb(rows["wkb"]), dem=None if dem is None else dem.path)


def of_roads(
    rows: Mapping[str, npt.NDArray[Any]], geometry: Geometries, *, dem: Path | None = None
) -> Streets:
    """The streets of rows of the road layer.

    Parameters
    ----------
    rows
        Arrays ``fid`` and :data:`street_rules.COLUMNS`; missing values None or nan.
    geometry
        Lines of the rows in degrees, of one part or several.
    dem
        Terrain raster (:func:`twin.analysis.terrain.heights`).
    """
    rules = street_rules.of_rows(rows)
    parts, row = shapely.get_parts(geometry, return_index=True)
    degrees, line = shapely.get_coordinates(parts, return_index=True)
    west, south = degrees.min(axis=0)
    east, north = degrees.max(axis=0)
    crs = metric_for(float(west + east) / 2, float(south + north) / 2)
    lon, lat = np.ascontiguousarray(degrees.T)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    vertices = noding.join_loose_ends(Vertices(line, lon, lat, x, y), parts, rules.level[row])
    square = np.where(rules.area[row] & (rules.foot[row] >= PRIVATE) & shapely.is_closed(parts), row, -1)
    graph = noding.build(vertices, rules.level[row], corners(vertices, square), rules.closed)
    return _assemble(graph, rules, row, rows["fid"], across(graph, square), crs, dem)


def _assemble(
    graph: noding.Graph,
    rules: Rules,
    row_of_line: Ints,
    fid: Ints,
    ways_across: tuple[Ints, Ints, Ints],
    crs: str,
    dem: Path | None,
) -> Streets:
    """Edges of the graph and, after them, the straight ways across squares."""
    across_u, across_v, across_line = ways_across
    x, y, lon, lat = (
        graph.node_values(value)
        for value in (graph.vertices.x, graph.vertices.y, graph.vertices.lon, graph.vertices.lat)
    )
    u, v = np.r_[graph.u, across_u], np.r_[graph.v, across_v]
    straight = shapely.linestrings(
        np.stack(
            [np.column_stack([x[across_u], y[across_u]]), np.column_stack([x[across_v], y[across_v]])], axis=1
        )
    )
    length_m = np.r_[graph.lengths(), np.hypot(x[across_u] - x[across_v], y[across_u] - y[across_v])]
    row = row_of_line[np.r_[graph.line, across_line]]
    kind = rules.kind[row]
    oneway = rules.cycle_way[row] != 0
    row_length_m = np.bincount(row, weights=length_m, minlength=len(fid))
    share = np.divide(length_m, row_length_m[row], out=np.zeros(len(row)), where=row_length_m[row] > 0)
    lights = np.where(rules.signals[row], share, 0.0)
    return Streets(
        crs=crs,
        x=x,
        y=y,
        z=np.full(len(x), np.nan) if dem is None else terrain.heights(dem, lon, lat),
        lon=lon,
        lat=lat,
        u=u,
        v=v,
        length_m=length_m,
        fid=fid[row],
        kind=kind,
        foot=rules.foot[row],
        cycle=rules.cycle[row],
        foot_way=rules.foot_way[row],
        cycle_way=rules.cycle_way[row],
        steps=rules.steps[row],
        bridge=rules.bridge[row],
        tunnel=rules.tunnel[row],
        level=rules.level[row],
        crossings=np.maximum(crossings(u, v, kind, oneway, len(x)), lights),
        line=np.concatenate([graph.lines(), np.atleast_1d(straight)]) if len(across_u) else graph.lines(),
        across=np.arange(len(u)) >= len(graph.u),
    )


def crossings(u: Ints, v: Ints, kind: Codes, oneway: Bools, node_count: int) -> Floats:
    """Mean number of waits at main roads on the way along each edge, shape (m,).

    The rule, an assumption: where a main road passes a node, each lesser street that
    meets it there carries half a crossing, so going over from one side to the other
    costs one and turning into the main road, which crosses it half of the time,
    costs one half. Where at least three arms of main roads meet, the arms carry
    half a crossing too. One-way carriageways, usually one of a pair, count half.
    """
    main = np.isin(kind, [CLASSES.index(name) for name in MAIN])
    ends, weight = np.r_[u[main], v[main]], np.tile(np.where(oneway[main], 0.5, 1.0), 2)
    arms = np.bincount(ends, minlength=node_count)
    wait = np.zeros(node_count)
    np.maximum.at(wait, ends, weight)
    minor = np.where(arms >= 2, wait, 0.0) / 2
    major = np.where(arms >= 3, wait, 0.0) / 2
    return np.where(main, major[u] + major[v], minor[u] + minor[v])
