"""Coordinates in the columns of a table: longitude and latitude, x and y, WKT, or both in one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.crs import BD09, GCJ02, WGS84, Reference
from twin.crs_doctor import Declared
from twin.crs_evidence import Geometries
from twin.errors import InputError
from twin.ingest.mapping import normal
from twin.ingest.values import fold

# Names of the two columns, paired first; then any of the one with any of the other.
_PAIRS = (
    ("lon", "lat"), ("lng", "lat"), ("long", "lat"), ("longitude", "latitude"),
    ("经度", "纬度"), ("东经", "北纬"),
    ("x", "y"), ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("横坐标", "纵坐标"), ("east", "north"),
    ("easting", "northing"), ("pointx", "pointy"), ("lonx", "laty"),
)  # fmt: skip
_WKT = (
    "wkt", "geometry", "geom", "thegeom", "wkbgeometry", "几何", "空间数据", "坐标串", "shape", "wkb",
    "坐标", "location", "经纬度", "lonlat", "lnglat", "位置",
)  # fmt: skip
_DATUM = (
    (re.compile(r"gcj-?_?0?2|火星|高德|amap|mars"), GCJ02),
    (re.compile(r"bd-?_?09|baidu|百度"), BD09),
    (re.compile(r"wgs-?_?(?:19)?84|cgcs_?2000|国家2000"), WGS84),
)
_DATUM_PREFIX = re.compile(
    r"gcj-?_?0?2|bd-?_?09(?:ll)?|wgs-?_?(?:19)?84|cgcs_?2000|baidu|amap|百度|高德|火星|国家2000|坐标系?$"
)
_BARE_DATUM = (("bd", BD09), ("gcj", GCJ02), ("wgs", WGS84))
_DMS = re.compile(
    r"([-+]?\d{1,3}(?:\.\d+)?)\s*[°度d:]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′’分m:]?)?\s*(?:(\d{1,2}(?:\.\d+)?)\s*[\"″”秒s]?)?\s*([nsew]|[东西南北])?$"
)
_PAIR = re.compile(r"\(?\s*([-+]?\d+(?:\.\d+)?)\s*[,;，；\s]\s*([-+]?\d+(?:\.\d+)?)\s*\)?$")


def find_places(table: pd.DataFrame) -> dict[str, str]:
    """Which columns hold coordinates: ``{"lon": …, "lat": …}``, ``{"wkt": …}``, or nothing."""
    by_name: dict[str, str] = {}
    for header in map(str, table.columns):
        by_name.setdefault(normal(header), header)
    for header in map(str, table.columns):
        by_name.setdefault(_DATUM_PREFIX.sub("", normal(header)), header)
        for short, _ in _BARE_DATUM:
            by_name.setdefault(normal(header).removeprefix(short), header)
    shapes = [by_name[name] for name in _WKT if name in by_name]
    for header in shapes:
        # A whole shape says more than a longitude and latitude beside it.
        if _holds_shapes(table[header]):
            return {"wkt": header}
    for lon, lat in _PAIRS:
        if lon in by_name and lat in by_name:
            return {"lon": by_name[lon], "lat": by_name[lat]}
    some_lon = next((by_name[lon] for lon, _ in _PAIRS if lon in by_name), None)
    some_lat = next((by_name[lat] for _, lat in _PAIRS if lat in by_name), None)
    if some_lon and some_lat:
        return {"lon": some_lon, "lat": some_lat}
    for header in shapes:
        some = table[header].dropna().head(50)
        if len(some) and (~shapely.is_missing(_from_cells(some))).mean() > 0.5:
            return {"wkt": header}
    return {}


def _holds_shapes(cells: pd.Series) -> bool:
    """Whether most of the first cells are lines or areas."""
    some = cells.dropna().head(50)
    return len(some) > 0 and bool((shapely.get_dimensions(_from_cells(some)) >= 1).mean() > 0.5)


def geometry_of(table: pd.DataFrame, places: Mapping[str, str]) -> Geometries:
    """Geometry of every row, None where the cells hold none.

    :class:`InputError` when no column with coordinates is known.
    """
    if "wkt" in places:
        return _from_cells(table[places["wkt"]])
    if "lon" in places and "lat" in places:
        x, y = degrees(table[places["lon"]]), degrees(table[places["lat"]])
        given = np.isfinite(x) & np.isfinite(y)
        geometry = np.full(len(table), None, dtype=object)
        geometry[given] = shapely.points(x[given], y[given])
        return geometry
    raise InputError(
        "表中没有坐标：需要经度和纬度两列，或一列 WKT；请在列对应关系中指定。",
        "the table has no coordinates: it needs a column of longitudes and one of latitudes, or one of WKT; "
        "choose them in the mapping.",
    )


def declared_by(places: Mapping[str, str]) -> Declared:
    """The datum that the names of the coordinate columns state (``gcj02_lng``, ``经度(BD-09)``)."""
    for header in places.values():
        folded = fold(header).replace(" ", "")
        for pattern, name in _DATUM:
            if pattern.search(folded):
                return Declared(Reference(name), "name")
        for short, name in _BARE_DATUM:
            if re.match(rf"{short}[_\-]?(?:lon|lng|lat|x|y|经|纬)", folded):
                return Declared(Reference(name), "name")
    return Declared()


def datum_in(name: str) -> Declared:
    """The datum that a file's name states, if it does."""
    folded = fold(name)
    found = [datum for pattern, datum in _DATUM if pattern.search(folded)]
    return Declared(Reference(found[0]), "name") if len(found) == 1 else Declared()


