"""Reads the evidence of a model's place from an open IFC file, level by level. Child process only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import ifcopenshell
import ifcopenshell.util.placement
import ifcopenshell.util.unit
import numpy as np
import numpy.typing as npt

from bim.georeference.evidence import Address, Context, Evidence, Frame, Operation, Site, System

Entity = Any
"""An IfcOpenShell instance; its attributes depend on the schema."""
_BROKEN = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""What reading an attribute of a malformed instance may raise."""
_DEEPEST = 200
_TEXT = 4000


def read(file: ifcopenshell.file) -> Evidence:
    """What an open file says about the place of its model. Never raises on malformed content."""
    to_metre, has_unit = _length_unit(file)
    found = Evidence(
        schema=str(file.schema_identifier),
        application=_application(file),
        to_metre=to_metre,
        has_unit=has_unit,
        buildings=len(_all(file, "IfcBuilding")),
    )
    for of in ("IfcSite", "IfcBuilding"):
        for product in _all(file, of):
            frame = _frame(product, of, to_metre)
            if frame is not None:
                found.frames.append(frame)
            address = _address(_get(product, "SiteAddress" if of == "IfcSite" else "BuildingAddress"))
            if address:
                found.addresses.append(Address(of, address))
    found.sites = [_site(product, to_metre) for product in _all(file, "IfcSite")]
    for context in _all(file, "IfcGeometricRepresentationContext", subtypes=False):
        found.contexts.append(_context(context, to_metre))
    wkt = {
        entity.id(): _text(_get(text, "WellKnownText"), 20000)
        for text in _all(file, "IfcWellKnownText")
        if (entity := _get(text, "CoordinateReferenceSystem")) is not None
    }
    used = set()
    for entity in _all(file, "IfcCoordinateOperation"):
        operation, system_id = _operation(file, entity, wkt)
        if operation is not None:
            found.operations.append(operation)
            used.add(system_id)
    found.operations += _property_sets(file)
    found.systems = [
        _system(entity, wkt)
        for entity in _all(file, "IfcCoordinateReferenceSystem")
        if entity.id() not in used
    ]
    return found


def _all(file: ifcopenshell.file, of: str, *, subtypes: bool = True) -> list[Entity]:
    try:
        return list(file.by_type(of, include_subtypes=subtypes))
    except RuntimeError:  # the schema has no such class
        return []


def _get(entity: Entity, name: str) -> Any:
    try:
        return getattr(entity, name, None)
    except _BROKEN:
        return None


def _number(value: Any) -> float | None:
    value = getattr(value, "wrappedValue", value)
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _type(value: Any) -> str:
    return str(value.is_a()) if hasattr(value, "is_a") else ""


def _text(value: Any, longest: int = _TEXT) -> str:
    value = getattr(value, "wrappedValue", value)
    return "" if value is None else str(value).strip()[:longest]


def _length_unit(file: ifcopenshell.file) -> tuple[float, bool]:
    try:
        units = file.by_type("IfcUnitAssignment")
        if not units:
            return 1.0, False
        scale = float(ifcopenshell.util.unit.calculate_unit_scale(file))
    except _BROKEN:
        return 1.0, False
    return (scale, True) if math.isfinite(scale) and scale > 0 else (1.0, False)


def _unit_factor(unit: Entity, depth: int = 0) -> float | None:
    """SI value of one unit: metres of a length, radians of an angle."""
    if unit is None or depth > 4:
        return None
    try:
        if unit.is_a("IfcSIUnit"):
            return _PREFIXES.get(unit.Prefix or "")
        if unit.is_a("IfcConversionBasedUnit"):
            factor = _number(unit.ConversionFactor.ValueComponent)
            inner = _unit_factor(unit.ConversionFactor.UnitComponent, depth + 1)
            return factor * inner if factor and inner else None
    except _BROKEN:
        return None
    return None


_PREFIXES = {
    "": 1.0,
    "MILLI": 1e-3,
    "CENTI": 1e-2,
    "DECI": 0.1,
    "DECA": 10.0,
    "HECTO": 100.0,
    "KILO": 1e3,
    "MICRO": 1e-6,
}
_UNIT_WORDS = {
    "metre": 1.0, "meter": 1.0, "m": 1.0, "米": 1.0,
    "millimetre": 0.001, "millimeter": 0.001, "mm": 0.001, "毫米": 0.001,
    "centimetre": 0.01, "centimeter": 0.01, "cm": 0.01,
    "kilometre": 1000.0, "kilometer": 1000.0, "km": 1000.0,
    "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "us survey foot": 1200 / 3937,
}  # fmt: skip


def _application(file: ifcopenshell.file) -> str:
    for item in _all(file, "IfcApplication"):
        return f"{_text(_get(item, 'ApplicationFullName'), 200)} {_text(_get(item, 'Version'), 80)}".strip()
    return ""


def _address(entity: Entity) -> str:
    if entity is None:
        return ""
    lines = [_text(item) for item in _get(entity, "AddressLines") or ()]
    names = ("PostalBox", "Town", "Region", "PostalCode", "Country")
    return ", ".join(part for part in [*lines, *(_text(_get(entity, name)) for name in names)] if part)[
        :_TEXT
    ]


