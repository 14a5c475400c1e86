"""The 24 variants of one georeferenced building: found where it can be known, asked for where it cannot."""

from __future__ import annotations

import ifcopenshell
import ifcopenshell.geom
import numpy as np
import pytest

from bim.georeference import Placement, evidence, findings, hypotheses
from tests.bim.cases import GEOREF, needs_cases
from tests.bim.georeference.models import FACTS, METRES, TRUTH, both, city, error_m

pytestmark = needs_cases

FILES = FACTS.get("files", {})
WITH_CORNERS = [name for name, item in FILES.items() if item["truth_footprint_lonlat"]]
WITH_ORIGIN = [name for name, item in FILES.items() if "truth_origin_lonlat" in item]
UNKNOWN = [name for name in FILES if name not in WITH_CORNERS and name not in WITH_ORIGIN]
FAULT = {
    "g02": "scale", "g03": "scale", "g05": "axes_swapped", "g06": "zone_prefix", "g07": "eastings_in_mm",
    "g10": "orientation_unknown", "g11": "lat_lon_swapped", "g12": "default_location", "g13": "null_island",
    "g14": "crs_missing", "g15": "crs_missing", "g16": "doubled", "g20": "crs_free_text",
    "g21": "unknown_crs", "g22": "missing", "g24": "gcj02",
}  # fmt: skip
SOUND = {"g01", "g04", "g08", "g09", "g17", "g18", "g19", "g23"}


def codes(found, ranked):
    return [item.code.removeprefix("georeference.") for item in findings(found, ranked)]


@pytest.mark.parametrize("name", WITH_CORNERS)
@pytest.mark.parametrize("with_city", [False, True])
def test_first_hypothesis_is_true_to_the_corners(name, with_city):
    truth = FILES[name]["truth_footprint_lonlat"]
    found, model = both(GEOREF / name)
    ranked = hypotheses(found, model, footprints=city(truth) if with_city else None)
    best = ranked[0]
    assert error_m(best.placement(), model, truth) < 0.1
    assert best.height_m == pytest.approx(FILES[name]["truth_height_m"], abs=0.001)
    assert best.sure
    assert np.abs((np.array(best.footprint[0]) - truth) * METRES).max() < 0.1
    if with_city:
        assert best.fid == 1000
        assert best.overlap > 0.99
        assert best.score > 0.97
    assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-7)


@pytest.mark.parametrize("name", WITH_ORIGIN)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_position_without_north_is_found_and_turned_to_the_outline(name, seed):
    found, model = both(GEOREF / name)
    best = hypotheses(found, model, footprints=city(TRUTH, seed))[0]
    assert (best.longitude, best.latitude) == pytest.approx(FILES[name]["truth_origin_lonlat"], abs=1e-7)
    assert error_m(best.placement(), model, TRUTH) < 0.1
    assert "orientation_unknown" in [item.code.removeprefix("georeference.") for item in best.faults]


@pytest.mark.parametrize("name", ["g10_ifc2x3_latlon_only.ifc", "g11_ifc2x3_latlon_swapped.ifc"])
def test_position_without_outlines_is_proposed_but_asked_about(name):
    found, model = both(GEOREF / name)
    best = hypotheses(found, model)[0]
    assert (best.longitude, best.latitude) == pytest.approx((121.2503, 31.3841), abs=1e-7)
    assert not best.sure
    assert "placement_needed" in codes(found, [best])


@pytest.mark.parametrize("name", list(FILES))
def test_planted_fault_is_named_and_no_other(name):
    found, model = both(GEOREF / name)
    truth = FILES[name]["truth_footprint_lonlat"] or TRUTH
    named = codes(found, hypotheses(found, model, footprints=city(truth)))
    key = name[:3]
    if key in SOUND:
        assert named == []
    else:
        assert FAULT[key] in named
        assert set(named) <= {FAULT[key], "orientation_unknown", "placement_needed"}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_known_is_said_and_asked(name):
    found, model = both(GEOREF / name)
    ranked = hypotheses(found, model, footprints=city(TRUTH))
    assert not any(item.sure for item in ranked)
    said = findings(found, ranked)
    asks = [item for item in said if "by hand" in item.text.en and "手动放置" in item.text.zh]
    assert asks, [item.text.en for item in said]


