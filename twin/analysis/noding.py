"""Noding: lines become the nodes and edges of a graph, with grade separation.

Lines join where they share a vertex. Where lines of different level share one,
they join only if one of them ends there: a bridge joins the street at its end
and no street below it. An end that misses the line it should touch by at most
:data:`REACH_M` joins it too, as centre lines from drawings need. Lines that
cross without a shared vertex do not join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]

REACH_M = 0.3
_METRES_OF_DEGREE = 110_000.0
_GRID = 1e8  # vertices are the same within 1e-8 degree, about a millimetre
_LEVELS, _GROUND = 64, 32


@dataclass(frozen=True, slots=True)
class Vertices:
    """Vertices of lines in their order: ``line`` (not falling), place in degrees and in metres."""

    line: Ints
    lon: Floats
    lat: Floats
    x: Floats
    y: Floats

    def ends(self) -> tuple[Bools, Bools]:
        """Which are the first and which the last of their line."""
        change = np.diff(self.line) != 0
        return np.r_[True, change], np.r_[change, True]

    def along(self) -> Floats:
        """Metres from the very first vertex, gaps between lines not counted."""
        step = np.hypot(np.diff(self.x), np.diff(self.y))
        total: Floats = np.cumsum(np.where(np.diff(self.line) == 0, step, 0.0))
        return np.concatenate(([0.0], total))

    def places(self) -> Ints:
        """A number for each different place, shape (n,)."""
        return places(self.lon, self.lat)


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges: ``first`` and ``last`` vertex, nodes ``u`` and ``v``, and line of each edge.

    ``vertex_node`` is the node at a vertex, -1 inside an edge.
    """

    vertices: Vertices
    node_count: int
    first: Ints
    last: Ints
    u: Ints
    v: Ints
    line: Ints
    vertex_node: Ints

    def lengths(self) -> Floats:
        """Metres of each edge."""
        along = self.vertices.along()
        return along[self.last] - along[self.first]

    def lines(self) -> Geometries:
        """Geometry of each edge in metres, from u to v."""
        size = self.last - self.first + 1
        edge = np.repeat(np.arange(len(size)), size)
        vertex = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + self.first[edge]
        points = np.column_stack((self.vertices.x[vertex], self.vertices.y[vertex]))
        made: Geometries = shapely.linestrings(points, indices=edge)
        return made

    def node_values(self, values: Floats) -> Floats:
        """A value of the vertices, at the nodes."""
        result = np.zeros(self.node_count)
        result[self.u] = values[self.first]
        result[self.v] = values[self.last]
        return result


def places(lon: Floats, lat: Floats) -> Ints:
    """A number for each different place of ``lon``, ``lat`` (degrees)."""
    east, north = (np.round(value * _GRID).astype(np.int64) for value in (lon, lat))
    order = np.lexsort((north, east))
    fresh = (np.diff(east[order]) != 0) | (np.diff(north[order]) != 0)
    result = np.empty(len(order), dtype=np.int64)
    result[order] = np.r_[0, np.cumsum(fresh)] if len(order) else []
    return result


def join_loose_ends(
    vertices: Vertices, degrees: Geometries, level: npt.NDArray[np.int16], reach_m: float = REACH_M
) -> Vertices:
    """Give lines a vertex where an end that touches nothing lies within ``reach_m`` of them, on their level.

    ``degrees`` are the lines again, as geometries in longitude and latitude.
    """
    place = vertices.places()
    first, last = vertices.ends()
    loose = np.flatnonzero((first | last) & (np.bincount(place)[place] == 1))
    if not len(loose):
        return vertices
    # Rough search in degrees, generous by half, so that only the few candidates are built in metres.
    narrow = _METRES_OF_DEGREE * np.cos(np.radians(np.abs(vertices.lat).max()))
    reach = 1.5 * reach_m / max(float(narrow), 1.0)
    points = shapely.points(vertices.lon[loose], vertices.lat[loose])
    end, line = shapely.STRtree(degrees).query(points, predicate="dwithin", distance=reach)
    end = loose[end]
    own = vertices.line[end]
    meets = (own != line) & (level[own] == level[line])
    end, line = end[meets], line[meets]
    if not len(end):
        return vertices
    start, stop = np.flatnonzero(first), np.flatnonzero(last)
    chosen, which = np.unique(line, return_inverse=True)
    size = stop[chosen] - start[chosen] + 1
    vertex = np.arange(size.sum()) + np.repeat(start[chosen] - np.cumsum(size) + size, size)
    lines = shapely.linestrings(
        np.column_stack((vertices.x[vertex], vertices.y[vertex])),
        indices=np.repeat(np.arange(len(chosen)), size),
    )[which]
    points = shapely.points(vertices.x[end], vertices.y[end])
    near = shapely.dwithin(lines, points, reach_m)
    end, line, lines, points = end[near], line[near], lines[near], points[near]
    at = shapely.line_locate_point(lines, points)
    along = vertices.along()
    behind = np.searchsorted(along, along[start[line]] + at, side="right")
    behind = np.clip(behind, start[line] + 1, stop[line])
    order = np.lexsort((at, behind))
    end, behind, line = end[order], behind[order], line[order]
    return Vertices(
        np.insert(vertices.line, behind, line),
        *(
            np.insert(value, behind, value[end])
            for value in (vertices.lon, vertices.lat, vertices.x, vertices.y)
        ),
    )


