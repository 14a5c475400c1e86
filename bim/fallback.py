"""What stands in for an element that the kernel cannot mesh: another kernel, or the box around it.

Runs in the worker process only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bim.axes import IDENTITY, Placements, axis_placement, product
from bim.colours import colour_of
from bim.instances import Attributes
from bim.mesh import F64, Shape, box, clean
from bim.units import Units

Instance = Any

DEEPEST = 300
"""Booleans in each other that are still left to the kernel; real walls have a few dozen."""
MOST_INSTANCES = 20_000
"""Instances of one representation that are looked at for its box."""

_SOLID = {
    "AdvancedBrep", "AdvancedSweptSolid", "BoundingBox", "Brep", "Clipping", "CSG", "SectionedSpine", "SolidModel",
    "SurfaceModel", "SweptSolid", "Tessellation", "MappedRepresentation", "Surface3D", "AdvancedSurface",
}  # fmt: skip
"""RepresentationType of what has a surface to draw."""
_BESIDE = {"Axis", "FootPrint", "Box", "Plan", "Annotation", "Clearance", "Reference", "Profile", "Lighting"}
"""RepresentationIdentifier of what is never the body."""


def openings(file: Any) -> dict[int, int]:
    """Number of openings cut from each element, by ``#`` number."""
    found: Counter[int] = Counter()
    for relation in file.by_type("IfcRelVoidsElement"):
        host = relation.get_argument(4)
        if hasattr(host, "id"):
            found[host.id()] += 1
    return dict(found)


def is_solid(item: Instance) -> bool:
    """Whether a product has a body that ought to be drawn."""
    return bool(_bodies(item))


def is_boolean(item: Instance) -> bool:
    """Whether a product's bodies, or what they are copies of, hold booleans of their own."""
    waiting = [each for body in _bodies(item) for each in _instances(body.get_argument(3))]
    for _ in range(MOST_INSTANCES):
        if not waiting:
            return False
        part = waiting.pop()
        if part.is_a("IfcBooleanResult") or part.is_a("IfcHalfSpaceSolid") or part.is_a("IfcCsgSolid"):
            return True
        if part.is_a("IfcMappedItem"):
            for source in _instances(part.get_argument(0)):
                for mapped in _instances(source.get_argument(1)):
                    waiting += _instances(mapped.get_argument(3))
    return True


def is_deep(item: Instance) -> bool:
    """Whether a product's body is a chain of more than :data:`DEEPEST` booleans, on which the kernel never ends."""
    for body in _bodies(item):
        operand = next(iter(_instances(body.get_argument(3))), None)
        for _ in range(DEEPEST):
            if operand is None or not operand.is_a("IfcBooleanResult"):
                break
            operand = next(iter(_instances(operand.get_argument(1))), None)
        else:
            return True
    return False


def light(source: Path, step_ids: Sequence[int]) -> dict[int, Shape]:
    """Shapes of elements by ifclite-geom, in the model's axes, by ``#`` number; none for what it cannot read."""
    import ifclite_geom

    elements = ifclite_geom.geometry_data_buffers(source.read_bytes(), ids=set(step_ids))["elements"]
    found = {}
    for number, item in elements.items():
        vertices = np.frombuffer(item["vertices"], np.float64).reshape(-1, 3).copy()
        faces = np.frombuffer(item["faces"], np.uint32).reshape(-1, 3).astype(np.int32)
        colour = np.rint(np.clip(np.array(item["color"], np.float64), 0.0, 1.0) * 255).astype(np.uint8)
        found[int(number)] = clean(vertices, faces, np.tile(colour, (len(faces), 1)))
    return found


def box_of(file: Any, step_id: int) -> tuple[Shape, F64] | None:
    """The box around an element's representation, and its matrix; None where nothing can be said.

    The box comes from the points, profiles and depths of the representation's items. What is cut away by a boolean
    is not subtracted, and nested mappings count as they stand.
    """
    item = file.by_id(step_id)
    read = Attributes(file, 100)
    projects = read.all("IfcProject")
    to_metre = Units(read, projects[0]).length.factor if projects else 1.0
    points: list[tuple[float, float, float]] = []
    for body in _bodies(item):
        _points(read, body, points)
    cloud = np.array(points, np.float64).reshape(-1, 3) * to_metre
    cloud = cloud[np.isfinite(cloud).all(axis=1)]
    if not len(cloud):
        return None
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    if (high - low <= 1e-6).sum() > 1:
        return None
    high = np.maximum(high, low + 1e-3)
    matrix = np.vstack([np.array(Placements(read, to_metre).of(item)).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])
    return box(low, high, colour_of(item.is_a())), matrix


