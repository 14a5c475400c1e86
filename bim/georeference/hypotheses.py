"""The places where a model may stand, the likeliest first.

Every reading of the evidence (:mod:`bim.georeference.readings`) is located and scored:
by the level it comes from, by the slips it assumes, by whether it lies in the region
and in the area its system is meant for, by its agreement with the other levels, and
by how it lies on the outlines of known buildings. A score is a rank between 0 and 1,
no probability; from :data:`SURE` on a placement can be taken without a look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import shapely
from shapely import affinity

from bim.errors import BimError
from bim.finding import Finding, Sentence
from bim.georeference import faults
from bim.georeference.defaults import default_of, distance_m
from bim.georeference.evidence import Evidence
from bim.georeference.placement import Placement, turned
from bim.georeference.readings import Reading, readings, turn_of
from bim.georeference.scoring import (
    Footprints,
    Overlap,
    Plane,
    footprint,
    near,
    overlap,
    raised,
    turned_about,
)
from bim.georeference.systems import (
    SHANGHAI,
    LocalSystem,
    Region,
    area_of_use,
    convergence_deg,
    crs,
    grid_scale,
    named,
    to_lonlat,
    unit_to_metre,
)
from bim.georeference.words import title, why_read
from bim.model import Model, Point

SURE = 0.7
LONGEST = 8
"""Hypotheses kept; the ones as written are kept besides."""
_WEIGHED = 24
"""Hypotheses compared with the outlines of buildings."""
_MARGIN_M = 40.0
_AGREE_M, _DISAGREE_M = 200.0, 2000.0
_INNOCENT = {"scale", "crs_free_text", "map_unit", "doubled", "true_north_as_true", "north_doubled"}
"""Slips that leave the position itself as it is written."""
_ONLY_INSIDE = {"wrong_crs", "unknown_crs", "crs_missing", "sign", "gcj02", "bd09"}
"""Slips that nothing speaks for where the result lies outside the region."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One place where the model may stand.

    Parameters
    ----------
    name
        Stable: the source and the slips undone, ``map_conversion+scale``.
    title
        For people.
    crs
        The system it was read in.
    longitude, latitude
        Of :attr:`bim.model.Model.origin_m`, degrees, WGS84 (CGCS2000 is the same here).
    height_m
        Of the origin.
    rotation_deg
        Counter-clockwise turn of the model's +x axis from true east.
    scale
        Ground metres per model metre; far from 1 only where a file is taken at its wrong word.
    score
        0 to 1.
    overlap
        Intersection over union with the outline it fits best, as placed; None without outlines near.
    fid
        Of that outline.
    why
        What speaks for it and against it.
    faults
        What would be wrong in the file if this were the truth.
    level
        LoGeoRef it comes from.
    moved_m, turned_deg
        Of which the outline would have the model moved and turned; told, not applied.
    """

    name: str
    title: Sentence
    crs: str
    longitude: float
    latitude: float
    height_m: float
    rotation_deg: float
    scale: float
    score: float
    overlap: float | None = None
    fid: int | None = None
    why: list[Sentence] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)
    level: int = 50
    moved_m: float = 0.0
    turned_deg: float = 0.0

    @property
    def sure(self) -> bool:
        """Whether it can be taken without a look."""
        return self.score >= SURE

    def placement(self, at: str | None = None) -> Placement:
        """The placement it stands for; :class:`bim.errors.BimError` where the file's scale makes no sense."""
        if not 0.9 < self.scale < 1.1:
            raise BimError(
                f"按此读法模型会放大 {self.scale:g} 倍，无法放置；请选择另一种。",
                f"read in this way the model would be {self.scale:g} times its size; choose another reading.",
                code="georeference.scale",
            )
        code = self.crs[5:] if self.crs.startswith("EPSG:") else ""
        return Placement(
            self.longitude,
            self.latitude,
            self.height_m,
            self.rotation_deg,
            source=self.name,
            scale=self.scale,
            epsg=int(code) if code.isdigit() and self.level > 20 else None,
            at=at,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "crs": self.crs,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "height_m": self.height_m,
            "rotation_deg": self.rotation_deg,
            "scale": self.scale,
            "score": round(self.score, 4),
            "sure": self.sure,
            "overlap": None if self.overlap is None else round(self.overlap, 4),
            "fid": self.fid,
            "why": [{"zh": item.zh, "en": item.en} for item in self.why],
            "faults": [item.as_dict() for item in self.faults],
            "level": self.level,
            "moved_m": self.moved_m,
            "turned_deg": self.turned_deg,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Hypothesis:
        """The reverse of :meth:`as_dict`."""
        rest = {key: value for key, value in data.items() if key != "sure"}
        rest["title"] = Sentence(**data["title"])
        rest["why"] = [Sentence(**item) for item in data["why"]]
        rest["faults"] = [Finding.from_dict(item) for item in data["faults"]]
        return cls(**rest)


@dataclass(slots=True)
class _Located:
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


def hypotheses(
    evidence: Evidence,
    model: Model,
    *,
    region: Region = SHANGHAI,
    footprints: Footprints | None = None,
    local_systems: Sequence[LocalSystem] = (),
) -> list[Hypothesis]:
    """Where the model may stand, best first; empty where the file says nothing that can be used.

    Parameters
    ----------
    evidence
        Of the file.
    model
        Its origin, box and footprint are used.
    region
        Where models are expected, with the systems used there.
    footprints
        Outlines of known buildings, by box.
    local_systems
        Systems of the city that the service was given.
    """
    centre = _centre(model)
    located = [
        item
        for reading in readings(evidence, centre, region, local_systems)
        if (item := _locate(reading, centre or model.origin_m, region)) is not None
    ]
    _weigh(located, region)
    _agree(located, evidence)
    best = _distinct(located, model.origin_m)
    shape = footprint(model)
    if footprints is not None and shape is not None:
        _compare(best, model.origin_m, shape, footprints)
    best.sort(key=lambda item: (-item.score, len(item.reading.slips)))
    kept = best[:LONGEST] + [item for item in best[LONGEST:] if _as_written(item.reading)]
    return [_hypothesis(item, region) for item in kept]


def findings(
    evidence: Evidence, ranked: Sequence[Hypothesis], local_systems: Sequence[LocalSystem] = ()
) -> list[Finding]:
    """What the report has to say of the georeference: the faults, and what is asked of the user.

    Parameters
    ----------
    evidence, local_systems
        As given to :func:`hypotheses`.
    ranked
        What that returned.
    """
    best = ranked[0] if ranked else None
    found = list(best.faults) if best else []
    for operation in evidence.operations:
        system = operation.system
        if system is not None and (system.name or system.wkt):
            more = (system.description, system.datum, system.projection, system.zone)
            meant = named(system.name, more, system.wkt, local_systems)
            if meant.definition is None:
                found.append(faults.unknown_crs(meant.label, operation.step_id))
    for site in evidence.sites:
        if site.latitude is None or site.longitude is None:
            continue
        if site.mixed_signs:
            found.append(faults.mixed_signs(site.step_id))
        default = default_of(site.latitude, site.longitude)
        if best is not None and best.level > 20 and default is not None:
            found.append(faults.default_ignored(default.tool, site.latitude, site.longitude, site.step_id))
    if best is None:
        far = next((frame for frame in evidence.frames if math.hypot(*frame.location_m[:2]) > 10_000), None)
        if far is not None:
            found.append(faults.unknown_offset(math.hypot(*far.location_m[:2]), far.step_id))
        if not found:
            found.append(faults.missing())
    elif not best.sure:
        found.append(faults.placement_needed())
    if best is not None and best.level == 50:
        found += _true_north(evidence, best)
    seen: set[tuple[str, int | None]] = set()
    distinct = []
    for item in found:
        if (item.code, item.step_id) not in seen:
            seen.add((item.code, item.step_id))
            distinct.append(item)
    return distinct


def _true_north(evidence: Evidence, best: Hypothesis) -> list[Finding]:
    for context in evidence.contexts:
        if context.kind != "Model" or context.true_north is None:
            continue
        written = turn_of(context.true_north)
        # read as true north or, as most tools mean it, as grid north
        flat = not crs(best.crs).is_geographic
        grid = convergence_deg(best.crs, best.longitude, best.latitude) if flat else 0.0
        away = min(abs(turned(written - best.rotation_deg)), abs(turned(written - best.rotation_deg - grid)))
        if away > 1.0:
            return [faults.true_north(written, best.rotation_deg, context.step_id)]
    return []


def _centre(model: Model) -> Point | None:
    if model.bbox_m is None:
        return None
    low, high = model.bbox_m
    return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]


