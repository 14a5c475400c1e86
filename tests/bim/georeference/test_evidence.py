"""What is read from a file, on every level, whole or broken."""

from __future__ import annotations

import json

import pytest

from bim.georeference import Evidence, evidence, findings, hypotheses, origin
from bim.georeference.readings import precision_m
from tests.bim.cases import BAD, PUBLIC, needs_cases, parsed, step
from tests.bim.georeference.models import model_of, opened, text_of

SITE = "#30=IFCSITE('0P00000000000000000002',$,'S',$,$,#31,$,$,.ELEMENT.,$,$,$,$,$);"


def site(latitude="$", longitude="$", elevation="$", address="$"):
    row = SITE.replace(".ELEMENT.,$,$,$,$,$", f".ELEMENT.,{latitude},{longitude},{elevation},$,{address}")
    return {SITE: row}


@pytest.mark.parametrize(
    ("parts", "degrees", "mixed"),
    [
        ("(31,23,2,760000)", 31 + 23 / 60 + 2.76 / 3600, False),
        ("(31,23,2)", 31 + 23 / 60 + 2 / 3600, False),
        ("(-71,-3,-24,-263305)", -(71 + 3 / 60 + 24.263305 / 3600), False),
        ("(-71,3,24,263305)", -(71 + 3 / 60 + 24.263305 / 3600), True),
        ("(0,-7,-34,-450321)", -(7 / 60 + 34.450321 / 3600), False),
        ("(0,0,0,0)", 0.0, False),
        ("(41)", 41.0, False),
    ],
)
def test_angles_of_three_and_four_parts(parts, degrees, mixed):
    found = evidence(opened(step(changed=site(parts, "(121,15,1,80000)"))))
    assert found.sites[0].latitude == pytest.approx(degrees, abs=1e-12)
    assert found.sites[0].mixed_signs is mixed


def test_elevation_and_address():
    more = "#90=IFCPOSTALADDRESS($,$,$,$,('Tacheng Road 1'),$,'Jiading','Shanghai','201800','CN');"
    found = evidence(opened(step(more, changed=site("(31,23,2)", "(121,15,1)", "4250.", "#90"))))
    assert found.sites[0].elevation_m == pytest.approx(4.25)
    assert found.addresses[0].text == "Tacheng Road 1, Jiading, Shanghai, 201800, CN"
    assert found.to_metre == 0.001


def test_nested_placements_are_summed_up():
    more = "#90=IFCDIRECTION((0.,1.,0.));\n#91=IFCCARTESIANPOINT((5000.,0.,0.));"
    text = step(
        more,
        changed={
            "#31=IFCLOCALPLACEMENT($,#11);": "#31=IFCLOCALPLACEMENT($,#92);\n#92=IFCAXIS2PLACEMENT3D(#91,$,#90);",
            "#41=IFCLOCALPLACEMENT(#31,#11);": "#41=IFCLOCALPLACEMENT(#31,#93);\n#93=IFCAXIS2PLACEMENT3D(#91,$,$);",
        },
    )
    frames = {item.of: item for item in evidence(opened(text)).frames}
    assert frames["IfcSite"].location_m == pytest.approx((5, 0, 0))
    assert frames["IfcBuilding"].location_m == pytest.approx((5, 5, 0))
    assert frames["IfcBuilding"].rotation_deg == pytest.approx(90)
    assert frames["IfcBuilding"].own_location_m == pytest.approx((5, 0, 0))


def test_two_sites_are_both_read():
    more = (
        "#90=IFCSITE('0P00000000000000000099',$,'S2',$,$,#91,$,$,.PARTIAL.,(31,23,2),(121,15,1),$,$,$);\n"
        "#91=IFCLOCALPLACEMENT(#31,#11);\n#92=IFCRELAGGREGATES('0P00000000000000000098',$,$,$,#30,(#90));"
    )
    found = evidence(opened(step(more, changed=site("(31,24,0)", "(121,16,0)"))))
    assert [item.name for item in found.sites] == ["S", "S2"]
    ranked = hypotheses(found, model_of(found))
    written = [item for item in ranked if "gcj02" not in item.name and "bd09" not in item.name]
    assert {round(item.latitude, 3) for item in written} == {31.4, 31.384}


def test_every_operation_of_every_context():
    more = """#90=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',3,1.E-5,#11,$);
#91=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#92=IFCPROJECTEDCRS('EPSG:4549',$,$,$,$,$,#91);
#93=IFCMAPCONVERSION(#90,#92,500000.,3400000.,0.,1.,0.,0.001);
#94=IFCMAPCONVERSION(#10,#92,618932.,3474236.,4.,$,$,0.001);"""
    found = evidence(opened(step(more)))
    assert [item.context for item in found.operations] == [90, 10]
    assert found.operations[1].x_axis_abscissa is None
    assert found.operations[0].system.unit_to_metre == 1.0


