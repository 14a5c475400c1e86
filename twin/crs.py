"""Coordinates: the datums and projections that Chinese city data come in.

WGS84 (EPSG:4326) and CGCS2000 (EPSG:4490) agree to centimetres and are one
thing here. Web maps of China are shifted: GCJ-02 (Amap, Tencent, Google China)
by some 500 m in a smooth, published pattern, BD-09 (Baidu) once more on top.
Both directions are pure array arithmetic; the inverses are fixed-point
iterations, exact to far below a millimetre.

A :class:`Reference` names any system the twin can read: ``"EPSG:4549"``,
``"GCJ-02"``, ``"BD-09"``, each also with exchanged axes (``"EPSG:4549 swapped"``).

Sources: the GCJ-02 polynomial as published with eviltransform and PRCoords
(Krasovsky 1940 ellipsoid), the BD-09 offset as published by Baidu's converter;
EPSG registry for the rest.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError, ProjError

from twin.errors import InputError

Array = npt.NDArray[np.float64]

WGS84 = "EPSG:4326"
GCJ02 = "GCJ-02"
BD09 = "BD-09"

_SEMI_MAJOR = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU_ANGLE = math.pi * 3000.0 / 180.0
_TOLERANCE_DEG = 1e-11
_SWAPPED = re.compile(r"[\s/:_(]*(swapped|yx|对调|轴对调)\)?$", re.IGNORECASE)


def in_china(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether points (degrees) lie in the rectangle to which GCJ-02 applies its shift."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return (x >= 72.004) & (x <= 137.8347) & (y >= 0.8293) & (y <= 55.8271)


def _gcj02_shift(lon: Array, lat: Array) -> tuple[Array, Array]:
    """GCJ-02 minus WGS84 at WGS84 points, degrees; zero outside China."""
    x, y = lon - 105.0, lat - 35.0
    root, xy = np.sqrt(np.abs(x)), x * y
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y / 30 * np.pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    radians = np.radians(lat)
    magic = 1 - _ECCENTRICITY2 * np.sin(radians) ** 2
    meridian = _SEMI_MAJOR * (1 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel = _SEMI_MAJOR / np.sqrt(magic) * np.cos(radians)
    inside = in_china(lon, lat)
    return (
        np.where(inside, np.degrees(east / parallel), 0.0),
        np.where(inside, np.degrees(north / meridian), 0.0),
    )


def wgs84_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """GCJ-02 longitude and latitude (degrees) of WGS84 points; arrays of one shape."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        east, north = _gcj02_shift(x, y)
    return x + east, y + north


def gcj02_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """WGS84 longitude and latitude (degrees) of GCJ-02 points, exact to under 0.01 mm."""
    target_x, target_y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    x, y = target_x, target_y
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(30):
            east, north = _gcj02_shift(x, y)
            next_x, next_y = target_x - east, target_y - north
            step = np.fmax(np.abs(next_x - x), np.abs(next_y - y))
            x, y = next_x, next_y
            if not step.size or np.nanmax(step, initial=0.0) < _TOLERANCE_DEG:
                break
    return x, y


def gcj02_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """BD-09 longitude and latitude (degrees) of GCJ-02 points."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_ANGLE)
    inside = in_china(x, y)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, x),
        np.where(inside, radius * np.sin(angle) + 0.006, y),
    )


def bd09_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """GCJ-02 longitude and latitude (degrees) of BD-09 points, exact to under 0.01 mm."""
    target_x, target_y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside = in_china(target_x, target_y)
    x = np.where(inside, target_x - 0.0065, target_x)
    y = np.where(inside, target_y - 0.006, target_y)
    with np.errstate(invalid="ignore"):
        for _ in range(30):
            forward_x, forward_y = gcj02_to_bd09(x, y)
            error_x, error_y = target_x - forward_x, target_y - forward_y
            x, y = x + error_x, y + error_y
            step = np.fmax(np.abs(error_x), np.abs(error_y))
            if not step.size or np.nanmax(step, initial=0.0) < _TOLERANCE_DEG:
                break
    return x, y


def wgs84_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """BD-09 longitude and latitude (degrees) of WGS84 points."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """WGS84 longitude and latitude (degrees) of BD-09 points, exact to under 0.1 mm."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