def _as_written(reading: Reading) -> bool:
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


def _locate(reading: Reading, centre: Point, region: Region) -> _Located | None:
    if reading.geographic:
        if abs(reading.northings) >= 90 or abs(reading.eastings) > 180:
            return None
        at = Placement(reading.eastings, reading.northings, rotation_deg=reading.rotation_deg)
        lon, lat = (float(value) for value in at.to_lonlat([centre[:2]], reading.pivot_m)[0])
        area = None
    else:
        place = to_lonlat(reading.crs, *_grid(reading, centre))
        if place is None:
            return None
        lon, lat = place
        area = area_of_use(reading.crs)
    inside = region.contains(lon, lat)
    within = area is None or (area[0] - 1 <= lon <= area[2] + 1 and area[1] - 1 <= lat <= area[3] + 1)
    sensible = abs(reading.factor - 1) < 0.01
    return _Located(reading, lon, lat, reading.prior, inside, within and sensible)


def _weigh(located: list[_Located], region: Region) -> None:
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
        if not item.valid and not _as_written(item.reading):
            item.score = 0.0
    located[:] = [item for item in located if item.score > 0 or _as_written(item.reading)]


def _agree(located: list[_Located], evidence: Evidence) -> None:
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
            item.score = raised(item.score, 0.3)
            item.why.append(
                Sentence(
                    f"与场地经纬度相差 {away:.1f} 米，互相印证。",
                    f"within {away:.1f} m of the site's latitude and longitude: they confirm each other.",
                )
            )
        elif away > _DISAGREE_M:
            item.score *= 0.95
            item.faults.append(faults.levels_disagree(away))


