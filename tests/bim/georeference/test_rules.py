"""buildingSMART's rules: one file that breaks each, and sound ones that break none."""

from __future__ import annotations

import pytest

from bim.georeference import evidence
from bim.georeference.rules import check
from tests.bim.cases import GEOREF, PUBLIC, needs_cases, parsed, step
from tests.bim.georeference.models import both, opened

UNIT = "#91=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n"
SOUND = (
    UNIT + "#92=IFCPROJECTEDCRS('EPSG:4549',$,$,'EPSG:5737',$,$,#91);\n"
    "#93=IFCMAPCONVERSION(#10,#92,618932.,3474236.,4.,1.,0.,0.001);\n"
)


def codes(text, schema="IFC4X3_ADD2"):
    return [
        item.code.removeprefix("georeference.") for item in check(evidence(opened(step(text, schema=schema))))
    ]


@pytest.mark.parametrize("schema", ["IFC4", "IFC4X3_ADD2"])
def test_sound_file_breaks_none(schema):
    assert codes(SOUND, schema) == []


BREAKS = {
    "grf001": SOUND + "#94=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',3,1.E-5,#11,$);\n",
    "grf002": SOUND.replace("'EPSG:4549'", "'CGCS2000 120E'"),
    "grf003": "",
    "grf004": SOUND.replace("'EPSG:4549'", "'EPSG:45490'"),
    "grf005": SOUND.replace("0.001);", "$);"),
    "grf006": SOUND.replace("'EPSG:4549'", "'CGCS2000 120E'"),
    "grf007": SOUND.replace("'EPSG:5737'", "'EPSG:4549'"),
    "grf008": UNIT
    + "#92=IFCPROJECTEDCRS('EPSG:4549',$,$,$,$,$,#91);\n"
    + "#93=IFCRIGIDOPERATION(#10,#92,IFCLENGTHMEASURE(1.),IFCPLANEANGLEMEASURE(2.),3.);\n",
}


@pytest.mark.parametrize("rule", list(BREAKS))
def test_each_rule_finds_what_breaks_it(rule):
    found = codes(BREAKS[rule])
    assert rule in found
    assert set(found) <= {rule, "grf002", "grf006"}


def test_two_contexts_with_one_operation_are_sound():
    more = (
        "#94=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',3,1.E-5,#11,$);\n"
        "#95=IFCMAPCONVERSION(#94,#92,618932.,3474236.,4.,1.,0.,0.001);\n"
    )
    assert codes(SOUND + more) == []
    assert codes(SOUND + more.replace("4.,1.", "5.,1.")) == ["grf001"]


def test_well_known_text_stands_for_a_code():
    named = SOUND.replace("'EPSG:4549'", "'WKT'")
    assert codes(named + "#96=IFCWELLKNOWNTEXT('PROJCS[]',#92);\n") == []


@needs_cases
def test_real_files():
    def of(path):
        return [item.code.removeprefix("georeference.") for item in check(evidence(parsed(path)))]

    assert of(PUBLIC / "bsi_georef_gk_4x3.ifc") == ["grf005"]
    assert of(PUBLIC / "moult_geolocation_ifc4.ifc") == ["grf007"]
    assert of(PUBLIC / "bsi_georef_rigid-operation_4x3.ifc") == []
    assert of(PUBLIC / "duplex_a_ifc2x3.ifc") == ["grf003"]
    assert of(GEOREF / "g21_ifc4_shanghai2000_unknown.ifc") == ["grf002", "grf006"]


@needs_cases
def test_buildings_are_counted_from_the_model():
    found, model = both(GEOREF / "g22_ifc4_no_georef.ifc")
    assert [item.code for item in check(found, model)] == ["georeference.grf003"]
    model.counts = {}
    found.buildings = 0
    assert check(found, model) == []
