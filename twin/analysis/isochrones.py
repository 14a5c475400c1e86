"""Isochrones: the ground from which facilities are reached within some minutes, as polygons.

Polygons are for showing only; rates come from the times of the buildings. The
times are those of the network, read at the cells of :class:`Ground` and turned
into contours (marching triangles), so that polygons of one facility are nested
and none of them colours ground beyond water, a wall or the cap, where nobody
walked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.analysis._kernels import F64
from twin.analysis.ground import Ground
from twin.analysis.network import Network
from twin.analysis.places import Places
from twin.errors import InputError

MOST_LIMITS = 12
_HUG = -1e6  # beside a barrier the contour stays at the centres of the reached cells
_SLIVER_M2 = 1.0

LonLat = Callable[[F64, F64], tuple[F64, F64]]


def isochrones(
    network: Network,
    ground: Ground,
    facilities: pd.DataFrame | Places,
    limits_s: Sequence[float],
    *,
    speed_mps: float,
) -> NDArray[Any]:
    """The ground from which the nearest of ``facilities`` is reached within each limit.

    Parameters
    ----------
    network, ground
        Streets and the ground around them (of the same network; its places are moved first
        where a scenario has split edges).
    facilities
        Places on the network.
    limits_s
        Limits in seconds, inclusive, in any order; each polygon holds those of shorter limits.
    speed_mps
        Speed of the group, metres per second.

    Returns
    -------
    Valid shapely MultiPolygons in the ground's metres, one for each limit, empty where nothing is reached.

    Raises
    ------
    InputError
        No limit, too many, or one that is not a number above 0.
    """
    limits = _checked(limits_s)
    cells, seconds = _times(network, ground, facilities, speed_mps, max(limits))
    nothing = shapely.MultiPolygon()
    if not len(cells):
        return np.array([nothing] * len(limits), dtype=object)
    row, column = ground.row[cells], ground.column[cells]
    south, west = int(row.min()) - 1, int(column.min()) - 1
    shape = (int(row.max()) - south + 2, int(column.max()) - west + 2)
    raster = np.full(shape, np.inf)
    raster[row - south, column - west] = seconds
    barred = ground.shore[south : south + shape[0], west : west + shape[1]]
    x = ground.west + ground.cell_m * (west + np.arange(shape[1], dtype=np.float64))
    y = ground.south + ground.cell_m * (south + np.arange(shape[0], dtype=np.float64))
    scale = ground.cell_m / speed_mps
    return np.array([_contour(x, y, raster, barred, limit, scale) for limit in limits], dtype=object)


def as_lonlat(polygons: NDArray[Any], to_lonlat: LonLat) -> NDArray[Any]:
    """The polygons in degrees; ``to_lonlat`` turns arrays of metres x, y into arrays of longitude, latitude."""

    def turned(points: F64) -> F64:
        return np.column_stack(to_lonlat(points[:, 0], points[:, 1]))

    moved: NDArray[Any] = shapely.transform(polygons, turned)
    return moved


def features(polygons: NDArray[Any], limits_s: Sequence[float]) -> dict[str, Any]:
    """GeoJSON of polygons in degrees, longest limit first so that shorter ones are drawn on top.

    Coordinates have six decimals, a tenth of a metre.
    """
    order = sorted(range(len(limits_s)), key=lambda number: -limits_s[number])
    drawn = shapely.remove_repeated_points(shapely.transform(polygons, lambda points: np.round(points, 6)))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"minutes": limits_s[number] / 60},
                "geometry": shapely.geometry.mapping(drawn[number]),
            }
            for number in order
        ],
    }


def _checked(limits_s: Sequence[float]) -> list[float]:
    limits = [float(limit) for limit in limits_s]
    if not 0 < len(limits) <= MOST_LIMITS or not all(0 < limit < math.inf for limit in limits):
        raise InputError(
            f"等时圈需要 1 至 {MOST_LIMITS} 个大于 0 的时限（秒），收到 {limits}。",
            f"isochrones need 1 to {MOST_LIMITS} limits above 0 s, not {limits}.",
        )
    return limits


def _times(
    network: Network, ground: Ground, facilities: pd.DataFrame | Places, speed_mps: float, limit_s: float
) -> tuple[NDArray[np.intp], F64]:
    """Cells from which a facility is reached within the limit, and the seconds it takes."""
    there = network.places(facilities)
    field = network.field(there, speed_mps=speed_mps, limit_s=limit_s)
    known = ~np.isnan(field.node_seconds)
    touched = known[network.topology.u] | known[network.topology.v]
    touched[there.edge[there.edge >= 0]] = True
    cells = np.flatnonzero(touched[ground.edge])
    seconds, _ = field.at(ground.places(cells))
    inside = seconds <= limit_s
    return cells[inside], seconds[inside]


def _contour(
    x: F64, y: F64, seconds: F64, barred: NDArray[np.bool_], limit_s: float, scale_s: float
) -> shapely.MultiPolygon:
    """The area where the time is within the limit.

    Contoured is the time left, cut to one cell's walk on either side: exact where times run on
    smoothly, half way to the next cell where they break off. Cutting keeps the order of the limits,
    and so does interpolation on triangles: the polygons are nested.
    """
    left = np.clip((limit_s - seconds) / scale_s, -1.0, 1.0)
    left[(left < 0) & barred] = _HUG
    generator = contourpy.contour_generator(
        x, y, left, quad_as_tri=True, fill_type=contourpy.FillType.OuterOffset
    )
    polygons = []
    for points, offset in zip(*generator.filled(0.0, 2.0), strict=True):
        if offset[1] >= 4:
            rings = [points[a:b] for a, b in pairwise(offset.tolist()) if b - a >= 4]
            polygons.append(shapely.Polygon(rings[0], rings[1:]))
    parts = np.array(polygons, dtype=object)
    if not shapely.is_valid(parts).all():
        parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(parts)))
        parts = parts[shapely.get_dimensions(parts) == 2]
    whole = shapely.MultiPolygon(list(parts[shapely.area(parts) >= _SLIVER_M2]))
    if whole.is_valid:
        return whole
    return shapely.MultiPolygon(list(shapely.get_parts(shapely.union_all(shapely.get_parts(whole)))))