def test_city_may_be_given_the_unknown_system():
    found, model = both(next(GEOREF.glob("g21*")))
    local = "+proj=tmerc +lat_0=31.2353 +lon_0=121.4671 +k=1 +x_0=0 +y_0=0 +ellps=krass +units=m +type=crs"
    best = hypotheses(found, model, local_systems=[("上海2000", local)])[0]
    assert best.sure
    assert best.longitude == pytest.approx(121.4671 - 20512.4 / 95_300, abs=0.001)
    assert findings(found, [best], [("上海2000", local)]) == []


@pytest.mark.parametrize(("name", "low"), [
    ("g15_ifc4_wcs_offset_truenorth.ifc", (0.0, 0.0)),
    ("g14_ifc2x3_site_placement_absolute_mm.ifc", (618932.0, 3474236.4)),
])  # fmt: skip
def test_shapes_carry_the_placements_but_not_the_world_coordinate_system(name, low):
    """What the readings of levels 30 and 40 rest on: IfcOpenShell leaves the context's own system out."""
    file = ifcopenshell.open(str(GEOREF / name))
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    slabs = file.by_type("IfcSlab")
    corner = np.full(3, np.inf)
    for slab in slabs:
        shape = ifcopenshell.geom.create_shape(settings, slab)
        corner = np.minimum(corner, np.array(shape.geometry.verts).reshape(-1, 3).min(axis=0))
    assert corner[:2] == pytest.approx(low, abs=11)
    assert evidence(file).contexts[0].kind == "Model"


def test_hypotheses_do_not_depend_on_where_the_origin_is_taken():
    found, model = both(next(GEOREF.glob("g01*")))
    one = hypotheses(found, model)[0].placement()
    before = one.to_lonlat(model.footprint_m[0], model.origin_m)
    model.origin_m = (20.0, 10.0, 3.0)
    other = hypotheses(found, model)[0]
    after = other.placement().to_lonlat(model.footprint_m[0], model.origin_m)
    assert np.abs(before - after).max() < 1e-9
    assert other.height_m == pytest.approx(7.25)


def test_every_sentence_is_given_in_both_languages():
    for name in FILES:
        found, model = both(GEOREF / name)
        ranked = hypotheses(found, model, footprints=city(TRUTH))
        for item in ranked:
            sentences = [item.title, *item.why, *(fault.text for fault in item.faults)]
            for sentence in [*sentences, *(entry.text for entry in findings(found, ranked))]:
                assert sentence.en
                assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence.zh)
                assert not any("\u4e00" <= letter <= "\u9fff" for letter in sentence.en) or "“" in sentence.en


def test_hypotheses_survive_json():
    import json

    from bim.georeference import Evidence, Hypothesis

    found, model = both(next(GEOREF.glob("g16*")))
    assert Evidence.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found
    for item in hypotheses(found, model, footprints=city(TRUTH)):
        again = Hypothesis.from_dict(json.loads(json.dumps(item.as_dict(), allow_nan=False)))
        assert again.name == item.name
        assert again.placement if item.sure else True
        assert again.as_dict() == item.as_dict()


def test_outline_a_little_off_is_told_and_moves_nothing():
    found, model = both(next(GEOREF.glob("g01*")))
    shifted = TRUTH + np.array([4.0, 2.5]) / np.array([95_100.0, 110_900.0])
    best = hypotheses(found, model, footprints=city(shifted))[0]
    assert error_m(best.placement(), model, TRUTH) < 0.01
    assert best.moved_m == pytest.approx(4.72, abs=0.1)
    assert any("was not moved" in item.en for item in best.why)


def test_scale_out_of_reason_cannot_be_placed():
    found, model = both(next(GEOREF.glob("g03*")))
    written = next(item for item in hypotheses(found, model) if item.name == "map_conversion")
    assert written.scale == pytest.approx(1e6)
    assert written.score < 0.05
    from bim.errors import BimError

    with pytest.raises(BimError) as raised:
        written.placement()
    assert "choose another" in raised.value.en
    assert isinstance(hypotheses(found, model)[0].placement(), Placement)
