"""The data of a model: of all public cases, of bad ones, and of what they do not cover."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from bim import model
from bim.errors import Refused
from bim.finding import Sentence
from bim.identity import valid
from bim.limits import Limits
from bim.model import ELEMENT_COLUMNS, NO_STOREY, PROPERTY_COLUMNS
from tests.bim import cases
from tests.bim.cases import BAD, needs_cases, read, step

NAMES = sorted(path.name for path in cases.PUBLIC.glob("*.ifc*"))

COUNTED = (
    "IfcSite", "IfcBuilding", "IfcBuildingStorey", "IfcSpace", "IfcWall", "IfcDoor", "IfcWindow", "IfcSlab",
    "IfcColumn", "IfcBeam", "IfcElement", "IfcPropertySet", "IfcElementQuantity",
)  # fmt: skip


def _codes(data: Any) -> set[str]:
    return {item.code for item in data.model.findings}


@needs_cases
def test_all_public_cases_are_there() -> None:
    assert sorted(cases.facts()) == NAMES
    assert len(NAMES) == 24


@pytest.mark.parametrize("name", NAMES)
def test_counts_and_storeys_are_those_of_other_programs(name: str) -> None:
    data, told = cases.extracted(name), cases.facts()[name]["ifcopenshell"]
    counts = data.model.counts
    assert {key: counts.get(key, 0) for key in COUNTED} == {key: told[key] for key in COUNTED}
    assert data.model.to_metre == pytest.approx(told["length_unit_scale_to_m"])
    assert data.model.schema == told["schema"]
    assert len(data.model.storeys) == told["IfcBuildingStorey"]
    # By name and height as written; a storey without an elevation takes its placement's, all of them here at 0.
    expected = sorted((storey, 0.0 if z is None else z) for storey, z in told["storeys"])
    assert sorted((item.name, item.elevation) for item in data.model.storeys) == [
        (storey, pytest.approx(z, abs=1e-9)) for storey, z in expected
    ]
    elevations = [item.elevation_m for item in data.model.storeys]
    assert elevations == sorted(elevations)
    assert elevations == pytest.approx(
        [item.elevation * data.model.to_metre for item in data.model.storeys], abs=1e-6
    )


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_every_public_case_are_whole(name: str) -> None:
    data = cases.extracted(name)
    elements, properties = data.elements, data.properties
    assert list(elements.columns) == list(ELEMENT_COLUMNS)
    assert {name: str(kind) for name, kind in elements.dtypes.items()} == ELEMENT_COLUMNS
    assert {name: str(kind) for name, kind in properties.dtypes.items()} == PROPERTY_COLUMNS
    assert elements["key"].is_unique
    assert (elements["kind"] == "space").sum() == data.model.counts["IfcSpace"]
    openings = data.model.counts.get("IfcOpeningElement", 0)
    terrain = (elements["class"] == "IfcSite").sum()  # the only ones here with a shape that are no elements
    assert (elements["kind"] == "element").sum() == data.model.counts.get(
        "IfcElement", 0
    ) - openings + terrain
    assert properties["element"].between(0, len(elements) - 1).all()
    assert properties["element"].is_monotonic_increasing
    assert not elements[["name", "placement", "content_hash", "use"]].isna().any(axis=None)
    # Rows go by storey from below, with what is on none at the end.
    order = elements["storey"].replace(NO_STOREY, 10_000)
    assert order.is_monotonic_increasing
    for kind, field in (("element", "elements"), ("space", "spaces")):
        numbers = [
            (elements["storey"][elements["kind"] == kind] == item.index).sum() for item in data.model.storeys
        ]
        assert numbers == [getattr(item, field) for item in data.model.storeys]
    for column in ("space", "parent", "host"):
        assert elements[column].between(-1, len(elements) - 1).all()
    assert (elements["kind"].to_numpy()[elements["space"][elements["space"] >= 0]] == "space").all()


@needs_cases
def test_places_are_those_of_the_library() -> None:
    from ifcopenshell.util.placement import get_local_placement

    for name in ("ac20_fzk_haus_ifc4.ifc", "janesville_revit2012.ifc", "ios_large_offset.ifc"):
        data, file = cases.extracted(name), cases.parsed(cases.PUBLIC / name)
        for row in range(0, len(data.elements), max(1, len(data.elements) // 60)):
            values = data.elements.iloc[row]
            expected = get_local_placement(file.by_id(int(values["step_id"])).ObjectPlacement)
            expected[:3, 3] *= data.model.to_metre
            matrix = np.array(values["placement"].split(), dtype=float).reshape(4, 4)
            assert matrix == pytest.approx(expected, abs=1e-6)
            assert values[["x", "y", "z"]].to_list() == pytest.approx(expected[:3, 3].tolist(), abs=1e-6)


@needs_cases
def test_chinese_and_japanese_names_are_intact() -> None:
    tower = cases.extracted("jiading_tower33_cn_ifc4.ifc").model
    assert tower.project == "嘉定 33 层办公塔楼"
    assert tower.building == "一号楼"
    assert (tower.storeys[0].name, tower.storeys[32].name) == ("1F 首层 ±0.000", "33F 第33层")
    assert [item.name for item in cases.extracted("ios_testmodel_ifc4add2.ifc").model.storeys] == [
        "标高 1",
        "标高 2",
    ]
    japanese = cases.extracted("jp_revit2013_unicode.ifc")
    assert [item.name for item in japanese.model.storeys] == ["1階", "2階", "屋根"]
    walls = japanese.elements[japanese.elements["class"].str.startswith("IfcWall")]
    assert walls["name"].iloc[0] == "標準壁:内壁 - ブロックワーク 100:202737"
    assert walls["materials"].iloc[0] == "既定の壁"


@needs_cases
def test_elements_know_their_surroundings() -> None:
    office = cases.extracted("jiading_office_cn_v1.ifc").elements
    doors = office[office["class"] == "IfcDoor"]
    assert (office["class"].to_numpy()[doors["host"]] == "IfcWall").all()
    assert (office["storey"].to_numpy()[doors["host"]] == doors["storey"]).all()
    duplex = cases.extracted("duplex_a_ifc2x3.ifc").elements
    flights = duplex[duplex["class"] == "IfcStairFlight"]
    assert len(flights)
    assert (duplex["class"].to_numpy()[flights["parent"]] == "IfcStair").all()
    assert (flights["storey"] != NO_STOREY).all()
    inside = duplex[duplex["space"] >= 0]
    assert len(inside) == 61
    assert (duplex["storey"].to_numpy()[inside["space"]] == inside["storey"]).all()


@needs_cases
def test_tree_holds_every_row_once() -> None:
    for name in ("duplex_a_ifc2x3.ifc", "ac20_fzk_haus_ifc4.ifc", "brienenoordbrug_ifc4x3.ifc"):
        data = cases.extracted(name)
        rows: list[int] = []
        storeys: list[int] = []
        stack = [data.tree]
        while stack:
            node = stack.pop()
            rows += node["elements"] + ([node["row"]] if "row" in node else [])
            storeys += [node["storey"]] if "storey" in node else []
            stack += node["children"]
        parts = data.elements.index[data.elements["parent"] >= 0].tolist()
        assert sorted(rows + parts) == list(range(len(data.elements)))
        assert sorted(storeys) == list(range(len(data.model.storeys)))


@needs_cases
def test_a_site_with_its_terrain_has_a_row_and_drawings_have_none() -> None:
    elements = cases.extracted("ac20_fzk_haus_ifc4.ifc").elements
    assert elements["class"].isin(["IfcSite"]).sum() == 1
    for name in ("ac20_fzk_haus_ifc4.ifc", "janesville_revit2012.ifc"):
        assert not cases.extracted(name).elements["class"].isin(["IfcAnnotation", "IfcOpeningElement"]).any()


def test_model_comes_back_from_its_folder(tmp_path: Any) -> None:
    data = read(step())
    folder = cases.keep(data, tmp_path / "kept")
    assert model.read(folder) == data.model


def test_progress_goes_up_to_the_end_in_both_languages() -> None:
    told: list[tuple[float, Sentence]] = []
    import ifcopenshell

    from bim.extract import extract

    file = ifcopenshell.file.from_string(step())
    extract(file, name="t.ifc", size=1, sha256="0", progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0.0 == shares[0] < shares[-1] <= 1.0
    assert all(text.zh and text.en for _, text in told)


# What is wrong with a file


@needs_cases
def test_no_project_is_refused() -> None:
    with pytest.raises(Refused, match="IfcProject"):
        cases.of(cases.parsed(BAD / "22_no_project_no_units.ifc"))


@needs_cases
@pytest.mark.parametrize(
    ("name", "codes", "rows"),
    [
        ("14_huge_coordinates_1e12.ifc", {"placement.far"}, 1),
        ("18_duplicate_step_ids.ifc", set(), 1),
        ("20_circular_aggregation.ifc", {"structure.two_wholes"}, 1),
        ("21_no_geometry.ifc", set(), 1),
        ("27_deep_placement_chain_4000.ifc", {"storey.none"}, 2),
        ("29_deep_boolean_tree_3000.ifc", set(), 1),
        ("34_wrong_attribute_types.ifc", {"attribute.type", "storey.elevation_missing"}, 1),
        ("37_long_name_5mb.ifc", {"text.cut"}, 1),
        ("42_wall_1500_overlapping_openings.ifc", set(), 1),
    ],
)
def test_bad_files_yield_what_can_be_read(name: str, codes: set[str], rows: int) -> None:
    data = cases.of(cases.parsed(BAD / name))
    assert _codes(data) == codes
    assert len(data.elements) == rows
    json.dumps(data.tree, allow_nan=False)
    assert all(item.text.zh and item.text.en for item in data.model.findings)


@needs_cases
def test_circular_placement_ends() -> None:
    data = cases.of(cases.parsed(BAD / "19_circular_placement.ifc"))
    assert "placement.unreadable" in _codes(data)


@needs_cases
def test_a_name_of_a_wrong_kind_is_read_as_text() -> None:
    data = cases.of(cases.parsed(BAD / "34_wrong_attribute_types.ifc"))
    assert data.model.storeys[0].name == "42"


@needs_cases
def test_a_long_name_is_cut_and_marked() -> None:
    data = cases.of(cases.parsed(BAD / "37_long_name_5mb.ifc"))
    name = data.elements["name"].iloc[0]
    assert len(name) == Limits().text_characters + 1
    assert name.endswith("…")


def test_global_ids_that_are_repeated_or_invalid_get_a_key_of_their_own() -> None:
    wall = "IFCWALL('{guid}',$,'{name}',$,$,#71,#72,$,$);\n"
    lines = (
        "#90=" + wall.format(guid="0P00000000000000000008", name="twin")
        + "#91=" + wall.format(guid="{9F1B-x}", name="braces")
        + "#92=" + wall.format(guid="", name="none")
        + "#93=" + wall.format(guid="4P00000000000000000008", name="out of range")
    )  # fmt: skip
    data = read(step(lines))
    keys = dict(zip(data.elements["name"], data.elements["key"], strict=True))
    assert keys == {
        "W1": "0P00000000000000000008",
        "twin": "0P00000000000000000008~2",
        "braces": "9F1Bx~1",
        "none": "~1",
        "out of range": "4P00000000000000000008~1",
    }
    told = {item.code: [] for item in data.model.findings}
    for item in data.model.findings:
        told[item.code].append(item.step_id)
    assert told["identity.repeated"] == [90]
    assert sorted(told["identity.invalid"]) == [91, 92, 93]
    assert valid("0P00000000000000000008")
    assert not valid("0P0000000000000000000")


def test_missing_units_are_told_and_taken_as_metres() -> None:
    data = read(step(changed={"(#10),#20);": "(#10),$);"}))
    assert data.model.to_metre == 1.0
    assert "unit.length_missing" in _codes(data)


def test_a_part_of_itself_is_cut_off() -> None:
    lines = """#90=IFCELEMENTASSEMBLY('0P00000000000000000020',$,'A',$,$,#71,$,$,$,$);
