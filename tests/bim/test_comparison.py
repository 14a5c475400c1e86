"""Two versions of a model: exactly what changed, and nothing from how the file was written."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid
import pytest

from bim.comparison import Comparison, compare
from tests.bim import cases
from tests.bim.cases import PUBLIC, needs_cases, read, step

OFFICE = "jiading_office_cn_v1.ifc"


@pytest.fixture
def between(tmp_path: Path) -> Callable[[Any, Any], Comparison]:
    """What changed between the data of two models."""

    def run(before: Any, after: Any) -> Comparison:
        folders = cases.keep(before, tmp_path / "before"), cases.keep(after, tmp_path / "after")
        result = compare(*folders)
        json.dumps(result.as_dict(), allow_nan=False)
        return result

    return run


Between = Callable[[Any, Any], Comparison]


def _told(result: Comparison) -> dict[str, list[str]]:
    """Aspects of every change by the element's name."""
    return {item.name: [change["aspect"] for change in item.what] for item in result.changed}


# The two pairs of the cases


@needs_cases
def test_the_office_s_second_version_has_exactly_its_listed_changes(between: Between) -> None:
    truth = json.loads((PUBLIC / "jiading_office_cn_changes.json").read_text(encoding="utf-8"))
    result = between(cases.extracted(OFFICE), cases.extracted("jiading_office_cn_v2.ifc"))
    added = {name: numbers["added"] for name, numbers in result.counts().items() if numbers["added"]}
    expected = {
        "IfcBuildingStorey": "storey", "IfcSlab": "slab", "IfcWall": "wall", "IfcColumn": "column",
        "IfcSpace": "space",
    }  # fmt: skip
    for class_name, key in expected.items():
        assert added.pop(class_name) == truth["v2"][key] - truth["v1"][key]
    # One of each was deleted besides.
    assert added == {
        "IfcWindow": truth["v2"]["window"] - truth["v1"]["window"] + 1,
        "IfcDoor": truth["v2"]["door"] - truth["v1"]["door"] + 1,
    }
    assert len(result.added) == 48
    assert {item.storey for item in result.added} == {"6F 第6层"}
    assert sorted(item.class_name for item in result.removed) == ["IfcDoor", "IfcWindow"]
    assert len(result.removed) == len(truth["changes"]["delete"])
    assert [item["name"] for item in result.storeys["added"]] == ["6F 第6层"]
    assert not any(result.storeys[kind] for kind in ("removed", "renamed", "moved"))

    by_aspect: dict[str, list[Any]] = {}
    for item in result.changed:
        assert len(item.what) == 1, "each change of the case touches an element in one way"
        by_aspect.setdefault(item.what[0]["aspect"], []).append(item)
    assert {aspect: len(items) for aspect, items in by_aspect.items()} == {
        "property": 4,
        "placement": 2,
        "name": 1,
        "openings": 2,
    }
    for item in by_aspect["property"]:
        change = item.what[0]
        assert (change["set"], change["name"]) == ("Pset_WallCommon", "FireRating")
        assert (change["before"], change["after"]) == ("2.00h", truth["changes"]["firerating"]["1"])
        assert (item.class_name, item.storey) == ("IfcWall", "2F 第2层")
    assert {item.class_name for item in by_aspect["placement"]} == {"IfcWall", "IfcDoor"}
    for item in by_aspect["placement"]:
        assert item.what[0]["distance_m"] == pytest.approx(truth["changes"]["move"]["wi2_2"])
        assert item.what[0]["turn_deg"] == 0.0
    assert by_aspect["name"][0].what[0] == {
        "aspect": "name",
        "before": "102",
        "after": truth["changes"]["rename"]["sp0_1"],
    }
    # The walls that the deleted window and door sat in lost an opening each.
    assert sorted((item.what[0]["before"], item.what[0]["after"]) for item in by_aspect["openings"]) == [
        (1, 0),
        (6, 5),
    ]


