"""Files of shapes give back the model: every element in its place, upright in any loader, and small."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from bim import glb
from bim.mesh import Scene, Shape, box
from bim.model import NO_STOREY
from tests.bim import cases, gltf
from tests.bim.converted import converted

GREY = (128, 128, 128, 255)
GLASS = (100, 150, 200, 80)


def turned(degrees: float, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = (x, y, z)
    return matrix


def ball(steps: int = 12) -> Shape:
    """A round thing of enough triangles to be worth keeping once."""
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    rings = np.linspace(-1, 1, 7)[1:-1]
    vertices = [
        (np.cos(a) * np.sqrt(1 - h * h), np.sin(a) * np.sqrt(1 - h * h), h) for h in rings for a in angles
    ]
    faces = []
    for ring in range(len(rings) - 1):
        for i in range(steps):
            a, b = ring * steps + i, ring * steps + (i + 1) % steps
            faces += [(a, b, b + steps), (a, b + steps, a + steps)]
    return Shape(
        np.array(vertices), np.array(faces, np.int32), np.tile(np.array(GREY, np.uint8), (len(faces), 1))
    )


@pytest.mark.parametrize(
    "name",
    [
        "jiading_office_cn_v1.ifc",
        "ios_large_offset.ifc",
        "samplehouse_ifc4.ifc",
        pytest.param("duplex_a_ifc2x3.ifc", marks=pytest.mark.slow),
    ],
)
@cases.needs_cases
def test_every_element_comes_back_in_its_place(name: str) -> None:
    found = converted(name)
    boxes = gltf.boxes(found.folder, found.model.origin_m)
    drawn = found.elements[found.elements["triangles"] > 0]
    assert set(boxes) == set(drawn.index)
    for row, (low, high) in boxes.items():
        expected = drawn.loc[row]
        for axis, value in enumerate("xyz"):
            assert low[axis] == pytest.approx(expected[f"{value}min"], abs=0.002)
            assert high[axis] == pytest.approx(expected[f"{value}max"], abs=0.002)


@cases.needs_cases
def test_each_storey_has_its_file_and_each_kind_its_mesh() -> None:
    found = converted("samplehouse_ifc4.ifc")
    triangles = 0
    for path in sorted(found.folder.glob("*.glb")):
        assert found.model.files[path.name] == path.stat().st_size
        for mesh in gltf.load(path):
            if path.name == "shapes.glb":
                continue
            triangles += len(mesh.triangles)
            assert mesh.name in {"opaque", "transparent", "spaces"}
            assert mesh.material["name"] == mesh.name
            assert ("alphaMode" in mesh.material) == (mesh.name != "opaque")
            rows = found.elements.loc[np.unique(mesh.rows)]
            assert ((rows["kind"] == "space") == (mesh.name == "spaces")).all()
            if "none" not in path.name:
                assert (rows["storey"] == int(path.stem.removeprefix("storey-"))).all()
    document, _ = gltf.instances(found.folder)
    repeated = sum(item["triangles"] * len(item["rows"]["element"]) for item in document["shapes"])
    assert triangles + repeated == found.model.triangles


@cases.needs_cases
@pytest.mark.slow
def test_the_tower_is_small_over_the_wire() -> None:
    found = converted("jiading_tower33_cn_ifc4.ifc")
    sizes = [len(gzip.compress((found.folder / name).read_bytes(), 6)) for name in found.model.files]
    assert "instances.json" in found.model.files
    assert sum(sizes) <= 150_000
    assert len(gltf.boxes(found.folder, found.model.origin_m)) == 2013


def scene(*placements: tuple[int, Shape, np.ndarray]) -> tuple[Scene, dict[int, tuple[int, int, bool]]]:
    made = Scene()
    for number, shape, matrix in placements:
        made.add(number, "kernel", shape, matrix)
    return made, {number: (row, 0, False) for row, (number, _, _) in enumerate(placements)}


def test_up_is_up_and_north_is_away(tmp_path: Path) -> None:
    """x stays, z becomes glTF's y, y becomes its -z."""
    made, rows = scene((1, box((1, 2, 3), (2, 4, 6), GREY), np.eye(4)))
    glb.write(tmp_path, made, rows, (0.0, 0.0, 0.0))
    (mesh,) = gltf.load(tmp_path / "storey-00.glb")
    assert np.allclose(mesh.positions.min(axis=0), (1, 2, 3), atol=1e-6)
    assert np.allclose(mesh.upright.min(axis=0), (1, 3, -4), atol=1e-6)
    assert np.allclose(mesh.upright.max(axis=0), (2, 6, -2), atol=1e-6)


