"""The corrected file: the received IFC with its georeference written as it was accepted.

Runs in the child process only. What is rewritten is the georeference and nothing else:
coordinate operation and reference system (property sets in IFC2X3), true north, and
latitude and longitude of the site, so that every reader of the file, whichever level it
looks at, finds the same place. A world coordinate system that held map coordinates is
set back to zero, since they now stand in the map conversion; a placement that carried
the same offset a second time is set back only when ``undouble`` asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid
import ifcopenshell.util.placement
import numpy as np

from bim.errors import BimError
from bim.georeference.evidence import evidence
from bim.georeference.placement import Grid, Placement, turned
from bim.georeference.readings import FAR_M
from bim.georeference.systems import crs, known, to_lonlat, unit_to_metre

Entity = Any
_SETS = ("ePSet_MapConversion", "ePSet_ProjectedCRS")


def write(
    source: Path,
    target: Path,
    placement: Placement,
    epsg: int = 4549,
    *,
    model_origin: Sequence[float] = (0.0, 0.0, 0.0),
    undouble: bool = False,
) -> None:
    """Write ``source`` to ``target`` with the georeference of a placement.

    Parameters
    ----------
    source, target
        IFC files; the source is not changed.
    placement
        As accepted.
    epsg
        Projected system, in metres, to write it in.
    model_origin
        :attr:`bim.model.Model.origin_m`, the point that the placement puts on the ground.
    undouble
        Set back the placement of the site or building that carries the map offset, so that
        the model has small coordinates again. Not done where other parts of the model do not
        hang on that placement: then they would move apart.

    Raises
    ------
    BimError
        When the system is not projected in metres, or the file cannot be read.
    """
    name = f"EPSG:{epsg}"
    if not known(name) or not crs(name).is_projected or abs(unit_to_metre(name) - 1) > 1e-9:
        raise BimError(
            f"{name} 不是以米为单位的投影坐标系；请换一个，如 EPSG:4549。",
            f"{name} is no projected system in metres; choose another, such as EPSG:4549.",
            code="georeference.epsg",
        )
    opened = _opened(source)
    before = evidence(opened)
    vertical = next((item.system.vertical_datum for item in before.operations if item.system), "")
    own = placement.grid(epsg, model_origin)
    convergence = own.rotation_deg - placement.rotation_deg
    if undouble:
        own = _undoubled(opened, own, before.to_metre)
    grid = _without_world(opened, own, before.to_metre)
    _remove(opened)
    if opened.schema == "IFC2X3":
        _write_sets(opened, grid, before.to_metre, vertical)
    else:
        _write_entities(opened, grid, before.to_metre, vertical)
    _write_true_north(opened, math.radians(own.rotation_deg - convergence))
    _write_sites(opened, own, before.to_metre)
    opened.write(str(target))


def write_plain(
    source: str, target: str, placement: dict[str, Any], model_origin: Sequence[float], epsg: int = 4549
) -> None:
    """:func:`write` of plain data, as :func:`bim.worker.call` passes it."""
    write(Path(source), Path(target), Placement.from_dict(placement), epsg, model_origin=model_origin)


def _opened(source: Path) -> ifcopenshell.file:
    try:
        opened = ifcopenshell.open(str(source))
        projects = opened.by_type("IfcProject") if isinstance(opened, ifcopenshell.file) else []
    except (OSError, RuntimeError, ifcopenshell.Error):
        projects = []
    if not projects:
        raise BimError(
            "文件无法改写：不是普通的 IFC 文件，或没有 IfcProject。",
            "the file cannot be corrected: it is no plain IFC file, or has no IfcProject.",
            code="georeference.unreadable",
        )
    return opened


def _contexts(file: ifcopenshell.file) -> list[Entity]:
    return list(file.by_type("IfcGeometricRepresentationContext", include_subtypes=False))


def _moved(grid: Grid, location_m: Sequence[float], rotation_deg: float) -> Grid:
    """The grid as seen from a frame that stands at a location of the model, turned in it."""
    angle = math.radians(grid.rotation_deg)
    x, y, z = location_m
    return Grid(
        grid.epsg,
        grid.eastings + grid.scale * (math.cos(angle) * x - math.sin(angle) * y),
        grid.northings + grid.scale * (math.sin(angle) * x + math.cos(angle) * y),
        grid.height_m + z,
        turned(grid.rotation_deg + rotation_deg),
        grid.scale,
    )


def _undoubled(file: ifcopenshell.file, grid: Grid, to_metre: float) -> Grid:
    """Sets back the placement that holds the offset, and gives the grid of what remains."""
    for frame in evidence(file).frames:
        if math.hypot(*frame.location_m[:2]) <= FAR_M:
            continue
        placement = file.by_id(frame.step_id).ObjectPlacement
        while placement.PlacementRelTo is not None:
            placement = placement.PlacementRelTo
        matrix = ifcopenshell.util.placement.get_axis2placement(placement.RelativePlacement)
        upright = abs(float(matrix[2, 2]) - 1) < 1e-9
        if not upright or not _carries_all(file, placement):
            return grid
        origin = file.createIfcCartesianPoint((0.0, 0.0, 0.0))
        placement.RelativePlacement = file.createIfcAxis2Placement3D(origin, None, None)
        turn = math.degrees(math.atan2(float(matrix[1, 0]), float(matrix[0, 0])))
        return _moved(grid, [float(value) * to_metre for value in matrix[:3, 3]], turn)
    return grid


def _carries_all(file: ifcopenshell.file, root: Entity) -> bool:
    """Whether every placement that a product uses hangs on one root."""
    roots: dict[int, int] = {}
    for product in file.by_type("IfcProduct"):
        placement = product.ObjectPlacement
        if placement is None:
            if product.Representation is not None:
                return False
            continue
        path = []
        while placement.id() not in roots:
            path.append(placement.id())
            above = getattr(placement, "PlacementRelTo", None)
            if above is None or above.id() in path:
                roots[placement.id()] = placement.id()
                break
            placement = above
        top = roots[placement.id()]
        for number in path:
            roots[number] = top
        if top != root.id():
            return False
    return True


def _without_world(file: ifcopenshell.file, grid: Grid, to_metre: float) -> Grid:
    """Sets back world coordinate systems that hold map coordinates; a small one is kept and reckoned with."""
    contexts = _contexts(file)
    model = next(
        (item for item in contexts if item.ContextType == "Model"), contexts[0] if contexts else None
    )
    world = evidence(file).contexts
    for context in contexts:
        found = next(item for item in world if item.step_id == context.id())
        if math.hypot(*found.location_m[:2]) > FAR_M:
            if context.WorldCoordinateSystem.is_a("IfcAxis2Placement2D"):
                point = file.createIfcCartesianPoint((0.0, 0.0))
                context.WorldCoordinateSystem = file.createIfcAxis2Placement2D(point, None)
            else:
                point = file.createIfcCartesianPoint((0.0, 0.0, 0.0))
                context.WorldCoordinateSystem = file.createIfcAxis2Placement3D(point, None, None)
    if model is None or model.WorldCoordinateSystem is None:
        return grid
    matrix = np.asarray(ifcopenshell.util.placement.get_axis2placement(model.WorldCoordinateSystem))
    turn = math.degrees(math.atan2(float(matrix[1, 0]), float(matrix[0, 0])))
    return _moved(grid, [float(value) * to_metre for value in matrix[:3, 3]], turn)


def _remove(file: ifcopenshell.file) -> None:
    """Takes out operations, systems and property sets that spoke of a map."""
    _remove_entities(file)
    _remove_sets(file)


def _remove_entities(file: ifcopenshell.file) -> None:
    units = []
    for name in ("IfcCoordinateOperation", "IfcWellKnownText", "IfcCoordinateReferenceSystem"):
        try:
            found = list(file.by_type(name))
        except RuntimeError:
            continue
        for entity in found:
            if not file.get_inverse(entity):
                units.append(getattr(entity, "MapUnit", None))
                file.remove(entity)
    for unit in {unit.id(): unit for unit in units if unit is not None}.values():
        if unit.is_a("IfcSIUnit") and not file.get_inverse(unit):
            file.remove(unit)


def _remove_sets(file: ifcopenshell.file) -> None:
    for relation in list(file.by_type("IfcRelDefinesByProperties")):
        definition = relation.RelatingPropertyDefinition
        if definition is not None and definition.is_a("IfcPropertySet") and _speaks_of_map(definition):
            file.remove(relation)
    for definition in list(file.by_type("IfcPropertySet")):
        if _speaks_of_map(definition) and not file.get_inverse(definition):
            properties = list(definition.HasProperties or ())
            file.remove(definition)
            for item in properties:
                if not file.get_inverse(item):
                    file.remove(item)


def _speaks_of_map(definition: Entity) -> bool:
    name = (definition.Name or "").casefold().replace("_", "").replace(" ", "")
    return name.endswith(("psetmapconversion", "psetprojectedcrs", "psetgeographiccrs"))


def _scale(grid: Grid, to_metre: float) -> tuple[float, float]:
    """Quotient of the units, and the factor of the grid beside it."""
    factor = 1.0 if abs(grid.scale - 1) < 1e-9 else grid.scale
    return to_metre, factor


def _texts(grid: Grid) -> dict[str, str]:
    system = crs(f"EPSG:{grid.epsg}")
    operation = system.coordinate_operation
    method = operation.method_name if operation else ""
    gauss_kruger = "Gauss-Kruger" in system.name or "Gauss-Kruger" in method
    return {
        "Name": f"EPSG:{grid.epsg}",
        "Description": system.name,
        "GeodeticDatum": system.datum.name if system.datum else "",
        "MapProjection": "Gauss-Kruger" if gauss_kruger else method,
    }


def _write_entities(file: ifcopenshell.file, grid: Grid, to_metre: float, vertical: str) -> None:
    unit = file.create_entity("IfcSIUnit", None, "LENGTHUNIT", None, "METRE")
    system = file.create_entity(
        "IfcProjectedCRS", **_texts(grid), VerticalDatum=vertical or None, MapUnit=unit
    )
    quotient, factor = _scale(grid, to_metre)
    for context in _contexts(file):
        numbers = _numbers(grid)
        # IFC4X3 keeps the quotient of the units and the factor of the grid apart
        if file.schema == "IFC4X3" and factor != 1.0:
            file.create_entity(
                "IfcMapConversionScaled", SourceCRS=context, TargetCRS=system, **numbers, Scale=quotient,
                FactorX=factor, FactorY=factor, FactorZ=1.0,
            )  # fmt: skip
        else:
            file.create_entity(
                "IfcMapConversion", SourceCRS=context, TargetCRS=system, **numbers, Scale=quotient * factor
            )


def _numbers(grid: Grid) -> dict[str, float]:
    """Attributes of a map conversion and properties of its set, but for the scale."""
    angle = math.radians(grid.rotation_deg)
    return {
        "Eastings": grid.eastings,
        "Northings": grid.northings,
        "OrthogonalHeight": grid.height_m,
        "XAxisAbscissa": math.cos(angle),
        "XAxisOrdinate": math.sin(angle),
    }


def _write_sets(file: ifcopenshell.file, grid: Grid, to_metre: float, vertical: str) -> None:
    project = file.by_type("IfcProject")[0]
    quotient, factor = _scale(grid, to_metre)
    numbers = {
        **_numbers(grid),
        "Scale": quotient * factor,
    }
    texts = {**_texts(grid), "VerticalDatum": vertical, "MapUnit": "METRE"}
    contents: tuple[dict[str, float] | dict[str, str], ...] = (
        numbers,
        {key: text for key, text in texts.items() if text},
    )
    for name, values in zip(_SETS, contents, strict=True):
        properties = [
            file.createIfcPropertySingleValue(
                key,
                None,
                file.create_entity("IfcReal" if isinstance(value, float) else "IfcLabel", value),
                None,
            )
            for key, value in values.items()
        ]
        owner = project.OwnerHistory
        definition = file.create_entity(
            "IfcPropertySet", ifcopenshell.guid.new(), owner, name, None, properties
        )
        file.create_entity(
            "IfcRelDefinesByProperties", ifcopenshell.guid.new(), owner, None, None, [project], definition
        )


def _write_true_north(file: ifcopenshell.file, turn: float) -> None:
    """True north of every context: the direction that the turn (radians) brings onto north."""
    for context in _contexts(file):
        context.TrueNorth = file.createIfcDirection((math.sin(turn), math.cos(turn)))


def _write_sites(file: ifcopenshell.file, own: Grid, to_metre: float) -> None:
    """Latitude, longitude and elevation of the sites' own origins."""
    frames = {frame.step_id: frame for frame in evidence(file).frames if frame.of == "IfcSite"}
    for site in file.by_type("IfcSite"):
        frame = frames.get(site.id())
        there = _moved(own, frame.location_m if frame else (0.0, 0.0, 0.0), 0.0)
        place = to_lonlat(f"EPSG:{own.epsg}", there.eastings, there.northings)
        if place is not None:
            site.RefLongitude, site.RefLatitude = _parts(place[0]), _parts(place[1])
            site.RefElevation = there.height_m / to_metre


def _parts(degrees: float) -> tuple[int, int, int, int]:
    """Degrees, minutes, seconds and millionths of a second, all of one sign."""
    sign = -1 if degrees < 0 else 1
    millionths = round(abs(degrees) * 3600e6)
    seconds, millionths = divmod(millionths, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    whole, minutes = divmod(minutes, 60)
    return sign * whole, sign * minutes, sign * seconds, sign * millionths