@lru_cache(maxsize=256)
def _to_wgs84(name: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(horizontal(pyproj.CRS.from_user_input(name)), 4326, always_xy=True)


def horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    """The horizontal part of a compound (horizontal + vertical) system, two-dimensional."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs.to_2d()


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference system the twin can read.

    Parameters
    ----------
    name
        ``"GCJ-02"``, ``"BD-09"``, ``"EPSG:n"``, or WKT where no code is known.
    swapped
        The file gives latitude (northing) first.
    """

    name: str
    swapped: bool = False

    def __str__(self) -> str:
        name = self.name if len(self.name) < 40 else pyproj.CRS.from_user_input(self.name).name
        return f"{name} swapped" if self.swapped else name

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read what a user wrote: ``EPSG:4549``, ``4549``, ``GCJ-02``, ``bd09``, ``WGS84``, ``CGCS2000``.

        :class:`twin.errors.InputError` when no such system is known.
        """
        body = _SWAPPED.sub("", text.strip())
        swapped = body != text.strip()
        key = re.sub(r"[\s_\-]", "", body).casefold()
        named = {
            "gcj02": GCJ02, "火星坐标": GCJ02, "火星坐标系": GCJ02, "高德": GCJ02, "amap": GCJ02,
            "bd09": BD09, "bd09ll": BD09, "百度": BD09, "百度坐标": BD09, "baidu": BD09,
            "wgs84": WGS84, "wgs1984": WGS84, "crs84": WGS84, "4326": WGS84,
            "cgcs2000": "EPSG:4490", "国家2000": "EPSG:4490",
        }  # fmt: skip
        if key in named:
            return cls(named[key], swapped)
        try:
            crs = pyproj.CRS.from_user_input(int(key) if key.isdigit() else body)
            return cls(name_of(crs), swapped)
        except (CRSError, ValueError, OverflowError):
            raise InputError(
                f"不认识坐标系 {text[:60]!r}；请写 auto、EPSG:4549 这样的编号、GCJ-02 或 BD-09。",
                f"the reference system {text[:60]!r} is not known; write auto, a code such as EPSG:4549, "
                "GCJ-02 or BD-09.",
            ) from None

    @property
    def geographic(self) -> bool:
        """Whether coordinates are degrees."""
        if self.name in (GCJ02, BD09):
            return True
        return bool(horizontal(pyproj.CRS.from_user_input(self.name)).is_geographic)

    def to_wgs84(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """WGS84 longitude and latitude (degrees) of coordinates in this system.

        ``x`` and ``y`` are in the order of the file; points that cannot be
        transformed become infinite.
        """
        first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if self.swapped:
            first, second = second, first
        if self.name in (WGS84, "EPSG:4490"):
            return first, second
        if self.name == GCJ02:
            return gcj02_to_wgs84(first, second)
        if self.name == BD09:
            return bd09_to_wgs84(first, second)
        try:
            lon, lat = _to_wgs84(self.name).transform(first, second)
        except ProjError:
            return np.full_like(first, np.inf), np.full_like(first, np.inf)
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def name_of(crs: pyproj.CRS) -> str:
    """``EPSG:n`` of a system where its horizontal part has a code, else its WKT.

    Axis order is dropped: coordinates in files are taken as x (east), y (north).
    """
    flat = horizontal(crs)
    if flat.is_geographic and flat.ellipsoid is not None and "CRS84" in (flat.name or ""):
        return WGS84
    authority = flat.to_authority(min_confidence=70)
    if authority is None:
        return str(flat.to_wkt())
    if authority == ("OGC", "CRS84"):
        return WGS84
    return f"{authority[0]}:{authority[1]}"


def gauss_kruger_3_degree(lon: float, *, zone_prefix: bool = False) -> int:
    """EPSG code of the CGCS2000 3-degree Gauss-Kruger zone at a longitude (73.5 to 136.5 degrees)."""
    zone = math.floor((lon - 1.5) / 3) + 1
    if not 25 <= zone <= 45:
        raise ValueError(f"longitude {lon} is outside the CGCS2000 zones")
    return zone + (4513 - 25 if zone_prefix else 4534 - 25)


def utm(lon: float, lat: float) -> int:
    """EPSG code of the WGS84 UTM zone at a point (degrees)."""
    zone = min(60, max(1, math.floor((lon + 180) / 6) + 1))
    return (32600 if lat >= 0 else 32700) + zone


def metric_for(lon: float, lat: float) -> str:
    """The system in which the twin measures near a point: CGCS2000 3-degree in China, else UTM."""
    if bool(in_china(lon, lat)) and 73.5 < lon < 136.5:
        return f"EPSG:{gauss_kruger_3_degree(lon)}"
    return f"EPSG:{utm(lon, lat)}"
