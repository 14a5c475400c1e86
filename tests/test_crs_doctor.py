from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely

from tests.ingest.files import shared
from twin import crs, crs_doctor
from twin.crs import Reference
from twin.crs_doctor import Declared, Known, diagnose, given
from twin.errors import InputError

WGS84 = Reference("EPSG:4326")
BY_FILE, BY_FORMAT, NOTHING = Declared(WGS84, "file"), Declared(WGS84, "format"), Declared()


def outline(seed: int = 3) -> shapely.Polygon:
    """A district some 20 km across with an irregular edge."""
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 0.09 + 0.012 * np.sin(5 * angles + seed) + 0.008 * np.sin(11 * angles)
    return shapely.Polygon(
        np.column_stack([121.25 + radius * np.cos(angles), 31.38 + 0.9 * radius * np.sin(angles)])
    )


def moved(shapes: Any, function: Any) -> npt.NDArray[np.object_]:
    """Shapes whose coordinates went through ``function(lon, lat)``."""
    return np.atleast_1d(
        shapely.transform(np.atleast_1d(shapes), lambda xy: np.column_stack(function(xy[:, 0], xy[:, 1])))
    )


def projected(code: int) -> Any:
    return pyproj.Transformer.from_crs(4326, code, always_xy=True).transform