def build(
    vertices: Vertices,
    level: npt.NDArray[np.int16],
    forced: Bools | None = None,
    closed: Floats | None = None,
) -> Graph:
    """The graph of lines.

    Parameters
    ----------
    level
        Level of each line.
    forced
        Vertices that become nodes in any case.
    closed
        Places (k, 2), lon and lat, at which lines are cut, so that nobody passes.
    """
    place = vertices.places() if closed is None or not len(closed) else None
    cut = np.zeros(len(vertices.line), dtype=bool)
    if place is None and closed is not None:
        both = places(np.r_[vertices.lon, closed[:, 0]], np.r_[vertices.lat, closed[:, 1]])
        place, barred = both[: len(cut)], both[len(cut) :]
        cut = np.isin(place, barred)
    assert place is not None
    first, last = vertices.ends()
    ring = _is_ring(place, first, last)[vertices.line]
    cluster = _clusters(place, level[vertices.line], (first | last) & ~ring)
    shared = np.bincount(cluster)[cluster] > 1
    is_node = first | last | shared | cut
    if forced is not None:
        is_node |= forced
    # At a cut the edge that arrives and the edge that leaves get nodes of their own.
    arriving = np.where(cut, cluster.max(initial=0) + 1 + 2 * np.arange(len(cut)), cluster)
    leaving = np.where(cut, arriving + 1, cluster)
    at = np.flatnonzero(is_node)
    inner = vertices.line[at[1:]] == vertices.line[at[:-1]]
    start, stop = at[:-1][inner], at[1:][inner]
    codes, _ = pd.factorize(np.column_stack((leaving[start], arriving[stop])).ravel())
    u, v = codes.reshape(-1, 2).T.astype(np.int64)
    along = vertices.along()
    real = (u != v) | (along[stop] > along[start])
    vertex_node = np.full(len(cut), -1)
    vertex_node[stop], vertex_node[start] = v, u
    return Graph(
        vertices,
        int(codes.max(initial=-1)) + 1,
        start[real],
        stop[real],
        u[real],
        v[real],
        vertices.line[start[real]],
        vertex_node,
    )


def _is_ring(place: Ints, first: Bools, last: Bools) -> Bools:
    """Lines that end where they start; they pass there."""
    return np.asarray(place[first] == place[last])


def _clusters(place: Ints, level: npt.NDArray[np.int16], is_end: Bools) -> Ints:
    """A number for all vertices that meet."""
    code = place * _LEVELS + level + _GROUND
    groups, group = np.unique(code, return_inverse=True)
    passing = np.zeros(len(groups), dtype=bool)
    passing[group[~is_end]] = True
    at, height = np.divmod(groups, _LEVELS)
    several = np.flatnonzero((np.bincount(at) > 1)[at])
    if not len(several):
        return np.asarray(group, dtype=np.int64)
    frame = pd.DataFrame({"group": several, "at": at[several], "height": height[several]})
    through = passing[several]
    ending = frame[~through]
    anchor = ending.drop_duplicates("at")
    pairs = [ending.merge(anchor, on="at")]
    # Ends join the nearest level that passes, not every one.
    meeting = anchor.merge(frame[through], on="at")
    meeting["apart"] = (meeting["height_x"] - meeting["height_y"]).abs()
    pairs.append(meeting.sort_values(["at", "apart", "height_y"]).drop_duplicates("at"))
    joined = pd.concat(pairs)[["group_x", "group_y"]].to_numpy()
    size = len(groups)
    matrix = coo_array(
        (np.ones(len(joined), dtype=np.int8), (joined[:, 0], joined[:, 1])), shape=(size, size)
    )
    _, label = connected_components(matrix, directed=False)
    return np.asarray(label[group], dtype=np.int64)
