"""The ways to read a file's evidence: as it is written, and with each known slip undone.

A reading is a similarity: a pivot in the model comes to stand on a point of a
reference system, turned and scaled about it. Readings know nothing of the model's
shape or of the city; :mod:`bim.georeference.hypotheses` weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bim.finding import Finding
from bim.georeference import faults
from bim.georeference.coordinates import lengths, numbers
from bim.georeference.defaults import default_of, is_null_island
from bim.georeference.evidence import Context, Evidence, Frame, Operation, Site
from bim.georeference.systems import (
    LocalSystem,
    Region,
    bd09_to_wgs84,
    crs,
    gcj02_to_wgs84,
    in_china,
    local_definitions,
    named,
    unit_to_metre,
)
from bim.model import Point

GEOGRAPHIC = "EPSG:4326"
FAR_M = 10_000.0
"""An offset beyond this is no part of a building: it is a map coordinate."""

LIKELY = {
    "scale": 0.96,
    "axes_swapped": 0.93,
    "zone_prefix": 0.94,
    "eastings_in_mm": 0.94,
    "coordinates_in_metres": 0.94,
    "map_unit": 0.95,
    "doubled": 0.94,
    "sign": 0.8,
    "lat_lon_swapped": 0.93,
    "gcj02": 0.85,
    "bd09": 0.8,
    "wrong_crs": 0.72,
    "unknown_crs": 0.6,
    "crs_missing": 0.7,
    "crs_free_text": 0.98,
    "default_location": 0.1,
    "null_island": 0.02,
    "true_north_as_true": 0.8,
    "true_north": 0.8,
    "without_true_north": 0.8,
    "rotation": 0.8,
    "north_doubled": 0.97,
    "degrees": 0.85,
    "height_unit": 0.99,
}
"""How much a reading loses by each slip it assumes: a measure of rarity, not a frequency."""
PRIOR = {50: 0.95, 40: 0.85, 30: 0.82, 20: 0.65}
"""How much a level of LoGeoRef is worth when nothing contradicts it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand one place of the file that says where the model stands."""

    source: str
    """``map_conversion``, ``site_placement``, ``world_coordinate_system``, ``latitude_longitude``, ..."""
    level: int
    crs: str
    label: str
    pivot_m: Point
    """Point of the model, metres in its axes, that ``eastings``, ``northings``, ``height_m`` are of."""
    eastings: float
    """In the unit of the system; degrees of longitude in a geographic one."""
    northings: float
    height_m: float
    rotation_deg: float
    """Counter-clockwise from the east of the system; of true east in a geographic one."""
    factor: float = 1.0
    """Map metres per model metre."""
    slips: tuple[str, ...] = ()
    faults: tuple[Finding, ...] = ()
    prior: float = 1.0
    step_id: int | None = None
    precision_m: float = 0.01
    oriented: bool = True
    from_true: bool = False
    """``rotation_deg`` counts from true east although the system is a grid."""
    guessed: bool = False
    """No system is named for it: it is one of those of the region."""
    written: tuple[float, float] = field(default=(0.0, 0.0), compare=False)
    """The two coordinates as they stand in the file."""

    @property
    def name(self) -> str:
        """Stable name: the source, and the slips that were undone."""
        return "+".join([self.source, *self.slips])

    @property
    def geographic(self) -> bool:
        """Whether its coordinates are degrees."""
        return self.crs == GEOGRAPHIC

    def slipped(self, slip: str, *found: Finding, **changes: object) -> Reading:
        """This reading with one slip undone."""
        return replace(
            self,
            slips=(*self.slips, slip),
            faults=(*self.faults, *found),
            prior=self.prior * LIKELY[slip],
            **changes,  # type: ignore[arg-type]
        )


def readings(
    evidence: Evidence,
    centre_m: Point | None,
    region: Region,
    local_systems: Sequence[LocalSystem] = (),
) -> Iterator[Reading]:
    """Every way to read the evidence; ``centre_m`` is the middle of what is drawn, where it is known."""
    offset = _offset(evidence, centre_m)
    for operation in evidence.operations:
        context = _context(evidence, operation.context)
        aside = context is not None and context.kind != "Model" and len(evidence.operations) > 1
        for reading in _operations(evidence, operation, context, offset, region, local_systems):
            yield replace(reading, prior=reading.prior * 0.9) if aside else reading
    yield from _placement(evidence, offset, region, local_systems)
    context = _context(evidence, None)
    if context is not None and _length(context.location_m) > FAR_M and not evidence.operations:
        yield from _world(evidence, context, region, local_systems)
    for site in evidence.sites:
        yield from _site(evidence, site, context, region)


def _operations(
    evidence: Evidence,
    operation: Operation,
    context: Context | None,
    offset: _Offset | None,
    region: Region,
    local_systems: Sequence[LocalSystem],
) -> Iterator[Reading]:
    """Level 50: one operation, in degrees or in lengths."""
    if operation.degrees or _is_geographic(operation):
        yield from _geographic_operation(operation, context)
        return
    for reading in _operation(evidence, operation, context, offset, region, local_systems):
        yield _low(reading, evidence.to_metre, region)
    small = 0 < abs(operation.eastings) <= 180 and 0 < abs(operation.northings) <= 180
    if small:
        for reading in _geographic_operation(operation, context):
            yield reading.slipped("degrees", faults.degrees(operation.step_id))


def _low(reading: Reading, to_metre: float, region: Region) -> Reading:
    """The reading with its height in the project's unit, where that is possible in the region and metres are not."""
    low, high = region.heights_m
    height = reading.height_m
    if low <= height <= high or not low <= height * to_metre <= high or math.isclose(to_metre, 1.0):
        return reading
    return reading.slipped(
        "height_unit", faults.height_unit(height, reading.step_id), height_m=height * to_metre
    )


