"""Storeys in their order, whole and part, and the storey that everything is on."""

from __future__ import annotations

import pytest

from bim.model import Storey
from bim.spatial import ground
from tests.bim import cases
from tests.bim.cases import needs_cases, read, step


def _storeys(*heights: tuple[str, str]) -> str:
    """Storeys of the building with names and elevations as written, ``$`` for none, placed 1 m apart from 5 m up."""
    lines = []
    for index, (name, elevation) in enumerate(heights):
        number = 200 + 10 * index
        lines += [
            f"#{number}=IFCBUILDINGSTOREY('1{number:021d}',$,'{name}',$,$,#{number + 1},$,$,.ELEMENT.,{elevation});",
            f"#{number + 1}=IFCLOCALPLACEMENT(#41,#{number + 2});",
            f"#{number + 2}=IFCAXIS2PLACEMENT3D(#{number + 3},$,$);",
            f"#{number + 3}=IFCCARTESIANPOINT((0.,0.,{5000 + 1000 * index}.));",
            f"#{number + 4}=IFCRELAGGREGATES('2{number:021d}',$,$,$,#40,(#{number}));",
        ]
    return "\n".join(lines)


def test_storeys_go_by_elevation_with_the_height_to_the_next() -> None:
    model = read(step(_storeys(("2F", "7200."), ("B1", "-3000."), ("1F", "3600.")))).model
    assert [(item.index, item.name, item.elevation_m, item.height_m) for item in model.storeys] == [
        (0, "B1", -3.0, 3.0),
        (1, "L1", 0.0, 3.6),
        (2, "1F", 3.6, 3.6),
        (3, "2F", 7.2, None),
    ]
    assert model.storeys[2].elevation == 3600.0
    assert {item.building for item in model.storeys} == {"B"}


def test_a_storey_without_elevation_takes_its_placement_s() -> None:
    model = read(step(_storeys(("A", "$"), ("B", "$")))).model
    assert [(item.name, item.elevation_m) for item in model.storeys] == [("L1", 0.0), ("A", 5.0), ("B", 6.0)]
    assert [item.code for item in model.findings] == ["storey.elevation_missing"]


def _storey(name: str, elevation_m: float) -> Storey:
    return Storey(0, "", name, "", elevation_m, elevation_m, None, "", 0, 0)


@pytest.mark.parametrize(
    ("storeys", "expected"),
    [
        ([("B1", -3.6), ("1F", 0.0), ("2F", 3.6)], "1F"),
        ([("地下一层", 1.2), ("首层", 4.8), ("二层", 8.4)], "首层"),  # absolute heights
        ([("1F", -0.3), ("2F", 3.6)], "1F"),
        ([("B2", -8.0), ("B1", -4.0)], "B1"),
    ],
)
def test_ground_storey(storeys: list[tuple[str, float]], expected: str) -> None:
    assert ground([_storey(*item) for item in storeys]).name == expected


def test_parts_doors_and_coverings_go_with_what_they_belong_to() -> None:
    lines = """#90=IFCCURTAINWALL('0P00000000000000000020',$,'facade',$,$,#71,$,$,$);
#91=IFCPLATE('0P00000000000000000021',$,'pane',$,$,#71,#72,$,$);
#92=IFCRELAGGREGATES('0P00000000000000000022',$,$,$,#90,(#91));
#93=IFCRELCONTAINEDINSPATIALSTRUCTURE('0P00000000000000000023',$,$,$,(#90),#50);
#94=IFCOPENINGELEMENT('0P00000000000000000024',$,'hole',$,$,#71,#72,$,$);
#95=IFCRELVOIDSELEMENT('0P00000000000000000025',$,$,$,#70,#94);
#96=IFCDOOR('0P00000000000000000026',$,'door',$,$,#71,#72,$,2100.,900.,$,$,$);
#97=IFCRELFILLSELEMENT('0P00000000000000000027',$,$,$,#94,#96);
#98=IFCSPACE('0P00000000000000000028',$,'room',$,$,#71,#72,$,$,$,$);
#99=IFCRELAGGREGATES('0P00000000000000000029',$,$,$,#50,(#98));
#100=IFCCOVERING('0P00000000000000000030',$,'floor',$,$,#71,#72,$,$);
#101=IFCRELCOVERSSPACES('0P00000000000000000031',$,$,$,#98,(#100));
#102=IFCFURNITURE('0P00000000000000000032',$,'chair',$,$,#71,#72,$,$);
#103=IFCRELCONTAINEDINSPATIALSTRUCTURE('0P00000000000000000033',$,$,$,(#102),#98);
#104=IFCPIPESEGMENT('0P00000000000000000034',$,'alone',$,$,#71,#72,$,$);"""
    data = read(step(lines))
    rows = data.elements.reset_index().set_index("name")
    assert set(rows.index) == {"W1", "facade", "pane", "door", "room", "floor", "chair", "alone"}
    assert (rows["storey"].drop("alone") == 0).all()
    assert rows["storey"]["alone"] == -1
    assert rows["parent"]["pane"] == rows["index"]["facade"]
    assert rows["host"]["door"] == rows["index"]["W1"]
    assert rows["space"]["chair"] == rows["space"]["floor"] == rows["index"]["room"]
    assert rows["space"]["W1"] == rows["space"]["room"] == -1
    assert (data.model.storeys[0].elements, data.model.storeys[0].spaces) == (6, 1)
    assert [item.code for item in data.model.findings] == ["storey.none"]


@needs_cases
def test_a_bridge_without_storeys_has_a_tree() -> None:
    data = cases.extracted("brienenoordbrug_ifc4x3.ifc")
    assert data.model.storeys == []
    assert [node["class"] for node in data.tree["children"]] == ["IfcSite"]
    assert data.tree["children"][0]["elements"] == list(range(7))
    assert [node["class"] for node in data.tree["children"][0]["children"]] == ["IfcBuilding"]


def test_parts_of_a_facility_are_structures() -> None:
    lines = """#90=IFCBRIDGE('0P00000000000000000020',$,'bridge',$,$,#41,$,$,.ELEMENT.,$);
#91=IFCBRIDGEPART('0P00000000000000000021',$,'deck',$,$,#41,$,$,.ELEMENT.,.LONGITUDINAL.,.DECK.);
#92=IFCRELAGGREGATES('0P00000000000000000022',$,$,$,#30,(#90));
#93=IFCRELAGGREGATES('0P00000000000000000023',$,$,$,#90,(#91));
#94=IFCBEAM('0P00000000000000000024',$,'girder',$,$,#71,#72,$,$);
#95=IFCRELCONTAINEDINSPATIALSTRUCTURE('0P00000000000000000025',$,$,$,(#94),#91);"""
    data = read(step(lines, schema="IFC4X3_ADD2"))
    bridge = next(node for node in data.tree["children"][0]["children"] if node["class"] == "IfcBridge")
    girder = data.elements.index[data.elements["name"] == "girder"][0]
    assert bridge["children"][0]["name"] == "deck"
    assert bridge["children"][0]["elements"] == [girder]
    assert data.model.counts["IfcBridge"] == 1