@needs_cases
def test_the_real_pair_has_a_new_door_and_the_wall_it_was_cut_into(between: Between) -> None:
    result = between(cases.extracted("compare_guid_rev1.ifc"), cases.extracted("compare_guid_rev2.ifc"))
    assert [(item.class_name, item.guid) for item in result.added] == [
        ("IfcDoor", _only("compare_guid_rev2.ifc", "IfcDoor"))
    ]
    assert result.removed == []
    assert [item.name for item in result.changed] == ["SW - 010"]
    assert result.changed[0].what[0] == {"aspect": "openings", "before": 0, "after": 1}
    # What ArchiCAD measures and writes of the wall changed along with it, and nothing else did.
    others = result.changed[0].what[1:]
    assert {change["aspect"] for change in others} == {"property"}
    names = {change["name"] for change in others}
    assert {"Area of the Doors", "Number of Doors"} <= names


def _only(name: str, class_name: str) -> str:
    (found,) = cases.parsed(PUBLIC / name).by_type(class_name)
    return str(found.GlobalId)


@needs_cases
@pytest.mark.parametrize(
    "name",
    [
        OFFICE,
        "compare_guid_rev2.ifc",
        "duplex_a_ifc2x3.ifc",
        "brienenoordbrug_ifc4x3.ifc",
    ],
)
def test_a_model_is_the_same_as_itself(name: str, between: Between) -> None:
    result = between(cases.extracted(name), cases.extracted(name))
    assert result.same
    assert result.counts() == {}
    assert result.matched_by == "GlobalId"


@needs_cases
@pytest.mark.parametrize("name", [OFFICE, "ac20_fzk_haus_ifc4.ifc"])
def test_other_numbers_and_another_order_change_nothing(name: str, between: Between) -> None:
    text = (PUBLIC / name).read_text(encoding="utf-8")
    result = between(cases.extracted(name), cases.of(ifcopenshell.file.from_string(_renumbered(text))))
    assert result.as_dict()["changed"] == []
    assert result.same


def _renumbered(text: str) -> str:
    """The same model with other ``#`` numbers, its instances in another order."""
    chance = random.Random(7)
    head, body = re.split(r"\bDATA;\s*", text, maxsplit=1)
    body = body[: body.rindex("ENDSEC;")]
    # Numbers inside quotes are text.
    pieces = re.split(r"('(?:[^']|'')*')", body)
    numbers = sorted({int(n) for piece in pieces[::2] for n in re.findall(r"#(\d+)", piece)})
    others = dict(zip(numbers, chance.sample(range(1, 3 * len(numbers) + 10), len(numbers)), strict=True))
    pieces[::2] = [
        re.sub(r"#(\d+)", lambda found: f"#{others[int(found[1])]}", piece) for piece in pieces[::2]
    ]
    lines = re.findall(r"#\d+\s*=(?:[^';]|'(?:[^']|'')*')*;", "".join(pieces))
    assert len(lines) > 100
    chance.shuffle(lines)
    return head + "DATA;\n" + "\n".join(lines) + "\nENDSEC;\nEND-ISO-10303-21;\n"


# GlobalIds made anew


def _with_new_ids(file: ifcopenshell.file) -> ifcopenshell.file:
    for item in file.by_type("IfcRoot"):
        item.GlobalId = ifcopenshell.guid.new()
    return file


@needs_cases
def test_new_global_ids_of_everything_change_nothing_but_are_told(between: Between) -> None:
    result = between(cases.extracted(OFFICE), cases.of(_with_new_ids(cases.parsed(PUBLIC / OFFICE))))
    assert result.same
    assert result.matched_by == "place"
    assert len(result.notes) == 1


@needs_cases
def test_changes_are_found_in_spite_of_new_global_ids(between: Between) -> None:
    after = cases.of(_with_new_ids(cases.parsed(PUBLIC / "jiading_office_cn_v2.ifc")))
    result = between(cases.extracted(OFFICE), after)
    assert result.matched_by == "place"
    assert len(result.added) == 48
    assert len(result.removed) == 2
    aspects = sorted(change["aspect"] for item in result.changed for change in item.what)
    assert aspects == ["name", "openings", "openings", "placement", "placement"] + ["property"] * 4


