"""Shapes of elements: triangles in metres, the same shape kept once, and where each stands.

A kernel names equal shapes only where the file itself shares them. Here two shapes are one when their
vertices agree to a tenth of a millimetre after their lowest corner was moved to 0, and their faces and
colours agree. The way to the corner goes into the placement, in float64, so that a building that was drawn
a thousand kilometres from its origin loses nothing. Mirrored placements are shapes of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]

SAME_M = 1e-4
"""Vertices closer than this are the same when shapes are compared."""
FAR_M = 2e7
"""No place on Earth is farther from any origin; coordinates beyond it are a fault of the file."""


@dataclass(slots=True)
class Shape:
    """One shape in its own axes, metres, its lowest corner at 0."""

    vertices: F64  # (n, 3)
    faces: I32  # (m, 3)
    colours: U8  # (m, 4) RGBA of each face

    @property
    def triangles(self) -> int:
        """Number of triangles."""
        return len(self.faces)

    def part(self, wanted: npt.NDArray[np.bool_]) -> Shape:
        """The faces that are ``wanted``, with the vertices they use."""
        used, faces = np.unique(self.faces[wanted], return_inverse=True)
        return Shape(self.vertices[used], faces.reshape(-1, 3).astype(np.int32), self.colours[wanted])


@dataclass(slots=True)
class Scene:
    """Every shape once, and every place one stands in."""

    shapes: list[Shape] = field(default_factory=list)
    step_id: list[int] = field(default_factory=list)
    """``#`` number of the element, per placement."""
    shape: list[int] = field(default_factory=list)
    matrix: list[F64] = field(default_factory=list)
    """(4, 4), shape to model, metres."""
    method: list[str] = field(default_factory=list)
    """How it was meshed; see ``bim.model.ELEMENT_COLUMNS``."""
    _known: dict[bytes, int] = field(default_factory=dict)

    def add(self, step_id: int, method: str, shape: Shape, matrix: F64) -> None:
        """Stand ``shape`` at ``matrix``; a shape that is known already is kept once.

        Raises
        ------
        ValueError
            When a coordinate is no number or lies farther out than :data:`FAR_M`.
        """
        number, corner = self.keep(shape, matrix)
        self.place(step_id, method, number, corner)

    def keep(self, shape: Shape, matrix: F64) -> tuple[int, F64]:
        """The number of ``shape`` among those kept, and the matrix that stands that one where this was."""
        if not np.isfinite(shape.vertices).all() or not np.isfinite(matrix).all():
            raise ValueError("a coordinate is no number")
        matrix = matrix.copy()
        linear = matrix[:3, :3]
        vertices, faces = shape.vertices, shape.faces
        if not is_rotation(linear):
            mirror = np.array([-1.0, 1.0, 1.0])
            if is_rotation(linear * mirror):
                vertices, faces = vertices * mirror, faces[:, ::-1]
                matrix[:3, :3] = linear * mirror
            else:
                vertices = vertices @ linear.T  # scaled or sheared: only as itself
                if np.linalg.det(linear) < 0:
                    faces = faces[:, ::-1]
                matrix[:3, :3] = np.eye(3)
        corner = vertices.min(axis=0)
        matrix[:3, 3] += matrix[:3, :3] @ corner
        vertices = vertices - corner
        if max(np.abs(matrix[:3, 3]).max(), vertices.max()) > FAR_M:
            raise ValueError("a coordinate lies outside any place on Earth")
        kept = Shape(vertices, np.ascontiguousarray(faces, np.int32), shape.colours)
        digest = hashlib.blake2b(np.rint(vertices / SAME_M).astype(np.int64).tobytes(), digest_size=16)
        digest.update(kept.faces.tobytes())
        digest.update(kept.colours.tobytes())
        number = self._known.setdefault(digest.digest(), len(self.shapes))
        if number == len(self.shapes):
            self.shapes.append(kept)
        return number, matrix

    def place(self, step_id: int, method: str, shape: int, matrix: F64) -> None:
        """Stand the shape of number ``shape`` at ``matrix``."""
        self.step_id.append(step_id)
        self.method.append(method)
        self.shape.append(shape)
        self.matrix.append(matrix)

    def __len__(self) -> int:
        """Number of placements."""
        return len(self.step_id)

    def placed(self) -> Iterator[tuple[int, int, F64]]:
        """Placement, its shape's number and its vertices in the model's axes."""
        for i, (number, matrix) in enumerate(zip(self.shape, self.matrix, strict=True)):
            yield i, number, self.shapes[number].vertices @ matrix[:3, :3].T + matrix[:3, 3]

    def join(self, other: Scene) -> None:
        """Take over all that stands in ``other``."""
        numbers: dict[int, tuple[int, F64]] = {}
        for i, number in enumerate(other.shape):
            if number not in numbers:
                numbers[number] = self.keep(other.shapes[number], np.eye(4))
            mine, corner = numbers[number]
            self.place(other.step_id[i], other.method[i], mine, other.matrix[i] @ corner)

    def save(self, path: Path) -> None:
        """Write the scene to ``path`` (``.npz``)."""
        sizes = np.array([(len(s.vertices), len(s.faces)) for s in self.shapes], np.int64).reshape(-1, 2)
        with path.open("wb") as target:
            np.savez(
                target,
                sizes=sizes,
                vertices=_stacked([s.vertices for s in self.shapes], np.float64, 3),
                faces=_stacked([s.faces for s in self.shapes], np.int32, 3),
                colours=_stacked([s.colours for s in self.shapes], np.uint8, 4),
                step_id=np.array(self.step_id, np.int64),
                shape=np.array(self.shape, np.int32),
                matrix=np.array(self.matrix, np.float64).reshape(-1, 4, 4),
                method=np.array(self.method, "U16"),
            )

    @classmethod
    def load(cls, path: Path) -> Scene:
        """The reverse of :meth:`save`."""
        with np.load(path, allow_pickle=False) as data:
            ends = np.cumsum(data["sizes"], axis=0)[:-1]
            vertices = np.split(data["vertices"], ends[:, 0]) if len(data["sizes"]) else []
            faces = np.split(data["faces"], ends[:, 1]) if len(data["sizes"]) else []
            colours = np.split(data["colours"], ends[:, 1]) if len(data["sizes"]) else []
            return cls(
                [Shape(*item) for item in zip(vertices, faces, colours, strict=True)],
                data["step_id"].tolist(),
                data["shape"].tolist(),
                list(data["matrix"]),
                data["method"].tolist(),
            )


