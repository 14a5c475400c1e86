"""Shapes of a model as glTF 2.0 files: one per storey, one of shapes that are repeated, and where these stand.

Axes and units: vertices are metres along the model's own axes (z up) from ``Model.origin_m``. A root node turns
them to the y-up axes of glTF, the nodes below it undo the quantisation (one step for all three axes and a
translation), so any loader shows a file upright, and a reader that leaves the root out stays in the model's axes.

``storey-NN.glb`` (NN is ``Storey.index``) and ``storey-none.glb``
    Meshes ``opaque``, ``transparent`` and ``spaces``, as present, each with one primitive: ``POSITION``,
    ``NORMAL``, ``COLOR_0`` and ``_FEATURE_ID_0``, the row of ``elements.parquet``.
``shapes.glb``
    A mesh per repeated shape, named by its number, without feature ids; node ``i`` below the root holds mesh ``i``.
``instances.json``
    ::

        {"unit_m": 0.001,
         "rotations": [[r11, r12, r13, r21, ..., r33], ...],
         "shapes": [{"mesh": 0, "space": false, "transparent": false, "triangles": 12,
                     "rows": {"element": [...], "storey": [...], "rotation": [...],
                              "x": [...], "y": [...], "z": [...]}}]}

    A copy stands at ``rotations[rotation] @ p + unit_m * (x, y, z)`` for the shape's points ``p`` in the model's
    axes, again from ``Model.origin_m``. ``element`` is the row of ``elements.parquet``, ``storey`` the index of the
    storey or -1. In every list of ``rows`` each number but the first is the difference to the one before it.

A shape is repeated when keeping it once saves more than :data:`WORTH_TRIANGLES` triangles; a shape with glass and
frame gives two, since each is drawn in its own way. Positions are int16 (``KHR_mesh_quantization``) of steps of at
most 2 mm, hence at most 1 mm off, or float32 where a mesh is too large for that; buffers are compressed with
``EXT_meshopt_compression`` (modes attributes and triangles), which the extensions list as required.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bim import _meshopt, _shading
from bim.mesh import F64, Scene, Shape
from bim.model import NO_STOREY, Point

WORTH_TRIANGLES = 100
"""Copies of fewer triangles than this together are merged into their storeys: a mesh of its own costs more."""
CREASE_DEG = 40.0
"""Edges bent more than this are sharp; circles are cut into steps of 22.5 degrees and stay round."""
STEP_M = 0.001
"""Step of the positions of merged shapes, and of the places of repeated ones."""
LARGEST_STEP_M = 0.002
"""Step of merged shapes that span more than 65 m."""
FINE_STEPS = (0.0001, 0.0002, 0.0005, 0.001)
"""Steps of the positions of a repeated shape: the first with which it spans at most 8192 of them."""
OPAQUE_ALPHA = 250
_FACES_AT_ONCE = 200_000
_STEPS = 65000  # of the 65 535 an int16 holds

# x right, y up, z to the viewer, from x, y, z up; column by column as glTF wants it.
_UPRIGHT = [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]

_MATERIALS: tuple[tuple[str, bool], ...] = (("opaque", False), ("transparent", True), ("spaces", True))


@dataclass(slots=True)
class Surface:
    """Vertices ready to be written: what one primitive holds."""

    positions: F64  # (n, 3)
    normals: npt.NDArray[np.int8]  # (n, 3)
    colours: npt.NDArray[np.uint32]  # (n) RGBA, red in the lowest byte
    triangles: npt.NDArray[np.uint32]  # (m, 3)
    rows: npt.NDArray[np.int64] | None = None  # (n)


def surfaces(shapes: Sequence[Shape]) -> list[Surface]:
    """``shapes`` with normals, many at once: they share no vertices, so that none changes another."""
    found: list[Surface] = []
    begin = 0
    while begin < len(shapes):
        end, faces = begin + 1, shapes[begin].triangles
        while end < len(shapes) and faces + shapes[end].triangles <= _FACES_AT_ONCE:
            faces += shapes[end].triangles
            end += 1
        found += _shaded(shapes[begin:end])
        begin = end
    return found


def _shaded(shapes: Sequence[Shape]) -> list[Surface]:
    vertices = np.concatenate([shape.vertices for shape in shapes])
    corners = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    faces = np.concatenate(
        [shape.faces + np.int32(corner) for shape, corner in zip(shapes, corners, strict=False)]
    )
    colours = np.concatenate([np.ascontiguousarray(shape.colours).view("<u4").ravel() for shape in shapes])
    source, normals, colours, triangles = _shading.split(
        vertices, faces, colours, float(np.cos(np.radians(CREASE_DEG)))
    )
    found, first, face = [], 0, 0
    for shape in shapes:  # new vertices are numbered by their first use, hence shape by shape
        own = triangles[face : face + shape.triangles]
        end = int(own.max()) + 1 if len(own) else first
        mine = slice(first, end)
        found.append(Surface(vertices[source[mine]], normals[mine], colours[mine], own - np.uint32(first)))
        first, face = end, face + shape.triangles
    return found


class Glb:
    """A glTF file in the making."""

    def __init__(self) -> None:
        self._binary = bytearray()
        self._plain_bytes = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self._meshes: list[dict[str, Any]] = []
        self._nodes: list[dict[str, Any]] = []

    def __len__(self) -> int:
        """Number of meshes."""
        return len(self._meshes)

    def add(self, items: Sequence[tuple[str, int, Surface, float]]) -> None:
        """Add a mesh per item (name, material, surface, step); their vertices share buffers where they can."""
        fine = [item for item in items if _fits(item[2], item[3])]
        large = [item for item in items if not _fits(item[2], item[3])]
        for group, quantised in ((fine, True), (large, False)):
            for narrow in (True, False):
                chosen = [item for item in group if (len(item[2].positions) <= 65535) == narrow]
                for wide_rows in (False, True):
                    same = [item for item in chosen if _wide(item[2]) == wide_rows]
                    if same:
                        self._add(same, quantised=quantised, narrow=narrow, wide_rows=wide_rows)

    def _add(
        self,
        items: Sequence[tuple[str, int, Surface, float]],
        *,
        quantised: bool,
        narrow: bool,
        wide_rows: bool,
    ) -> None:
        surfaces = [item[2] for item in items]
        packed, nodes = [], []
        for _, _, one, step in items:
            if quantised:
                middle = np.rint((one.positions.min(axis=0) + one.positions.max(axis=0)) / 2 / step)
                steps = np.rint(one.positions / step) - middle
                packed.append(steps.astype(np.int16))
                nodes.append({"translation": [_short(v) for v in middle * step], "scale": [step] * 3})
            else:
                packed.append(one.positions.astype(np.float32))
                nodes.append({})
        width = 8 if quantised else 12
        position = self._view(_rows(np.concatenate(packed), width), width)
        normal = self._view(_rows(np.concatenate([s.normals for s in surfaces]), 4), 4)
        colour = self._view(_rows(np.concatenate([s.colours for s in surfaces])[:, None], 4), 4)
        row = None
        if surfaces[0].rows is not None:
            numbers = np.concatenate([s.rows for s in surfaces if s.rows is not None])
            row = self._view(_rows(numbers.astype(np.float32 if wide_rows else np.uint16)[:, None], 4), 4)
        index_bytes = 2 if narrow else 4
        index = self._index_view(np.concatenate([s.triangles for s in surfaces]).ravel(), index_bytes)
        first = first_index = 0
        for (name, material, one, _), values, node in zip(items, packed, nodes, strict=True):
            count = len(one.positions)
            attributes = {
                "POSITION": self._accessor(
                    position, first * width, 5122 if quantised else 5126, count, "VEC3",
                    min=values.min(axis=0).tolist(), max=values.max(axis=0).tolist(),
                ),
                "NORMAL": self._accessor(normal, first * 4, 5120, count, "VEC3", normalized=True),
                "COLOR_0": self._accessor(colour, first * 4, 5121, count, "VEC4", normalized=True),
            }  # fmt: skip
            if row is not None:
                attributes["_FEATURE_ID_0"] = self._accessor(
                    row, first * 4, 5126 if wide_rows else 5123, count, "SCALAR"
                )
            indices = self._accessor(
                index, first_index * index_bytes, 5123 if narrow else 5125, one.triangles.size, "SCALAR"
            )
            self._nodes.append({"mesh": len(self._meshes), "name": name, **node})
            self._meshes.append(
                {
                    "name": name,
                    "primitives": [{"attributes": attributes, "indices": indices, "material": material}],
                }
            )
            first += count
            first_index += one.triangles.size

    def _view(self, rows: npt.NDArray[np.uint8], stride: int) -> int:
        return self._compressed(_meshopt.attributes(rows), len(rows), stride, "ATTRIBUTES")

    def _index_view(self, indices: npt.NDArray[np.uint32], size: int) -> int:
        return self._compressed(_meshopt.triangles(indices), len(indices), size, "TRIANGLES")

    def _compressed(self, stream: npt.NDArray[np.uint8], count: int, stride: int, mode: str) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        attributes = mode == "ATTRIBUTES"
        view: dict[str, Any] = {
            "buffer": 1, "byteOffset": self._plain_bytes, "byteLength": count * stride,
            "target": 34962 if attributes else 34963,
            "extensions": {"EXT_meshopt_compression": {
                "buffer": 0, "byteOffset": len(self._binary), "byteLength": len(stream),
                "byteStride": stride, "count": count, "mode": mode,
            }},
        }  # fmt: skip
        if attributes:
            view["byteStride"] = stride
        self._views.append(view)
        self._plain_bytes += count * stride + -(count * stride) % 4
        self._binary += stream.tobytes()
        return len(self._views) - 1

    def _accessor(self, view: int, offset: int, component: int, count: int, kind: str, **more: Any) -> int:
        accessor = {
            "bufferView": view,
            "byteOffset": offset,
            "componentType": component,
            "count": count,
            "type": kind,
        }
        self._accessors.append({**accessor, **more})
        return len(self._accessors) - 1

    def write(self, path: Path) -> int:
        """Write the file; returns its size in bytes."""
        used = ["KHR_mesh_quantization", "EXT_meshopt_compression"]
        materials = []
        for name, transparent in _MATERIALS:
            material: dict[str, Any] = {
                "name": name,
                "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.9},
                "doubleSided": True,
            }
            materials.append({**material, "alphaMode": "BLEND"} if transparent else material)
        self._binary += b"\0" * (-len(self._binary) % 4)
        document = {
            "asset": {"version": "2.0", "generator": "Jiading city twin"},
            "extensionsUsed": used,
            "extensionsRequired": used,
            "scene": 0,
            "scenes": [{"nodes": [len(self._nodes)]}],
            "nodes": [
                *self._nodes,
                {"name": "z-up", "matrix": _UPRIGHT, "children": list(range(len(self._nodes)))},
            ],
            "meshes": self._meshes,
            "materials": materials,
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [
                {"byteLength": len(self._binary)},
                {
                    "byteLength": self._plain_bytes,
                    "extensions": {"EXT_meshopt_compression": {"fallback": True}},
                },
            ],
        }
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self._binary)
        with path.open("wb") as target:
            target.write(struct.pack("<4sII", b"glTF", 2, size))
            target.write(struct.pack("<I4s", len(text), b"JSON") + text)
            target.write(struct.pack("<I4s", len(self._binary), b"BIN\0") + self._binary)
        return size


def write(
    folder: Path, scene: Scene, rows: Mapping[int, tuple[int, int, bool]], origin_m: Point
) -> dict[str, int]:
    """Write the files of ``scene`` into ``folder``.

    Parameters
    ----------
    rows
        Of every element's ``#`` number: its row, its storey and whether it is a space. Elements that are not in it
        are not drawn.
    origin_m
        Where the files' origin lies in the model's axes.

    Returns
    -------
    dict
        Size in bytes of every file written.
    """
    placements = [i for i, step_id in enumerate(scene.step_id) if step_id in rows]
    copies: dict[tuple[int, bool], list[int]] = {}
    for i in placements:
        copies.setdefault((scene.shape[i], rows[scene.step_id[i]][2]), []).append(i)
    origin = np.array(origin_m)
    singles: dict[tuple[int, int], list[Surface]] = {}
    repeated: list[tuple[int, Surface, list[int]]] = []
    parts = [
        (material, part, places)
        for (number, space), places in copies.items()
        for material, part in _parts(scene.shapes[number], space=space)
    ]
    for (material, part, places), drawn in zip(parts, surfaces([part for _, part, _ in parts]), strict=True):
        if (len(places) - 1) * part.triangles >= WORTH_TRIANGLES:
            repeated.append((material, drawn, places))
            continue
        for i in places:
            row, storey, _ = rows[scene.step_id[i]]
            singles.setdefault((storey, material), []).append(_stood(drawn, scene.matrix[i], origin, row))
    sizes = {}
    for storey in sorted({storey for storey, _ in singles}):
        glb = Glb()
        glb.add(
            [
                (name, material, merged := _merged(singles[storey, material]), _storey_step(merged))
                for material, (name, _) in enumerate(_MATERIALS)
                if (storey, material) in singles
            ]
        )
        name = "storey-none.glb" if storey == NO_STOREY else f"storey-{storey:02d}.glb"
        sizes[name] = glb.write(folder / name)
    if repeated:
        repeated.sort(key=_order)
        glb = Glb()
        glb.add([(str(i), material, drawn, _step(drawn)) for i, (material, drawn, _) in enumerate(repeated)])
        sizes["shapes.glb"] = glb.write(folder / "shapes.glb")
    text = json.dumps(_instances(scene, rows, origin, repeated), separators=(",", ":"))
    (folder / "instances.json").write_text(text, encoding="ascii")
    sizes["instances.json"] = len(text)
    return sizes


def _order(item: tuple[int, Surface, list[int]]) -> tuple[bool, bool]:
    """The order in which :meth:`Glb.add` numbers meshes, so that a shape's number is its mesh's."""
    one = item[1]
    return not _fits(one, _step(one)), len(one.positions) > 65535


def _instances(
    scene: Scene,
    rows: Mapping[int, tuple[int, int, bool]],
    origin: F64,
    repeated: Sequence[tuple[int, Surface, list[int]]],
) -> dict[str, Any]:
    rotations: dict[tuple[float, ...], int] = {}
    shapes = []
    for mesh, (material, drawn, places) in enumerate(repeated):
        table = []
        for i in places:
            row, storey, _ = rows[scene.step_id[i]]
            matrix = scene.matrix[i]
            turn = tuple(_short(v) for v in np.round(matrix[:3, :3], 9).ravel())
            rotation = rotations.setdefault(turn, len(rotations))
            table.append(
                (row, storey, rotation, *np.rint((matrix[:3, 3] - origin) / STEP_M).astype(np.int64))
            )
        table.sort()
        columns = np.diff(np.array(table, np.int64), axis=0, prepend=0).T.tolist()
        names = ("element", "storey", "rotation", "x", "y", "z")
        shapes.append(
            {
                "mesh": mesh,
                "space": material == 2,
                "transparent": material == 1,
                "triangles": len(drawn.triangles),
                "rows": dict(zip(names, columns, strict=True)),
            }
        )
    return {"unit_m": STEP_M, "rotations": [list(turn) for turn in rotations], "shapes": shapes}


def _parts(shape: Shape, *, space: bool) -> list[tuple[int, Shape]]:
    """``shape`` by the material it is drawn with."""
    if space:
        return [(2, shape)]
    solid = shape.colours[:, 3] >= OPAQUE_ALPHA
    if solid.all():
        return [(0, shape)]
    if not solid.any():
        return [(1, shape)]
    return [(0, shape.part(solid)), (1, shape.part(~solid))]


def _stood(drawn: Surface, matrix: F64, origin: F64, row: int) -> Surface:
    turn = matrix[:3, :3]
    positions = drawn.positions @ turn.T + (matrix[:3, 3] - origin)
    normals = np.rint(drawn.normals @ turn.T).clip(-127, 127).astype(np.int8)
    return Surface(positions, normals, drawn.colours, drawn.triangles, np.full(len(positions), row, np.int64))


def _merged(parts: Sequence[Surface]) -> Surface:
    starts = np.cumsum([0, *(len(part.positions) for part in parts[:-1])])
    return Surface(
        np.concatenate([part.positions for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.colours for part in parts]),
        np.concatenate(
            [part.triangles + np.uint32(start) for part, start in zip(parts, starts, strict=True)]
        ),
        np.concatenate([part.rows for part in parts if part.rows is not None]),
    )


def _step(drawn: Surface) -> float:
    extent = float(np.ptp(drawn.positions, axis=0).max())
    return next((step for step in FINE_STEPS if extent <= 8192 * step), STEP_M)


def _storey_step(merged: Surface) -> float:
    return STEP_M if _fits(merged, STEP_M) else LARGEST_STEP_M


def _fits(drawn: Surface, step: float) -> bool:
    return float(np.ptp(drawn.positions, axis=0).max()) <= _STEPS * step


def _wide(drawn: Surface) -> bool:
    return drawn.rows is not None and int(drawn.rows.max()) > 65535


def _rows(values: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    """``values`` (n, k) as rows of ``width`` bytes, padded with 0."""
    plain = (
        np.ascontiguousarray(values, values.dtype.newbyteorder("<")).view(np.uint8).reshape(len(values), -1)
    )
    out = np.zeros((len(values), width), np.uint8)
    out[:, : plain.shape[1]] = plain
    return out


def _short(value: float) -> float:
    """``value`` without the digits that only rounding put there, and without -0."""
    rounded = round(float(value), 9)
    return int(rounded) if rounded == int(rounded) else rounded
