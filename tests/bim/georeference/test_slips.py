"""Slips beside those of the variants, made by editing their texts; the building is the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pyproj import Transformer
from shapely.geometry import Polygon

from bim.georeference import evidence, findings, hypotheses
from bim.georeference.rules import check
from bim.georeference.systems import wgs84_to_bd09
from tests.bim.cases import needs_cases
from tests.bim.georeference.models import METRES, TRUTH, both, city, drawn, error_m, opened, parts, text_of

pytestmark = needs_cases

CONVERSION = "618932.035,3474236.407,4.25,0.866025404,0.5,0.001"
POINT = "IFCCARTESIANPOINT((618932035.,3474236407.,4250.))"
ANGLES = "(31,23,2,760000),(121,15,1,80000)"
END = "ENDSEC;\nEND-ISO"


def replaced(prefix, *pairs):
    text = text_of(prefix)
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def conversion(new):
    return lambda: replaced("g01", (CONVERSION, new))


def named(new):
    return lambda: replaced(
        "g01", ("'EPSG:4549','CGCS2000 / 3-degree Gauss-Kruger CM 120E','EPSG:1043'", new)
    )


def point(prefix, new):
    return lambda: replaced(prefix, (POINT, new))


def building_placement():
    text = re.sub(r"(#22=IFCSITE\([^#]*#5,'[^']*',\$,\$,)#21", r"\1$", text_of("g14"))
    assert text != text_of("g14")
    return text.replace("IFCLOCALPLACEMENT(#21,#9)", "IFCLOCALPLACEMENT($,#20)")


def world_turned():
    return replaced(
        "g15", ("IFCAXIS2PLACEMENT3D(#10,$,$)", "IFCAXIS2PLACEMENT3D(#10,$,#99999)"),
        ("1.E-5,#11,#12)", "1.E-5,#11,$)"), (END, f"#99999=IFCDIRECTION((0.866025404,0.5,0.));\n{END}"),
    )  # fmt: skip


def world_doubled():
    more = (
        "#99990=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n#99991=IFCPROJECTEDCRS('EPSG:4549',$,$,$,$,$,#99990);\n"
        f"#99992=IFCMAPCONVERSION(#13,#99991,{CONVERSION});\n"
    )
    return replaced("g15", (END, more + END))


SLIPS = {
    "prefix missing": (named("'EPSG:4528',$,$"), "zone_prefix"),
    "another zone's prefix": (
        lambda: replaced("g01", ("'EPSG:4549'", "'EPSG:4528'"), (CONVERSION, CONVERSION.replace("618932", "41618932"))),
        "zone_prefix",
    ),
    "swapped with prefix": (conversion("3474236.407,40618932.035,4.25,0.866025404,0.5,0.001"), "axes_swapped"),
    "millimetres and swapped": (
        conversion("3474236407.,618932035.,4250.,0.866025404,0.5,0.001"), "eastings_in_mm",
    ),
    "millimetres but the height": (
        conversion("618932035.,3474236407.,4.25,0.866025404,0.5,0.001"), "eastings_in_mm",
    ),
    "scale of one": (conversion(CONVERSION.replace("0.001", "1.")), "scale"),
    "combined factor": (conversion(CONVERSION.replace("0.001", "0.0010001")), None),
    "combined factor without the unit": (conversion(CONVERSION.replace("0.001", "1.0001")), "scale"),
    "wrong meridian": (named("'EPSG:4550',$,$"), "wrong_crs"),
    "geographic system": (named("'EPSG:4490',$,$"), "wrong_crs"),
    "no system": (named("'',$,$"), "crs_missing"),
    "code that is none": (named("'EPSG:45490',$,$"), "unknown_crs"),
    "bare code": (named("'4549',$,$"), None),
    "name of the registry": (named("'CGCS2000 / 3-degree Gauss-Kruger CM 120E',$,$"), "crs_free_text"),
    "words": (named("'CGCS2000 3-degree CM120E',$,$"), "crs_free_text"),
    "name in the description": (
        named("'project grid','CGCS2000 / 3-degree Gauss-Kruger CM 120E',$"), "crs_free_text",
    ),
    "true north against the map": (
        lambda: re.sub(r"(#10=IFCDIRECTION\(\()[^)]*", r"\g<1>0.,1.", text_of("g01")), "true_north_ignored",
    ),
    "height alone in millimetres": (
        conversion("618932.035,3474236.407,4250.,0.866025404,0.5,0.001"), "height_unit",
    ),
    "southern sign": (conversion("618932.035,-3474236.407,4.25,0.866025404,0.5,0.001"), "sign"),
    "site swapped": (point("g14", "IFCCARTESIANPOINT((3474236407.,618932035.,4250.))"), "axes_swapped"),
    "site with prefix": (point("g14", "IFCCARTESIANPOINT((40618932035.,3474236407.,4250.))"), "crs_missing"),
    "site in metres": (point("g14", "IFCCARTESIANPOINT((618932.035,3474236.407,4.25))"), "coordinates_in_metres"),
    "building placed": (building_placement, "crs_missing"),
    "world swapped": (point("g15", "IFCCARTESIANPOINT((3474236407.,618932035.,4250.))"), "axes_swapped"),
    "world with prefix": (point("g15", "IFCCARTESIANPOINT((40618932035.,3474236407.,4250.))"), "crs_missing"),
    "world turned": (world_turned, "crs_missing"),
    "doubled, site not turned": (
        lambda: replaced("g16", ("IFCAXIS2PLACEMENT3D(#21,#7,#22)", "IFCAXIS2PLACEMENT3D(#21,$,$)")), "doubled",
    ),
    "doubled, map not turned": (
        lambda: replaced("g16", ("0.866025404,0.5,0.001)", "1.,0.,0.001)")), "doubled",
    ),
    "doubled by the world": (world_doubled, "doubled"),
    "property set of words": (
        lambda: re.sub(r"IFCREAL\(([0-9.E-]+)\)", r"IFCLABEL('\1')", text_of("g08")), None,
    ),
    "property set in any spelling": (
        lambda: replaced("g08", ("ePSet_MapConversion", "EPSET_mapconversion"),
                         ("ePSet_ProjectedCRS", "Epset_projectedCrs")), None,
    ),
    "property set in millimetres": (
        lambda: replaced("g08", ("IFCREAL(618932.035)", "IFCREAL(618932035.)"),
                         ("IFCREAL(3474236.407)", "IFCREAL(3474236407.)"), ("IFCREAL(4.25)", "IFCREAL(4250.)")),
        "eastings_in_mm",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SLIPS))
@pytest.mark.parametrize("with_city", [False, True])
def test_slip_is_undone_and_named(name, with_city):
    make, code = SLIPS[name]
    found, model = both(make())
    ranked = hypotheses(found, model, footprints=city(TRUTH) if with_city else None)
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert ranked[0].height_m == pytest.approx(4.25, abs=0.01)
    codes = [item.code for item in findings(found, ranked)]
    assert code is None or f"georeference.{code}" in codes
    if code is None:
        assert codes == []


def latitude_longitude(latitude, longitude):
    return replaced("g10", (ANGLES, f"{latitude},{longitude}"))


LATITUDES = {
    "BD-09": (lambda: latitude_longitude(*map(parts, reversed(wgs84_to_bd09(121.2503, 31.3841)))), "bd09"),
    "western": (lambda: latitude_longitude(parts(31.3841), parts(-121.2503)), "sign"),
    "swapped and southern": (lambda: latitude_longitude(parts(121.2503), parts(-31.3841)), "lat_lon_swapped"),
    "signs mixed": (lambda: latitude_longitude("(31,23,2,760000)", "(121,15,-1,-80000)"), "mixed_signs"),
}


@pytest.mark.parametrize("name", list(LATITUDES))
def test_latitude_and_longitude_are_put_right(name):
    make, code = LATITUDES[name]
    found, model = both(make())
    ranked = hypotheses(found, model, footprints=city(TRUTH))
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert f"georeference.{code}" in [item.code for item in findings(found, ranked)]


def test_angles_written_to_the_second_are_not_certain():
    found, model = both(latitude_longitude("(31,23,3)", "(121,15,1)"))
    ranked = hypotheses(found, model, footprints=city(TRUTH))
    assert not ranked[0].sure
    assert any("31 m" in item.en for item in ranked[0].why)
    away = np.hypot(*((np.array([ranked[0].longitude, ranked[0].latitude]) - TRUTH[0]) * METRES))
    assert away < 31


def test_shapes_drawn_in_map_coordinates():
    """No placement, no system: the shapes themselves lie at 618 932, 3 474 236."""
    found = evidence(opened(text_of("g22")))
    turn = np.radians(30)
    ring = [
        (618932.035 + np.cos(turn) * x - np.sin(turn) * y, 3474236.407 + np.sin(turn) * x + np.cos(turn) * y)
        for x, y in ((0, 0), (40, 0), (40, 20), (0, 20))
    ]
    model = drawn([(float(x), float(y)) for x, y in ring], 4.25, found)
    best = hypotheses(found, model)[0]
    assert best.name == "raw_coordinates"
    assert error_m(best.placement(), model, TRUTH) < 0.1
    assert best.height_m == pytest.approx(4.0, abs=0.3)  # of the origin, rounded to a metre


def test_turn_that_fits_no_outline_is_corrected_only_where_the_outline_says_so():
    text = replaced("g01", (CONVERSION, "618932.035,3474236.407,4.25,0.866025404,-0.5,0.001"))
    found, model = both(text)
    alone = hypotheses(found, model)[0]
    assert alone.name == "map_conversion"
    best = hypotheses(found, model, footprints=city(TRUTH))[0]
    assert best.name == "map_conversion+rotation"
    assert error_m(best.placement(), model, TRUTH) < 0.1


def test_new_building_keeps_its_place_where_no_outline_is_known():
    found, model = both(text_of("g01"))
    elsewhere = TRUTH + np.array([0.01, 0.01])
    best = hypotheses(found, model, footprints=city(elsewhere))[0]
    assert best.name == "map_conversion"
    assert best.sure
    assert error_m(best.placement(), model, TRUTH) < 0.01


def test_outline_beats_an_exact_look_alike_of_another_reading():
    """Fifty cities of decoys: a sound map conversion is never left for latitudes that fit some house."""
    found, model = both(text_of("g01"))
    for seed in range(12):
        best = hypotheses(found, model, footprints=city(TRUTH + np.array([0.0008, 0.0006]), seed))[0]
        assert best.name.startswith("map_conversion")
        assert error_m(best.placement(), model, TRUTH) < 0.01


@pytest.mark.parametrize("epsg", [32651, 2437, 4528, 3857])
def test_other_systems_by_code(epsg):
    e, n = Transformer.from_crs(4326, epsg, always_xy=True).transform(121.2503, 31.3841)
    text = replaced(
        "g01", ("'EPSG:4549'", f"'EPSG:{epsg}'"), ("618932.035,3474236.407", f"{e:.6f},{n:.6f}"),
    )  # fmt: skip
    found, model = both(text)
    best = hypotheses(found, model)[0]
    assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-7)
    assert best.crs == f"EPSG:{epsg}"
    assert best.name == "map_conversion"


def test_degrees_of_a_rigid_operation_in_either_order():
    system = (
        "IFCPROJECTEDCRS('EPSG:4549','CGCS2000 / 3-degree Gauss-Kruger CM 120E','EPSG:1043','EPSG:5737',"
        "'Gauss-Kruger',$,#18)"
    )
    lengths = "IFCLENGTHMEASURE(618932.035),IFCLENGTHMEASURE(3474236.407)"
    for first, second, code in ((121.2503, 31.3841, None), (31.3841, 121.2503, "lat_lon_swapped")):
        text = replaced(
            "g17", (system, "IFCGEOGRAPHICCRS('EPSG:4490',$,$,$,$,$)"),
            (lengths, f"IFCPLANEANGLEMEASURE({first}),IFCPLANEANGLEMEASURE({second})"),
        )  # fmt: skip
        found, model = both(text)
        best = hypotheses(found, model)[0]
        assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-9)
        assert [item.code for item in best.faults] == ([f"georeference.{code}"] if code else [])


def test_project_unit_is_meant_where_no_map_unit_is_given():
    """Eastings in millimetres and a scale of one are sound in a file of millimetres without a MapUnit."""
    text = replaced("g01", (",'Gauss-Kruger',$,#19)", ",'Gauss-Kruger',$,$)"),
                    (CONVERSION, "618932035.,3474236407.,4250.,0.866025404,0.5,$"))  # fmt: skip
    found, model = both(text)
    ranked = hypotheses(found, model)
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert ranked[0].height_m == pytest.approx(4.25)
    assert findings(found, ranked) == []
    assert check(found) == []


def test_length_measures_of_a_property_set_are_in_the_project_unit():
    text = replaced("g08", ("IFCREAL(618932.035)", "IFCLENGTHMEASURE(618932035.)"),
                    ("IFCREAL(3474236.407)", "IFCLENGTHMEASURE(3474236407.)"),
                    ("IFCREAL(4.25)", "IFCLENGTHMEASURE(4250.)"), ("IFCREAL(0.001)", "IFCREAL(1.)"))  # fmt: skip
    found, model = both(text)
    ranked = hypotheses(found, model)
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert findings(found, ranked) == []


@pytest.mark.parametrize("slip", ["618932035.,3474236407.,4250.", "3474236.407,618932.035,4.25"])
def test_doubled_with_another_slip(slip):
    found, model = both(replaced("g16", ("618932.035,3474236.407,4.25", slip)))
    ranked = hypotheses(found, model)
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert "georeference.doubled" in [item.code for item in ranked[0].faults]


def test_names_tell_hypotheses_apart():
    for prefix in ("g01", "g14", "g15", "g16", "g24"):
        found, model = both(text_of(prefix))
        names = [item.name for item in hypotheses(found, model, footprints=city(TRUTH))]
        assert len(names) == len(set(names)) > 1


def test_two_towers_that_the_city_knows_one_by_one():
    found = evidence(opened(text_of("g01")))
    model = drawn([(0.0, 0.0), (15.0, 0.0), (15.0, 20.0), (0.0, 20.0)], 0.0, found)
    model.footprint_m.append([(25.0, 0.0), (40.0, 0.0), (40.0, 20.0), (25.0, 20.0)])
    placement = hypotheses(found, model)[0].placement()
    shapes = [
        (i, Polygon(placement.to_lonlat(ring, model.origin_m))) for i, ring in enumerate(model.footprint_m)
    ]
    best = hypotheses(found, model, footprints=lambda _: shapes)[0]
    assert best.overlap > 0.99
    assert best.fid in (0, 1)


def test_addresses_are_told_where_nothing_better_is_known():
    text = text_of("g22").replace(END, "#9000=IFCPOSTALADDRESS($,$,$,$,('{}'),$,'Jiading',$,$,$);\n" + END)
    text = re.sub(r"(#19=IFCSITE\(.*),\$\);", r"\1,#9000);", text)
    for line, told in (("Tacheng Road 1", True), ("Enter address here", False)):
        found, model = both(text.replace("{}", line))
        codes = [item.code for item in findings(found, hypotheses(found, model))]
        assert codes == ["georeference.missing", *(["georeference.address"] if told else [])]


def test_degrees_in_a_map_conversion():
    found, model = both(replaced("g01", ("618932.035,3474236.407", "121.2503,31.3841")))
    ranked = hypotheses(found, model)
    best = next(item for item in ranked if item.level == 50)
    assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-9)
    assert "georeference.degrees" in [item.code for item in best.faults]
    assert best is ranked[0]


def test_the_context_of_the_shapes_goes_first():
    more = (
        "#99990=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',3,1.E-5,#9,$);\n"
        "#99991=IFCMAPCONVERSION(#99990,#20,618000.,3474000.,0.,1.,0.,0.001);\n"
    )
    found, model = both(replaced("g01", (END, more + END)))
    ranked = hypotheses(found, model)
    assert error_m(ranked[0].placement(), model, TRUTH) < 0.1
    assert ranked[1].name == "map_conversion@EPSG:4549"
    assert "georeference.grf001" in [item.code for item in check(found)] or found.schema == "IFC2X3"