def _distinct(located: list[_Located], origin: Point) -> list[_Located]:
    """One of each place, the best scored; with its placement."""
    located.sort(key=lambda item: (-item.score, len(item.reading.slips)))
    kept: dict[tuple[float, ...], _Located] = {}
    for item in located:
        reading = item.reading
        key = (
            round(item.lon, 7),
            round(item.lat, 7),
            round(reading.rotation_deg % 360, 3),
            round(reading.factor, 5),
            float(reading.from_true),
        )
        if key in kept or (len(kept) >= 4 * _WEIGHED and not _as_written(reading)):
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
        turn = convergence_deg(reading.crs, *(to_lonlat(reading.crs, reading.eastings, reading.northings) or (0, 0)))
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


def _compare(best: list[_Located], origin: Point, shape: shapely.Geometry, footprints: Footprints) -> None:
    """Scores by the outlines of known buildings; adds turned readings where only they tell the turn."""
    added: list[_Located] = []
    best.sort(key=lambda item: -item.score)
    known = any(item.inside and item.valid and item.reading.level > 20 for item in best)
    for item in best[:_WEIGHED]:
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


def _score_overlap(item: _Located, *, beaten: bool = False) -> None:
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


def _turns(
    item: _Located,
    origin: Point,
    placed: shapely.Geometry,
    plane: Plane,
    outlines: Sequence[tuple[int, Any]],
    footprints: Footprints,
) -> list[_Located]:
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
    twin = _Located(
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


def _hypothesis(item: _Located, region: Region) -> Hypothesis:
    reading, placement, found = item.reading, item.placement, item.overlap
    assert placement is not None
    why = [*why_read(reading), *item.why]
    wrong = [*reading.faults, *item.faults]
    if not reading.oriented:
        wrong.append(faults.orientation_unknown())
    if item.inside:
        why.append(Sentence(f"位于{region.name.zh}范围内。", f"lies in {region.name.en}."))
    elif not {"default_location", "null_island"} & set(reading.slips):
        west, south, east, north = region.box
        x, y = min(max(item.lon, west), east), min(max(item.lat, south), north)
        away = distance_m(item.lon, item.lat, x, y) / 1000
        wrong.append(faults.outside_region(region.name.zh, region.name.en, away))
    if not item.valid:
        why.append(
            Sentence(
                "按此读法，位置或大小不合理。", "read in this way, the place or the size makes no sense."
            )
        )
    if found is not None and found.best_iou > 0.05:
        why.append(
            Sentence(
                f"与已知建筑 {found.fid} 的轮廓重合 {found.iou:.0%}。",
                f"covers the outline of the known building {found.fid} to {found.iou:.0%}.",
            )
        )
        if found.best_iou > found.iou + 0.02:
            why.append(
                Sentence(
                    f"移动 {found.moved_m:.1f} 米、转动 {found.turned_deg:.1f}° 可达 {found.best_iou:.0%}；"
                    "仅供参考，未移动模型。",
                    f"moved by {found.moved_m:.1f} m and turned by {found.turned_deg:.1f}° it would cover "
                    f"{found.best_iou:.0%}; this is told, the model was not moved.",
                )
            )
    elif item.outlines:
        why.append(
            Sentence("该处没有已知建筑的轮廓。", "no outline of a known building lies at this place.")
        )
    scale = placement.scale if abs(reading.factor - 1) < 0.1 else reading.factor
    return Hypothesis(
        name=reading.name,
        title=title(reading),
        crs=reading.label if reading.label.startswith("EPSG:") else reading.crs,
        longitude=placement.lon,
        latitude=placement.lat,
        height_m=placement.height_m,
        rotation_deg=placement.rotation_deg,
        scale=scale,
        score=max(0.0, min(1.0, item.score)),
        overlap=found.iou if found else None,
        fid=found.fid if found and found.best_iou > 0.3 else None,
        why=why,
        faults=wrong,
        level=reading.level,
        moved_m=found.moved_m if found else 0.0,
        turned_deg=found.turned_deg if found else 0.0,
    )