def _axes(entity: Entity) -> npt.NDArray[np.float64]:
    """4 x 4 matrix of an IfcAxis2Placement in file units; identity where it cannot be read."""
    try:
        matrix = np.asarray(ifcopenshell.util.placement.get_axis2placement(entity), dtype=float)
    except (*_BROKEN, AssertionError):
        return np.eye(4)
    return matrix if np.isfinite(matrix).all() else np.eye(4)


def _frame(product: Entity, of: str, to_metre: float) -> Frame | None:
    placement, own, world = _get(product, "ObjectPlacement"), None, np.eye(4)
    seen: set[int] = set()
    while placement is not None and placement.id() not in seen and len(seen) < _DEEPEST:
        seen.add(placement.id())
        relative = _get(placement, "RelativePlacement")
        if relative is not None:
            matrix = _axes(relative)
            own = matrix if own is None else own
            world = matrix @ world
        placement = _get(placement, "PlacementRelTo")
    if own is None:
        return None
    return Frame(
        of=of,
        guid=_text(_get(product, "GlobalId"), 64),
        step_id=product.id(),
        name=_text(_get(product, "Name"), 200),
        location_m=_location(world, to_metre),
        rotation_deg=_rotation(world),
        own_location_m=_location(own, to_metre),
    )


def _location(matrix: npt.NDArray[np.float64], to_metre: float) -> tuple[float, float, float]:
    x, y, z = (float(value) * to_metre for value in matrix[:3, 3])
    return x, y, z


def _rotation(matrix: npt.NDArray[np.float64]) -> float:
    x, y = float(matrix[0, 0]), float(matrix[1, 0])
    return math.degrees(math.atan2(y, x)) if math.hypot(x, y) > 1e-9 else 0.0


def _angle(parts: Any) -> tuple[float | None, tuple[int, ...], bool]:
    """Degrees of an IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds and, at will, millionths.

    All parts must have one sign; where they do not, the first that is not zero decides.
    """
    try:
        numbers = tuple(int(value) for value in parts or ())
    except (TypeError, ValueError):
        return None, (), False
    if not 1 <= len(numbers) <= 4:
        return None, numbers, False
    signs = {value > 0 for value in numbers if value}
    sign = -1.0 if next((value for value in numbers if value), 0) < 0 else 1.0
    weights = (1.0, 60.0, 3600.0, 3600e6)
    total = sum(abs(value) / weight for value, weight in zip(numbers, weights, strict=False))
    return sign * total, numbers, len(signs) > 1


def _site(product: Entity, to_metre: float) -> Site:
    latitude, latitude_parts, mixed_latitude = _angle(_get(product, "RefLatitude"))
    longitude, longitude_parts, mixed_longitude = _angle(_get(product, "RefLongitude"))
    elevation = _number(_get(product, "RefElevation"))
    return Site(
        guid=_text(_get(product, "GlobalId"), 64),
        step_id=product.id(),
        name=_text(_get(product, "Name"), 200),
        latitude=latitude,
        longitude=longitude,
        latitude_parts=latitude_parts,
        longitude_parts=longitude_parts,
        mixed_signs=mixed_latitude or mixed_longitude,
        elevation_m=None if elevation is None else elevation * to_metre,
    )


def _context(entity: Entity, to_metre: float) -> Context:
    axes = _get(entity, "WorldCoordinateSystem")
    matrix = np.eye(4) if axes is None else _axes(axes)
    north = None
    ratios = _get(_get(entity, "TrueNorth"), "DirectionRatios")
    if ratios and len(ratios) >= 2:
        x, y = _number(ratios[0]), _number(ratios[1])
        if x is not None and y is not None and math.hypot(x, y) > 1e-9:
            north = (x, y)
    return Context(
        step_id=entity.id(),
        kind=_text(_get(entity, "ContextType"), 80),
        location_m=_location(matrix, to_metre),
        rotation_deg=_rotation(matrix),
        true_north=north,
    )


def _system(entity: Entity, wkt: dict[int, str]) -> System:
    unit = _unit_factor(_get(entity, "MapUnit"))
    return System(
        kind="geographic" if entity.is_a("IfcGeographicCRS") else "projected",
        name=_text(_get(entity, "Name")),
        description=_text(_get(entity, "Description")),
        datum=_text(_get(entity, "GeodeticDatum")),
        vertical_datum=_text(_get(entity, "VerticalDatum")),
        projection=_text(_get(entity, "MapProjection")),
        zone=_text(_get(entity, "MapZone")),
        unit_to_metre=unit,
        wkt=wkt.get(entity.id()),
    )


def _degrees_of(file: ifcopenshell.file, system: Entity, value: float) -> float:
    """An angle as written, in degrees."""
    unit = _get(system, "AngleUnit")
    if unit is None:
        for assignment in _all(file, "IfcUnitAssignment"):
            for item in _get(assignment, "Units") or ():
                if _get(item, "UnitType") == "PLANEANGLEUNIT":
                    unit = item
    radians = _unit_factor(unit)
    # no angle beyond a full turn is meant in radians
    return value if radians is None or abs(value * radians) > 2 * math.pi else math.degrees(value * radians)