def _length(location: Sequence[float]) -> float:
    return math.hypot(location[0], location[1])


def _context(evidence: Evidence, step_id: int | None) -> Context | None:
    """The context of an operation, else the one of the model's shapes."""
    contexts = evidence.contexts
    chosen = next((item for item in contexts if item.step_id == step_id), None)
    return chosen or next(
        (item for item in contexts if item.kind == "Model"), contexts[0] if contexts else None
    )


def turn_of(true_north: tuple[float, float]) -> float:
    """Counter-clockwise turn (degrees) that brings the model's direction of north onto north."""
    return math.degrees(math.atan2(true_north[0], true_north[1]))


@dataclass(frozen=True, slots=True)
class _Offset:
    """The outermost placement, or the middle of the shapes, that lies far from the model's zero."""

    source: str
    zh: str
    en: str
    location_m: Point
    rotation_deg: float
    step_id: int | None
    own_unit: bool
    """Whether it was typed as one location, so that another unit may be meant."""


def _offset(evidence: Evidence, centre_m: Point | None) -> _Offset | None:
    names = {"IfcSite": ("site_placement", "场地的放置", "the site's placement"),
             "IfcBuilding": ("building_placement", "建筑的放置", "the building's placement")}  # fmt: skip
    for frame in evidence.frames:
        if _length(frame.location_m) > _typed_far(evidence, frame):
            source, zh, en = names[frame.of]
            return _Offset(source, zh, en, frame.location_m, frame.rotation_deg, frame.step_id, own_unit=True)
    if centre_m is not None and _length(centre_m) > FAR_M:
        return _Offset(
            "raw_coordinates", "构件坐标", "the shapes themselves", centre_m, 0.0, None, own_unit=False
        )
    return None


def _typed_far(evidence: Evidence, frame: Frame) -> float:
    """Metres beyond which a placement is a map coordinate; less where it may be metres in a file of mm."""
    if evidence.to_metre < 0.5 and _length(frame.own_location_m) / evidence.to_metre > 1e6:
        return FAR_M * evidence.to_metre
    return FAR_M


def _candidates(
    operation: Operation | None, region: Region, local_systems: Sequence[LocalSystem]
) -> Iterator[tuple[str, str, float, str | None, tuple[Finding, ...]]]:
    """Systems that may be meant: definition, label, prior, slip, findings."""
    step_id = operation.step_id if operation else None
    system = operation.system if operation else None
    local = local_definitions(local_systems)
    others = [(definition, name or definition) for name, definition in local]
    others += [(definition, definition) for definition in region.systems]
    if system is None or not (system.name or system.description or system.wkt):
        slip = "crs_missing" if operation else None
        found: tuple[Finding, ...] = (faults.crs_missing(step_id),)
        for rank, (definition, label) in enumerate(others):
            yield definition, label, 0.95**rank, slip, found
        return
    more = (system.description, system.datum, system.projection, system.zone)
    meant = named(system.name, more, system.wkt, local_systems)
    if meant.definition is None:
        found = (faults.unknown_crs(meant.label, step_id),)
        for rank, (definition, label) in enumerate(others):
            yield definition, label, 0.95**rank, "unknown_crs", found
        return
    if crs(meant.definition).is_projected:
        text = meant.how == "name" and meant.label != system.name
        found = (faults.crs_text(system.name or system.description, meant.label, step_id),) if text else ()
        yield meant.definition, meant.label, 1.0, "crs_free_text" if text else None, found
    for rank, (definition, label) in enumerate(others):
        if definition != meant.definition:
            found = (faults.wrong_crs(meant.label, label, step_id),)
            yield definition, label, 0.95**rank, "wrong_crs", found