#91=IFCELEMENTASSEMBLY('0P00000000000000000021',$,'B',$,$,#71,$,$,$,$);
#92=IFCRELAGGREGATES('0P00000000000000000022',$,$,$,#90,(#91));
#93=IFCRELAGGREGATES('0P00000000000000000023',$,$,$,#91,(#90));"""
    data = read(step(lines))
    assert "structure.circle" in _codes(data)
    assert len(data.elements) == 3


def test_structures_in_a_circle_still_hang_in_the_tree() -> None:
    lines = """#90=IFCSPACE('0P00000000000000000020',$,'A',$,$,#71,$,$,$,$,$);
#91=IFCSPACE('0P00000000000000000021',$,'B',$,$,#71,$,$,$,$,$);
#92=IFCRELAGGREGATES('0P00000000000000000022',$,$,$,#90,(#91));
#93=IFCRELAGGREGATES('0P00000000000000000023',$,$,$,#91,(#90));"""
    data = read(step(lines))
    names = []
    stack = [data.tree]
    while stack:
        node = stack.pop()
        names.append(node["name"])
        stack += node["children"]
    assert sorted(names) == ["A", "B", "B", "L1", "P", "S"]


def test_a_deep_tree_stays_readable_by_any_json_reader() -> None:
    lines = [f"#{1000 + n}=IFCSPACE('{n:022d}',$,'{n}',$,$,#71,$,$,.PARTIAL.,$,$);" for n in range(2000)]
    lines += [
        f"#{5000 + n}=IFCRELAGGREGATES('1{n:021d}',$,$,$,#{1000 + n if n >= 0 else 50},(#{1001 + n}));"
        for n in range(-1, 1999)
    ]
    data = read(step("\n".join(lines)))
    assert len(data.elements) == 2001
    assert (data.elements["storey"] == 0).all()
    text = json.dumps(data.tree)
    assert text.count('"IfcSpace"') == 2000


