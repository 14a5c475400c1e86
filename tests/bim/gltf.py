"""A reader of glTF files for tests: the decoders of ``EXT_meshopt_compression``, written from its specification.

Slow and plain, and sharing nothing with :mod:`bim.glb`, so that it can tell whether that is right.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTH = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
COMPRESSION = "EXT_meshopt_compression"


@dataclass
class Mesh:
    name: str
    material: dict[str, Any]
    positions: np.ndarray  # metres, in the axes of the file's root node's children: the model's
    upright: np.ndarray  # the same as any loader shows it, y up
    normals: np.ndarray
    colours: np.ndarray  # 0..255
    triangles: np.ndarray
    rows: np.ndarray | None


def attributes(stream: bytes, count: int, stride: int) -> bytes:
    """Mode 0."""
    assert stream[0] == 0xA0
    last = list(stream[len(stream) - stride :])
    tail = max(stride, 32)
    out = bytearray(count * stride)
    at = 1
    block = min((8192 // stride) & ~15, 256)
    for start in range(0, count, block):
        size = min(block, count - start)
        groups = -(-size // 16)
        for column in range(stride):
            header = stream[at : at + -(-groups // 4)]
            at += len(header)
            deltas: list[int] = []
            for group in range(groups):
                mode = header[group // 4] >> (2 * (group % 4)) & 3
                if mode == 0:
                    deltas += [0] * 16
                elif mode == 3:
                    deltas += stream[at : at + 16]
                    at += 16
                else:
                    bits = 2 * mode
                    packed = stream[at : at + 2 * bits]
                    at += 2 * bits
                    for byte in packed:
                        for shift in range(8 - bits, -1, -bits):
                            value = byte >> shift & ((1 << bits) - 1)
                            if value == (1 << bits) - 1:
                                value, at = stream[at], at + 1
                            deltas.append(value)
            for i in range(size):
                delta = deltas[i]
                last[column] = last[column] + (~(delta >> 1) if delta & 1 else delta >> 1) & 0xFF
                out[(start + i) * stride + column] = last[column]
    assert at == len(stream) - tail, "bytes are left over"
    return bytes(out)


class _Fifo:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def push(self, item: Any) -> None:
        self.items = [item, *self.items[:15]]


def triangles(stream: bytes, count: int) -> np.ndarray:
    """Mode 1: ``count`` indices."""
    assert stream[0] == 0xE1
    assert count % 3 == 0
    codes = stream[1 : 1 + count // 3]
    table = stream[-16:]
    assert table[14] == table[15] == 0
    assert all(value >> 4 != 15 and value & 15 != 15 for value in table[:14])
    data = stream[1 + count // 3 : -16]
    state = {"at": 0, "next": 0, "last": 0}
    edges, vertices = _Fifo(), _Fifo()

    def new() -> int:
        state["next"] += 1
        return state["next"] - 1

    def explicit() -> int:
        value = shift = 0
        while True:
            byte = data[state["at"]]
            state["at"] += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        delta = ~(value >> 1) if value & 1 else value >> 1
        state["last"] = (state["last"] + delta) & 0xFFFFFFFF
        return state["last"]

    def corner(nibble: int) -> int:
        return new() if nibble == 0 else explicit() if nibble == 15 else vertices.items[nibble - 1]

    out = []
    for code in codes:
        high, low = code >> 4, code & 15
        if high < 15:
            a, b = edges.items[high]
            if low == 0:
                c = new()
            elif low < 13:
                c = vertices.items[low]
            elif low < 15:
                c = state["last"] = state["last"] + (1 if low == 14 else -1)
            else:
                c = explicit()
            if low == 0 or low >= 13:
                vertices.push(c)
        else:
            if low < 14:
                z, w = table[low] >> 4, table[low] & 15
                a = new()
            else:
                pair = data[state["at"]]
                state["at"] += 1
                if pair == 0:
                    state["next"] = 0
                z, w = pair >> 4, pair & 15
                a = new() if low == 14 else explicit()
            b, c = corner(z), -1
            c = corner(w)
            vertices.push(a)
            if z in (0, 15):
                vertices.push(b)
            if w in (0, 15):
                vertices.push(c)
            edges.push((b, a))
        edges.push((c, b))
        edges.push((a, c))
        out += [a, b, c]
    assert state["at"] == len(data), "bytes are left over"
    return np.array(out, np.uint32)


def chunks(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary of a GLB."""
    data = path.read_bytes()
    magic, version, size = struct.unpack_from("<4sII", data)
    assert (magic, version, size) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    document = json.loads(data[20 : 20 + length])
    binary_length, kind = struct.unpack_from("<I4s", data, 20 + length)
    assert kind == b"BIN\0"
    return document, data[28 + length : 28 + length + binary_length]