@pytest.fixture(autouse=True)
def no_shipped_outline(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(crs_doctor, "DISTRICT_BOUNDARY", tmp_path / "missing.geojson")


@pytest.mark.parametrize(
    ("found", "function"),
    [
        ("EPSG:4326", lambda x, y: (x, y)),
        ("GCJ-02", crs.wgs84_to_gcj02),
        ("BD-09", crs.wgs84_to_bd09),
        ("EPSG:4549", projected(4549)),
        ("EPSG:4528", projected(4528)),
        ("EPSG:4550", projected(4550)),
        ("EPSG:4499", projected(4499)),
        ("EPSG:32651", projected(32651)),
        ("EPSG:3857", projected(3857)),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_every_system_is_recognised_by_the_boundary(found: str, function: Any, swapped: bool) -> None:
    shapes = moved(outline(), function)
    if swapped:
        shapes = moved(shapes, lambda x, y: (y, x))
    report = diagnose(shapes, NOTHING, Known(boundary=outline()))
    assert report.decided
    assert report.found == (f"{found} swapped" if swapped else found)
    if report.basis == "fit":
        assert report.evidence_m is not None
        assert report.evidence_m < 5
        assert report.second is not None
        assert report.second[1] is not None
        assert report.second[1] > 100


def test_a_wrong_declaration_is_overruled_with_the_evidence_told() -> None:
    report = diagnose(moved(outline(), crs.wgs84_to_gcj02), BY_FILE, Known(boundary=outline()))
    assert (report.declared, report.found, report.basis) == ("EPSG:4326", "GCJ-02", "fit")
    assert "about 47" in report.text("en")
    assert "GCJ-02" in report.text("zh")
    assert "EPSG:4326" in report.text("zh")
    assert report.hypotheses[0].name == "GCJ-02"


def test_without_evidence_it_asks_inside_china_only() -> None:
    report = diagnose(shapely.points([[116.39, 39.91], [116.40, 39.92]]), NOTHING)
    assert not report.decided
    assert [item.name for item in report.hypotheses] == ["EPSG:4326", "GCJ-02", "BD-09"]
    assert diagnose(shapely.points([[24.94, 60.17]]), NOTHING).found == "EPSG:4326"
    assert diagnose(shapely.points([[24.94, 60.17]]), NOTHING).decided
    assert diagnose(shapely.points([[116.39, 39.91]]), BY_FILE).decided
    assert "low" in diagnose(shapely.points([[116.39, 39.91]]), BY_FILE).text("en")
    assert not diagnose(shapely.points([[116.39, 39.91]]), BY_FORMAT).decided


def test_projected_coordinates_without_a_zone_are_asked_for() -> None:
    report = diagnose(shapely.points([[619_000.0, 3_473_000.0]]), NOTHING)
    assert not report.decided
    assert "EPSG:4549" in [item.name for item in report.hypotheses]
    # With a declaration they are not, and an impossible declaration is dropped.
    assert diagnose(
        shapely.points([[619_000.0, 3_473_000.0]]), Declared(Reference("EPSG:4549"), "file")
    ).decided
    report = diagnose(shapely.points([[40_619_000.0, 3_473_000.0]]), BY_FILE)
    assert (report.found, report.basis) == ("EPSG:4528", "range")
    assert "not possible" in report.text("en")


def city(seed: int = 5) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Streets and houses at random places, so that only the true reading fits."""
    generator = np.random.default_rng(seed)
    middles = generator.uniform([121.2, 31.35], [121.26, 31.40], (1500, 2))
    houses = shapely.box(
        middles[:, 0] - 1e-4, middles[:, 1] - 1e-4, middles[:, 0] + 1e-4, middles[:, 1] + 1e-4
    )
    ends = middles[:400] + generator.uniform(-0.005, 0.005, (400, 2))
    streets = shapely.linestrings(np.stack([middles[:400], ends], axis=1))
    return gpd.GeoDataFrame(geometry=streets, crs=4326), gpd.GeoDataFrame(geometry=houses, crs=4326)


@pytest.mark.parametrize(
    ("name", "function"),
    [("GCJ-02", crs.wgs84_to_gcj02), ("BD-09", crs.wgs84_to_bd09), ("EPSG:4326", lambda x, y: (x, y))],
)
def test_streets_houses_and_points_fit_the_known_ones(name: str, function: Any) -> None:
    roads, buildings = city()
    known = Known(roads=roads, buildings=buildings)
    noise = np.random.default_rng(1)
    for shapes in (
        roads.geometry.to_numpy(),
        buildings.geometry.to_numpy()[:300],
        shapely.centroid(buildings.geometry.to_numpy()[:300]),
        shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True),
    ):
        rough = np.array(
            [shapely.transform(item, lambda xy: xy + noise.normal(0, 1e-5, 2)) for item in shapes]
        )
        report = diagnose(moved(rough, function), BY_FORMAT, known)
        assert (report.found, report.basis) == (name, "fit")


def test_data_that_fill_the_district_must_not_reach_beyond_it() -> None:
    generator = np.random.default_rng(2)
    points = shapely.points(generator.uniform([121.13, 31.27], [121.37, 31.49], (6000, 2)))
    inside = points[shapely.contains(outline(), points)]
    report = diagnose(moved(inside, crs.wgs84_to_gcj02), BY_FORMAT, Known(boundary=outline()))
    assert (report.found, report.basis) == ("GCJ-02", "fit")
    # Points that spill over the boundary say nothing about it.
    assert not diagnose(moved(points, crs.wgs84_to_gcj02), BY_FORMAT, Known(boundary=outline())).decided


def test_unrelated_streets_prove_nothing() -> None:
    roads, _ = city(5)
    others, _ = city(6)
    assert not diagnose(others.geometry.to_numpy(), BY_FORMAT, Known(roads=roads)).decided
    assert diagnose(others.geometry.to_numpy(), BY_FILE, Known(roads=roads)).basis == "declared"


def test_swapped_degrees_in_europe_need_the_twin_there() -> None:
    here = gpd.GeoDataFrame(geometry=[shapely.box(24.9, 60.1, 25.0, 60.2)], crs=4326)
    shapes = shapely.points([[60.17, 24.94], [60.18, 24.95]])
    assert diagnose(shapes, NOTHING).found == "EPSG:4326"
    assert diagnose(shapes, NOTHING, Known(towns=here)).found == "EPSG:4326 swapped"
    utm = moved(shapely.points([[24.94, 60.17]]), projected(32635))
    assert diagnose(utm, NOTHING, Known(towns=here)).found == "EPSG:32635"


@pytest.mark.parametrize(
    "shapes",
    [
        np.array([None, None], dtype=object),
        np.array([shapely.Point()], dtype=object),
        np.array([], dtype=object),
        shapely.points([[np.nan, 1.0]]),
        shapely.points([[1e30, 1e30]]),
        shapely.points([[-5e7, 3.0]]),
    ],
)
def test_odd_data_never_raise(shapes: Any) -> None:
    report = diagnose(shapes, NOTHING, Known(boundary=outline()))
    assert not report.decided
    assert report.text("zh")
    assert report.text("en")


def test_what_the_user_gives_counts() -> None:
    assert given("gcj02", BY_FILE).found == "GCJ-02"
    assert given("EPSG:4549").decided
    with pytest.raises(InputError):
        given("EPSG:0")


def read(*parts: str) -> npt.NDArray[np.object_]:
    shapes: npt.NDArray[np.object_] = gpd.read_file(shared(*parts)).geometry.to_numpy()
    return shapes


def test_the_amap_boundary_comes_out_as_gcj02() -> None:
    known = Known(boundary=read("jiading_boundary", "optagent_310114_wgs84.geojson")[0])
    amap = read("jiading_boundary", "amap_310114_gcj02.geojson")
    for declared in (BY_FORMAT, BY_FILE, NOTHING):
        report = diagnose(amap, declared, known)
        assert (report.found, report.basis) == ("GCJ-02", "fit")
        assert report.evidence_m is not None
        assert report.evidence_m < 40
    other = diagnose(
        known_shape := np.array([known.boundary], dtype=object), BY_FORMAT, Known(boundary=known_shape[0])
    )
    assert other.found == "EPSG:4326"


@pytest.mark.parametrize(
    "parts",
    [
        ("jiading_boundary", "amap_310114_wgs84_derived.geojson"),
        ("jiading_towns", "jiading_12_towns_2026_wgs84_derived.geojson"),
        ("jiading_towns", "optagent_jiading_12_towns_pre2026_wgs84.geojson"),
    ],
)
@pytest.mark.parametrize("shift", [False, True])
def test_towns_and_outline_are_told_from_their_shifted_copies(parts: tuple[str, str], shift: bool) -> None:
    known = Known(boundary=read("jiading_boundary", "optagent_310114_wgs84.geojson")[0])
    shapes = read(*parts)
    if shift:
        shapes = moved(shapes, crs.wgs84_to_gcj02)
    report = diagnose(shapes, BY_FORMAT, known)
    assert (report.found, report.basis) == ("GCJ-02" if shift else "EPSG:4326", "fit")