def test_a_repeated_global_id_does_not_mix_up_its_elements(between: Between) -> None:
    twin = "#90=IFCWALL('0P00000000000000000008',$,'{0}',$,$,#91,#72,$,$);\n#91=IFCLOCALPLACEMENT(#51,#92);\n"
    place = "#92=IFCAXIS2PLACEMENT3D(#93,$,$);\n#93=IFCCARTESIANPOINT((0.,5000.,0.));\n"
    # The second wall is the first of its GlobalId in the later file.
    swapped = {"#70=IFCWALL(": "#170=IFCWALL(", "(#70),#50": "(#170,#90),#50"}
    before = read(step(twin.format("W2") + place, changed={"(#70),#50": "(#70,#90),#50"}))
    after = read(step(twin.format("W2") + place, changed=swapped))
    assert between(before, after).same


# The whole model moved


@needs_cases
def test_a_moved_and_turned_site_is_told_once(between: Between) -> None:
    file = cases.parsed(PUBLIC / OFFICE)
    (site,) = file.by_type("IfcSite")
    site.ObjectPlacement.RelativePlacement = file.create_entity(
        "IfcAxis2Placement3D",
        file.create_entity("IfcCartesianPoint", (618932035.0, 3474236407.0, 4250.0)),
        None,
        file.create_entity("IfcDirection", (0.8660254037844387, 0.5, 0.0)),
    )
    wall = file.by_type("IfcWall")[3]
    wall.Name = "renamed"
    result = between(cases.extracted(OFFICE), cases.of(file))
    assert result.movement is not None
    assert result.movement.turn_deg == pytest.approx(30.0, abs=1e-6)
    assert _told(result) == {"renamed": ["name"]}
    assert "30.000" in result.notes[0].en


@needs_cases
def test_a_moved_storey_moves_its_elements(between: Between) -> None:
    file = cases.parsed(PUBLIC / OFFICE)
    top = file.by_type("IfcBuildingStorey")[-1]
    top.Elevation += 300.0
    location = top.ObjectPlacement.RelativePlacement.Location
    location.Coordinates = (0.0, 0.0, location.Coordinates[2] + 300.0)
    result = between(cases.extracted(OFFICE), cases.of(file))
    assert result.movement is None
    assert len(result.storeys["moved"]) == 1
    assert (result.storeys["moved"][0]["before"], result.storeys["moved"][0]["after"]) == (
        pytest.approx(14.4),
        pytest.approx(14.7),
    )
    distances = {
        change["distance_m"]
        for item in result.changed
        for change in item.what
        if change["aspect"] == "placement"
    }
    assert distances == {0.3}
    assert len(result.changed) == 1 + 41 + 6


# One change at a time


PSET = """#90=IFCRELDEFINESBYPROPERTIES('0P00000000000000000020',$,$,$,(#70),#91);
#91=IFCPROPERTYSET('0P00000000000000000021',$,'Pset_WallCommon',$,({order}));
#92=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('{rating}'),$);
#93=IFCPROPERTYSINGLEVALUE('Width',$,IFCLENGTHMEASURE({width}),$);
"""


def _wall(changed: dict[str, str] | None = None, **values: str) -> Any:
    values = {"order": "#92,#93", "rating": "2h", "width": "200.", **values}
    return read(step(PSET.format(**values), changed=changed))


@pytest.mark.parametrize(
    ("changed", "aspects"),
    [
        ({"$,'W1',$,$,#71": "$,'W9',$,$,#71"}, ["name"]),
        ({"#70=IFCWALL(": "#70=IFCWALLSTANDARDCASE("}, ["class"]),
        ({"$,'W1',$,$,#71": "$,'W1',$,'exterior',#71"}, ["type"]),
        ({"'tag 1',$);": "'tag 1',.SHEAR.);"}, ["predefined_type"]),
        ({"#11,#77,3000.0": "#11,#77,3100.0"}, ["geometry"]),
        ({"10000.0,200.0": "10000.0,250.0"}, ["geometry"]),
        ({"#78=IFCCARTESIANPOINT((0.,0.));": "#78=IFCCARTESIANPOINT((0.,1.));"}, ["geometry"]),
        ({"#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#99);\n#99=IFCAXIS2PLACEMENT3D(#98,$,$);\n"
          "#98=IFCCARTESIANPOINT((0.,0.2,0.));"}, ["placement"]),
        ({"#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#99);\n#99=IFCAXIS2PLACEMENT3D(#12,$,#98);\n"
          "#98=IFCDIRECTION((0.,1.,0.));"}, ["placement"]),
        ({"#50);": "#40);"}, ["storey"]),
    ],
)  # fmt: skip
def test_one_change_is_told_as_what_it_is(
    changed: dict[str, str], aspects: list[str], between: Between
) -> None:
    result = between(_wall(), _wall(changed))
    assert list(_told(result).values()) == [aspects]