def load(path: Path) -> list[Mesh]:
    """Every mesh of a file, in the order of the nodes."""
    document, binary = chunks(path)
    views = []
    for view in document["bufferViews"]:
        packed = view["extensions"][COMPRESSION]
        stream = binary[packed["byteOffset"] : packed["byteOffset"] + packed["byteLength"]]
        count, stride = packed["count"], packed["byteStride"]
        assert view["byteLength"] == count * stride
        if packed["mode"] == "ATTRIBUTES":
            assert view["byteStride"] == stride
            views.append(attributes(stream, count, stride))
        else:
            views.append(triangles(stream, count).astype("<u2" if stride == 2 else "<u4").tobytes())

    def values(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view, width = document["bufferViews"][accessor["bufferView"]], WIDTH[accessor["type"]]
        kind = np.dtype(COMPONENTS[accessor["componentType"]])
        stride = view.get("byteStride", kind.itemsize * width)
        raw = np.frombuffer(views[accessor["bufferView"]], np.uint8)
        starts = accessor["byteOffset"] + stride * np.arange(accessor["count"])
        picked = raw[starts[:, None] + np.arange(kind.itemsize * width)]
        found = np.ascontiguousarray(picked).view(kind).reshape(accessor["count"], width)
        if "min" in accessor:
            assert found.min(axis=0).tolist() == accessor["min"]
            assert found.max(axis=0).tolist() == accessor["max"]
        return found

    root = document["nodes"][document["scenes"][0]["nodes"][0]]
    turn = np.array(root["matrix"], float).reshape(4, 4).T
    meshes = []
    for child in root["children"]:
        node = document["nodes"][child]
        mesh = document["meshes"][node["mesh"]]
        (primitive,) = mesh["primitives"]
        names = primitive["attributes"]
        positions = values(names["POSITION"]).astype(float) * node.get("scale", [1, 1, 1])
        positions += node.get("translation", [0, 0, 0])
        indices = values(primitive["indices"]).ravel().astype(np.int64)
        meshes.append(
            Mesh(
                mesh["name"],
                document["materials"][primitive["material"]],
                positions,
                positions @ turn[:3, :3].T + turn[:3, 3],
                values(names["NORMAL"]).astype(float) / 127.0,
                values(names["COLOR_0"]),
                indices.reshape(-1, 3),
                values(names["_FEATURE_ID_0"]).ravel().astype(np.int64) if "_FEATURE_ID_0" in names else None,
            )
        )
        assert indices.max() == len(positions) - 1
    return meshes


def instances(folder: Path) -> tuple[dict[str, Any], list[dict[str, np.ndarray]]]:
    """``instances.json`` and, of each shape, its rows with every column summed up from its differences."""
    document = json.loads((folder / "instances.json").read_text(encoding="ascii"))
    return document, [
        {name: np.cumsum(column) for name, column in item["rows"].items()} for item in document["shapes"]
    ]


def boxes(folder: Path, origin: tuple[float, float, float]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Lowest and highest corner of every row drawn in a model's folder, in the model's axes."""
    found: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def add(row: int, points: np.ndarray) -> None:
        low, high = points.min(axis=0) + origin, points.max(axis=0) + origin
        if row in found:
            low, high = np.minimum(low, found[row][0]), np.maximum(high, found[row][1])
        found[row] = (low, high)

    for path in sorted(folder.glob("storey-*.glb")):
        for mesh in load(path):
            assert mesh.rows is not None
            order = np.argsort(mesh.rows, kind="stable")
            rows, starts = np.unique(mesh.rows[order], return_index=True)
            for row, points in zip(rows, np.split(mesh.positions[order], starts[1:]), strict=True):
                add(int(row), points)
    document, tables = instances(folder)
    shapes = load(folder / "shapes.glb") if tables else []
    rotations = [np.array(item).reshape(3, 3) for item in document["rotations"]]
    for item, table in zip(document["shapes"], tables, strict=True):
        mesh = shapes[item["mesh"]]
        assert mesh.name == str(item["mesh"])
        for i in range(len(table["element"])):
            place = document["unit_m"] * np.array([table[axis][i] for axis in "xyz"])
            add(int(table["element"][i]), mesh.positions @ rotations[table["rotation"][i]].T + place)
    return found