def test_type_gives_what_the_element_does_not_say() -> None:
    lines = """#90=IFCWALLTYPE('0P00000000000000000020',$,'W 200',$,$,$,$,$,'curved',.USERDEFINED.);
#91=IFCRELDEFINESBYTYPE('0P00000000000000000021',$,$,$,(#70),#90);
#92=IFCMATERIAL('concrete',$,$);
#93=IFCMATERIALLAYER(#92,200.,$,$,$,$,$);
#94=IFCMATERIAL('\\X2\\7802\\X0\\',$,$);
#95=IFCMATERIALLAYER(#94,20.,$,$,$,$,$);
#96=IFCMATERIALLAYERSET((#95,#93,#95),$,$);
#97=IFCRELASSOCIATESMATERIAL('0P00000000000000000022',$,$,$,(#90),#96);"""
    row = read(step(lines)).elements.iloc[0]
    assert row["type_name"] == "W 200"
    assert row["type_guid"] == "0P00000000000000000020"
    assert row["predefined_type"] == "curved"
    assert row["materials"] == "砂; concrete"


def test_numbers_past_all_measure_end_nothing() -> None:
    changed = {
        "#77=IFCDIRECTION((0.,0.,1.));": "#77=IFCDIRECTION((1.E200,1.E200,1.E300));",
        "#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#99);\n"
        "#99=IFCAXIS2PLACEMENT3D(#98,#77,#97);\n#98=IFCCARTESIANPOINT((1.E308,-1.E308,1.E308));\n"
        "#97=IFCDIRECTION((1.E-320,0.,0.));",
        ".ELEMENT.,0.);": ".ELEMENT.,1.E308);",
        ".MILLI.,.METRE.": ".EXA.,.METRE.",
        "10000.0,200.0": "1.E308,-1.E308",
    }
    data = read(step(changed=changed))
    assert {"placement.far", "unit.length_unusual"} <= _codes(data)
    json.dumps(data.model.as_dict(), allow_nan=False)