def test_faces_look_outwards_and_have_their_normals(tmp_path: Path) -> None:
    made, rows = scene((1, box((0, 0, 0), (1, 2, 3), GREY), turned(30, 5, 6, 7)))
    glb.write(tmp_path, made, rows, (0.0, 0.0, 0.0))
    (mesh,) = gltf.load(tmp_path / "storey-00.glb")
    assert len(mesh.positions) == 24, "a box has sharp edges"
    middle = mesh.positions.mean(axis=0)
    for face in mesh.triangles:
        a, b, c = mesh.positions[face]
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal)
        assert normal @ (a - middle) > 0
        for corner in face:
            assert np.abs(mesh.normals[corner] - normal).max() < 0.02


def test_round_things_are_smooth() -> None:
    (drawn,) = glb.surfaces([ball(24)])
    assert len(drawn.positions) == 24 * 5, "no vertex is doubled"
    off = (drawn.normals / 127.0 * drawn.positions / np.linalg.norm(drawn.positions, axis=1)[:, None]).sum(
        axis=1
    )
    assert np.percentile(off, 20) > 0.97


def test_repeated_shapes_stand_where_they_were_placed(tmp_path: Path) -> None:
    places = [turned(0, 10, 0, 0), turned(90, 0, 20, 3), turned(37, -5, -5.5, 6.25)]
    made, rows = scene(*((i, ball(), place) for i, place in enumerate(places)))
    glb.write(tmp_path, made, rows, (1.0, 2.0, 3.0))
    document, (table,) = gltf.instances(tmp_path)
    assert not list(tmp_path.glob("storey-*.glb"))
    assert document["shapes"][0]["triangles"] == 96
    assert table["element"].tolist() == [0, 1, 2]
    boxes = gltf.boxes(tmp_path, (1.0, 2.0, 3.0))
    for i, _, vertices in made.placed():
        assert np.abs(boxes[i][0] - vertices.min(axis=0)).max() < 0.0012
        assert np.abs(boxes[i][1] - vertices.max(axis=0)).max() < 0.0012


def test_a_mirrored_copy_is_a_shape_of_its_own(tmp_path: Path) -> None:
    lopsided = ball()
    lopsided.vertices[:, 0] *= np.where(lopsided.vertices[:, 0] > 0, 2.0, 1.0)
    mirrored = turned(0, 9, 0, 0)
    mirrored[0, 0] = -1.0
    made, _ = scene((1, lopsided, np.eye(4)), (2, lopsided, mirrored), (3, lopsided, turned(45, 30)))
    assert made.shape == [0, 1, 0]
    for matrix in made.matrix:
        assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
    (_, _, vertices) = list(made.placed())[1]
    assert vertices[:, 0].min() == pytest.approx((lopsided.vertices @ mirrored[:3, :3].T)[:, 0].min() + 9)
    volumes = []
    for _, number, vertices in made.placed():
        a, b, c = (vertices[made.shapes[number].faces[:, i]] for i in range(3))
        volumes.append(float((a * np.cross(b, c)).sum() / 6))
    assert volumes[0] == pytest.approx(volumes[2])
    assert (volumes[1] > 0) == (volumes[0] > 0), "its faces still look outwards"
    del tmp_path