def is_rotation(linear: F64) -> bool:
    """Whether ``linear`` (3, 3) turns, and neither mirrors nor scales."""
    return bool(np.abs(linear.T @ linear - np.eye(3)).max() < 1e-6 and np.linalg.det(linear) > 0)


def box(low: Sequence[float] | F64, high: Sequence[float] | F64, colour: Sequence[int]) -> Shape:
    """The box from ``low`` to ``high``: what stands for an element that no kernel can mesh."""
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float64)
    vertices = np.asarray(low, np.float64) + corners * (
        np.asarray(high, np.float64) - np.asarray(low, np.float64)
    )
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int32)
    return Shape(vertices, faces, np.tile(np.array(colour, np.uint8), (12, 1)))


def clean(vertices: F64, faces: I32, colours: U8) -> Shape:
    """A shape without faces that use a vertex twice, a vertex that is missing, or no area at all."""
    whole = (faces >= 0).all(axis=1) & (faces < len(vertices)).all(axis=1)
    whole &= (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    if whole.all():
        return Shape(vertices, faces, colours)
    return Shape(vertices, faces[whole], colours[whole])


def _stacked(
    parts: Sequence[npt.NDArray[np.generic]], kind: type[np.generic], width: int
) -> npt.NDArray[np.generic]:
    return np.concatenate(parts) if parts else np.zeros((0, width), kind)