def test_a_drawing_has_no_row_and_a_line_in_space_has_one() -> None:
    lines = """#90=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',2,1.E-5,#76,$);
#91=IFCGEOMETRICREPRESENTATIONSUBCONTEXT('Annotation',*,*,*,*,*,#90,$,.PLAN_VIEW.,$);
#92=IFCSHAPEREPRESENTATION(#91,'Annotation','GeometricCurveSet',(#97));
#93=IFCPRODUCTDEFINITIONSHAPE($,$,(#92));
#94=IFCANNOTATION('0P00000000000000000020',$,'in plan',$,$,#71,#93);
#95=IFCSHAPEREPRESENTATION(#10,'Annotation','GeometricCurveSet',(#97));
#96=IFCPRODUCTDEFINITIONSHAPE($,$,(#95));
#97=IFCGEOMETRICCURVESET((#98));
#98=IFCPOLYLINE((#12,#99));
#99=IFCCARTESIANPOINT((1.,0.,0.));
#100=IFCANNOTATION('0P00000000000000000021',$,'in space',$,$,#71,#96);
#101=IFCANNOTATION('0P00000000000000000022',$,'no shape',$,$,#71,$);"""
    assert set(read(step(lines)).elements["name"]) == {"W1", "in space"}


def test_plain_numbers_stay_missing_until_there_is_a_shape() -> None:
    row = read(step()).elements.iloc[0]
    assert all(math.isnan(row[column]) for column in ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax"))
    assert (row["triangles"], row["method"]) == (0, "none")
