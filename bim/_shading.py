# ruff: noqa: C901, PLR0912, PLR0915 - a compiled loop is one function
"""Normals of a triangle mesh: smooth over gentle bends, sharp over creases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bim.loops import kernel

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]

_BUSY = 512  # corners at one vertex beyond which it is shaded flat: the work grows with their square


@kernel
def split(
    vertices: F64, faces: I32, colour: npt.NDArray[np.uint32], crease: float
) -> tuple[I32, npt.NDArray[np.int8], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
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
    count, corners = len(vertices), 3 * len(faces)
    weight = np.zeros((len(faces), 3))
    unit = np.zeros((len(faces), 3))
    degree = np.zeros(count + 1, np.int64)
    for f in range(len(faces)):
        a, b, c = faces[f]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        weight[f, 0], weight[f, 1], weight[f, 2] = x, y, z
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            unit[f, 0], unit[f, 1], unit[f, 2] = x / length, y / length, z / length
        else:
            unit[f, 2] = 1.0
        degree[a + 1] += 1
        degree[b + 1] += 1
        degree[c + 1] += 1
    start = np.cumsum(degree)
    free = start[:-1].copy()
    around = np.empty(corners, np.int64)
    for corner in range(corners):
        vertex = faces[corner // 3, corner % 3]
        around[free[vertex]] = corner
        free[vertex] += 1
    packed = np.zeros((corners, 3), np.int8)
    leader = np.empty(corners, np.int64)
    for vertex in range(count):
        first, end = start[vertex], start[vertex + 1]
        for i in range(first, end):
            corner = around[i]
            f = corner // 3
            x, y, z = unit[f]
            if end - first <= _BUSY:
                sx, sy, sz = 0.0, 0.0, 0.0
                for j in range(first, end):
                    g = around[j] // 3
                    if unit[g, 0] * x + unit[g, 1] * y + unit[g, 2] * z >= crease:
                        sx += weight[g, 0]
                        sy += weight[g, 1]
                        sz += weight[g, 2]
                length = np.sqrt(sx * sx + sy * sy + sz * sz)
                if length > 0.0:
                    x, y, z = sx / length, sy / length, sz / length
            packed[corner, 0] = np.int8(np.rint(127.0 * x))
            packed[corner, 1] = np.int8(np.rint(127.0 * y))
            packed[corner, 2] = np.int8(np.rint(127.0 * z))
            leader[corner] = corner
            for j in range(first, i):
                other = leader[around[j]]
                if (
                    packed[other, 0] == packed[corner, 0]
                    and packed[other, 1] == packed[corner, 1]
                    and packed[other, 2] == packed[corner, 2]
                    and colour[other // 3] == colour[f]
                ):
                    leader[corner] = other
                    break
    number = np.full(corners, -1, np.int64)
    source = np.empty(corners, np.int32)
    normals = np.empty((corners, 3), np.int8)
    colours = np.empty(corners, np.uint32)
    triangles = np.empty((len(faces), 3), np.uint32)
    size = 0
    for corner in range(corners):
        lead = leader[corner]
        if number[lead] < 0:
            number[lead] = size
            source[size] = faces[lead // 3, lead % 3]
            normals[size] = packed[lead]
            colours[size] = colour[lead // 3]
            size += 1
        triangles[corner // 3, corner % 3] = number[lead]
    return source[:size].copy(), normals[:size].copy(), colours[:size].copy(), triangles
