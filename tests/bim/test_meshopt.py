"""The compressed streams give back what went in, by a decoder written from the specification."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bim import _meshopt
from tests.bim import gltf


def byte_rows(kind: str, count: int, stride: int, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = {
        "noise": lambda: random.integers(0, 256, (count, stride)),
        "gentle": lambda: np.cumsum(random.integers(-1, 2, (count, stride)), axis=0),
        "steeper": lambda: np.cumsum(random.integers(-7, 8, (count, stride)), axis=0),
        "same": lambda: np.full((count, stride), 200),
        "jumps": lambda: np.where(random.random((count, stride)) < 0.1, 255, 0),
    }[kind]()
    return (values & 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["noise", "gentle", "steeper", "same", "jumps"])
@pytest.mark.parametrize(
    ("count", "stride"), [(1, 4), (15, 8), (16, 4), (256, 8), (257, 4), (700, 12), (300, 64)]
)
def test_attributes_come_back_byte_by_byte(kind: str, count: int, stride: int) -> None:
    rows = byte_rows(kind, count, stride)
    stream = _meshopt.attributes(rows).tobytes()
    assert gltf.attributes(stream, count, stride) == rows.tobytes()
    if kind == "same":
        assert len(stream) == 1 + stride * sum(
            -(-min(256, count - at) // 64) for at in range(0, count, 256)
        ) + max(32, stride)


def test_the_worked_example_of_the_specification_decodes() -> None:
    # Sixteen deltas of one byte column, in 4-bit sentinel encoding; the other columns stay as they are.
    group = bytes([0x17, 0x5F, 0xF0, 0xBC, 0x77, 0xA9, 0x21, 0x00, 0x34, 0xB5])
    stream = bytes([0xA0, 2]) + group + bytes(3) + bytes(32)
    found = np.frombuffer(gltf.attributes(stream, 16, 4), np.uint8).reshape(16, 4)
    deltas = [-1, -4, -3, 26, -91, 0, -6, 6, -4, -4, 5, -5, 1, -1, 0, 0]
    assert found[:, 0].tolist() == (np.cumsum(deltas) & 255).tolist()
    assert not found[:, 1:].any()


def triangle_list(kind: str, count: int, seed: int = 4) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind == "grid":
        wide = int(count**0.5) + 2
        number = np.arange(wide * wide).reshape(wide, wide)
        a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
        faces = np.stack([part.ravel() for part in (a, b, c, c, b, d)], axis=1)
    elif kind == "quads":
        number = np.arange(4 * count).reshape(-1, 4)
        faces = number[:, [0, 1, 2, 0, 2, 3]]
    elif kind == "lists":
        faces = np.tile([[0, 1, 2, 2, 1, 3], [4, 5, 6, 2, 4, 6]], (count, 1))
    else:
        faces = random.integers(0, {"noise": max(3, count), "few": 9}[kind], (count, 3))
    return faces.reshape(-1, 3).astype(np.uint32)


def turned(faces: np.ndarray) -> list[tuple[int, ...]]:
    """Triangles, each begun with its lowest corner: where one begins is the encoder's to choose."""
    return [min(tuple(face[i:] + face[:i]) for i in range(3)) for face in faces.tolist()]


@pytest.mark.parametrize("kind", ["grid", "quads", "lists", "noise", "few"])
@pytest.mark.parametrize("count", [1, 2, 40, 900])
def test_triangles_come_back_in_order(kind: str, count: int) -> None:
    faces = triangle_list(kind, count)
    stream = _meshopt.triangles(faces.ravel()).tobytes()
    back = gltf.triangles(stream, faces.size).reshape(-1, 3)
    assert turned(back) == turned(faces)
    if kind == "quads" and count > 40:
        assert len(stream) < 1.1 * len(faces) + 32, "two bytes a quad"


def test_what_cannot_be_encoded_is_an_error() -> None:
    with pytest.raises(ValueError, match="stride of 6"):
        _meshopt.attributes(np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match="nothing"):
        _meshopt.attributes(np.zeros((0, 8), np.uint8))
    with pytest.raises(ValueError, match="three indices"):
        _meshopt.triangles(np.zeros(4, np.uint32))


DECODE = """
import {MeshoptDecoder} from 'meshoptimizer';
import fs from 'fs';
await MeshoptDecoder.ready;
const cases = JSON.parse(fs.readFileSync(process.argv[2]));
const out = cases.map(({stream, count, stride, mode}) => {
  const target = new Uint8Array(count * stride);
  MeshoptDecoder.decodeGltfBuffer(target, count, stride, new Uint8Array(Buffer.from(stream, 'base64')), mode);
  return Buffer.from(target).toString('base64');
});
console.log(JSON.stringify(out));
"""


@pytest.mark.slow
def test_the_reference_decoder_reads_them(tmp_path: Path) -> None:
    """meshoptimizer's own decoder, where its npm package lies in the folder that ``BIM_NODE_MODULES`` names."""
    modules = os.environ.get("BIM_NODE_MODULES")
    if not modules or shutil.which("node") is None:
        pytest.skip("needs node and BIM_NODE_MODULES, a folder node_modules with meshoptimizer")
    cases, expected = [], []
    for kind in ("noise", "gentle", "steeper", "same", "jumps"):
        rows = byte_rows(kind, 777, 8)
        cases.append((_meshopt.attributes(rows), 777, 8, "ATTRIBUTES"))
        expected.append(rows.tobytes())
    for kind in ("grid", "quads", "lists", "noise", "few"):
        faces = triangle_list(kind, 500)
        cases.append((_meshopt.triangles(faces.ravel()), faces.size, 4, "TRIANGLES"))
        expected.append(faces.tobytes())
    (tmp_path / "decode.mjs").write_text(DECODE)
    (tmp_path / "node_modules").symlink_to(modules, target_is_directory=True)
    (tmp_path / "cases.json").write_text(
        json.dumps(
            [
                {
                    "stream": base64.b64encode(stream.tobytes()).decode(),
                    "count": count,
                    "stride": stride,
                    "mode": mode,
                }
                for stream, count, stride, mode in cases
            ]
        )
    )
    done = subprocess.run(
        ["node", "decode.mjs", "cases.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for case, given, text in zip(cases, expected, json.loads(done.stdout), strict=True):
        found = base64.b64decode(text)
        if case[3] == "ATTRIBUTES":
            assert found == given
        else:
            one, other = (np.frombuffer(item, np.uint32).reshape(-1, 3) for item in (found, given))
            assert turned(one) == turned(other)