def _is_geographic(operation: Operation) -> bool:
    """Whether lengths were written where a geographic system wants degrees: small enough to be degrees."""
    system = operation.system
    if system is None or not system.name:
        return False
    meant = named(system.name, (), system.wkt)
    small = abs(operation.eastings) <= 180 and abs(operation.northings) <= 180
    return bool(small and meant.definition and crs(meant.definition).is_geographic)


def _geographic_operation(operation: Operation, context: Context | None) -> Iterator[Reading]:
    """An operation in degrees: longitude first, as IfcRigidOperation is used, or latitude first."""
    north = context.true_north if context else None
    abscissa, ordinate = operation.x_axis_abscissa, operation.x_axis_ordinate
    turn = math.degrees(math.atan2(ordinate or 0.0, abscissa or 1.0)) if abscissa or ordinate else None
    if turn is None:
        turn = turn_of(north) if north else 0.0
    base = Reading(
        source=operation.kind, level=50, crs=GEOGRAPHIC,
        label=operation.system.name if operation.system else GEOGRAPHIC,
        pivot_m=(0.0, 0.0, 0.0), eastings=operation.eastings, northings=operation.northings,
        height_m=operation.height, rotation_deg=turn, prior=PRIOR[50], step_id=operation.step_id,
        written=(operation.eastings, operation.northings),
    )  # fmt: skip
    if abs(base.northings) <= 90:
        yield base
    if abs(base.eastings) <= 90:
        found = faults.lat_lon_swapped(operation.step_id)
        yield base.slipped("lat_lon_swapped", found, eastings=base.northings, northings=base.eastings)


def _rotation(operation: Operation) -> float:
    abscissa, ordinate = operation.x_axis_abscissa or 0.0, operation.x_axis_ordinate or 0.0
    if not (abscissa or ordinate):
        return 0.0
    return math.degrees(math.atan2(ordinate, abscissa))


def _factors(operation: Operation, to_metre: float, map_unit: float) -> tuple[float, float]:
    """Map metres per model metre as written, and as meant where the two differ."""
    own = (operation.factors[0] + operation.factors[1]) / 2
    # A rigid operation has no scale: it is meant between systems of one unit
    written = operation.scale if operation.scale else 1.0
    if operation.kind == "rigid_operation":
        return 1.0, 1.0
    factor = written * own * map_unit / to_metre
    if abs(factor - 1) < 0.01:
        return factor, factor
    # A combined factor close to 1 may stand beside the slip of the unit
    for undo in (to_metre, to_metre**2, 1 / to_metre, to_metre / map_unit, 1 / map_unit, 0.001, 1000.0):
        if abs(factor * undo - 1) < 0.01:
            return factor, factor * undo
    return factor, 1.0


def _operation(
    evidence: Evidence,
    operation: Operation,
    context: Context | None,
    offset: _Offset | None,
    region: Region,
    local_systems: Sequence[LocalSystem],
) -> Iterator[Reading]:
    """Level 50: an operation into a projected system."""
    # IFC4, IfcGeometricRepresentationContext: the world coordinate system holds the offset between the
    # model's zero and the point that the map conversion speaks of
    pivot, own_turn = (0.0, 0.0, 0.0), 0.0
    if context is not None:
        pivot, own_turn = context.location_m, context.rotation_deg
    for definition, label, likely, slip, found in _candidates(operation, region, local_systems):
        system_unit = unit_to_metre(definition)
        for map_unit in _map_units(operation, system_unit, evidence.to_metre):
            factor, meant = _factors(operation, evidence.to_metre, map_unit)
            base = Reading(
                source=operation.kind, level=50, crs=definition, label=label, pivot_m=pivot,
                eastings=operation.eastings, northings=operation.northings, height_m=operation.height,
                rotation_deg=_rotation(operation) - own_turn, factor=factor, prior=PRIOR[50] * likely,
                step_id=operation.step_id, written=(operation.eastings, operation.northings),
            )  # fmt: skip
            if slip is not None:
                base = base.slipped(slip, *found)
            starts = [base]
            if meant != factor:
                right = meant * evidence.to_metre / system_unit
                fault = faults.scale(operation.scale, right, operation.step_id)
                starts.append(base.slipped("scale", fault, factor=meant))
            for start in starts:
                yield from _doubled(start, offset, context, (map_unit, system_unit, evidence.to_metre))
                for reading in numbers(start, map_unit, system_unit, evidence.to_metre):
                    yield reading
                    if context is not None and _length(pivot) > 1.0:
                        # the other reading of the world coordinate system: no part of the map conversion
                        yield replace(
                            reading, pivot_m=(0.0, 0.0, 0.0), source=f"{reading.source}_without_wcs",
                            rotation_deg=reading.rotation_deg + own_turn, prior=reading.prior * 0.7,
                        )  # fmt: skip


