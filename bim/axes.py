"""Placements: where an element's own axes stand in the model's axes, worked out without recursion.

A matrix is twelve numbers, row by row: three of the rotation and one of the translation, three times. Source:
ISO 16739-1, IfcGeometricConstraintResource and IfcGeometryResource (IfcLocalPlacement, IfcAxis2Placement3D).
"""

from __future__ import annotations

import math

from bim.instances import Attributes, Instance

Matrix = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
Vector = tuple[float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def product(a: Matrix, b: Matrix) -> Matrix:
    """``a`` after ``b``: a point goes through ``b`` first."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11 = b
    return (
        a0 * b0 + a1 * b4 + a2 * b8, a0 * b1 + a1 * b5 + a2 * b9, a0 * b2 + a1 * b6 + a2 * b10,
        a0 * b3 + a1 * b7 + a2 * b11 + a3,
        a4 * b0 + a5 * b4 + a6 * b8, a4 * b1 + a5 * b5 + a6 * b9, a4 * b2 + a5 * b6 + a6 * b10,
        a4 * b3 + a5 * b7 + a6 * b11 + a7,
        a8 * b0 + a9 * b4 + a10 * b8, a8 * b1 + a9 * b5 + a10 * b9, a8 * b2 + a9 * b6 + a10 * b10,
        a8 * b3 + a9 * b7 + a10 * b11 + a11,
    )  # fmt: skip


def inverse(a: Matrix) -> Matrix:
    """The way back; ``a`` is a rotation and a translation, as every placement is."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 = a
    return (
        a0, a4, a8, -(a0 * a3 + a4 * a7 + a8 * a11),
        a1, a5, a9, -(a1 * a3 + a5 * a7 + a9 * a11),
        a2, a6, a10, -(a2 * a3 + a6 * a7 + a10 * a11),
    )  # fmt: skip


def scaled(a: Matrix, factor: float) -> Matrix:
    """The matrix with its translation times ``factor``: from the file's length unit to metres."""
    return (
        a[0], a[1], a[2], a[3] * factor, a[4], a[5], a[6], a[7] * factor, a[8], a[9], a[10], a[11] * factor,
    )  # fmt: skip


def text(a: Matrix) -> str:
    """Sixteen numbers row by row, translations to 0.1 µm, for ``placement`` of :data:`bim.model.ELEMENT_COLUMNS`."""
    written = [
        f"{value:.7f}".rstrip("0").rstrip(".") if index % 4 == 3 else f"{round(value, 12):.12g}"
        for index, value in enumerate(a)
    ]
    return " ".join("0" if value == "-0" else value for value in written) + " 0 0 0 1"


def from_axes(origin: Vector, axis: Vector | None, reference: Vector | None) -> Matrix:
    """The matrix of a place with its z axis and a direction near its x axis, each free to be missing or skew."""
    z = _unit(axis) or (0.0, 0.0, 1.0)
    x = _unit(reference) or (1.0, 0.0, 0.0)
    along = x[0] * z[0] + x[1] * z[1] + x[2] * z[2]
    flat = _unit((x[0] - along * z[0], x[1] - along * z[1], x[2] - along * z[2]))
    if flat is None or abs(along) > 1 - 1e-12:  # x along z: any direction across z will do
        other = (1.0, 0.0, 0.0) if abs(z[0]) < 0.9 else (0.0, 1.0, 0.0)
        along = other[0] * z[0] + other[1] * z[1] + other[2] * z[2]
        flat = _unit((other[0] - along * z[0], other[1] - along * z[1], other[2] - along * z[2]))
        assert flat is not None
    y = (
        z[1] * flat[2] - z[2] * flat[1],
        z[2] * flat[0] - z[0] * flat[2],
        z[0] * flat[1] - z[1] * flat[0],
    )
    return (
        flat[0], y[0], z[0], origin[0], flat[1], y[1], z[1], origin[1], flat[2], y[2], z[2], origin[2],
    )  # fmt: skip


class Placements:
    """Matrices of a file's placements, each worked out once.

    Parameters
    ----------
    attributes
        Of the file.
    to_metre
        Factor of the file's length unit.
    """

    def __init__(self, attributes: Attributes, to_metre: float) -> None:
        self._attributes = attributes
        self._to_metre = to_metre
        self._world: dict[int, Matrix] = {}
        self._local: dict[int, Matrix] = {}
        self.unreadable: set[int] = set()
        """Step ids of placements that stand in for nothing: a circle, a wrong kind, a grid."""

    def of(self, element: Instance) -> Matrix:
        """The element's placement in the model's axes, metres; the model's own axes where it has none."""
        placement = self._attributes.one(element, "ObjectPlacement")
        return IDENTITY if placement is None else self.world(placement)

    def world(self, placement: Instance) -> Matrix:
        """A placement in the model's axes, metres."""
        chain: list[Instance] = []
        seen: set[int] = set()
        at: Instance | None = placement
        matrix = IDENTITY
        while at is not None:
            number = at.id()
            known = self._world.get(number)
            if known is not None:
                matrix = known
                break
            if number in seen:
                self.unreadable.add(number)
                break
            seen.add(number)
            chain.append(at)
            at = self._attributes.one(at, "PlacementRelTo")
        for item in reversed(chain):
            matrix = product(matrix, scaled(self.local(item), self._to_metre))
            self._world[item.id()] = matrix
        return matrix

    def local(self, placement: Instance) -> Matrix:
        """A placement in the axes it is relative to, in the file's length unit."""
        number = placement.id()
        known = self._local.get(number)
        if known is None:
            known = self._local[number] = self._read(placement)
        return known

    def _read(self, placement: Instance) -> Matrix:
        name = placement.is_a()
        inner: Instance | None = None
        if name == "IfcLocalPlacement":
            inner = self._attributes.one(placement, "RelativePlacement")
        elif name == "IfcLinearPlacement":
            # Exporters write the place along the line in Cartesian axes too, for readers without alignments.
            inner = self._attributes.one(placement, "CartesianPosition")
        matrix = None if inner is None else axis_placement(self._attributes, inner)
        if matrix is None:
            self.unreadable.add(placement.id())
            return IDENTITY
        return matrix


def axis_placement(read: Attributes, instance: Instance) -> Matrix | None:
    """The matrix of an IfcAxis2Placement2D or 3D in the file's length unit; None for anything else."""
    name = instance.is_a()
    if name not in {"IfcAxis2Placement3D", "IfcAxis2Placement2D"}:
        return None
    location = read.one(instance, "Location")
    origin = None if location is None else _vector(read.numbers(location, "Coordinates"))
    if origin is None:
        return None
    axis = _direction(read, instance, "Axis") if name == "IfcAxis2Placement3D" else None
    return from_axes(origin, axis, _direction(read, instance, "RefDirection"))


def _direction(read: Attributes, instance: Instance, name: str) -> Vector | None:
    direction = read.one(instance, name)
    return None if direction is None else _vector(read.numbers(direction, "DirectionRatios"))


def _vector(numbers: tuple[float, ...]) -> Vector | None:
    if len(numbers) == 3:
        return numbers[0], numbers[1], numbers[2]
    return (numbers[0], numbers[1], 0.0) if len(numbers) == 2 else None


def _unit(vector: Vector | None) -> Vector | None:
    if vector is None:
        return None
    # Products instead of powers: those of huge numbers are infinite, powers raise.
    length = math.sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2])
    if not 1e-12 < length < math.inf:
        return None
    return vector[0] / length, vector[1] / length, vector[2] / length
