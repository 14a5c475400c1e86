"""Places compared with the outlines of known buildings: which they confirm, and which turn they tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import shapely
from shapely import affinity

from bim.finding import Sentence
from bim.georeference import faults
from bim.georeference.located import MOST, Located
from bim.georeference.placement import Placement, turned
from bim.georeference.scoring import (
    Footprints,
    Overlap,
    Plane,
    near,
    overlap,
    raised,
    turned_about,
)
from bim.model import Point

_MARGIN_M = 40.0
_COARSE_M, _UNSURE = 5.0, 0.69
_FITS = 0.8
"""Overlap from which an outline tells the turn of a model whose place is known."""


def compare(best: list[Located], origin: Point, shape: shapely.Geometry, footprints: Footprints) -> None:
    """Scores by the outlines of known buildings; adds turned readings where only they tell the turn."""
    added: list[Located] = []
    best.sort(key=lambda item: -item.score)
    known = any(item.inside and item.valid and item.reading.level > 20 for item in best)
    for item in best[:MOST]:
        if not item.valid or item.placement is None:
            continue
        plane = Plane(item.lon, item.lat)
        placed = _on_plane(item.placement, origin, shape, plane)
        outlines = near(plane, placed, footprints, _MARGIN_M)
        item.outlines = len(outlines)
        item.overlap = overlap(placed, outlines)
        # map coordinates say the turn; to look for another would only find other buildings
        search = item.reading.level > 20 or not known
        turns = _turns(item, origin, placed, plane, outlines, footprints) if search else []
        added += turns
        _score_overlap(item, beaten=bool(turns))
    best += added


def _on_plane(placement: Placement, origin: Point, shape: shapely.Geometry, plane: Plane) -> shapely.Geometry:
    return plane.of_lonlat(shapely.transform(shape, lambda xy: placement.to_lonlat(xy, origin)))


def _score_overlap(item: Located, *, beaten: bool = False) -> None:
    found = item.overlap
    if found is None or max(found.iou, found.best_iou) < 0.2:
        if item.outlines:
            item.score *= 0.93 if item.reading.level > 20 else 0.85
        return
    # what must be moved to fit is worth less, unless the position was never exact
    worth = 0.97 if item.reading.precision_m > 1 else 0.9
    value = max(found.iou, worth * found.best_iou)
    if not beaten:
        item.score = raised(item.score, 0.9 * min(1.0, max(0.0, (value - 0.5) / 0.4)))
    if item.reading.precision_m > _COARSE_M and found.iou < _FITS:
        # angles written to the second: where it stands exactly is for the user to say
        item.score = min(item.score, _UNSURE)


def _turns(
    item: Located,
    origin: Point,
    placed: shapely.Geometry,
    plane: Plane,
    outlines: Sequence[tuple[int, Any]],
    footprints: Footprints,
) -> list[Located]:
    """The reading turned about its pivot, where its turn is unknown or does not fit the outlines."""
    placement, reading = item.placement, item.reading
    assert placement is not None
    now = max(item.overlap.iou, item.overlap.best_iou) if item.overlap else 0.0
    at = placement.to_lonlat([reading.pivot_m[:2]], origin)
    pivot = plane.of_lonlat(shapely.Point(at[0])).coords[0]
    if reading.oriented:
        if reading.level == 20 or abs(reading.rotation_deg) < 0.01:
            return []
        options = {-2 * reading.rotation_deg: 0, 90 - 2 * reading.rotation_deg: 0, 180.0: 0}
        tried = []
        for degrees in options:
            found = overlap(affinity.rotate(placed, degrees, origin=pivot), outlines)
            if found is not None:
                tried.append((degrees, found.fid, found.iou))
        best = max(tried, key=lambda entry: entry[2], default=None)
    else:
        reach = max(math.hypot(x - pivot[0], y - pivot[1]) for x, y in shapely.get_coordinates(placed))
        around = near(plane, shapely.Point(pivot).buffer(reach), footprints, 0.0)
        best = turned_about(placed, pivot, around)
    if best is None or best[2] < 0.8 or best[2] < now + 0.15:
        return []
    degrees, fid, value = best
    # turning about the pivot moves the model's origin, unless it is the pivot
    about = Placement(float(at[0][0]), float(at[0][1]), rotation_deg=turned(placement.rotation_deg + degrees),
                      scale=placement.scale)  # fmt: skip
    lon, lat = (float(value) for value in about.to_lonlat([origin[:2]], reading.pivot_m)[0])
    moved = replace(placement, lon=lon, lat=lat, rotation_deg=about.rotation_deg)
    fault = (
        faults.rotation(placement.rotation_deg, moved.rotation_deg, reading.step_id)
        if reading.oriented
        else faults.orientation_unknown()
    )
    slip = "rotation" if reading.oriented else "turned"
    twin = Located(
        replace(reading, slips=(*reading.slips, slip), faults=(*reading.faults, fault), oriented=True),
        item.lon, item.lat, item.score * (0.8 if reading.oriented else 0.98), item.inside, item.valid, moved,
        Overlap(fid, value, value, 0.0, 0.0), item.outlines, list(item.why), list(item.faults),
    )  # fmt: skip
    twin.why.append(
        Sentence(
            f"位置不动，绕该点转到 {moved.rotation_deg:.2f}° 后与已知建筑 {fid} 的轮廓重合。",
            f"kept in place and turned about that point to {moved.rotation_deg:.2f}°, it lies on the outline of "
            f"the known building {fid}.",
        )
    )
    _score_overlap(twin)
    return [twin]
