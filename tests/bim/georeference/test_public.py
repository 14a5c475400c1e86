"""Real files of other makers: placed honestly where they say, and doubted where a tool speaks for them."""

from __future__ import annotations

import pytest

from bim.finding import Sentence
from bim.georeference import Region, evidence, findings, hypotheses
from bim.georeference.defaults import distance_m
from tests.bim.cases import PUBLIC, needs_cases, parsed
from tests.bim.georeference.models import both, model_of

pytestmark = needs_cases

NETHERLANDS = Region(Sentence("荷兰", "the Netherlands"), (3.2, 50.7, 7.3, 53.7), ("EPSG:28992",))
KARLSRUHE = Region(Sentence("卡尔斯鲁厄", "Karlsruhe"), (8.2, 48.9, 8.6, 49.2), ("EPSG:31467", "EPSG:25832"))


def read(name, region=None):
    found = evidence(parsed(PUBLIC / name))
    model = model_of(found)
    ranked = hypotheses(found, model, **({"region": region} if region else {}))
    return ranked, [item.code.removeprefix("georeference.") for item in findings(found, ranked)]


@pytest.mark.parametrize("region", [None, KARLSRUHE])
def test_official_sample_with_inverse_scale(region):
    ranked, codes = read("bsi_georef_gk_4x3.ifc", region)
    best = ranked[0]
    assert best.crs == "EPSG:31467"
    assert (
        distance_m(best.longitude, best.latitude, 8.433680, 49.095551) < 3
    )  # its own latitude and longitude
    assert best.scale == pytest.approx(1, abs=0.001)
    assert "scale" in codes
    assert ("outside_region" in codes) == (region is None)
    assert best.sure == (region is not None)


def test_degrees_of_a_rigid_operation():
    best = read("bsi_georef_rigid-operation_4x3.ifc")[0][0]
    assert (best.longitude, best.latitude) == pytest.approx((14.0902217, 46.3623297), abs=1e-9)
    assert best.height_m == pytest.approx(475)


@pytest.mark.parametrize("region", [None, NETHERLANDS])
def test_eastings_in_millimetres_of_a_real_project(region):
    ranked, codes = read("laan_op_zuid_owl.ifc", region)
    best = ranked[0]
    assert best.crs == "EPSG:28992"
    assert (
        distance_m(best.longitude, best.latitude, 4.49918, 51.90654) < 150
    )  # its own latitude and longitude
    assert "eastings_in_mm" in codes
    assert "outside_region" not in codes or region is None
    # RD's north differs from true north by 0.7 degrees here
    assert best.rotation_deg == pytest.approx(144.76 + 0.70, abs=0.02)
    # OrthogonalHeight 4250 mm is that of the world coordinate system, which lies 4250 mm above the zero
    assert best.height_m == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("region", [None, NETHERLANDS])
def test_map_conversion_goes_before_a_default_position(region):
    ranked, codes = read("brienenoordbrug_ifc4x3.ifc", region)
    best = ranked[0]
    assert best.name == "map_conversion"
    assert (best.longitude, best.latitude) == pytest.approx((4.5357, 51.9004), abs=0.0005)
    assert best.rotation_deg == pytest.approx(23.05 + 0.67, abs=0.02)
    assert "default_location" in codes
    assert "true_north_ignored" in codes
    assert ranked[-1].faults[0].code == "georeference.default_location"


@pytest.mark.parametrize("name", ["moult_geolocation_ifc2x3.ifc", "moult_geolocation_ifc4.ifc"])
def test_sydney_as_written_outside_the_district(name):
    ranked, codes = read(name)
    best = ranked[0]
    assert (best.longitude, best.latitude) == pytest.approx((151.2150, -33.8567), abs=0.0005)
    assert codes == ["outside_region", "placement_needed"]
    assert best.rotation_deg == pytest.approx(-30 - 0.995, abs=0.01)
    assert "outside Shanghai" in best.faults[0].text.en


def test_chicago_is_kept_and_said_to_be_outside():
    ranked, codes = read("duplex_a_ifc2x3.ifc")
    assert (ranked[0].longitude, ranked[0].latitude) == pytest.approx((-87.6394, 41.8744), abs=1e-6)
    assert ranked[0].name == "latitude_longitude"
    assert codes == ["orientation_unknown", "outside_region", "placement_needed"]


def test_karlsruhe_with_true_north():
    best = read("ac20_fzk_haus_ifc4.ifc", KARLSRUHE)[0][0]
    assert (best.longitude, best.latitude) == pytest.approx((8.436539, 49.100435), abs=1e-7)
    assert best.rotation_deg == pytest.approx(50)
    assert best.height_m == pytest.approx(110)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("ios_testmodel_ifc4add2.ifc", "北京"),
        ("bimwhale_tallbuilding.ifc", "Boston"),
        ("office_a_ifc2x3.ifc", "Boston"),
        ("samplehouse_ifc4.ifc", "London"),
        ("compare_guid_rev1.ifc", "Budapest"),
        ("root_houten_kozijnen.ifc", "Amersfoort"),
        ("jp_revit2013_unicode.ifc", "東京"),
        ("janesville_revit2012.ifc", "Boston"),
    ],
)
def test_default_positions_are_doubted(name, tool):
    ranked, codes = read(name)
    assert not ranked[0].sure
    assert codes[0] == "default_location"
    assert tool in ranked[0].faults[0].text.zh
    assert "placement_needed" in codes


def test_turn_written_twice_by_revit():
    ranked, codes = read("ios_large_offset.ifc")
    assert ranked[0].rotation_deg == pytest.approx(0.0)
    assert "north_doubled" in codes
    assert (ranked[0].longitude, ranked[0].latitude) == pytest.approx((10.794646, 59.664719), abs=1e-5)


def test_no_georeference_is_asked_for():
    ranked, codes = read("ios_great_court_roof.ifc")
    assert ranked == []
    assert codes == ["missing"]


def test_office_stands_where_the_variants_stand():
    found, model = both(PUBLIC / "jiading_office_cn_v2.ifc")
    best = hypotheses(found, model)[0]
    assert best.sure
    assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-7)