def _map_units(operation: Operation, system_unit: float, to_metre: float) -> list[float]:
    """Units (metres) that the coordinates may be written in without anything being wrong.

    The map unit where one is given; else that of the system, or the project's: a MapUnit left out and
    the IfcLengthMeasure of a property set both stand for the project's unit.
    """
    given = operation.system.unit_to_metre if operation.system else None
    if given is not None:
        units = [given]
    elif operation.kind == "property_set" and operation.measures[0] != "IfcLengthMeasure":
        units = [system_unit]
    else:
        units = [system_unit, to_metre]
    return units if len(units) == 1 or not math.isclose(*units) else units[:1]


def _doubled(
    start: Reading, offset: _Offset | None, context: Context | None, units: tuple[float, float, float]
) -> Iterator[Reading]:
    """The operation and the placements carry the same offset: one of them is left out."""
    turn, world = start.rotation_deg, context.location_m if context else (0.0, 0.0, 0.0)
    if math.hypot(start.eastings, start.northings) < FAR_M:
        return
    if _length(world) > FAR_M and context is not None:
        found = faults.doubled("世界坐标系", "the world coordinate system", _length(world), context.step_id)
        turn += context.rotation_deg
        yield from numbers(
            start.slipped("doubled", found, pivot_m=(0.0, 0.0, 0.0), rotation_deg=turn), *units
        )
    if offset is None:
        return
    found = faults.doubled(offset.zh, offset.en, _length(offset.location_m), offset.step_id)
    unit = units[1]
    x, y, z = offset.location_m
    drawn = start.slipped(
        "doubled", found, pivot_m=offset.location_m, eastings=x / unit, northings=y / unit, height_m=z / unit,
        rotation_deg=0.0, factor=1.0,
    )  # fmt: skip
    as_drawn = numbers(drawn, unit, unit, unit)
    if offset.source == "raw_coordinates":
        yield from as_drawn
        return
    converted = start.slipped(
        "doubled", found, pivot_m=offset.location_m, rotation_deg=turn - offset.rotation_deg
    )
    # Where only one of the two turns the model, the turn is part of the same georeference
    drawn_first = abs(turn) < 0.01 < abs(offset.rotation_deg)
    for reading in as_drawn:
        yield reading if drawn_first else replace(reading, prior=reading.prior * 0.8)
    for reading in numbers(converted, *units):
        yield replace(reading, prior=reading.prior * 0.8) if drawn_first else reading


def _placement(
    evidence: Evidence, offset: _Offset | None, region: Region, local_systems: Sequence[LocalSystem]
) -> Iterator[Reading]:
    """Level 30: the model is drawn or placed in map coordinates; no system is named, or one without use."""
    if offset is None:
        return
    x, y, z = offset.location_m
    context = _context(evidence, None)
    north = turn_of(context.true_north) if context and context.true_north else 0.0
    named_systems = [Operation("site_placement", 0, None, "", x, y, z, None, None, None, system=system)
                     for system in evidence.systems]  # fmt: skip
    for operation in named_systems or (None,):
        for definition, label, likely, slip, found in _candidates(operation, region, local_systems):
            unit = unit_to_metre(definition)
            base = Reading(
                source=offset.source, level=30, crs=definition, label=label, pivot_m=offset.location_m,
                eastings=x / unit, northings=y / unit, height_m=z, rotation_deg=0.0,
                prior=PRIOR[30] * likely * (0.8 if evidence.operations else 1.0), step_id=offset.step_id, written=(x, y),
                faults=() if operation else found, guessed=operation is None,
            )  # fmt: skip
            if slip is not None:
                base = base.slipped(slip, *found)
            turned = base.slipped("true_north", rotation_deg=north)
            if abs(north) > 0.01 and abs(offset.rotation_deg) < 0.01:
                # the placement moves, true north turns: as with a world coordinate system
                base, turned = replace(base, rotation_deg=north), base.slipped("without_true_north")
            yield from lengths(base, evidence.to_metre if offset.own_unit else 1.0, unit)
            if abs(north) > 0.01:
                yield turned