def test_glass_and_frame_are_drawn_apart(tmp_path: Path) -> None:
    window = box((0, 0, 0), (1, 0.1, 1), GREY)
    window.colours[:4] = GLASS
    made, rows = scene((7, window, np.eye(4)))
    glb.write(tmp_path, made, rows, (0.0, 0.0, 0.0))
    meshes = {mesh.name: mesh for mesh in gltf.load(tmp_path / "storey-00.glb")}
    assert len(meshes["transparent"].triangles) == 4
    assert len(meshes["opaque"].triangles) == 8
    assert meshes["transparent"].colours[0].tolist() == list(GLASS)


def test_a_large_model_is_no_more_than_a_millimetre_off(tmp_path: Path) -> None:
    for extent, quantised in ((60.0, True), (120.0, True), (900.0, False)):
        made, rows = scene(
            (1, box((0, 0, 0), (1.2345, 1, 1), GREY), np.eye(4)),
            (2, box((0, 0, 0), (1, 1, 1), GREY), turned(0, extent - 1.00056, 0.00031, 0)),
        )
        glb.write(tmp_path, made, rows, (0.0, 0.0, 0.0))
        document, _ = gltf.chunks(tmp_path / "storey-00.glb")
        types = {document["accessors"][mesh["primitives"][0]["attributes"]["POSITION"]]["componentType"]
                 for mesh in document["meshes"]}  # fmt: skip
        assert types == {5122 if quantised else 5126}
        boxes = gltf.boxes(tmp_path, (0.0, 0.0, 0.0))
        assert boxes[0][1][0] == pytest.approx(1.2345, abs=0.0011)
        assert boxes[1][1][0] == pytest.approx(extent - 0.00056, abs=0.0011)


def test_rows_beyond_sixteen_bits_are_written_as_floats(tmp_path: Path) -> None:
    made, _ = scene((1, box((0, 0, 0), (1, 1, 1), GREY), np.eye(4)))
    glb.write(tmp_path, made, {1: (100_001, NO_STOREY, False)}, (0.0, 0.0, 0.0))
    (mesh,) = gltf.load(tmp_path / "storey-none.glb")
    assert set(mesh.rows.tolist()) == {100_001}


def test_what_is_no_number_or_on_no_earth_is_refused() -> None:
    made = Scene()
    with pytest.raises(ValueError, match="no number"):
        made.add(1, "kernel", box((0, 0, 0), (1, 1, np.nan), GREY), np.eye(4))
    with pytest.raises(ValueError, match="Earth"):
        made.add(1, "kernel", box((0, 0, 0), (1, 1, 1), GREY), turned(0, 1e12))
    assert not len(made)


def test_a_scene_survives_its_file(tmp_path: Path) -> None:
    made, _ = scene(
        (5, ball(), turned(20, 1)), (6, box((0, 0, 0), (1, 1, 1), GLASS), np.eye(4)), (7, ball(), np.eye(4))
    )
    made.save(tmp_path / "a.npz")
    again = Scene.load(tmp_path / "a.npz")
    assert (again.step_id, again.shape, again.method) == (made.step_id, made.shape, made.method)
    joined = Scene()
    joined.join(again)
    joined.join(again)
    assert len(joined.shapes) == 2
    for (_, _, one), (_, _, other) in zip(made.placed(), joined.placed(), strict=False):
        assert np.abs(one - other).max() < 1e-9
    Scene().save(tmp_path / "empty.npz")
    assert not len(Scene.load(tmp_path / "empty.npz"))


@cases.needs_cases
def test_the_document_is_as_gltf_wants_it() -> None:
    found = converted("jiading_office_cn_v1.ifc")
    document, binary = gltf.chunks(found.folder / "shapes.glb")
    assert document["extensionsRequired"] == ["KHR_mesh_quantization", "EXT_meshopt_compression"]
    assert document["buffers"][0]["byteLength"] == len(binary)
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= document["buffers"][1]["byteLength"]
    assert json.dumps(document).count("NaN") == 0
