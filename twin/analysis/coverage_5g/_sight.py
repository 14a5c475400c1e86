"""Compiled loop of line of sight: what antennas see of the cells around them, without the GIL.

From the middle of the antenna's cell one ray goes to every cell on the rim of the
square around it. Walking outwards it keeps the greatest slope (height over
distance) of the roofs passed; a receiver is seen when its own slope is no less.
Each cell of the disc is decided by one ray only, the one that passes nearest to
its middle (its owner): asking every ray that touches it and taking any yes would
see too much.

The edge of a roof that hides is the rim of its cell, half a cell beyond the middle
where the antenna looks down on it, half a cell before it where it looks up: middles
alone would see too much.

Within a building the slope stands still as it was on entry: cells of a building
are hidden by what is before it, not by its own roof. An antenna's own building
hides nothing outside (it hangs at the roof's edge, which its position does not
tell), and is not seen itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.analysis.coverage_5g._kernels import EDGE_STEP_DB, F32, I32, U8, kernel
from twin.analysis.coverage_5g.scalar import knife_edge_db

_FLAT = np.float32(-1e9)


@kernel
def look(
    top: F32,
    ground: F32,
    building: I32,
    cell: I32,
    height: F32,
    own: I32,
    user_height_m: float,
    steps: NDArray[np.int16],
    inverse: F32,
    owner: U8,
    count: I32,
    cell_m: float,
    wave_m: float,
    bits: U8,
    edge: U8,
) -> None:
    """Fill ``bits`` (n, 2 r + 1, bytes) with what n antennas see, bit 0 of byte 0 westernmost.

    ``top``, ``ground`` and ``building`` are aligned rasters, ``cell`` (n, 2) row and column of the antennas
    in them, ``height`` (n,) above datum, ``own`` (n,) the building each stands on, -1 for none. ``steps``
    (rays, r, 2) are offsets of the cells of each ray, ``inverse`` one over their distance in cells, ``owner``
    whether the ray decides the cell, ``count`` (rays,) the steps within the disc. With ``edge``
    (n, 2 r + 1, 2 r + 1) not empty, the loss over the edge that hides a cell most is written there too,
    in steps of EDGE_STEP_DB, for the wave length ``wave_m``.
    """
    rows, columns = top.shape
    reach = steps.shape[1]
    side = 2 * reach + 1
    seen = np.zeros((side, side), np.uint8)
    user = np.float32(user_height_m)
    hybrid = edge.shape[0] > 0
    # One over the distance of a cell's near and far rim, times the distance of its middle.
    farther = np.array([(k + 1) / (k + 1.5) for k in range(reach)], np.float32)
    nearer = np.array([(k + 1) / (k + 0.5) for k in range(reach)], np.float32)
    for k in range(cell.shape[0]):
        row, column, z, mine = cell[k, 0], cell[k, 1], height[k], own[k]
        inside = row >= reach and column >= reach and row + reach < rows and column + reach < columns
        seen[:] = 0
        seen[reach, reach] = 1
        for ray in range(count.shape[0]):
            slope, frozen = _FLAT, _FLAT
            at, frozen_at = np.float32(1.0), np.float32(1.0)  # one over the distance of the edge
            within = -2
            for step in range(count[ray]):
                down, right = steps[ray, step, 0], steps[ray, step, 1]
                y, x = row + down, column + right
                if not inside and (y < 0 or y >= rows or x < 0 or x >= columns):
                    break
                nearness = inverse[ray, step]
                covered = building[y, x]
                if covered != within:
                    within, frozen, frozen_at = covered, slope, at
                if owner[ray, step]:
                    limit = frozen if covered >= 0 else slope
                    need = (ground[y, x] + user - z) * nearness
                    visible = need >= limit and (covered < 0 or covered != mine)
                    seen[reach + down, reach + right] = 1 if visible else 0
                    if hybrid:
                        lost = 255
                        if covered < 0 or covered != mine:
                            edge_at = frozen_at if covered >= 0 else at
                            lost = _loss(limit - need, edge_at, nearness, cell_m, wave_m)
                        edge[k, reach + down, reach + right] = lost
                if covered < 0 or covered != mine:
                    over = top[y, x] - z
                    rim = nearness * (nearer[step] if over > 0 else farther[step])
                    if over * rim > slope:
                        slope, at = over * rim, rim
        for i in range(side):
            for byte in range(bits.shape[2]):
                packed = 0
                for bit in range(8):
                    j = byte * 8 + bit
                    if j < side and seen[i, j]:
                        packed |= 1 << bit
                bits[k, i, byte] = packed


@kernel
def _loss(excess: Any, edge_at: Any, here: Any, cell_m: float, wave_m: float) -> int:
    """Loss over an edge in steps: ``excess`` slope of the edge over the receiver's, metres a cell."""
    if excess < -1e8:
        return 0
    d1, d = cell_m / edge_at, cell_m / here
    d2 = max(d - d1, 1.0)
    over_m = excess / edge_at
    nu = over_m * math.sqrt(2.0 * d / (wave_m * d1 * d2))
    return int(min(knife_edge_db(nu) / EDGE_STEP_DB + 0.5, 255.0))
