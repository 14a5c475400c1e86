"""How well a model's footprint lies on the outlines of buildings that the city knows.

Outlines are evidence: they raise or lower a hypothesis. Where they would move the
model, the movement is measured and told, never applied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from bim.georeference.placement import Placement
from bim.georeference.systems import Box
from bim.model import Model

Footprints = Callable[[Box], Sequence[tuple[int, Polygon]]]
"""Known outlines (id, outline in longitude and latitude) that touch a box of longitudes and latitudes."""

SEARCH_M = 10.0
SEARCH_DEG = 5.0
"""How far the search moves and turns a model to measure by how much it misses an outline."""


_LEAST = 0.3
"""Overlap below which a turn says nothing."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How a placed model lies on the outline it fits best.

    Parameters
    ----------
    fid
        Of the outline.
    iou
        Area of the intersection over that of the union, as placed.
    best_iou
        The same after the best small movement.
    moved_m, turned_deg
        That movement. It is told, not applied.
    """

    fid: int
    iou: float
    best_iou: float
    moved_m: float
    turned_deg: float


def footprint(model: Model) -> shapely.Geometry | None:
    """The model's footprint in its own axes (metres); its box where no outline was found; None without both."""
    rings = [Polygon(ring) for ring in model.footprint_m if len(ring) >= 3]
    shape = unary_union([ring if ring.is_valid else ring.buffer(0) for ring in rings]) if rings else None
    if shape is not None and shape.area > 1.0:
        return shape
    if model.bbox_m is None:
        return None
    (x0, y0, _), (x1, y1, _) = model.bbox_m
    return box(x0, y0, x1, y1) if (x1 - x0) * (y1 - y0) > 1.0 else None


class Plane:
    """A plane of metres around one point, for comparing shapes that stand near it."""

    def __init__(self, lon: float, lat: float) -> None:
        self._frame = Placement(lon, lat)

    def of_lonlat(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape in longitude and latitude, in metres."""
        return shapely.transform(shape, lambda xy: self._frame.from_lonlat(xy, (0.0, 0.0, 0.0)))

    def to_lonlat(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape in metres, in longitude and latitude."""
        return shapely.transform(shape, lambda xy: self._frame.to_lonlat(xy, (0.0, 0.0, 0.0)))


def iou(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Area of the intersection over that of the union."""
    both = one.intersection(other).area
    return float(both / (one.area + other.area - both)) if both > 0 else 0.0


def near(
    plane: Plane, shape: shapely.Geometry, footprints: Footprints, margin_m: float
) -> list[tuple[int, Polygon]]:
    """Known outlines around a shape in a plane's metres, in the same metres."""
    around = plane.to_lonlat(box(*shape.buffer(margin_m).bounds))
    found = []
    for fid, outline in footprints(around.bounds):
        local = plane.of_lonlat(outline)
        local = local if local.is_valid else local.buffer(0)
        if local.area > 1.0:
            found.append((int(fid), local))
    return found


def overlap(placed: shapely.Geometry, outlines: Sequence[tuple[int, Polygon]]) -> Overlap | None:
    """The outline a placed shape fits best, in one plane of metres; None where none is within reach."""
    best: Overlap | None = None
    for fid, outline in outlines:
        if placed.distance(outline) > SEARCH_M:
            continue
        if best is not None and _most(placed, outline) <= best.best_iou:
            continue
        found = _searched(placed, outline, fid, iou(placed, outline))
        if best is None or (found.best_iou, found.iou) > (best.best_iou, best.iou):
            best = found
    several = _together(placed, outlines)
    return several if several is not None and (best is None or several.iou > best.best_iou) else best


def _most(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """The greatest overlap that two shapes of such areas can have."""
    return float(min(one.area, other.area) / max(one.area, other.area))


def _together(placed: shapely.Geometry, outlines: Sequence[tuple[int, Polygon]]) -> Overlap | None:
    """The overlap with several outlines at once: a model of towers that the city knows one by one."""
    hull = placed.convex_hull
    within = [item for item in outlines if item[1].intersection(hull).area > 0.5 * item[1].area]
    if len(within) < 2:
        return None
    value = iou(placed, unary_union([shape for _, shape in within]))
    fid = max(within, key=lambda item: item[1].area)[0]
    return Overlap(fid, value, value, 0.0, 0.0)


def _searched(placed: shapely.Geometry, outline: Polygon, fid: int, raw: float) -> Overlap:
    best = Overlap(fid, raw, raw, 0.0, 0.0)
    if raw > 0.98:
        return best
    dx = outline.centroid.x - placed.centroid.x
    dy = outline.centroid.y - placed.centroid.y
    reach = math.hypot(dx, dy)
    shifts = [(0.0, 0.0)]
    if 0.05 < reach <= SEARCH_M:
        shifts.append((dx, dy))
    for turn in np.arange(-SEARCH_DEG, SEARCH_DEG + 0.1, 0.5):
        turned = affinity.rotate(placed, float(turn), origin="centroid") if turn else placed
        for x, y in shifts:
            value = iou(affinity.translate(turned, x, y), outline)
            # a movement must earn its keep
            if value > best.best_iou + 0.005:
                best = Overlap(fid, raw, value, math.hypot(x, y), float(turn))
    return best


def turned_about(
    placed: shapely.Geometry, pivot: tuple[float, float], outlines: Sequence[tuple[int, Polygon]]
) -> tuple[float, int, float] | None:
    """The turn about a fixed point that lays a shape on an outline: degrees, outline, overlap.

    For positions that are known while the direction of north is not.
    """
    best: tuple[float, int, float] | None = None
    for fid, outline in outlines:
        if _most(placed, outline) < _LEAST:
            continue
        for degrees in range(0, 360, 3):
            value = iou(affinity.rotate(placed, degrees, origin=pivot), outline)
            if value > _LEAST and (best is None or value > best[2]):
                best = (float(degrees), fid, value)
    if best is None:
        return None
    turn, fid, value = best
    outline = next(shape for number, shape in outlines if number == fid)
    for step in (1.0, 0.2, 0.04, 0.008):
        for candidate in [turn + step * k for k in range(-4, 5)]:
            tried = iou(affinity.rotate(placed, candidate, origin=pivot), outline)
            if tried > value:
                turn, value = candidate, tried
    return turn, fid, value


def raised(score: float, share: float) -> float:
    """A score brought nearer to 1 by a share of what it lacks."""
    return score + (1.0 - score) * max(0.0, min(1.0, share))