@needs_cases
@pytest.mark.parametrize("name", ["moult_geolocation_ifc2x3.ifc", "bsi_georef_rigid-operation_4x3.ifc"])
def test_survives_json(name):
    found = evidence(parsed(PUBLIC / name))
    assert Evidence.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found


BROKEN = {
    "reference to another class": ("#11=IFCAXIS2PLACEMENT3D(#12,$,$);", "#11=IFCAXIS2PLACEMENT3D(#21,$,$);"),
    "no location": ("#11=IFCAXIS2PLACEMENT3D(#12,$,$);", "#11=IFCAXIS2PLACEMENT3D($,$,$);"),
    "one coordinate": ("#12=IFCCARTESIANPOINT((0.,0.,0.));", "#12=IFCCARTESIANPOINT((0.));"),
    "no placement": ("#31=IFCLOCALPLACEMENT($,#11);", "#31=IFCLOCALPLACEMENT($,$);"),
    "placed in itself": ("#31=IFCLOCALPLACEMENT($,#11);", "#31=IFCLOCALPLACEMENT(#41,#11);"),
    "no unit": ("(#21,#22)", "()"),
    "unit of text": ("#21=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);", "#21=IFCCARTESIANPOINT((1.,2.));"),
    "angles of text": (SITE, SITE.replace(".ELEMENT.,$,$", ".ELEMENT.,'31','121'")),
    "too many parts": (SITE, SITE.replace(".ELEMENT.,$,$", ".ELEMENT.,(1,2,3,4,5),(1,2,3,4,5)")),
    "no axes": ("'Model',3,1.E-5,#11,$", "'Model',3,1.E-5,$,$"),
    "north nowhere": ("'Model',3,1.E-5,#11,$", "'Model',3,1.E-5,#11,#95"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_broken_content_is_read_as_far_as_it_goes(name):
    old, new = BROKEN[name]
    more = """#91=IFCPROJECTEDCRS($,$,$,$,$,$,$);
#92=IFCMAPCONVERSION(#10,#91,$,$,$,$,$,$);
#93=IFCMAPCONVERSION($,$,1.,2.,3.,0.,0.,0.);
#95=IFCDIRECTION((0.,0.));"""
    found = evidence(opened(step(more, changed={old: new})))
    ranked = hypotheses(found, model_of(found))
    assert findings(found, ranked)
    json.dumps([item.as_dict() for item in ranked], allow_nan=False)


@needs_cases
@pytest.mark.parametrize(
    "name",
    [
        "14_huge_coordinates_1e12.ifc", "22_no_project_no_units.ifc", "34_wrong_attribute_types.ifc",
        "27_deep_placement_chain_4000.ifc", "19_circular_placement.ifc", "20_circular_aggregation.ifc",
    ],
)  # fmt: skip
def test_bad_files_are_read(name):
    found = evidence(parsed(BAD / name))
    assert found.schema.startswith("IFC")
    assert isinstance(hypotheses(found, model_of(found)), list)


@pytest.mark.parametrize(
    ("parts", "metres"),
    [((31, 23, 2, 760001), 0.01), ((31, 23, 2), 31), ((31, 23, 0, 0), 1850), ((31, 0, 0), 111000)],
)
def test_precision_of_angles(parts, metres):
    assert precision_m(parts) == metres


@needs_cases
def test_origin_stays_where_it_is_when_the_model_grows():
    found = evidence(opened(text_of("g14")))
    small = ((618922.0, 3474236.4, 4.1), (618966.7, 3474273.7, 15.0))
    large = ((618900.0, 3474200.0, 4.1), (619066.7, 3474373.7, 45.0))
    assert origin(found, small) == origin(found, large) == found.frames[0].location_m
    assert origin(evidence(opened(text_of("g01"))), ((0, 0, 0), (40, 20, 10))) == (0.0, 0.0, 0.0)
    assert origin(evidence(opened(text_of("g01"))), ((618900.4, 3474200.2, 4.1), (619000.0, 3474300.0, 9.0))) == (
        618900.0, 3474200.0, 4.0,
    )  # fmt: skip
    assert origin(found, None) == (0.0, 0.0, 0.0)


@needs_cases
@pytest.mark.parametrize(
    ("prefix", "levels"),
    [("g01", [20, 40, 50]), ("g10", [20]), ("g14", [30]), ("g15", [40]), ("g16", [30, 50]), ("g22", [])],
)
def test_levels_of_the_variants(prefix, levels):
    assert evidence(opened(text_of(prefix))).levels() == levels
