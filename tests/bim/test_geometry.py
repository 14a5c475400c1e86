"""Everything that the kernel draws is drawn, where other programs put it; the ladder below it holds."""

from __future__ import annotations

from pathlib import Path

import ifcopenshell
import numpy as np
import pytest
import shapely

from bim import fallback, geometry
from bim.geometry import Drawing
from bim.limits import DEFAULT
from bim.mesh import Scene
from tests.bim import cases
from tests.bim.converted import converted

SLOW = {
    "janesville_revit2012.ifc",
    "ac11_institute_ifc2x3.ifc",
    "jiading_tower33_cn_ifc4.ifc",
    "ios_great_court_roof.ifc",
}

NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
    for name in (sorted(cases.facts()) if cases.CASES.is_dir() else ())
]


@cases.needs_cases
@pytest.mark.parametrize("name", NAMES)
def test_a_public_model_is_drawn_whole_and_in_its_place(name: str) -> None:
    facts = cases.facts()[name]["ifcopenshell_geom"]
    found = converted(name)
    assert found.model.bbox_m is not None
    off = np.abs(np.array(found.model.bbox_m) - np.array(facts["bbox_m_zup"])).max()
    assert off <= 0.05
    assert found.model.drawn + len(found.cut_away) >= facts["elements"], (
        "theirs counts shapes without a triangle too"
    )
    assert found.model.triangles >= 0.95 * facts["tris"]
    assert sum(found.model.methods.values()) == len(found.elements)


@cases.needs_cases
def test_nothing_that_the_default_kernel_draws_is_missing() -> None:
    """One by one, beside IfcOpenShell's own iterator with its default kernel and settings."""
    file = cases.parsed(cases.PUBLIC / "duplex_a_ifc2x3.ifc")
    import ifcopenshell.geom

    theirs = set()
    iterator = ifcopenshell.geom.iterator(
        ifcopenshell.geom.settings(), file, 1, exclude=["IfcOpeningElement"]
    )
    assert iterator.initialize()
    while True:
        shape = iterator.get()
        if len(np.frombuffer(shape.geometry.faces_buffer, np.int32)):
            theirs.add(shape.id)
        if not iterator.next():
            break
    elements = converted("duplex_a_ifc2x3.ifc").elements
    ours = set(elements.loc[elements["triangles"] > 0, "step_id"])
    assert len(theirs) > 200
    assert theirs <= ours
    assert set(elements["method"]) == {"kernel", "none"}


@cases.needs_cases
def test_a_wall_that_its_opening_leaves_nothing_of_is_not_drawn_whole() -> None:
    """The frames of this model stand in walls that are all opening; drawn without it, they would hide the frames."""
    found = converted("root_houten_kozijnen.ifc")
    assert len(found.cut_away) == 64
    hidden = found.elements[found.elements["step_id"].isin(found.cut_away)]
    assert (hidden["method"] == "none").all()
    assert [item.code for item in found.model.findings if item.code.startswith("geometry")] == [
        "geometry.cut_away"
    ]


@cases.needs_cases
def test_a_building_far_from_its_origin_keeps_its_millimetres() -> None:
    found = converted("ios_large_offset.ifc")
    assert found.model.origin_m[0] > 114_000
    assert found.model.origin_m[1] > 1_185_000
    for shape in found.scene.shapes:
        assert shape.vertices.min() == 0.0
        assert shape.vertices.max() < 70.0


@cases.needs_cases
def test_equal_shapes_are_kept_once() -> None:
    found = converted("jiading_office_cn_v1.ifc")
    assert len(found.scene) == 235
    assert len(found.scene.shapes) < 30
    columns = found.elements[found.elements["class"] == "IfcColumn"]
    numbers = {found.scene.shape[found.scene.step_id.index(number)] for number in columns["step_id"]}
    assert len(numbers) == 1


@cases.needs_cases
def test_footprint_and_height_of_the_office() -> None:
    model = converted("jiading_office_cn_v1.ifc").model
    (ring,) = model.footprint_m
    outline = shapely.Polygon(ring)
    assert outline.is_valid
    assert outline.symmetric_difference(shapely.box(0, 0, 40, 20)).area < 1.0
    assert model.ground_m == 0.0
    assert model.height_m == pytest.approx(17.88, abs=0.01)
    assert model.origin_m == (0.0, 0.0, 0.0)  # the model's own zero: a later, larger version keeps it


@cases.needs_cases
def test_a_roof_that_hangs_low_is_no_part_of_the_footprint() -> None:
    model = converted("ac20_fzk_haus_ifc4.ifc").model
    outline = shapely.MultiPolygon([shapely.Polygon(ring) for ring in model.footprint_m])
    assert outline.area == pytest.approx(120.0, rel=0.03), "12 m x 10 m; the eaves stand out by half a metre"