@pytest.mark.parametrize(
    "changed",
    [
        {"#11,#77,3000.0": "#11,#77,3000.0000000001"},
        {"#78=IFCCARTESIANPOINT((0.,0.));": "#78=IFCCARTESIANPOINT((0.0000001,-0.));"},
        {"'Body','SweptSolid',(#74)": "'Body','SweptSolid',(#99)", "#74=IFCEX": "#99=IFCEX"},
        {"(.AREA.,$,#76": "(.AREA.,'profile',#76"},
        {"#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#99);\n#99=IFCAXIS2PLACEMENT3D(#98,$,$);\n"
         "#98=IFCCARTESIANPOINT((0.,0.05,0.));"},
        {"#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT($,#11);"},
    ],
)  # fmt: skip
def test_another_way_to_write_the_same_is_no_change(changed: dict[str, str], between: Between) -> None:
    assert between(_wall(), _wall(changed)).same


def test_places_past_all_measure_are_compared_as_written(between: Between) -> None:
    far = {
        "#71=IFCLOCALPLACEMENT(#51,#11);": "#71=IFCLOCALPLACEMENT(#51,#99);\n#99=IFCAXIS2PLACEMENT3D(#98,$,$);\n"
        "#98=IFCCARTESIANPOINT((1.E308,1.E308,0.));",
        ".MILLI.,.METRE.": ".EXA.,.METRE.",
    }
    assert between(_wall(far), _wall(far)).same


def test_properties_are_compared_by_name_and_number(between: Between) -> None:
    assert between(_wall(), _wall(order="#93,#92", width="200.00000001")).same


def test_a_changed_property_tells_its_set_and_both_values(between: Between) -> None:
    result = between(_wall(), _wall(rating="3h", width="240."))
    told = {"aspect": "property", "set": "Pset_WallCommon", "of_type": False}
    assert list(result.changed[0].what) == [
        {**told, "name": "FireRating", "before": "2h", "after": "3h"},
        {**told, "name": "Width", "before": "200 mm", "after": "240 mm"},
    ]


def test_a_property_that_came_or_went_has_no_other_value(between: Between) -> None:
    result = between(_wall(), _wall(order="#93"))
    assert [(change["before"], change["after"]) for change in result.changed[0].what] == [("2h", None)]


def test_metres_instead_of_millimetres_are_no_change(between: Between) -> None:
    metres = {
        ".MILLI.,.METRE.": "$,.METRE.",
        "3000.0": "3.0",
        "10000.0,200.0": "10.0,0.2",
    }
    result = between(_wall(), _wall(metres, width="0.2"))
    assert result.same


def test_a_type_s_property_is_told_of_its_elements(between: Between) -> None:
    lines = """#110=IFCWALLTYPE('0P00000000000000000030',$,'W',$,$,(#111),$,$,$,.STANDARD.);
#111=IFCPROPERTYSET('0P00000000000000000031',$,'Pset_WallCommon',$,(#112));
#112=IFCPROPERTYSINGLEVALUE('Combustible',$,IFCBOOLEAN({0}),$);
#113=IFCRELDEFINESBYTYPE('0P00000000000000000032',$,$,$,(#70),#110);"""
    result = between(read(step(lines.format(".F."))), read(step(lines.format(".T."))))
    assert list(result.changed[0].what) == [
        {
            "aspect": "property",
            "set": "Pset_WallCommon",
            "name": "Combustible",
            "before": "false",
            "after": "true",
            "of_type": True,
        }
    ]


HOLE = """#94=IFCOPENINGELEMENT('0P00000000000000000024',$,'hole',$,$,#95,#72,$,$);
#95=IFCLOCALPLACEMENT(#71,#96);
#96=IFCAXIS2PLACEMENT3D(#97,$,$);
#97=IFCCARTESIANPOINT(({x},0.,0.));
#98=IFCRELVOIDSELEMENT('0P00000000000000000025',$,$,$,#70,#94);"""


