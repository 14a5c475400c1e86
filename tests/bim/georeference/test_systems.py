"""Systems by code, by words and by WKT; the shifts of China's online maps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim.georeference import systems
from bim.georeference.systems import named
from tests.bim.cases import needs_cases
from tests.bim.georeference.models import FACTS
from twin import crs as twin_crs


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EPSG:4549", 4549), ("epsg: 4528", 4528), ("4549", 4549), ("urn:ogc:def:crs:EPSG::4549", 4549),
        ("urn:ogc:def:crs:EPSG:9.9:28992", 28992), ("CGCS2000 3度带 120E", 4549),
        ("国家2000坐标系 3度带 中央子午线120度", 4549), ("国家2000 3度带 中央经线 120°", 4549),
        ("2000国家大地坐标系 三度带 第40带", 4528), ("CGCS2000 3-degree GK zone 40", 4528),
        ("国家2000 6度带 21带", 4499), ("西安80 3度带 40带", 2364), ("1980西安坐标系 中央子午线120", 2385),
        ("北京54 中央子午线120度", 2437), ("CGCS2000_3_Degree_GK_CM_120E", 4549),
        ("CGCS2000 / 3-degree Gauss-Kruger CM 120E", 4549), ("Amersfoort / RD New", 28992),
        ("WGS84 UTM 51N", 32651), ("WGS_1984_UTM_Zone_51N", 32651), ("WGS 84 / UTM zone 51N", 32651),
    ],
)  # fmt: skip
def test_texts_that_mean_a_system(text, code):
    assert named(text).definition == f"EPSG:{code}"


@pytest.mark.parametrize(
    "text",
    [
        "上海2000坐标系", "上海城市坐标系", "上海平面坐标", "城市独立坐标系", "地方坐标系", "Shanghai local grid",
        "2000坐标系", "EPSG:99999", "", "?", "site", "+proj=tmerc +nadgrids=/etc/passwd", "x" * 5000, "\ud800",
    ],
)  # fmt: skip
def test_texts_that_mean_none(text):
    assert named(text).definition is None


def test_other_texts_help_where_the_name_is_none():
    assert named("", ("CGCS2000", "", "Gauss-Kruger", "40")).definition is None
    assert named("grid", ("CGCS2000 / 3-degree Gauss-Kruger CM 120E",)).definition == "EPSG:4549"
    assert named("grid", ("see EPSG:28992",)).definition == "EPSG:28992"


def test_configured_system_by_its_name():
    local = "+proj=tmerc +lat_0=31 +lon_0=121.4671 +k=1 +ellps=krass +units=m +type=crs"
    meant = named("上海2000坐标系", local_systems=[("上海2000", local)])
    assert (meant.definition, meant.how) == (local, "local")
    assert systems.local_definitions([("broken", "no such"), local]) == [(systems.crs(local).name, local)]


def test_well_known_text_goes_before_words():
    import pyproj

    wkt = pyproj.CRS(4549).to_wkt()
    assert named("WKT", wkt=wkt).definition == "EPSG:4549"
    own = 'PROJCS["own",GEOGCS["CGCS2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",121.25],PARAMETER["scale_factor",1],UNIT["metre",1]]'  # noqa: E501
    assert named("WKT", wkt=own).definition == own
    assert named("WKT", wkt=own).label == "own"
    assert named("WKT", wkt="PROJCS[").definition is None


@settings(max_examples=80, deadline=None)
@given(st.floats(73, 136), st.floats(4, 53))
def test_shifts_are_undone_and_agree_with_the_twin(lon, lat):
    for there, back, other in (
        (systems.wgs84_to_gcj02, systems.gcj02_to_wgs84, twin_crs.wgs84_to_gcj02),
        (systems.wgs84_to_bd09, systems.bd09_to_wgs84, twin_crs.wgs84_to_bd09),
    ):
        shifted = there(lon, lat)
        assert shifted == pytest.approx([float(value) for value in other(lon, lat)], abs=1e-12)
        assert back(*shifted) == pytest.approx((lon, lat), abs=1e-9)


def test_no_shift_outside_china():
    assert systems.wgs84_to_gcj02(4.5, 51.9) == (4.5, 51.9)
    assert systems.gcj02_to_wgs84(-87.6, 41.9) == (-87.6, 41.9)


@needs_cases
def test_shift_of_the_variant():
    gcj = FACTS["files"]["g24_ifc2x3_latlon_gcj02.ifc"]["gcj"]
    assert systems.wgs84_to_gcj02(121.2503, 31.3841) == pytest.approx(gcj, abs=1e-6)


@pytest.mark.parametrize("code", systems.SHANGHAI.systems)
def test_the_regions_systems_cover_it(code):
    crs = systems.crs(code)
    assert any(word in crs.name for word in ("CM 120E", "CM 123E", "zone 40", "zone 41", "zone 51N"))
    assert systems.unit_to_metre(code) == 1
    area = systems.area_of_use(code)
    assert area[0] < 122.0
    assert area[2] > 120.85
