"""Reference systems: which one a model's text means, and the way from it to longitude and latitude.

WGS84 and CGCS2000 agree to centimetres and are one thing here. The online maps of
China are shifted: GCJ-02 (Amap, Tencent) by some 500 m, BD-09 (Baidu) once more on
top; latitudes read off such a map and typed into an authoring tool carry the shift.

Sources: the GCJ-02 series as published with eviltransform and PRCoords (Krasovsky
1940 ellipsoid), the BD-09 offset as published by Baidu's converter, the EPSG
registry as kept by PROJ for everything else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bim.finding import Sentence

if TYPE_CHECKING:
    import pyproj

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

_SEMI_MAJOR = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU_ANGLE = math.pi * 3000.0 / 180.0


@dataclass(frozen=True, slots=True)
class Region:
    """Where models are expected, and the systems used there.

    Parameters
    ----------
    name
        As it is told to the user.
    box
        West, south, east, north, degrees.
    systems
        Systems to try for coordinates that name none, the likeliest first.
    heights_m
        Lowest and highest that a building's zero stands there.
    """

    name: Sentence
    box: Box
    systems: tuple[str, ...] = ()
    heights_m: tuple[float, float] = (-450.0, 9000.0)

    def contains(self, lon: float, lat: float) -> bool:
        """Whether a point lies in the region's box."""
        west, south, east, north = self.box
        return west <= lon <= east and south <= lat <= north


SHANGHAI = Region(
    Sentence("上海市", "Shanghai"),
    (120.85, 30.67, 122.0, 31.88),
    (
        "EPSG:4549",  # CGCS2000 / 3-degree Gauss-Kruger CM 120E
        "EPSG:4528",  # the same with the zone number 40 before the easting
        "EPSG:4550",  # CM 123E
        "EPSG:4529",  # zone 41
        "EPSG:32651",  # WGS 84 / UTM zone 51N
        "EPSG:2385",  # Xian 1980 / 3-degree CM 120E
        "EPSG:2364",  # zone 40
        "EPSG:2437",  # Beijing 1954 / 3-degree CM 120E
        "EPSG:2416",  # zone 40
    ),
    (-100.0, 700.0),
)

LocalSystem = str | tuple[str, str]
"""A city's own system: its PROJ or WKT text, or its name and that text."""


def in_china(lon: float, lat: float) -> bool:
    """Whether a point lies in the rectangle to which GCJ-02 applies its shift."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 longitude and latitude (degrees) of a WGS84 point; unchanged outside China."""
    if not in_china(lon, lat):
        return lon, lat
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root = math.sqrt(abs(x))
    waves = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y / 30 * pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    sine = math.sin(math.radians(lat))
    magic = 1 - _ECCENTRICITY2 * sine * sine
    meridian = _SEMI_MAJOR * (1 - _ECCENTRICITY2) / (magic * math.sqrt(magic))
    parallel = _SEMI_MAJOR / math.sqrt(magic) * math.cos(math.radians(lat))
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def wgs84_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """BD-09 longitude and latitude (degrees) of a WGS84 point; unchanged outside China."""
    if not in_china(lon, lat):
        return lon, lat
    x, y = wgs84_to_gcj02(lon, lat)
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BAIDU_ANGLE)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BAIDU_ANGLE)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def _undone(
    shift: Callable[[float, float], tuple[float, float]], lon: float, lat: float
) -> tuple[float, float]:
    x, y = lon, lat
    for _ in range(30):
        moved_x, moved_y = shift(x, y)
        error_x, error_y = lon - moved_x, lat - moved_y
        x, y = x + error_x, y + error_y
        if max(abs(error_x), abs(error_y)) < 1e-12:
            break
    return x, y


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """WGS84 longitude and latitude (degrees) of a GCJ-02 point, exact to under 0.01 mm."""
    return _undone(wgs84_to_gcj02, lon, lat)


def bd09_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """WGS84 longitude and latitude (degrees) of a BD-09 point, exact to under 0.1 mm."""
    return _undone(wgs84_to_bd09, lon, lat)


@lru_cache(maxsize=256)
def crs(definition: str) -> pyproj.CRS:
    """The horizontal, two-dimensional part of a system given by code, name, PROJ or WKT text.

    Raises
    ------
    pyproj.exceptions.CRSError
        When PROJ does not know it.
    """
    import pyproj  # here and below where it is used: to read a file's evidence needs none of it

    system = pyproj.CRS.from_user_input(definition)
    if system.is_compound:
        system = system.sub_crs_list[0]
    return system.to_2d()