def test_an_opening_that_moved_in_its_wall_is_a_change_of_the_wall(between: Between) -> None:
    result = between(read(step(HOLE.format(x="1000."))), read(step(HOLE.format(x="1200."))))
    assert [dict(change) for change in result.changed[0].what] == [
        {"aspect": "openings", "before": 1, "after": 1}
    ]


def test_renamed_storeys_and_buildings_are_told(between: Between) -> None:
    result = between(read(step()), read(step(changed={"$,'L1',$": "$,'1F',$", "$,'B',$": "$,'Tower',$"})))
    assert _told(result) == {"1F": ["name"], "Tower": ["name"]}
    assert [(item["before"], item["after"]) for item in result.storeys["renamed"]] == [("L1", "1F")]


def test_a_storey_with_a_new_global_id_is_still_the_same(between: Between) -> None:
    assert between(
        read(step()), read(step(changed={"0P00000000000000000004": "0P00000000000000000054"}))
    ).same


def test_standard_cases_of_an_older_schema_are_the_same_walls(between: Between) -> None:
    old = {"#71,#72,'tag 1',$);": "#71,#72,'tag 1');", "#70=IFCWALL(": "#70=IFCWALLSTANDARDCASE("}
    assert between(read(step(changed=old, schema="IFC2X3")), read(step())).same


BREP = """#100=IFCFACETEDBREP(#101);
#101=IFCCLOSEDSHELL(({faces}));
#102=IFCFACE((#103));
#103=IFCFACEOUTERBOUND(#104,.T.);
#104=IFCPOLYLOOP((#110,#111,#112));
#105=IFCFACE((#106));
#106=IFCFACEOUTERBOUND(#107,{sense});
#107=IFCPOLYLOOP((#110,#112,#113));
#110=IFCCARTESIANPOINT((0.,0.,0.));
#111=IFCCARTESIANPOINT((1.,0.,0.));
#112=IFCCARTESIANPOINT((0.,1.,0.));
#113=IFCCARTESIANPOINT((0.,0.,{z}));"""
TO_BREP = {"'SweptSolid',(#74)": "'Brep',(#100)"}


def _brep(faces: str = "#102,#105", z: str = "1.", sense: str = ".T.") -> Any:
    return read(step(BREP.format(faces=faces, z=z, sense=sense), changed=TO_BREP))


def test_faces_are_a_set(between: Between) -> None:
    assert between(_brep(), _brep(faces="#105,#102")).same


@pytest.mark.parametrize("other", [{"z": "2."}, {"sense": ".F."}, {"faces": "#102"}])
def test_another_face_is_another_shape(other: dict[str, str], between: Between) -> None:
    assert list(_told(between(_brep(), _brep(**other))).values()) == [["geometry"]]


MESH = """#100=IFCTRIANGULATEDFACESET(#101,$,$,((1,2,3),({last})),$);
#101=IFCCARTESIANPOINTLIST3D(((0.,0.,0.),(1.,0.,0.),(0.,1.,0.),(0.,0.,{z})),$);"""
TO_MESH = {"'SweptSolid',(#74)": "'Tessellation',(#100)"}


def _mesh(last: str = "1,3,4", z: str = "1.") -> Any:
    return read(step(MESH.format(last=last, z=z), changed=TO_MESH, schema="IFC4X3_ADD2"))


def test_meshes_are_compared_by_points_and_corners(between: Between) -> None:
    assert between(_mesh(), _mesh(z="1.0000000001")).same


@pytest.mark.parametrize("other", [{"z": "2."}, {"last": "1,4,3"}])
def test_another_mesh_is_another_shape(other: dict[str, str], between: Between) -> None:
    assert list(_told(between(_mesh(), _mesh(**other))).values()) == [["geometry"]]


def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    folder = cases.keep(read(step()), tmp_path / "kept")
    (folder / "model.json").write_text('{"format": "other"}', encoding="utf-8")
    with pytest.raises(ValueError, match="format"):
        compare(folder, folder)
