"""Normals of a triangle mesh: smooth over gentle bends, sharp over creases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
I8 = npt.NDArray[np.int8]
U32 = npt.NDArray[np.uint32]

_BUSY = 512
"""Corners at one vertex beyond which it is shaded flat: the work grows with their square."""
_PAIRS_AT_ONCE = 1_000_000


def split(vertices: F64, faces: I32, colour: U32, crease: float) -> tuple[I32, I8, U32, U32]:
    """Give every corner a normal and join the corners of a vertex that look the same.

    Parameters
    ----------
    vertices, faces
        (n, 3) and (m, 3).
    colour
        (m) packed colour of each face; vertices are not shared between colours.
    crease
        Cosine of the angle between two faces beyond which their edge is sharp.

    Returns
    -------
    source, normals, colours, triangles
        For every new vertex the one it was, its normal in 1/127 and its colour; and (m, 3) of new vertices.
        New vertices are numbered by their first use.
    """
    corner_vertex = faces.ravel()
    first, second, third = vertices[faces].transpose(1, 0, 2)
    weight = np.cross(second - first, third - first)
    length = np.sqrt((weight * weight).sum(axis=1))
    flat = length > 0.0
    unit = np.zeros_like(weight)
    unit[:, 2] = 1.0
    unit[flat] = weight[flat] / length[flat, None]
    packed = np.rint(127.0 * _smooth(corner_vertex, weight, unit, crease)).astype(np.int8)
    return _joined(corner_vertex, packed, np.repeat(colour, 3))


def _smooth(corner_vertex: I32, weight: F64, unit: F64, crease: float) -> F64:
    """The normal of every corner: the sum of the faces around its vertex that its own bends into gently."""
    normals = np.repeat(unit, 3, axis=0)
    around = np.argsort(corner_vertex, kind="stable")
    degree = np.bincount(corner_vertex)
    start = np.cumsum(degree) - degree
    for many in np.unique(degree[(degree > 1) & (degree <= _BUSY)]):
        starts = start[degree == many]
        together = max(1, _PAIRS_AT_ONCE // int(many * many))
        for first in range(0, len(starts), together):
            corners = around[starts[first : first + together, None] + np.arange(many)]
            normals[corners] = _summed(weight[corners // 3], unit[corners // 3], crease)
    return normals


def _summed(weight: F64, unit: F64, crease: float) -> F64:
    """Normals (n, k, 3) of the k corners at each of n vertices, from their faces' weights and normals."""
    x, y, z = unit[:, :, 0], unit[:, :, 1], unit[:, :, 2]
    near = x[:, :, None] * x[:, None] + y[:, :, None] * y[:, None] + z[:, :, None] * z[:, None] >= crease
    total = np.zeros_like(weight)
    for i in range(weight.shape[1]):
        total += near[:, :, i, None] * weight[:, i, None]
    length = np.sqrt((total * total).sum(axis=2))[:, :, None]
    normals: F64 = np.divide(total, length, out=unit.copy(), where=length > 0.0)
    return normals


def _joined(corner_vertex: I32, packed: I8, colour: U32) -> tuple[I32, I8, U32, U32]:
    """Join the corners of a vertex with the same normal and colour; the first of them stands for all."""
    palette, shade = np.unique(colour, return_inverse=True)
    look = corner_vertex.astype(np.int64) * len(palette) + shade
    for axis in range(3):
        look = (look << 8) + (packed[:, axis].astype(np.int64) + 128)
    order = np.argsort(look, kind="stable")  # equal ones stay in the order of the corners
    new = np.ones(len(order), bool)
    new[1:] = np.diff(look[order]) != 0
    firsts = order[new]
    leads = np.sort(firsts)
    number = np.empty(len(order), np.uint32)
    number[leads] = np.arange(len(leads), dtype=np.uint32)
    triangles = np.empty(len(order), np.uint32)
    triangles[order] = number[firsts][np.cumsum(new) - 1]
    return corner_vertex[leads].astype(np.int32), packed[leads], colour[leads], triangles.reshape(-1, 3)
