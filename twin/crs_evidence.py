"""What the twin knows, turned into metres of misfit for one reading of coordinates.

Each :class:`Evidence` draws sample points from the data once, in the file's own
coordinates, and measures any reading of them against known outlines, streets
or buildings in a local plane (metres; the distortion over a district is far
below the shifts that matter).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from twin.crs import Array, Reference

Geometries = npt.NDArray[np.object_]

_POINTS = 1200
_NEAR_M = 30_000.0
_LARGE_AREA_M2 = 500_000.0
_STRAY = 30.0


@dataclass(frozen=True)
class Known:
    """What the twin already holds, as evidence; all in EPSG:4326, all optional."""

    boundary: BaseGeometry | None = None
    towns: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of everything known, degrees; None when nothing is."""
        frames = [frame for frame in (self.towns, self.roads, self.buildings) if frame is not None]
        boxes = [tuple(frame.total_bounds) for frame in frames if len(frame)]
        if self.boundary is not None and not self.boundary.is_empty:
            boxes.append(self.boundary.bounds)
        if not boxes:
            return None
        low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    @cached_property
    def region(self) -> BaseGeometry | None:
        """The area everything lies in: the boundary, else the union of the towns."""
        if self.boundary is not None and not self.boundary.is_empty:
            return self.boundary
        if self.towns is not None and len(self.towns):
            return shapely.union_all(self.towns.geometry.to_numpy())
        return None

    @cached_property
    def outlines(self) -> BaseGeometry | None:
        """Lines of the boundary and of every town."""
        parts = [] if self.boundary is None else [shapely.boundary(self.boundary)]
        if self.towns is not None and len(self.towns):
            parts.extend(shapely.boundary(self.towns.geometry.to_numpy()))
        parts = [part for part in parts if part is not None and not part.is_empty]
        return shapely.union_all(parts) if parts else None


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a point, good over some hundred kilometres for comparing."""

    lon: float
    lat: float

    def __call__(self, lon: Array, lat: Array) -> npt.NDArray[np.float64]:
        """Positions (n, 2) in metres of points in degrees."""
        radians = np.radians(self.lat)
        east = 111_412.84 * np.cos(radians) - 93.5 * np.cos(3 * radians)
        north = 111_132.92 - 559.82 * np.cos(2 * radians)
        return np.column_stack([(lon - self.lon) * east, (lat - self.lat) * north])

    def geometry(self, shapes: Any) -> Any:
        """Geometries in degrees, in metres."""
        return shapely.transform(shapely.force_2d(shapes), lambda xy: self(xy[:, 0], xy[:, 1]))


@dataclass(frozen=True, slots=True)
class Sample:
    """Points of the data in the file's own coordinates.

    ``points`` (n, 2) are spread over all geometries; ``shapes`` are at most
    some thousand whole geometries; ``dimension`` is 0, 1 or 2 for the kind most
    of them are.
    """

    points: npt.NDArray[np.float64]
    shapes: Geometries
    dimension: int
    complete: bool

    @classmethod
    def of(cls, geometry: Geometries, limit: int = 4000) -> Sample:
        """Draw a sample, evenly and the same every time."""
        usable = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
        step = max(1, -(-len(usable) // limit))
        shapes = shapely.force_2d(usable[::step])
        points = shapely.get_coordinates(shapes)
        points = points[np.isfinite(points).all(axis=1)]
        points = points[:: max(1, len(points) // (4 * _POINTS))]
        kinds = shapely.get_dimensions(shapes)
        dimension = int(np.bincount(kinds[kinds >= 0], minlength=3).argmax()) if len(kinds) else 0
        if dimension == 0:
            points = _together(points)
        return cls(points, shapes, dimension, step == 1)


def _together(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points without the few that lie far from the others: (0, 0), exchanged axes, slips of the pen.

    Rows of a bad table say nothing about the reference system of the good ones.
    """
    if len(points) < 5:
        return points
    away = np.abs(points - np.median(points, axis=0))
    usual = np.median(away, axis=0)
    near = (away <= _STRAY * usual).all(axis=1)
    return points[near] if (usual > 0).all() and near.mean() > 0.5 else points


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison with the twin.

    A reading is accepted when its misfit is at most ``tolerance_m``, and the
    next best is at least ``ratio`` times as far off and ``margin_m`` farther.
    """

    zh: str
    en: str
    tolerance_m: float
    ratio: float
    margin_m: float
    misfit: Any
    """Function of a :class:`Reference`, to metres."""


def near(
    points: npt.NDArray[np.float64], reference: Reference, bounds: tuple[float, float, float, float]
) -> bool:
    """Whether points, so read, come within 30 km of ``bounds`` (degrees)."""
    lon, lat = reference.to_wgs84(points[:, 0], points[:, 1])
    finite = np.isfinite(lon) & np.isfinite(lat)
    if finite.mean() < 0.5:
        return False
    west, east = np.quantile(lon[finite], [0.02, 0.98])
    south, north = np.quantile(lat[finite], [0.02, 0.98])
    dx = max(bounds[0] - east, west - bounds[2], 0.0) * 111_320 * np.cos(np.radians((south + north) / 2))
    dy = max(bounds[1] - north, south - bounds[3], 0.0) * 110_574
    return bool(np.hypot(dx, dy) < _NEAR_M)


def gather(sample: Sample, known: Known, readings: list[Reference]) -> Iterator[Evidence]:
    """Every comparison that these data and this twin allow, the most telling first."""
    if known.bounds is None or not len(sample.points):
        return
    west, south, east, north = known.bounds
    plane = Plane((west + east) / 2, (south + north) / 2)
    area = _typical_area(sample, readings[0], plane)
    if sample.dimension == 2 and area > _LARGE_AREA_M2 and sample.complete and known.outlines is not None:
        yield from _outline(sample, plane.geometry(known.outlines), plane)
    window = _window(sample, readings)
    if known.buildings is not None and area < _LARGE_AREA_M2:
        buildings = _within(known.buildings, window)
        if len(buildings) >= 30:
            yield from _buildings(sample, plane.geometry(buildings), plane)
    if known.roads is not None and sample.dimension < 2:
        roads = _within(known.roads, window)
        if len(roads) >= 20:
            yield from _roads(sample, plane.geometry(roads), plane)
    if known.region is not None:
        yield from _containment(sample, plane.geometry(known.region), plane)


def _typical_area(sample: Sample, reading: Reference, plane: Plane) -> float:
    """Median area of the shapes, square metres."""
    if sample.dimension != 2:
        return 0.0
    some = sample.shapes[:: max(1, len(sample.shapes) // 200)]
    placed = shapely.transform(some, lambda xy: plane(*reading.to_wgs84(xy[:, 0], xy[:, 1])))
    return float(np.nanmedian(shapely.area(placed)))


def _window(sample: Sample, readings: list[Reference]) -> Any:
    """Rectangle (degrees) around the sample under all ``readings``."""
    lows, highs = [], []
    for reading in readings:
        lon, lat = reading.to_wgs84(sample.points[:, 0], sample.points[:, 1])
        finite = np.isfinite(lon) & np.isfinite(lat)
        if finite.any():
            lows.append((lon[finite].min(), lat[finite].min()))
            highs.append((lon[finite].max(), lat[finite].max()))
    low, high = np.min(lows, axis=0) - 0.01, np.max(highs, axis=0) + 0.01
    return shapely.box(low[0], low[1], high[0], high[1])


def _within(frame: gpd.GeoDataFrame, window: Any) -> Any:
    """Geometries of ``frame`` that touch ``window``, at most 150,000."""
    shapes = frame.geometry.to_numpy()
    shapes = shapes[shapely.intersects(shapely.envelope(shapes), window)]
    return shapes[:: max(1, len(shapes) // 150_000)]


def _along(lines: Any, count: int) -> npt.NDArray[np.float64]:
    """About ``count`` points at equal steps along lines."""
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) % 2 == 1]
    lengths = shapely.length(parts)
    total = float(lengths.sum())
    if total <= 0:
        return np.empty((0, 2))
    step = total / count
    points = [
        shapely.get_coordinates(shapely.line_interpolate_point(part, np.arange(step / 2, length, step)))
        for part, length in zip(parts, lengths, strict=True)
        if length > step / 2
    ]
    return np.concatenate(points) if points else shapely.get_coordinates(parts)


def _outline(sample: Sample, outlines: Any, plane: Plane) -> Iterator[Evidence]:
    valid = shapely.make_valid(sample.shapes)
    union = shapely.union_all(valid[shapely.get_dimensions(valid) == 2])
    rings = shapely.get_rings(shapely.get_parts(union))
    points = _along(
        shapely.linestrings(shapely.get_coordinates(rings[shapely.length(rings).argmax()])), _POINTS
    )
    if len(points) < 30:
        return
    shapely.prepare(outlines)

    def misfit(quantile: float) -> Any:
        def measure(reading: Reference) -> float:
            placed = plane(*reading.to_wgs84(points[:, 0], points[:, 1]))
            return float(np.quantile(shapely.distance(shapely.points(placed), outlines), quantile))

        return measure

    yield Evidence(
        "外轮廓到已知界线的中位距离", "median distance of its outline to the known boundaries",
        250.0, 1.8, 80.0, misfit(0.5),
    )  # fmt: skip
    yield Evidence(
        "外轮廓最接近已知界线的三成的距离",
        "distance of the nearest 30 % of its outline to the known boundaries",
        60.0, 2.0, 40.0, misfit(0.3),
    )  # fmt: skip


def _buildings(sample: Sample, buildings: Any, plane: Plane) -> Iterator[Evidence]:
    if sample.dimension == 2:
        tree = cKDTree(shapely.get_coordinates(shapely.centroid(buildings)))
        middles = shapely.get_coordinates(shapely.centroid(sample.shapes))
        middles = middles[np.isfinite(middles).all(axis=1)]
        if len(middles) < 20:
            return

        def to_centroid(reading: Reference) -> float:
            placed = plane(*reading.to_wgs84(middles[:, 0], middles[:, 1]))
            return float(np.median(tree.query(placed)[0]))

        yield Evidence(
            "到最近已知建筑中心的中位距离", "median distance to the centre of the nearest known building",
            10.0, 2.5, 5.0, to_centroid,
        )  # fmt: skip
    elif sample.dimension == 0 and len(sample.points) >= 20:
        yield Evidence(
            "到最近已知建筑的平均距离", "mean distance to the nearest known building",
            5.0, 2.5, 5.0, _mean_distance(sample.points[:_POINTS], buildings, plane, 60.0),
        )  # fmt: skip


def _roads(sample: Sample, roads: Any, plane: Plane) -> Iterator[Evidence]:
    if sample.dimension == 1:
        points = _along(sample.shapes, _POINTS)
        zh, en, tolerance = (
            "到最近已知道路的平均距离",
            "mean distance of its lines to the nearest known street",
            15.0,
        )
    else:
        points = sample.points[:: max(1, len(sample.points) // _POINTS)]
        zh, en, tolerance = "到最近已知道路的平均距离", "mean distance to the nearest known street", 25.0
    if len(points) >= 20:
        yield Evidence(zh, en, tolerance, 2.0, 8.0, _mean_distance(points, roads, plane, 150.0))


def _mean_distance(points: npt.NDArray[np.float64], shapes: Any, plane: Plane, cap: float) -> Any:
    tree = shapely.STRtree(shapes)

    def measure(reading: Reference) -> float:
        placed = plane(*reading.to_wgs84(points[:, 0], points[:, 1]))
        placed = placed[np.isfinite(placed).all(axis=1)]
        if not len(placed):
            return float("inf")
        indices, distances = tree.query_nearest(
            shapely.points(placed), max_distance=cap, return_distance=True, all_matches=False
        )
        nearest = np.full(len(placed), cap)
        nearest[indices[0]] = distances
        # The middle 80 %: a few strays must not decide.
        nearest.sort()
        return float(nearest[len(nearest) // 10 : max(1, -(-9 * len(nearest) // 10))].mean())

    return measure


def _containment(sample: Sample, region: Any, plane: Plane) -> Iterator[Evidence]:
    """How far data that fill the district reach beyond it."""
    shapely.prepare(region)
    area = shapely.area(region)
    points = sample.points
    if len(points) < 60:
        return
    tail = 0.995 if sample.dimension == 0 else 1.0

    def measure(reading: Reference) -> float:
        placed = plane(*reading.to_wgs84(points[:, 0], points[:, 1]))
        placed = placed[np.isfinite(placed).all(axis=1)]
        if len(placed) < 60:
            return float("inf")
        hull = shapely.convex_hull(shapely.multipoints(placed))
        # Data that lie in a corner of the district say nothing about its border.
        if shapely.area(shapely.intersection(hull, region)) < 0.4 * area:
            return float("inf")
        return float(np.quantile(shapely.distance(shapely.points(placed), region), tail))

    yield Evidence(
        "超出已知区界的距离",
        "distance by which it reaches beyond the known boundary",
        120.0,
        2.0,
        150.0,
        measure,
    )
