"""Readings brought to the ground: where each would put the model, and how likely that is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from bim.finding import Finding, Sentence
from bim.georeference import faults
from bim.georeference.defaults import distance_m
from bim.georeference.placement import Placement, turned
from bim.georeference.readings import Reading
from bim.georeference.scoring import Overlap, raised
from bim.georeference.systems import (
    Region,
    area_of_use,
    convergence_deg,
    grid_scale,
    to_lonlat,
    unit_to_metre,
)
from bim.model import Model, Point

MOST = 24
"""Places that are compared with the outlines of buildings."""
_SAME_M, _AGREE_M, _DISAGREE_M = 5.0, 200.0, 2000.0
_INNOCENT = {
    "scale",
    "crs_free_text",
    "map_unit",
    "doubled",
    "true_north_as_true",
    "north_doubled",
    "height_unit",
}
"""Slips that leave the position itself as it is written."""
_ONLY_INSIDE = {"wrong_crs", "unknown_crs", "crs_missing", "sign", "gcj02", "bd09"}
"""Slips that nothing speaks for where the result lies outside the region."""


@dataclass(slots=True)
class Located:
    """A reading with its place."""

    reading: Reading
    lon: float
    lat: float
    score: float
    inside: bool
    valid: bool
    """In the area its system is meant for, and of a sensible size."""
    placement: Placement | None = None
    overlap: Overlap | None = None
    outlines: int = 0
    why: list[Sentence] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)


def centre(model: Model) -> Point | None:
    """The middle of what is drawn, at its foot."""
    if model.bbox_m is None:
        return None
    low, high = model.bbox_m
    return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]


def as_written(reading: Reading) -> bool:
    """Whether a reading takes the file at its word."""
    plain = {"default_location", "null_island", "crs_free_text", "north_doubled"}
    return not reading.guessed and not set(reading.slips) - plain


def _grid(reading: Reading, point: Point) -> tuple[float, float]:
    """Coordinates of a model point in the reading's projected system."""
    angle = math.radians(reading.rotation_deg)
    factor = reading.factor / unit_to_metre(reading.crs)
    x, y = point[0] - reading.pivot_m[0], point[1] - reading.pivot_m[1]
    return (
        reading.eastings + factor * (math.cos(angle) * x - math.sin(angle) * y),
        reading.northings + factor * (math.sin(angle) * x + math.cos(angle) * y),
    )


def locate(reading: Reading, middle: Point, region: Region) -> Located | None:
    """A reading with the place of the model's middle; None where it has none on Earth."""
    if reading.geographic:
        if abs(reading.northings) >= 90 or abs(reading.eastings) > 180:
            return None
        at = Placement(reading.eastings, reading.northings, rotation_deg=reading.rotation_deg)
        lon, lat = (float(value) for value in at.to_lonlat([middle[:2]], reading.pivot_m)[0])
        area = None
    else:
        place = to_lonlat(reading.crs, *_grid(reading, middle))
        if place is None:
            return None
        lon, lat = place
        area = area_of_use(reading.crs)
    inside = region.contains(lon, lat)
    within = area is None or (area[0] - 1 <= lon <= area[2] + 1 and area[1] - 1 <= lat <= area[3] + 1)
    sensible = abs(reading.factor - 1) < 0.01
    return Located(reading, lon, lat, reading.prior, inside, within and sensible)


def weigh(located: list[Located]) -> None:
    """Scores by place and size."""
    sound = [item for item in located if item.valid and not set(item.reading.slips) - _INNOCENT]
    here = any(item.inside and item.reading.level > 20 and not item.reading.guessed for item in sound)
    elsewhere = any(not item.inside and not item.reading.guessed for item in sound)
    for item in located:
        slips = set(item.reading.slips)
        if abs(item.reading.factor - 1) >= 0.01:
            item.score *= 0.02
        if not item.valid:
            item.score *= 0.05
        elif not item.inside:
            item.score *= 0.6
            if slips & _ONLY_INSIDE or item.reading.guessed:
                item.score = 0.0
        elif (elsewhere or here) and item.reading.level > 20 and slips - _INNOCENT:
            # the file is sound as it is: to move the model takes more than arithmetic
            item.score *= 0.75
        if not item.valid and not as_written(item.reading):
            item.score = 0.0
    located[:] = [item for item in located if item.score > 0 or as_written(item.reading)]


def agree(located: list[Located]) -> None:
    """Raises readings that latitude and longitude support, and tells where they contradict."""
    others = [
        item for item in located
        if item.reading.level == 20 and item.valid
        and not {"default_location", "null_island", "gcj02", "bd09"} & set(item.reading.slips)
    ]  # fmt: skip
    for item in located:
        if item.reading.level == 20 or not item.valid or not others:
            continue
        away = min(distance_m(item.lon, item.lat, other.lon, other.lat) for other in others)
        if away < _AGREE_M:
            item.score = raised(item.score, 0.5 if away < _SAME_M else 0.3)
            item.why.append(
                Sentence(
                    f"与场地经纬度相差 {away:.1f} 米，互相印证。",
                    f"within {away:.1f} m of the site's latitude and longitude: they confirm each other.",
                )
            )
        elif away > _DISAGREE_M:
            item.score *= 0.95
            item.faults.append(faults.levels_disagree(away))


def distinct(located: list[Located], origin: Point) -> list[Located]:
    """One of each place, the best scored; with its placement."""
    located.sort(key=lambda item: (-item.score, len(item.reading.slips)))
    kept: dict[tuple[float, ...], Located] = {}
    for item in located:
        reading = item.reading
        key = (
            round(item.lon, 7),
            round(item.lat, 7),
            round(reading.rotation_deg % 360, 3),
            round(reading.factor, 5),
            float(reading.from_true),
        )
        if key in kept or (len(kept) >= 4 * MOST and not as_written(reading)):
            continue
        item.placement = _place(reading, origin)
        if item.placement is not None:
            kept[key] = item
    return list(kept.values())


def _place(reading: Reading, origin: Point) -> Placement | None:
    """The placement of a reading; its scale is left out where it is out of all reason."""
    height = reading.height_m + origin[2] - reading.pivot_m[2]
    if reading.geographic:
        at = Placement(reading.eastings, reading.northings, rotation_deg=reading.rotation_deg)
        lon, lat = (float(value) for value in at.to_lonlat([origin[:2]], reading.pivot_m)[0])
        return Placement(lon, lat, height, turned(reading.rotation_deg), source=reading.name)
    if reading.from_true:
        turn = convergence_deg(
            reading.crs, *(to_lonlat(reading.crs, reading.eastings, reading.northings) or (0, 0))
        )
        reading = replace(reading, rotation_deg=reading.rotation_deg + turn)
    place = to_lonlat(reading.crs, *_grid(reading, origin))
    if place is None or abs(place[1]) >= 89.9:
        return None
    lon, lat = place
    scale = reading.factor / grid_scale(reading.crs, lon, lat)
    rotation = turned(reading.rotation_deg - convergence_deg(reading.crs, lon, lat))
    if not math.isfinite(rotation) or not math.isfinite(scale):
        return None
    return Placement(lon, lat, height, rotation, reading.name, scale if 0.9 < scale < 1.1 else 1.0)