def _operation(
    file: ifcopenshell.file, entity: Entity, wkt: dict[int, str]
) -> tuple[Operation | None, int | None]:
    target = _get(entity, "TargetCRS")
    source = _get(entity, "SourceCRS")
    system = None if target is None else _system(target, wkt)
    context = source.id() if source is not None and source.is_a("IfcRepresentationContext") else None
    common = {"step_id": entity.id(), "context": context, "where": "", "system": system}
    target_id = None if target is None else target.id()
    if entity.is_a("IfcMapConversion"):
        scaled = entity.is_a("IfcMapConversionScaled")
        x, y, z = (_number(_get(entity, f"Factor{axis}")) if scaled else None for axis in "XYZ")
        return (
            Operation(
                kind="map_conversion_scaled" if scaled else "map_conversion",
                eastings=_number(_get(entity, "Eastings")) or 0.0,
                northings=_number(_get(entity, "Northings")) or 0.0,
                height=_number(_get(entity, "OrthogonalHeight")) or 0.0,
                x_axis_abscissa=_number(_get(entity, "XAxisAbscissa")),
                x_axis_ordinate=_number(_get(entity, "XAxisOrdinate")),
                scale=_number(_get(entity, "Scale")),
                factors=(x or 1.0, y or 1.0, z or 1.0),
                **common,
            ),
            target_id,
        )
    if entity.is_a("IfcRigidOperation"):
        first, second = _get(entity, "FirstCoordinate"), _get(entity, "SecondCoordinate")
        x, y = _number(first) or 0.0, _number(second) or 0.0
        one, other = _type(first), _type(second)
        degrees = "PlaneAngle" in one
        if degrees:
            x, y = _degrees_of(file, target, x), _degrees_of(file, target, y)
        return (
            Operation(
                kind="rigid_operation",
                eastings=x,
                northings=y,
                height=_number(_get(entity, "Height")) or 0.0,
                x_axis_abscissa=None,
                x_axis_ordinate=None,
                scale=None,
                degrees=degrees,
                measures=(one, other),
                **common,
            ),
            target_id,
        )
    return None, None


_SET_NAME = re.compile(r"^e?p?set[_ ]?(mapconversion|projectedcrs|geographiccrs)$")


def _sets(file: ifcopenshell.file) -> Iterator[tuple[str, str, int, dict[str, Any], Entity]]:
    """Kind, class of the carrier, id and values of every property set that speaks of a map."""
    carriers: dict[int, str] = {}
    for relation in _all(file, "IfcRelDefinesByProperties"):
        definition = _get(relation, "RelatingPropertyDefinition")
        for item in (_get(relation, "RelatedObjects") or ()) if definition is not None else ():
            carriers.setdefault(definition.id(), item.is_a())
    for entity in _all(file, "IfcPropertySet"):
        match = _SET_NAME.match(_text(_get(entity, "Name"), 80).casefold())
        if not match:
            continue
        values = {}
        for item in _get(entity, "HasProperties") or ():
            key = re.sub(r"[^a-z]", "", _text(_get(item, "Name"), 80).casefold())
            values[key] = _get(item, "NominalValue")
        yield match.group(1), carriers.get(entity.id(), ""), entity.id(), values, entity


def _property_sets(file: ifcopenshell.file) -> list[Operation]:
    """Operations held by property sets, the way of IFC2X3, under any spelling."""
    systems: dict[str, System] = {}
    conversions = []
    for kind, where, step_id, values, _ in _sets(file):
        if kind != "mapconversion":
            unit = _UNIT_WORDS.get(_text(values.get("mapunit"), 40).casefold())
            systems[where] = System(
                kind="property_set",
                name=_text(values.get("name")),
                description=_text(values.get("description")),
                datum=_text(values.get("geodeticdatum")),
                vertical_datum=_text(values.get("verticaldatum")),
                projection=_text(values.get("mapprojection")),
                zone=_text(values.get("mapzone")),
                unit_to_metre=unit,
            )
        else:
            conversions.append((where, step_id, values))
    found = []
    for where, step_id, values in conversions:
        eastings = _number(values.get("eastings", values.get("easting")))
        northings = _number(values.get("northings", values.get("northing")))
        if eastings is None or northings is None:
            continue
        system = systems.get(where) or next(iter(systems.values()), None)
        target = _text(values.get("targetcrs"))
        if system is None and target:
            system = System(kind="property_set", name=target)
        found.append(
            Operation(
                kind="property_set",
                step_id=step_id,
                context=None,
                where=where,
                eastings=eastings,
                northings=northings,
                height=_number(values.get("orthogonalheight")) or 0.0,
                x_axis_abscissa=_number(values.get("xaxisabscissa")),
                x_axis_ordinate=_number(values.get("xaxisordinate")),
                scale=_number(values.get("scale")),
                measures=(_type(values.get("eastings")), _type(values.get("northings"))),
                system=system,
            )
        )
    return found