def degrees(values: pd.Series) -> npt.NDArray[np.float64]:
    """Numbers, also written with a decimal comma or as degrees, minutes and seconds; NaN where none."""
    plain = np.array(
        pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan), dtype=float
    )
    for index in np.flatnonzero(np.isnan(plain)):
        cell = values.iloc[index]
        if isinstance(cell, str):
            plain[index] = _one(fold(cell))
    return plain


def _one(text: str) -> float:
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return float(text.replace(",", "."))
    turned = re.sub(r"^([nsew]|[东西南北])(?:经|纬)?(.*)$", r"\2\1", text)
    # Normalisation splits the double prime into two.
    match = _DMS.match(turned.replace("′′", "″").replace("''", "″"))
    if match is None:
        return float("nan")
    value = abs(float(match[1])) + float(match[2] or 0) / 60 + float(match[3] or 0) / 3600
    return -value if match[1].startswith("-") or (match[4] or "") in ("s", "w", "南", "西") else value


def _from_cells(values: pd.Series) -> Geometries:
    """Geometry of cells with WKT, hexadecimal or raw WKB, GeoJSON or ``lon,lat``; None where unreadable."""
    cells = np.array([_clean(cell) for cell in values], dtype=object)
    if len(cells) == 0:
        return cells
    kinds = np.array([_kind(cell) for cell in cells])
    geometry = np.full(len(cells), None, dtype=object)
    for kind, make in (("wkt", shapely.from_wkt), ("wkb", shapely.from_wkb), ("json", shapely.from_geojson)):
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            geometry[chosen] = make(cells[chosen], on_invalid="ignore")
    for index in np.flatnonzero(kinds == "pair"):
        match = _PAIR.match(cells[index])
        if match:
            geometry[index] = shapely.Point(float(match[1]), float(match[2]))
    return geometry


def _clean(cell: object) -> object:
    if isinstance(cell, str):
        text = cell.strip()
        # PostGIS writes "SRID=4326;POINT(...)".
        return text.split(";", 1)[1] if text[:5].upper() == "SRID=" and ";" in text else text
    return cell


def _kind(cell: object) -> str:
    if isinstance(cell, bytes | bytearray):
        return "wkb"
    if not isinstance(cell, str) or not cell:
        return ""
    if cell[0] == "{":
        return "json"
    if (cell[0].isalpha() and "(" in cell) or cell.upper().endswith("EMPTY"):
        return "wkt"
    if len(cell) >= 42 and re.fullmatch(r"[0-9A-Fa-f]+", cell[:64]):
        return "wkb"
    return "pair" if _PAIR.match(cell) else ""
