"""The corrected file: read again it says the placement, to us and to IfcOpenShell, and nothing else changed."""

from __future__ import annotations

import ifcopenshell
import ifcopenshell.util.geolocation as geolocation
import numpy as np
import pytest

from bim.errors import BimError
from bim.georeference import Placement, evidence, findings, hypotheses
from bim.georeference.corrected import write
from bim.georeference.rules import check
from bim.georeference.systems import to_lonlat
from tests.bim.cases import GEOREF, PUBLIC, needs_cases, parsed
from tests.bim.georeference.models import FACTS, METRES, TRUTH, corners, error_m, model_of

pytestmark = needs_cases

BY_HAND = Placement(121.26, 31.39, 5.0, 12.5)
GEOREFERENCE = {
    "IfcMapConversion", "IfcMapConversionScaled", "IfcRigidOperation", "IfcProjectedCRS", "IfcGeographicCRS",
    "IfcWellKnownText", "IfcDirection", "IfcCartesianPoint", "IfcAxis2Placement3D", "IfcSIUnit",
    "IfcPropertySet", "IfcPropertySingleValue", "IfcRelDefinesByProperties",
}  # fmt: skip


def again(path):
    file = ifcopenshell.open(str(path))
    found = evidence(file)
    model = model_of(found)
    return file, found, model, hypotheses(found, model)


@pytest.mark.parametrize("name", list(FACTS.get("files", {})))
def test_read_again_it_says_the_placement(name, tmp_path):
    found = evidence(ifcopenshell.open(str(GEOREF / name)))
    model = model_of(found)
    ranked = hypotheses(found, model)
    placement = ranked[0].placement() if ranked and ranked[0].score > 0.5 else BY_HAND
    target = tmp_path / "corrected.ifc"
    write(GEOREF / name, target, placement, model_origin=model.origin_m)
    file, after, grown, best = again(target)
    assert (
        np.hypot(*((corners(best[0].placement(), grown) - corners(placement, model)) * METRES).T).max() < 0.01
    )
    assert best[0].height_m == pytest.approx(placement.height_m, abs=0.001)
    assert best[0].sure
    assert findings(after, best) == []
    assert [item for item in check(after) if not after.schema.startswith("IFC2X3")] == []
    # IfcOpenShell's own reading of the far corner
    x, y = grown.footprint_m[0][2]
    z = grown.origin_m[2]
    e, n, h = geolocation.auto_xyz2enh(file, *(value / after.to_metre for value in (x, y, z)))
    there = np.array(to_lonlat("EPSG:4549", e, n))
    assert np.hypot(*((there - corners(placement, model)[2]) * METRES)) < 0.01
    assert h == pytest.approx(placement.height_m, abs=0.01)


@pytest.mark.parametrize(
    "name", ["g16_ifc4_georeferenced_twice.ifc", "g14_ifc2x3_site_placement_absolute_mm.ifc"]
)
def test_doubled_offset_is_taken_out_only_when_asked(name, tmp_path):
    found = evidence(ifcopenshell.open(str(GEOREF / name)))
    model = model_of(found)
    placement = hypotheses(found, model)[0].placement()
    kept, clean = tmp_path / "kept.ifc", tmp_path / "clean.ifc"
    write(GEOREF / name, kept, placement, model_origin=model.origin_m)
    write(GEOREF / name, clean, placement, model_origin=model.origin_m, undouble=True)
    assert again(kept)[1].frames[0].location_m == pytest.approx(found.frames[0].location_m)
    _, after, small, best = again(clean)
    assert after.frames[0].location_m == (0.0, 0.0, 0.0)
    assert error_m(best[0].placement(), small, TRUTH) < 0.01
    assert after.operations[0].eastings == pytest.approx(618932.035, abs=1e-4)
    assert best[0].rotation_deg == pytest.approx(30 - 0.6512, abs=1e-3)