@lru_cache(maxsize=256)
def transformer(definition: str) -> pyproj.Transformer:
    """From a system, east first, to WGS84 longitude and latitude."""
    import pyproj

    return pyproj.Transformer.from_crs(crs(definition), 4326, always_xy=True)


def to_lonlat(definition: str, x: float, y: float) -> tuple[float, float] | None:
    """Longitude and latitude (degrees) of a point of a system; None where it has none."""
    from pyproj.exceptions import ProjError

    try:
        lon, lat = transformer(definition).transform(x, y)
    except ProjError:
        return None
    if not (math.isfinite(lon) and math.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90:
        return None
    return float(lon), float(lat)


def unit_to_metre(definition: str) -> float:
    """Metres of one unit of the axes of a projected system."""
    return float(crs(definition).axis_info[0].unit_conversion_factor or 1.0)


def false_easting(definition: str) -> float:
    """False easting of a projected system in its own unit; 0 where it has none."""
    operation = crs(definition).coordinate_operation
    found = [item.value for item in operation.params if "alse easting" in item.name] if operation else []
    return float(found[0]) if found else 0.0


def area_of_use(definition: str) -> Box | None:
    """West, south, east, north of where a system is meant to be used; None where it is not said."""
    area = crs(definition).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


@lru_cache(maxsize=1024)
def _jacobian(definition: str, lon: float, lat: float) -> tuple[float, float]:
    """Turn (degrees) and factor of the true east direction in a system's plane, in metres."""
    import pyproj

    step = 20.0
    local = pyproj.CRS.from_proj4(f"+proj=tmerc +lat_0={lat!r} +lon_0={lon!r} +k=1 +ellps=GRS80 +type=crs")
    geodetic = pyproj.CRS.from_proj4("+proj=longlat +ellps=GRS80 +type=crs")
    ends = pyproj.Transformer.from_crs(local, geodetic, always_xy=True).transform([-step, step], [0.0, 0.0])
    east, north = transformer(definition).transform(*ends, direction="INVERSE")
    d_east, d_north = east[1] - east[0], north[1] - north[0]
    factor = math.hypot(d_east, d_north) / (2 * step) * unit_to_metre(definition)
    return math.degrees(math.atan2(d_north, d_east)), factor


def convergence_deg(definition: str, lon: float, lat: float) -> float:
    """Angle counter-clockwise from grid east to true east; positive east of the central meridian."""
    return _jacobian(definition, lon, lat)[0]


def grid_scale(definition: str, lon: float, lat: float) -> float:
    """Map metres per ground metre at a point of a projected system."""
    return _jacobian(definition, lon, lat)[1]


@dataclass(frozen=True, slots=True)
class Named:
    """What the text of a reference system was understood to mean.

    Parameters
    ----------
    definition
        What PROJ takes: ``EPSG:4549`` or WKT. None when the system is not known.
    label
        As it is shown.
    how
        ``code``, ``wkt``, ``name`` (read from free text) or ``local`` (configured for the city).
    """

    definition: str | None
    label: str
    how: str


_CODE = re.compile(r"\bEPSG\s*:{0,2}\s*(?:[\d.]*:)?\s*(\d{4,6})\b", re.IGNORECASE)
_LOCAL = re.compile(r"上海|城市坐标|地方坐标|独立坐标|local grid|site grid|shanghai", re.IGNORECASE)
_DATUMS = (
    (
        "CGCS2000",
        re.compile(r"cgcs\s*2000|国家\s*2000|国家大地|2000\s*国家|china[ _]2000|china geodetic", re.I),
    ),
    ("Xian 1980", re.compile(r"xi'?an\s*(19)?80|西安\s*(19)?80|(19)?80\s*西安", re.I)),
    ("Beijing 1954", re.compile(r"beijing\s*(19)?54|北京\s*(19)?54|(19)?54\s*北京", re.I)),
)
_SIX = re.compile(r"(6|六)\s*度\s*(分)?带|6[- ]?degree", re.I)
_MERIDIAN = re.compile(
    r"(?:CM|central meridian|中央(?:子午|经)线)\D{0,6}?(\d{2,3})(?:\.0+)?"
    r"|\b(\d{2,3})\s*°?\s*E\b"
    r"|(\d{2,3})\s*(?:°|度(?!\s*(?:分)?带))",
    re.I,
)
_ZONE = re.compile(r"zone\s*(\d{2})\b|第?\s*(\d{2})\s*(?:号)?带|带号\s*(\d{2})", re.I)
_UTM = re.compile(r"UTM\D{0,8}?(\d{1,2})\s*([NS])?\b", re.I)


@lru_cache(maxsize=256)
def _code(definition: str, confidence: int) -> str | None:
    """``EPSG:n`` of a system that PROJ finds in the registry; a search of some tenths of a second."""
    authority = crs(definition).to_authority(min_confidence=confidence)
    return f"{authority[0]}:{authority[1]}" if authority else None


@lru_cache(maxsize=256)
def _by_name(name: str) -> str | None:
    if not name.strip() or len(name) > 200 or re.search(r"[+={}\[\]]", name):
        return None  # a name of the registry, no text that would make PROJ read files
    from pyproj.exceptions import CRSError

    try:
        return _code(name, 70)
    except (CRSError, ValueError):
        return None


def _chinese(text: str) -> str | None:
    """A Gauss-Kruger system of China from words: datum, width of the zones, meridian or zone number."""
    datum = next((name for name, pattern in _DATUMS if pattern.search(text)), None)
    if datum is None:
        return None
    # "CGCS2000 3-degree" and the year must not be read as a meridian
    rest = text
    for _, pattern in _DATUMS:
        rest = pattern.sub(" ", rest)
    width = "" if _SIX.search(rest) else "3-degree "
    rest = re.sub(r"[36]\s*度\s*(分)?带?|[36][- ]degree", " ", rest, flags=re.I)
    for match in _MERIDIAN.finditer(rest):
        number = int(next(group for group in match.groups() if group))
        if 72 <= number <= 138 and number % 3 == 0:
            return _by_name(f"{datum} / {width}Gauss-Kruger CM {number}E")
    zone = _ZONE.search(rest)
    if zone:
        number = int(next(group for group in zone.groups() if group))
        return _by_name(f"{datum} / {width}Gauss-Kruger zone {number}")
    return None


def local_definitions(local_systems: Sequence[LocalSystem]) -> list[tuple[str, str]]:
    """Names and definitions of the configured systems that PROJ understands."""
    pairs = [("", item) if isinstance(item, str) else item for item in local_systems]
    return [(name or crs(text).name, text) for name, text in pairs if known(text)]


def named(
    name: str, more: Sequence[str] = (), wkt: str | None = None, local_systems: Sequence[LocalSystem] = ()
) -> Named:
    """The system that a model's texts mean.

    Parameters
    ----------
    name
        Name of the IfcCoordinateReferenceSystem: a code, a registry name, or free text in any language.
    more
        Its other texts: description, datum, projection, zone.
    wkt
        Text of an IfcWellKnownText that belongs to it.
    local_systems
        Systems of the city that the service was given, see :data:`LocalSystem`.
    """
    label = name.strip() or next((text for text in more if text), "")
    code = _CODE.search(name) or (re.fullmatch(r"\s*(\d{4,6})\s*", name) if name else None)
    if code and known(f"EPSG:{code.group(1)}"):
        return Named(f"EPSG:{code.group(1)}", f"EPSG:{code.group(1)}", "code")
    if wkt and "[" in wkt and known(wkt):
        found = _code(wkt, 90)
        return Named(found or wkt, found or crs(wkt).name, "wkt")
    everything = " ".join([name, *more])
    for local_name, definition in local_definitions(local_systems):
        if local_name and (local_name.casefold() in everything.casefold() or name.casefold() == local_name):
            return Named(definition, local_name, "local")
    if _LOCAL.search(name):
        return Named(None, label, "unknown")
    found = _chinese(name) or (_by_name(name) if len(name) > 3 else None) or _chinese(everything)
    if found is None:
        utm = _UTM.search(everything)
        code = _CODE.search(everything)
        if code and known(f"EPSG:{code.group(1)}") and crs(f"EPSG:{code.group(1)}").is_projected:
            found = f"EPSG:{code.group(1)}"
        elif utm and 1 <= int(utm.group(1)) <= 60:
            found = f"EPSG:{(32700 if (utm.group(2) or 'N').upper() == 'S' else 32600) + int(utm.group(1))}"
    return Named(found, found or label, "name" if found else "unknown")


def known(definition: str) -> bool:
    """Whether PROJ understands a definition."""
    from pyproj.exceptions import CRSError

    try:
        return len(crs(definition).axis_info) >= 1
    except (CRSError, ValueError):
        return False
