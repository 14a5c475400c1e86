"""Ground: which street every cell of a raster is reached from, for drawing times on a map.

A cell is treated as a home standing at its centre: it belongs to the nearest
street that can be reached from it in a straight line without crossing water or
a wall, at most some tens of metres away. That is fixed by the streets alone, so
it is computed once; the times of any facility are then read at the cells as
they are at buildings. Cells remember whether a barrier passes between them and
a neighbour, so that a contour never runs across it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.analysis._kernels import F64, I32, kernel
from twin.analysis.network import Network
from twin.errors import InputError

if TYPE_CHECKING:
    from twin.analysis.edits import Edited

CELL_M = 25.0
CAP_M = 60.0
"""The farthest a cell may lie from its street; what is farther is nobody's way."""
_MOST_CELLS = 2**26
_TOUCH_M = 1e-6


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells within reach of a street, parallel arrays of length k.

    The centre of the cell in ``row`` and ``column`` is at ``west + column * cell_m``,
    ``south + row * cell_m`` (projected metres). ``edge``, ``t`` and ``access_m`` place it
    on the network. ``shore`` is a raster (rows, columns), true where a barrier passes
    between a cell and one of its eight neighbours.
    """

    west: float
    south: float
    cell_m: float
    row: I32
    column: I32
    edge: I32
    t: F64
    access_m: F64
    shore: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.edge)

    def places(self, cells: NDArray[np.intp] | slice = slice(None)) -> pd.DataFrame:
        """Some cells as places on the network: edge, t, access_m."""
        return pd.DataFrame(
            {"edge": self.edge[cells], "t": self.t[cells], "access_m": self.access_m[cells]}, copy=False
        )

    def moved(self, edited: Edited) -> Ground:
        """The same ground on an edited network, where pieces have taken the place of split streets."""
        places = edited.moved(self.places())
        return replace(self, edge=places.edge, t=places.t)

    @classmethod
    def of(
        cls,
        network: Network,
        lines: NDArray[Any],
        *,
        rows: NDArray[np.intp] | None = None,
        water: NDArray[Any] | None = None,
        walls: NDArray[Any] | None = None,
        cell_m: float = CELL_M,
        cap_m: float = CAP_M,
    ) -> Ground:
        """The ground around the streets that are open in some direction.

        Parameters
        ----------
        network
            Streets of one group of people.
        lines
            Line of every edge from its u to its v, shapely geometries in metres, (m,).
        rows
            Edges that ground may belong to (not those on bridges, say); all where not given.
        water
            Polygons that nobody walks on; no cell lies in them and no way crosses their shore.
        walls
            Lines or polygons whose boundary no way to a street crosses.

        Raises
        ------
        InputError
            ``cell_m`` or ``cap_m`` is not positive, or the raster would be too big.
        """
        if not (0 < cell_m < math.inf and 0 < cap_m < math.inf):
            raise InputError(
                f"栅格边长 {cell_m} m 和距离上限 {cap_m} m 应大于 0。",
                f"the cell size {cell_m} m and the cap {cap_m} m must be above 0.",
            )
        cell_m, cap_m = float(cell_m), float(cap_m)
        closed = np.isposinf(network.forward_s) & np.isposinf(network.backward_s)
        usable = np.flatnonzero(~closed) if rows is None else rows[~closed[rows]]
        streets = _segments(lines, usable)
        if not len(streets.x1):
            blank = np.zeros(0)
            none = np.zeros(0, np.int32)
            return cls(0.0, 0.0, cell_m, none, none, none, blank, blank, np.zeros((0, 0), bool))
        west = min(streets.x1.min(), streets.x2.min()) - cap_m - cell_m
        south = min(streets.y1.min(), streets.y2.min()) - cap_m - cell_m
        columns = math.ceil((max(streets.x1.max(), streets.x2.max()) + cap_m + cell_m - west) / cell_m) + 1
        height = math.ceil((max(streets.y1.max(), streets.y2.max()) + cap_m + cell_m - south) / cell_m) + 1
        if height * columns > _MOST_CELLS:
            raise InputError(
                f"栅格有 {height} × {columns} 格，过大；请加大边长 {cell_m:g} m。",
                f"the raster would have {height} x {columns} cells; take cells larger than {cell_m:g} m.",
            )
        barriers = _barriers(water, walls)
        wet = _wet(water, west, south, height, columns, cell_m)
        near = max(cap_m, 2 * cell_m)
        frame = (west - near, south - near, near)
        size = (
            math.ceil((height * cell_m + 2 * near) / near) + 1,
            math.ceil((columns * cell_m + 2 * near) / near) + 1,
        )
        street_start, street_row = _hashed(streets.x1, streets.y1, streets.x2, streets.y2, frame, size)
        wall_start, wall_row = _hashed(barriers.x1, barriers.y1, barriers.x2, barriers.y2, frame, size)
        walls_at = (wall_start, wall_row, barriers.x1, barriers.y1, barriers.x2, barriers.y2)
        edge, t, access_m = _nearest(
            (west, south, cell_m, cap_m), wet, frame, size, street_start, street_row,
            (streets.x1, streets.y1, streets.x2, streets.y2), (streets.edge, streets.t1, streets.t2), walls_at,
        )  # fmt: skip
        shore = _shores((west, south, cell_m), (height, columns), frame, size, walls_at)
        row, column = np.nonzero(edge >= 0)
        return cls(
            west, south, cell_m, row.astype(np.int32), column.astype(np.int32),
            edge[row, column], t[row, column], access_m[row, column], shore,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Segments:
    """Straight pieces of lines; of streets also their edge and positions along it."""

    x1: F64
    y1: F64
    x2: F64
    y2: F64
    edge: I32
    t1: F64
    t2: F64


def _segments(lines: NDArray[Any], rows: NDArray[np.intp]) -> _Segments:
    """The straight pieces of the lines in ``rows``; an edge of no length is one piece."""
    points, line = shapely.get_coordinates(np.asarray(lines, dtype=object)[rows], return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    first, last = points[follows], points[follows + 1]
    owner = line[follows]
    length = np.hypot(*(last - first).T)
    total = np.bincount(owner, length, len(rows)) if len(owner) else np.zeros(len(rows))
    end = np.cumsum(length)
    before = np.concatenate([[0.0], np.cumsum(total)])[:-1]
    scale = np.maximum(total[owner], 1e-12)
    t1, t2 = (end - length - before[owner]) / scale, (end - before[owner]) / scale
    return _Segments(
        first[:, 0].copy(), first[:, 1].copy(), last[:, 0].copy(), last[:, 1].copy(),
        rows[owner].astype(np.int32), np.clip(t1, 0.0, 1.0), np.clip(t2, 0.0, 1.0),
    )  # fmt: skip


def _barriers(water: NDArray[Any] | None, walls: NDArray[Any] | None) -> _Segments:
    """The straight pieces of shores and walls."""
    given = [np.asarray(part, dtype=object) for part in (water, walls) if part is not None and len(part)]
    if not given:
        blank = np.zeros(0)
        return _Segments(blank, blank, blank, blank, np.zeros(0, np.int32), blank, blank)
    shapes = np.concatenate(given)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    is_area = shapely.get_dimensions(shapes) == 2
    lines = shapely.get_parts(np.concatenate([shapely.boundary(shapes[is_area]), shapes[~is_area]]))
    lines = lines[shapely.get_dimensions(lines) == 1]
    return _segments(lines, np.arange(len(lines)))


def _wet(
    water: NDArray[Any] | None, west: float, south: float, rows: int, columns: int, cell_m: float
) -> NDArray[np.bool_]:
    """Cells whose centre lies in water, (rows, columns)."""
    if water is None or not len(water):
        return np.zeros((rows, columns), bool)
    from affine import Affine
    from rasterio import features

    corner = Affine(cell_m, 0, west - cell_m / 2, 0, cell_m, south - cell_m / 2)
    shapes = [shape for shape in water if shape is not None and not shape.is_empty]
    if not shapes:
        return np.zeros((rows, columns), bool)
    burnt: NDArray[np.uint8] = features.rasterize(
        shapes, out_shape=(rows, columns), transform=corner, dtype="uint8"
    )
    return burnt.astype(bool)


@kernel
def _hashed(
    x1: F64, y1: F64, x2: F64, y2: F64, frame: tuple[float, float, float], size: tuple[int, int]
) -> tuple[I32, I32]:
    """Pieces by square of the frame (west, south, side): ``start`` and ``row``; a piece is in all it may touch."""
    west, south, side = frame
    rows, columns = size
    start = np.zeros(rows * columns + 1, np.int32)
    row = np.empty(0, np.int32)
    cursor = np.empty(0, np.int32)
    for turn in range(2):
        for i in range(x1.shape[0]):
            left = max(0, int(np.floor((min(x1[i], x2[i]) - west) / side)))
            right = min(columns - 1, int(np.floor((max(x1[i], x2[i]) - west) / side)))
            low = max(0, int(np.floor((min(y1[i], y2[i]) - south) / side)))
            high = min(rows - 1, int(np.floor((max(y1[i], y2[i]) - south) / side)))
            for r in range(low, high + 1):
                for c in range(left, right + 1):
                    k = r * columns + c
                    if turn == 0:
                        start[k + 1] += 1
                    else:
                        row[cursor[k]] = i
                        cursor[k] += 1
        if turn == 0:
            for k in range(rows * columns):
                start[k + 1] += start[k]
            row = np.empty(start[-1], np.int32)
            cursor = start[:-1].copy()
    return start, row


@kernel
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Positive where p lies left of a -> b, negative right of it."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@kernel
def _barred(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    frame: tuple[float, float, float],
    size: tuple[int, int],
    walls: tuple[I32, I32, F64, F64, F64, F64],
) -> bool:
    """Whether a barrier passes between a and b; touching it at b, where a street meets it, does not count."""
    west, south, side = frame
    rows, columns = size
    start, row, x1, y1, x2, y2 = walls
    left = max(0, int(np.floor((min(ax, bx) - west) / side)))
    right = min(columns - 1, int(np.floor((max(ax, bx) - west) / side)))
    low = max(0, int(np.floor((min(ay, by) - south) / side)))
    high = min(rows - 1, int(np.floor((max(ay, by) - south) / side)))
    for r in range(low, high + 1):
        for c in range(left, right + 1):
            k = r * columns + c
            for z in range(start[k], start[k + 1]):
                i = row[z]
                a = _side(x1[i], y1[i], x2[i], y2[i], ax, ay)
                b = _side(x1[i], y1[i], x2[i], y2[i], bx, by)
                length = np.sqrt((x2[i] - x1[i]) ** 2 + (y2[i] - y1[i]) ** 2)
                if (a > 0 and b > 0) or (a < 0 and b < 0) or abs(b) <= _TOUCH_M * length:
                    continue
                p = _side(ax, ay, bx, by, x1[i], y1[i])
                q = _side(ax, ay, bx, by, x2[i], y2[i])
                # One end counts as the left side, so that a way through a corner is barred by one of its pieces.
                if (p >= 0) != (q >= 0):
                    return True
    return False


@kernel
def _nearest(
    raster: tuple[float, float, float, float],
    wet: NDArray[np.bool_],
    frame: tuple[float, float, float],
    size: tuple[int, int],
    start: I32,
    row: I32,
    ends: tuple[F64, F64, F64, F64],
    along: tuple[I32, F64, F64],
    walls: tuple[I32, I32, F64, F64, F64, F64],
) -> tuple[I32, F64, F64]:
    """The nearest street of every cell that no barrier keeps from it: edge (-1: none), t, metres."""
    west, south, cell, cap = raster
    x1, y1, x2, y2 = ends
    edge_of, t1, t2 = along
    rows, columns = wet.shape
    edge = np.full((rows, columns), np.int32(-1))
    t = np.zeros((rows, columns))
    access = np.zeros((rows, columns))
    for r in range(rows):
        for c in range(columns):
            if wet[r, c]:
                continue
            x, y = west + c * cell, south + r * cell
            hash_row = int(np.floor((y - frame[1]) / frame[2]))
            hash_column = int(np.floor((x - frame[0]) / frame[2]))
            best = cap
            for hr in range(max(0, hash_row - 1), min(size[0], hash_row + 2)):
                for hc in range(max(0, hash_column - 1), min(size[1], hash_column + 2)):
                    k = hr * size[1] + hc
                    for z in range(start[k], start[k + 1]):
                        i = row[z]
                        dx, dy = x2[i] - x1[i], y2[i] - y1[i]
                        square = dx * dx + dy * dy
                        share = ((x - x1[i]) * dx + (y - y1[i]) * dy) / square if square > 0 else 0.0
                        share = min(1.0, max(0.0, share))
                        px, py = x1[i] + share * dx, y1[i] + share * dy
                        metres = np.sqrt((x - px) ** 2 + (y - py) ** 2)
                        if metres > best or (metres == best and edge[r, c] >= 0):
                            continue
                        if _barred(x, y, px, py, frame, size, walls):
                            continue
                        best = metres
                        edge[r, c] = edge_of[i]
                        t[r, c] = t1[i] + share * (t2[i] - t1[i])
                        access[r, c] = metres
    return edge, t, access


@kernel
def _shores(
    raster: tuple[float, float, float],
    shape: tuple[int, int],
    frame: tuple[float, float, float],
    size: tuple[int, int],
    walls: tuple[I32, I32, F64, F64, F64, F64],
) -> NDArray[np.bool_]:
    """Cells with a barrier between their centre and that of a neighbour."""
    west, south, cell = raster
    rows, columns = shape
    shore = np.zeros((rows, columns), np.bool_)
    start = walls[0]
    for r in range(rows):
        for c in range(columns):
            x, y = west + c * cell, south + r * cell
            hash_row = int(np.floor((y - frame[1]) / frame[2]))
            hash_column = int(np.floor((x - frame[0]) / frame[2]))
            some = False
            for hr in range(max(0, hash_row - 1), min(size[0], hash_row + 2)):
                k = hr * size[1]
                low, high = max(0, hash_column - 1), min(size[1], hash_column + 2)
                some = some or start[k + high] > start[k + low]
            if not some:
                continue
            for q in range(4):  # half of the neighbours; the others see this cell as theirs
                dr = 0 if q == 0 else 1
                dc = 1 if q == 0 else q - 2
                if r + dr >= rows or c + dc < 0 or c + dc >= columns:
                    continue
                if _barred(x, y, x + dc * cell, y + dr * cell, frame, size, walls):
                    shore[r, c] = True
                    shore[r + dr, c + dc] = True
    return shore
