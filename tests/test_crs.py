from __future__ import annotations

import numpy as np
import pyproj
import pytest

from twin import crs
from twin.crs import Reference
from twin.errors import InputError


def test_published_points_of_gcj02_and_bd09() -> None:
    # Tiananmen as in the converters that Chinese map services and eviltransform publish.
    lon, lat = crs.wgs84_to_gcj02([116.404], [39.915])
    assert (lon[0], lat[0]) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    lon, lat = crs.gcj02_to_bd09([116.404], [39.915])
    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-9)
    # The test vectors of eviltransform for Shenzhen and Beijing.
    lon, lat = crs.wgs84_to_gcj02([113.912316, 116.377817], [22.543847, 39.911954])
    assert lon == pytest.approx([113.9171764808363, 116.38404722455657], abs=1e-12)
    assert lat == pytest.approx([22.540796131694766, 39.91334545536069], abs=1e-12)


def test_the_shift_at_jiading_is_some_480_m_towards_east_south_east() -> None:
    lon, lat = np.meshgrid(np.linspace(121.15, 121.33, 20), np.linspace(31.26, 31.45, 20))
    east, north = crs.wgs84_to_gcj02(lon, lat)
    azimuth, _, distance = pyproj.Geod(ellps="WGS84").inv(lon, lat, east, north)
    assert distance.min() > 474
    assert distance.max() < 487
    assert azimuth.min() > 114
    assert azimuth.max() < 118


@pytest.mark.parametrize("pair", [("gcj02", "wgs84"), ("bd09", "wgs84"), ("bd09", "gcj02")])
def test_inverses_are_exact_to_under_a_millimetre(pair: tuple[str, str]) -> None:
    generator = np.random.default_rng(7)
    lon, lat = generator.uniform(73.5, 134.5, 20_000), generator.uniform(4, 53, 20_000)
    there = getattr(crs, f"{pair[1]}_to_{pair[0]}")(lon, lat)
    back = getattr(crs, f"{pair[0]}_to_{pair[1]}")(*there)
    assert np.abs(back[0] - lon).max() * 111_320 < 1e-4
    assert np.abs(back[1] - lat).max() * 111_320 < 1e-4


def test_outside_china_nothing_is_shifted() -> None:
    lon, lat = np.array([24.94, -0.1, 151.2]), np.array([60.17, 51.5, -33.9])
    for function in (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, crs.wgs84_to_bd09, crs.bd09_to_wgs84):
        assert np.array_equal(function(lon, lat), [lon, lat])


def test_empty_and_missing_points() -> None:
    assert crs.gcj02_to_wgs84([], [])[0].shape == (0,)
    lon, lat = crs.bd09_to_wgs84([np.nan, 121.25], [31.0, 31.38])
    assert np.isnan(lon[0])
    assert np.isfinite([lon[1], lat[1]]).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EPSG:4549", Reference("EPSG:4549")), ("epsg:4549", Reference("EPSG:4549")),
        ("4549", Reference("EPSG:4549")),
        ("GCJ-02", Reference("GCJ-02")), ("gcj02", Reference("GCJ-02")), ("百度", Reference("BD-09")),
        ("WGS84", Reference("EPSG:4326")), ("CGCS2000", Reference("EPSG:4490")),
        ("OGC:CRS84", Reference("EPSG:4326")),
        ("EPSG:4549 swapped", Reference("EPSG:4549", swapped=True)), ("EPSG:7415", Reference("EPSG:28992")),
    ],
)  # fmt: skip
def test_names_that_users_write(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected
    assert Reference.parse(str(expected)) == expected


@pytest.mark.parametrize("text", ["", "EPSG:1", "4", "mars", "EPSG:999999", "9" * 400, "+proj=nonsense"])
def test_unknown_systems(text: str) -> None:
    with pytest.raises(InputError, match="not known"):
        Reference.parse(text)


def test_projected_systems_agree_with_proj() -> None:
    transformer = pyproj.Transformer.from_crs(4326, 4549, always_xy=True)
    x, y = transformer.transform([121.25], [31.38])
    lon, lat = Reference("EPSG:4549").to_wgs84(x, y)
    assert (lon[0], lat[0]) == pytest.approx((121.25, 31.38), abs=1e-9)
    lon, lat = Reference("EPSG:4549", swapped=True).to_wgs84(y, x)
    assert (lon[0], lat[0]) == pytest.approx((121.25, 31.38), abs=1e-9)


def test_zones() -> None:
    assert crs.gauss_kruger_3_degree(121.25) == 4549
    assert crs.gauss_kruger_3_degree(121.25, zone_prefix=True) == 4528
    assert crs.utm(121.25, 31.4) == 32651
    assert crs.utm(24.9, 60.1) == 32635
    assert crs.utm(151.2, -33.9) == 32756
    assert crs.metric_for(121.25, 31.4) == "EPSG:4549"
    assert crs.metric_for(24.9, 60.1) == "EPSG:32635"
    with pytest.raises(ValueError, match="outside"):
        crs.gauss_kruger_3_degree(10)