def test_offset_is_kept_where_parts_do_not_hang_on_it(tmp_path):
    """A product placed in the world by itself would be left behind."""
    source = tmp_path / "loose.ifc"
    file = ifcopenshell.open(str(GEOREF / "g16_ifc4_georeferenced_twice.ifc"))
    wall = file.by_type("IfcWall")[0]
    wall.ObjectPlacement = file.createIfcLocalPlacement(None, wall.ObjectPlacement.RelativePlacement)
    file.write(str(source))
    found = evidence(ifcopenshell.open(str(source)))
    model = model_of(found)
    placement = hypotheses(found, model)[0].placement()
    write(source, tmp_path / "out.ifc", placement, model_origin=model.origin_m, undouble=True)
    _, after, same, best = again(tmp_path / "out.ifc")
    assert after.frames[0].location_m == pytest.approx(found.frames[0].location_m)
    assert error_m(best[0].placement(), same, TRUTH) < 0.01


@pytest.mark.parametrize("path", [
    PUBLIC / "duplex_a_ifc2x3.ifc", PUBLIC / "jiading_office_cn_v1.ifc", PUBLIC / "bsi_georef_rigid-operation_4x3.ifc",
    PUBLIC / "laan_op_zuid_owl.ifc",
])  # fmt: skip
def test_nothing_but_the_georeference_changes(path, tmp_path):
    target = tmp_path / "out.ifc"
    write(path, target, BY_HAND)
    before, after = parsed(path), ifcopenshell.open(str(target))
    skipped = {"IfcSite", "IfcGeometricRepresentationContext"}

    def rest(file, ids):
        return {
            item.id(): str(item) for item in file
            if item.id() in ids and item.is_a() not in GEOREFERENCE | skipped
        }  # fmt: skip

    ids = {item.id() for item in before}
    assert rest(before, ids) == rest(after, ids)
    gone = ids - {item.id() for item in after}
    assert {before.by_id(number).is_a() for number in gone} <= GEOREFERENCE
    added = {item.id() for item in after} - ids
    assert {after.by_id(number).is_a() for number in added} <= GEOREFERENCE
    for old, new in zip(before.by_type("IfcSite"), after.by_type("IfcSite"), strict=True):
        changed = {key for key, value in old.get_info().items() if str(value) != str(new.get_info()[key])}
        assert changed <= {"RefLatitude", "RefLongitude", "RefElevation"}
    assert check(evidence(after)) == []


def test_names_in_chinese_stay(tmp_path):
    write(PUBLIC / "jiading_office_cn_v1.ifc", tmp_path / "out.ifc", BY_HAND)
    names = [item.Name for item in ifcopenshell.open(str(tmp_path / "out.ifc")).by_type("IfcBuildingStorey")]
    assert names[0] == "1F 首层 ±0.000"


@pytest.mark.parametrize("epsg", [4528, 32651, 2437])
def test_written_in_another_system(epsg, tmp_path):
    source = GEOREF / "g01_ifc4_mm_mapconversion_ok.ifc"
    write(source, tmp_path / "out.ifc", BY_HAND, epsg)
    best = again(tmp_path / "out.ifc")[3][0]
    assert best.crs == f"EPSG:{epsg}"
    assert (best.longitude, best.latitude) == pytest.approx((121.26, 31.39), abs=1e-8)
    assert best.rotation_deg == pytest.approx(12.5, abs=1e-6)


@pytest.mark.parametrize("epsg", [4490, 99999, 5737, 2225])
def test_system_that_is_not_in_metres_is_refused(epsg, tmp_path):
    with pytest.raises(BimError, match="no projected system in metres"):
        write(GEOREF / "g01_ifc4_mm_mapconversion_ok.ifc", tmp_path / "out.ifc", BY_HAND, epsg)
    assert not (tmp_path / "out.ifc").exists()


def test_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "in.ifc").write_text("no ifc", encoding="utf-8")
    with pytest.raises(BimError, match="cannot be corrected"):
        write(tmp_path / "in.ifc", tmp_path / "out.ifc", BY_HAND)