def _bodies(item: Instance) -> list[Instance]:
    try:
        representations = item.Representation.Representations if item.Representation is not None else ()
        return [
            each for each in representations
            if each.RepresentationIdentifier not in _BESIDE and (each.RepresentationType or "SolidModel") in _SOLID
        ]  # fmt: skip
    except (AttributeError, TypeError, RuntimeError):
        return []  # attributes of a wrong kind


def _points(read: Attributes, body: Instance, points: list[tuple[float, float, float]]) -> None:
    """Add the points that span ``body``, in its own axes and the file's unit."""
    waiting: list[tuple[Instance, Any]] = [(each, IDENTITY) for each in read.many(body, "Items")]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_INSTANCES:
        item, matrix = waiting.pop()
        if item.id() in seen:
            continue
        seen.add(item.id())
        class_ = item.is_a()
        if class_ == "IfcMappedItem":
            source = read.one(item, "MappingSource")
            mapped = None if source is None else read.one(source, "MappedRepresentation")
            if mapped is not None:
                waiting += [(each, matrix) for each in read.many(mapped, "Items")]
        elif class_ in {"IfcBooleanResult", "IfcBooleanClippingResult"}:
            first = read.one(item, "FirstOperand")
            waiting += [] if first is None else [(first, matrix)]
        elif class_ == "IfcExtrudedAreaSolid":
            _extrusion(read, item, matrix, points)
        elif class_ == "IfcCartesianPoint":
            _add(points, matrix, item.get_argument(0))
        elif class_ in {"IfcCartesianPointList3D", "IfcCartesianPointList2D"}:
            for each in item.get_argument(0) or ():
                _add(points, matrix, each)
        elif not class_.startswith("IfcAxis"):
            for value in item:
                waiting += [(each, matrix) for each in _instances(value)]


def _extrusion(
    read: Attributes, item: Instance, matrix: Any, points: list[tuple[float, float, float]]
) -> None:
    place = read.one(item, "Position")
    if place is not None:
        matrix = product(matrix, _axes(read, place))
    profile = read.one(item, "SweptArea")
    flat: list[tuple[float, float, float]] = []
    if profile is not None:
        inner = read.one(profile, "Position")
        wide, deep = (read.number(profile, name) for name in ("XDim", "YDim"))
        radius = read.number(profile, "Radius")
        half = (wide / 2, deep / 2) if math.isnan(radius) else (radius, radius)
        turn = IDENTITY if inner is None else _axes(read, inner)
        if math.isfinite(half[0]) and math.isfinite(half[1]):
            for x, y in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
                _add(flat, turn, (x * half[0], y * half[1], 0.0))
        else:
            curve = read.one(profile, "OuterCurve")
            if curve is not None:
                _spread(curve, turn, flat)
    direction = read.one(item, "ExtrudedDirection")
    along = _numbers(direction.get_argument(0)) if direction is not None else (0.0, 0.0, 1.0)
    depth = read.number(item, "Depth")
    for point in flat:
        _add(points, matrix, point)
        if math.isfinite(depth):
            _add(points, matrix, tuple(p + depth * d for p, d in zip(point, along, strict=True)))


def _spread(curve: Instance, matrix: Any, points: list[tuple[float, float, float]]) -> None:
    waiting = [curve]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_INSTANCES:
        item = waiting.pop()
        if item.id() in seen and item.id():
            continue
        seen.add(item.id())
        if item.is_a("IfcCartesianPoint"):
            _add(points, matrix, item.get_argument(0))
        elif item.is_a("IfcCartesianPointList2D"):
            for each in item.get_argument(0) or ():
                _add(points, matrix, each)
        else:
            waiting += [each for value in item for each in _instances(value)]


def _axes(read: Attributes, place: Instance) -> Any:
    """The matrix of an axis placement, in the file's unit."""
    return axis_placement(read, place) or IDENTITY


def _numbers(values: Any) -> tuple[float, float, float]:
    try:
        found = [float(value) for value in values][:3]
    except (TypeError, ValueError):
        found = []
    x, y, z = [*found, 0.0, 0.0, 0.0][:3]
    return x, y, z


def _add(points: list[tuple[float, float, float]], matrix: Any, values: Any) -> None:
    x, y, z = _numbers(values)
    a = matrix
    points.append(
        (
            a[0] * x + a[1] * y + a[2] * z + a[3],
            a[4] * x + a[5] * y + a[6] * z + a[7],
            a[8] * x + a[9] * y + a[10] * z + a[11],
        )
    )


def _instances(value: Any) -> list[Instance]:
    if isinstance(value, tuple):
        return [each for part in value for each in _instances(part)]
    return [value] if hasattr(value, "is_a") else []