@cases.needs_cases
def test_rooms_without_a_stated_area_get_that_of_their_shape() -> None:
    elements = converted("duplex_a_ifc2x3.ifc").elements
    rooms = elements[elements["kind"] == "space"]
    assert len(rooms) == 21
    assert rooms["area_m2"].notna().all()
    assert (rooms["area_m2"] > 1.0).all()


BROKEN = """#170=IFCWALL('0P00000000000000000018',$,'W2',$,$,#71,#172,'tag 2',$);
#172=IFCPRODUCTDEFINITIONSHAPE($,$,(#173));
#173=IFCSHAPEREPRESENTATION(#10,'Body','SweptSolid',(#174));
#174=IFCEXTRUDEDAREASOLID(#75,#11,#77,0.0);
#180=IFCRELCONTAINEDINSPATIALSTRUCTURE('0P00000000000000000019',$,$,$,(#170),#50);
"""


def ladder(text: str, folder: Path, aside: dict[int, str]) -> tuple[Scene, list[tuple[str, list[int]]]]:
    source = folder / "model.ifc"
    source.write_text(text, encoding="ascii")
    said: list[tuple[str, list[int]]] = []
    drawing = Drawing(
        ifcopenshell.open(source),
        source,
        folder / "shapes",
        limits=DEFAULT,
        aside=aside,
        alone=[],
        announce=lambda method, numbers: said.append((method, list(numbers))),
    )
    return drawing.run([70]), said


@pytest.mark.parametrize("method", ["ifclite", "box"])
def test_an_element_set_aside_is_drawn_another_way_at_the_same_place(method: str, tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "other").mkdir()
    text = cases.step(
        changed={"#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#90);"},
        lines=(
            "#90=IFCAXIS2PLACEMENT3D(#91,$,#92);\n#91=IFCCARTESIANPOINT((4000.,-2000.,500.));\n#92=IFCDIRECTION((0.6,0.8,0.));\n"
        ),
    )
    by_kernel, _ = ladder(text, tmp_path / "kernel", {})
    other, said = ladder(text, tmp_path / "other", {70: method})
    assert by_kernel.method == ["kernel"]
    assert other.method == [method]
    assert (method, [70]) in said
    (_, _, expected), (_, _, found) = next(by_kernel.placed()), next(other.placed())
    assert np.abs(expected.min(axis=0) - found.min(axis=0)).max() < 1e-6
    assert np.abs(expected.max(axis=0) - found.max(axis=0)).max() < 1e-6


def test_what_nothing_can_draw_is_told_and_the_rest_is_drawn(tmp_path: Path) -> None:
    file = ifcopenshell.file.from_string(cases.step(BROKEN))
    drawing = Drawing(
        file, tmp_path / "none.ifc", tmp_path / "shapes", limits=DEFAULT, aside={170: "none"}, alone=[],
        announce=lambda *_: None,
    )  # fmt: skip
    assert drawing.run([70, 170]).step_id == [70]


def test_finished_chunks_are_not_meshed_again(tmp_path: Path) -> None:
    text = cases.step()
    _, first = ladder(text, tmp_path, {})
    again, second = ladder(text, tmp_path, {})
    assert ("begin", [70]) in first
    assert not second
    assert again.step_id == [70]


def test_every_element_is_announced_before_it_is_begun() -> None:
    file = ifcopenshell.file.from_string(cases.step(BROKEN.replace("#77,0.0", "#77,2000.0")))
    said: list[int] = []
    for number, _, make, _ in geometry.draw(file, [70, 170], begin=said.append):
        assert said[-1] == number
        assert make().triangles == 12
    assert sorted(said[:2]) == [70, 170]


def test_shapes_of_one_type_stay_in_one_chunk() -> None:
    found = cases.parsed(cases.PUBLIC / "duplex_a_ifc2x3.ifc")
    numbers = [item.id() for item in found.by_type("IfcFurnishingElement")]
    chunks = geometry.chunks(found, numbers, 5)
    assert sorted(number for chunk in chunks for number in chunk) == sorted(numbers)
    owners: dict[int, int] = {}
    for index, chunk in enumerate(chunks):
        for number in chunk:
            shared = geometry._shared_shape(found.by_id(number))
            if len(chunk) < 25:
                assert owners.setdefault(shared, index) == index


def test_openings_are_counted() -> None:
    file = cases.parsed(cases.BAD / "42_wall_1500_overlapping_openings.ifc")
    (count,) = fallback.openings(file).values()
    assert count == 1500
