"""Squares: pedestrian areas are walked along their outlines and straight across.

The shortest way within an outline turns only at its inward corners, so these
and the places where streets arrive become nodes, and every pair that sees each
other inside gets a straight edge.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from twin.analysis.noding import Bools, Floats, Graph, Ints, Vertices

MOST_NODES = 80
"""A square with more corners and entrances than this keeps its outline only; its pairs would be thousands."""
_SLACK_M = 0.05


def corners(vertices: Vertices, square: Ints) -> Bools:
    """Inward corners of squares, shape of the vertices.

    ``square`` gives each line the number of the square it is an outline of, -1 for none.
    """
    found = np.zeros(len(vertices.line), dtype=bool)
    points = vertices.x + 1j * vertices.y
    for _, at in _outlines(vertices, square):
        inward = [
            ring[:-1][_turns_right(ring)]
            for polygon in shapely.get_parts(_surface(vertices, at))
            for ring in _oriented_rings(polygon)
        ]
        chosen = np.concatenate(inward) if inward else np.empty(0, dtype=complex)
        if len(chosen) <= MOST_NODES:
            found[at] = np.isin(points[at], chosen)
    return found


def across(graph: Graph, square: Ints) -> tuple[Ints, Ints, Ints]:
    """Straight ways across squares: their nodes u and v, and an outline of theirs."""
    vertices = graph.vertices
    points = np.column_stack((vertices.x, vertices.y))
    found = [np.empty((3, 0), dtype=np.int64)]
    for line, at in _outlines(vertices, square):
        node, first = np.unique(graph.vertex_node[at], return_index=True)
        node, vertex = node[node >= 0], at[first[node >= 0]]
        if not 3 <= len(node) <= MOST_NODES:
            continue
        surface = shapely.buffer(_surface(vertices, at), _SLACK_M)
        shapely.prepare(surface)
        one, other = np.triu_indices(len(node), 1)
        ways = shapely.linestrings(np.stack([points[vertex[one]], points[vertex[other]]], axis=1))
        sees = shapely.covers(surface, ways)
        sees &= ~_drawn(graph, node[one], node[other], at)
        u, v = node[one[sees]], node[other[sees]]
        found.append(np.stack([u, v, np.full(len(u), line)]))
    u, v, line_of = np.concatenate(found, axis=1)
    return u, v, line_of


def _outlines(vertices: Vertices, square: Ints) -> Iterator[tuple[int, Ints]]:
    """One line and all vertices of each square."""
    of_vertex = square[vertices.line]
    at = np.flatnonzero(of_vertex >= 0)
    at = at[np.argsort(of_vertex[at], kind="stable")]
    for part in np.split(at, np.flatnonzero(np.diff(of_vertex[at])) + 1):
        if len(part) > 3:
            yield int(vertices.line[part[0]]), part


def _surface(vertices: Vertices, at: Ints) -> shapely.Geometry:
    """What outlines enclose; an outline within another is a hole."""
    points = np.column_stack((vertices.x[at], vertices.y[at]))
    rings = shapely.linestrings(points, indices=np.unique(vertices.line[at], return_inverse=True)[1])
    return shapely.build_area(shapely.union_all(rings))


def _oriented_rings(polygon: shapely.Polygon) -> Iterator[np.ndarray]:
    """Rings as complex numbers, the surface to the left of each."""
    for ring in shapely.get_rings(shapely.orient_polygons(polygon)):
        points: Floats = shapely.get_coordinates(ring)
        yield points[:, 0] + 1j * points[:, 1]


def _turns_right(ring: np.ndarray) -> Bools:
    """At which corners of a closed ring the surface to its left has an inner angle beyond 180 degrees."""
    ahead = np.diff(ring)
    behind = np.roll(ahead, 1)
    return np.asarray((behind.conjugate() * ahead).imag < -1e-6)


def _drawn(graph: Graph, one: Ints, other: Ints, at: Ints) -> Bools:
    """Whether two nodes of a square are next to each other on its outline, by an edge without corners."""
    size = graph.node_count
    plain = (graph.last - graph.first == 1) & np.isin(graph.line, np.unique(graph.vertices.line[at]))
    low, high = np.minimum(graph.u[plain], graph.v[plain]), np.maximum(graph.u[plain], graph.v[plain])
    return np.isin(np.minimum(one, other) * size + np.maximum(one, other), low * size + high)
