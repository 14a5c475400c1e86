"""Plane geometry on arrays: projection, bending, cutting and lattices.

The city is laid out in metres of CGCS2000 / 3-degree Gauss-Kruger CM 120E
(EPSG:4549, easting first). It is first drawn with straight lines ("drawing
space") and then bent by :func:`bend`, one smooth shift for the whole plane, so
that what met before still meets and no street is quite straight.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]
"""Array of shapely geometries (dtype object)."""

LOCAL_CRS = "EPSG:4549"


@cache
def _projection() -> Transformer:
    return Transformer.from_crs("EPSG:4326", LOCAL_CRS, always_xy=True)


def to_metres(lonlat: npt.ArrayLike) -> Floats:
    """Longitude and latitude, shape (n, 2), as easting and northing in metres."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(_projection().transform(points[:, 0], points[:, 1]))


def to_degrees(metres: Floats) -> Floats:
    """The inverse of :func:`to_metres`, rounded to 1e-8 degree (1 mm)."""
    lon, lat = _projection().transform(metres[:, 0], metres[:, 1], direction="INVERSE")
    return np.round(np.column_stack([lon, lat]), 8)


def geometries_to_degrees(geometries: Geometries) -> Geometries:
    """Geometries in metres as valid geometries in longitude and latitude.

    Rounding may make a ring touch itself; such polygons are repaired.
    """
    result: Geometries = shapely.transform(geometries, to_degrees)
    bad = ~shapely.is_valid(result)
    result[bad] = shapely.make_valid(result[bad], method="structure", keep_collapsed=False)
    return result


def bend(points: Floats) -> Floats:
    """Shift points, shape (n, 2) in metres, by a smooth field of up to some 80 m."""
    x, y = points[:, 0] - 620_000.0, points[:, 1] - 3_470_000.0
    wave = 2 * np.pi
    dx = 45 * np.sin(wave * (y / 5300 + 0.11)) + 22 * np.sin(wave * (y / 2150 + x / 6100))
    dy = 45 * np.sin(wave * (x / 4700 + 0.37)) + 22 * np.sin(wave * (x / 1950 - y / 7300))
    return np.column_stack([points[:, 0] + dx, points[:, 1] + dy])


def bend_geometries(geometries: Geometries, step_m: float = 90.0) -> Geometries:
    """Bend lines or polygons, with vertices at most ``step_m`` apart so that they curve."""
    result: Geometries = shapely.transform(shapely.segmentize(geometries, step_m), bend)
    return result


def smooth(points: Floats, rounds: int = 3, closed: bool = False) -> Floats:
    """Round the corners of a polyline, shape (n, 2), by Chaikin's rule; open ends stay."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0) if closed else points[1:]
        before = points if closed else points[:-1]
        cut = np.empty((2 * len(before), 2))
        cut[0::2] = 0.75 * before + 0.25 * following
        cut[1::2] = 0.25 * before + 0.75 * following
        points = cut if closed else np.vstack([points[:1], cut, points[-1:]])
    return points


def course(lonlat: Iterable[tuple[float, float]], rounds: int = 3) -> shapely.LineString:
    """A smoothed line in metres through typed-in longitudes and latitudes."""
    return shapely.LineString(smooth(to_metres(list(lonlat)), rounds))


def parts_of(geometries: Geometries, dimension: int) -> tuple[Geometries, Ints]:
    """Single parts of the given ``dimension`` (1 lines, 2 polygons), and whose part each is."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    nested = shapely.get_type_id(parts) >= 4
    if nested.any():
        inner, inner_owner = parts_of(parts[nested], dimension)
        parts = np.concatenate([parts[~nested], inner])
        owner = np.concatenate([owner[~nested], owner[nested][inner_owner]])
        order = np.argsort(owner, kind="stable")
        parts, owner = parts[order], owner[order]
    keep = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    return parts[keep], owner[keep]


def main_axis(polygons: Geometries) -> tuple[Floats, Floats, Floats]:
    """Direction (radians) of the long side of each smallest rectangle, its length and width."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(polygons)).reshape(-1, 5, 2)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]
    long, short = np.hypot(*first.T), np.hypot(*second.T)
    swap = short > long
    axis = np.where(swap[:, None], second, first)
    return np.arctan2(axis[:, 1], axis[:, 0]), np.maximum(long, short), np.minimum(long, short)


def cut(polygons: Geometries, at: Floats, direction: Floats) -> tuple[Geometries, Ints, Geometries, Ints]:
    """Cut each polygon by a straight line through ``at`` (n, 2) along ``direction`` (radians).

    Returns the pieces with their owner's index, and the cut lines with theirs.
    """
    reach = 30_000.0
    along = np.column_stack([np.cos(direction), np.sin(direction)])
    side = np.column_stack([-along[:, 1], along[:, 0]])
    start, end = at - along * reach, at + along * reach
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    pieces, owners = [], []
    for sign in (1.0, -1.0):
        ring = np.stack([start, end, end + sign * side * reach, start + sign * side * reach], axis=1)
        part, owner = parts_of(shapely.intersection(polygons, shapely.polygons(ring)), 2)
        pieces.append(part)
        owners.append(owner)
    cuts, cut_owner = parts_of(shapely.intersection(polygons, lines), 1)
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(pieces)[order], owner[order], cuts, cut_owner


def hit_pairs(
    geometries: Geometries, others: Geometries, predicate: str = "intersects", distance: float | None = None
) -> tuple[Ints, Ints]:
    """Index pairs (into ``geometries``, into ``others``) that fulfil ``predicate``, in stable order."""
    tree = shapely.STRtree(others)
    first, second = tree.query(geometries, predicate=predicate, distance=distance)
    order = np.lexsort((second, first))
    return first[order], second[order]


def repeat_range(counts: Ints) -> tuple[Ints, Ints]:
    """For counts (3, 2): owners 0 0 0 1 1 and running numbers 0 1 2 0 1."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def place(outlines: Floats, centres: Floats, directions: Floats) -> Geometries:
    """Polygons from local ``outlines`` (n, k, 2), turned by ``directions`` and moved to ``centres``."""
    cos, sin = np.cos(directions)[:, None], np.sin(directions)[:, None]
    x = outlines[:, :, 0] * cos - outlines[:, :, 1] * sin + centres[:, 0, None]
    y = outlines[:, :, 0] * sin + outlines[:, :, 1] * cos + centres[:, 1, None]
    result: Geometries = shapely.polygons(np.round(np.stack([x, y], axis=-1), 2))
    return result


def without(geometries: Geometries, holes: Geometries) -> Geometries:
    """Each geometry less all ``holes`` that it meets, one hole of each at a time."""
    rest = geometries.copy()
    owner, hole = hit_pairs(geometries, holes)
    while len(owner):
        first = np.unique(owner, return_index=True)[1]
        rest[owner[first]] = shapely.difference(rest[owner[first]], holes[hole[first]])
        later = np.ones(len(owner), dtype=bool)
        later[first] = False
        owner, hole = owner[later], hole[later]
    return rest