def _world(
    evidence: Evidence, context: Context, region: Region, local_systems: Sequence[LocalSystem]
) -> Iterator[Reading]:
    """Level 40: the world coordinate system holds map coordinates; true north turns the model about them."""
    x, y, z = context.location_m
    north = turn_of(context.true_north) if context.true_north else 0.0
    for definition, label, likely, _, found in _candidates(None, region, local_systems):
        unit = unit_to_metre(definition)
        turn = context.rotation_deg or north
        base = Reading(
            source="world_coordinate_system", level=40, crs=definition, label=label, pivot_m=(0.0, 0.0, 0.0),
            eastings=x / unit, northings=y / unit, height_m=z, rotation_deg=turn,
            prior=PRIOR[40] * likely, step_id=context.step_id, written=(x, y),
            faults=found, guessed=True,
        )  # fmt: skip
        yield from lengths(base, evidence.to_metre, unit)
        if north and not context.rotation_deg:
            # Whoever writes grid coordinates here turns the model to the grid and calls it true north
            yield base.slipped("true_north_as_true", from_true=True)


def precision_m(parts: Sequence[int]) -> float:
    """How exact an angle was written, metres on the ground: to the last part that is not zero."""
    weights = (111_000.0, 1850.0, 31.0, 31e-6)
    given = [weight for value, weight in zip(parts, weights, strict=False) if value]
    if len(parts) == 4 and parts[3]:
        # whole hundredths of a second are the rounding of a map, not of the file
        return 0.3 if parts[3] % 10000 == 0 else 0.01
    return given[-1] if given else weights[0]


def _site(evidence: Evidence, site: Site, context: Context | None, region: Region) -> Iterator[Reading]:
    """Level 20: latitude and longitude of a site's own origin."""
    if site.latitude is None or site.longitude is None:
        return
    frame = next((item for item in evidence.frames if item.guid == site.guid), None)
    north = context.true_north if context else None
    near = max(precision_m(site.latitude_parts), precision_m(site.longitude_parts))
    prior = PRIOR[20] if near < 5 else 0.55 if near < 100 else 0.4
    base = Reading(
        source="latitude_longitude", level=20, crs=GEOGRAPHIC, label="WGS 84",
        pivot_m=frame.location_m if frame else (0.0, 0.0, 0.0),
        eastings=site.longitude, northings=site.latitude, height_m=site.elevation_m or 0.0,
        rotation_deg=turn_of(north) if north else 0.0, prior=prior, step_id=site.step_id,
        precision_m=near, oriented=north is not None, written=(site.longitude, site.latitude),
        faults=(faults.mixed_signs(site.step_id),) if site.mixed_signs else (),
    )  # fmt: skip
    if north and frame and abs(turn_of(north)) > 0.01 and abs(turn_of(north) - frame.rotation_deg) < 0.05:
        # Revit writes the same turn into the placement of the site and into true north
        base = base.slipped(
            "north_doubled", faults.north_doubled(frame.rotation_deg, site.step_id), rotation_deg=0.0
        )
    default = default_of(site.latitude, site.longitude)
    if is_null_island(site.latitude, site.longitude):
        yield base.slipped("null_island", faults.null_island(site.step_id))
        return
    if default is not None:
        found = faults.default_location(default.tool, site.latitude, site.longitude, site.step_id)
        yield base.slipped("default_location", found)
        return
    starts = [base] if _valid(base) else []
    swapped = base.slipped(
        "lat_lon_swapped", faults.lat_lon_swapped(site.step_id), eastings=base.northings,
        northings=base.eastings,
    )  # fmt: skip
    if _valid(swapped) and (not starts or region.contains(swapped.eastings, swapped.northings)):
        starts.append(swapped)
    for start in list(starts):
        for sign_x, sign_y in ((-1, 1), (1, -1), (-1, -1)):
            x, y = sign_x * start.eastings, sign_y * start.northings
            if region.contains(x, y):
                starts.append(start.slipped("sign", faults.sign(site.step_id), eastings=x, northings=y))
    for start in starts:
        yield start
        if in_china(start.eastings, start.northings):
            for slip, undo, found in (
                ("gcj02", gcj02_to_wgs84, faults.gcj02()),
                ("bd09", bd09_to_wgs84, faults.bd09()),
            ):
                x, y = undo(start.eastings, start.northings)
                yield start.slipped(slip, found, eastings=x, northings=y)


def _valid(reading: Reading) -> bool:
    return abs(reading.northings) <= 90 and abs(reading.eastings) <= 180
