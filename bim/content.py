"""What an element's shape is made of, as a short hash that two versions of a model can be compared by.

``#`` numbers, the order of sets, styles, names, contexts and the length unit do not enter; coordinates are taken to a
micrometre and other numbers to nine digits. The shape and the openings cut from it are told apart.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import ifcopenshell
import numpy as np

from bim.axes import Matrix, Placements, inverse, product, scaled
from bim.instances import Attributes, Instance

LEFT_OUT = {
    "Axis", "Box", "Annotation", "FootPrint", "Plan", "CoG", "Lighting", "Clearance", "Reference", "Profile",
    "SurveyPoints",
}  # fmt: skip
"""RepresentationIdentifier of what is not the body: it follows the body or is not drawn."""

SETS = {"IfcConnectedFaceSet", "IfcClosedShell", "IfcOpenShell", "IfcFace", "IfcGeometricSet"}
"""Classes whose first attribute is a set, in whose order nothing lies."""

SHELLS = {"IfcConnectedFaceSet", "IfcClosedShell", "IfcOpenShell"}

HALF = 0.5137
"""Rounds when added before the floor. Not 0.5: drawings are full of numbers just halfway between two steps."""

_THREE = struct.Struct("<3q").pack

NO_SHAPE = "-"


class Contents:
    """Hashes of shapes, each part worked out once.

    Parameters
    ----------
    attributes, placements
        Of the file.
    to_metre
        Factor of the file's length unit.
    """

    def __init__(self, attributes: Attributes, placements: Placements, to_metre: float) -> None:
        self._read = attributes
        self._placements = placements
        self._to_metre = to_metre
        self._steps = to_metre * 1e6
        self._points: dict[int, bytes] = {}
        self._digests: dict[int, bytes] = {}

    def of(self, element: Instance, openings: Sequence[Instance]) -> str:
        """``SHAPE/COUNT/OPENINGS``: hash of the shape, number of openings, hash of the openings.

        Two elements have the same shape when the first parts are equal, whatever was cut from them when the rest is.
        """
        shape = self._shape(element)
        if not openings:
            return f"{shape}/0/"
        cuts = sorted(self._opening(element, item) for item in openings)
        return f"{shape}/{len(cuts)}/{blake2b(b''.join(cuts), digest_size=8).hexdigest()}"

    def _shape(self, element: Instance) -> str:
        representation = self._read.one(element, "Representation")
        if representation is None:
            return NO_SHAPE
        items = self._read.many(representation, "Representations")
        body = [item for item in items if self._read.get(item, "RepresentationIdentifier") not in LEFT_OUT]
        digests = sorted(self._digest(item) for item in body or items)
        return blake2b(b"".join(digests), digest_size=8).hexdigest() if digests else NO_SHAPE

    def _opening(self, element: Instance, opening: Instance) -> bytes:
        return _place(self._relative(element, opening)) + self._shape(opening).encode()

    def _relative(self, element: Instance, opening: Instance) -> Matrix:
        own = self._read.one(opening, "ObjectPlacement")
        host = self._read.one(element, "ObjectPlacement")
        above = None if own is None else self._read.one(own, "PlacementRelTo")
        if own is not None and host is not None and above is not None and above.id() == host.id():
            # As written: the way to the model's axes and back would add its rounding.
            return scaled(self._placements.local(own), self._to_metre)
        return product(inverse(self._placements.of(element)), self._placements.of(opening))

    def _digest(self, top: Instance) -> bytes:
        """Digest of an instance and of all that it refers to; a loop, for trees of thousands of levels."""
        digests = self._digests
        stack: list[tuple[Instance, list[Any] | None]] = [(top, None)]
        while stack:
            item, values = stack.pop()
            number = item.id()
            if values is None:
                if number in digests:
                    continue
                ready = self._ready(item)
                if ready is not None:
                    digests[number] = ready
                    continue
                # Set first: one that is made of itself ends here.
                digests[number] = b"circle"
                values = self._values(item)
                stack.append((item, values))
                stack.extend((part, None) for part in _parts(values) if part.id() not in digests)
                continue
            digests[number] = self._combined(item.is_a(), values)
        return digests[top.id()]

    def _ready(self, item: Instance) -> bytes | None:
        """Digest of the classes that make up most of a file, without looking at their parts one by one."""
        name = item.is_a()
        if name == "IfcCartesianPoint":
            return self._point(item)
        if name == "IfcPolyline":
            points = self._read.many(item, "Points")
            return _hash(b"line" + b"".join(map(self._point, points)))
        if name in SHELLS:
            return self._shell(item)
        if name in {"IfcCartesianPointList3D", "IfcCartesianPointList2D"}:
            return self._coordinates(item)
        if name == "IfcStyledItem":
            return b"style"
        return None

    def _shell(self, shell: Instance) -> bytes | None:
        """Digest of a set of plain faces; None where one of them is of another kind.

        Faces and their bounds are nine tenths of a model from Revit. Their attributes are read by position
        (IfcFace.Bounds, IfcFaceBound.Bound and Orientation, IfcPolyLoop.Polygon), which halves the time.
        """
        points, point = self._points, self._point
        faces: list[bytes] = []
        try:
            for face in shell.get_argument(0):
                if face.is_a() != "IfcFace":
                    return None
                rings: list[bytes] = []
                for bound in face.get_argument(0):
                    loop = bound.get_argument(0)
                    if loop.is_a() != "IfcPolyLoop":
                        return None
                    corners = [points.get(item.id()) or point(item) for item in loop.get_argument(0)]
                    rings.append((b"+" if bound.get_argument(1) else b"-") + b"".join(corners))
                faces.append(rings[0] if len(rings) == 1 else b"|".join(sorted(rings)))
        except (AttributeError, TypeError, IndexError):  # a value where an instance belongs
            return None
        faces.sort()
        return _hash(shell.is_a().encode() + b"/".join(faces))

    def _point(self, item: Instance) -> bytes:
        number = item.id()
        known = self._points.get(number)
        if known is None:
            values = item.get_argument(0) if item.is_a() == "IfcCartesianPoint" else ()
            known = self._points[number] = self._packed(values)
        return known

    def _packed(self, values: Any) -> bytes:
        steps = self._steps
        try:
            if len(values) == 3:  # by far the most, so without a loop
                x, y, z = values
                return _THREE(
                    math.floor(x * steps + HALF), math.floor(y * steps + HALF), math.floor(z * steps + HALF)
                )
            numbers = [math.floor(value * steps + HALF) for value in values]
            return struct.pack(f"<{len(numbers)}q", *numbers)
        except (TypeError, ValueError, OverflowError, struct.error):  # no numbers, or past all measure
            return repr(values).encode()

    def _coordinates(self, item: Instance) -> bytes:
        values = self._read.get(item, "CoordList")
        try:
            with np.errstate(all="ignore"):
                array = np.floor(np.asarray(values, dtype=np.float64) * self._steps + HALF)
        except (TypeError, ValueError):
            return _hash(repr(values).encode())
        return _hash(repr(array.shape).encode() + (array + 0.0).tobytes())

    def _values(self, item: Instance) -> list[Any]:
        name = item.is_a()
        values: list[Any] = [item.get_argument(index) for index in range(len(item))]
        for index in self._read.lengths(name):
            if isinstance(values[index], int | float):
                values[index] = float(values[index]) * self._to_metre
        parents = self._read.parents(name)
        if "IfcRepresentation" in parents:
            return [*values[1:3], unordered(values[3])]  # without the context
        if "IfcProfileDef" in parents:
            del values[1]  # its name
        if name in SETS:
            values[0] = unordered(values[0])
        return values

    def _combined(self, name: str, values: list[Any]) -> bytes:
        written = [name.encode()]
        # Lists within lists are opened in place; a marker keeps ((1,2),3) apart from ((1),2,3).
        stack = list(reversed(values))
        while stack:
            value: Any = stack.pop()
            if isinstance(value, float):
                written.append(b"%.9g" % (value + 0.0))
            elif isinstance(value, ifcopenshell.entity_instance):
                if value.id():
                    written.append(self._digests.get(value.id(), b""))
                else:
                    written.append(_class(value).encode())
                    stack.append(value.get_argument(0))
            elif isinstance(value, _Set):
                digests = (self._digests.get(part.id(), b"") for part in value.items)
                written.append(b"{%s}" % b",".join(sorted(digests)))
            elif isinstance(value, tuple):
                if _whole(value):
                    written.append(repr(value).encode())
                else:
                    written.append(b"(%d" % len(value))
                    stack.extend(reversed(value))
            else:
                written.append(repr(value).encode())
        return _hash(b";".join(written))


class _Set:
    __slots__ = ("items",)

    def __init__(self, items: list[Instance]) -> None:
        self.items = items


def unordered(value: Any) -> Any:
    """A list of instances whose order means nothing; anything else as it is."""
    if isinstance(value, tuple) and all(isinstance(item, ifcopenshell.entity_instance) for item in value):
        return _Set(list(value))
    return value


def _parts(values: list[Any]) -> list[Instance]:
    found: list[Instance] = []
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, ifcopenshell.entity_instance):
            if value.id():
                found.append(value)
            else:
                stack.append(value.get_argument(0))
        elif isinstance(value, _Set):
            found.extend(value.items)
        elif isinstance(value, tuple) and value and not isinstance(value[0], int | float | str):
            stack.extend(value)
    return found


def _whole(value: tuple[Any, ...]) -> bool:
    """Whether these are the corners of triangles, which a mesh has by the hundred thousand."""
    first = value[0] if value else 0
    if isinstance(first, tuple):
        return all(
            isinstance(item, tuple) and all(isinstance(corner, int) for corner in item) for item in value
        )
    return all(isinstance(item, int) for item in value)


def _class(instance: Instance) -> str:
    return str(instance.is_a())


def _place(matrix: Matrix) -> bytes:
    """A matrix to 10 µm and a millionth of a turn: what is left of a difference of two placements."""
    numbers = (
        math.floor(value * (1e5 if index % 4 == 3 else 1e6) + HALF) if abs(value) < 1e12 else 0
        for index, value in enumerate(matrix)
    )
    return struct.pack("<12q", *numbers)


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
