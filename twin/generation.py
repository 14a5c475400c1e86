"""A generation: the rows of one layer, frozen into one read-only DuckDB file.

The file holds one table, ``features``, sorted along a Hilbert curve with
explicit bounding boxes in web mercator, so that the zone maps of small row
groups answer a tile without any index. ``row_no`` counts the rows in that order;
tiles carry it, because DuckDB's feature ids are 32-bit and a ``fid`` is not. Geometry is kept twice: ``geom`` in
WGS84 for people and analyses, ``mercator`` with exterior rings clockwise for
tiles (see ``docs/decisions/0003-store.md``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from layers import Column, LayerSpec
from layers._identifier import NO_TOWN, SERIAL_LIMIT, format_many
from twin.search import search_texts

HALF_WORLD = 20037508.342789244
STORAGE = "STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 8192"

_EARTH_A = 6378137.0
_EARTH_E2 = 0.00669437999014
_SQL_TYPE = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
}
_ARROW_TYPE = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class Built:
    """A finished generation file, not yet shown.

    ``bounds`` are lon/lat degrees (west, south, east, north); ``serials`` the
    next free serial by town after this build.
    """

    layer: str
    path: Path
    rows: int
    checksum: str
    datasets: tuple[int, ...]
    people: int | None
    bounds: tuple[float, float, float, float] | None
    columns: tuple[str, ...]
    serials: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Previous:
    """The generation an import builds upon.

    Rows of ``drop_datasets`` are left out; with ``keep=False`` no row is taken
    over, and the file only serves to give known rows their old identifiers.
    """

    path: Path
    drop_datasets: frozenset[int] = frozenset()
    keep: bool = True


def mercator(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Web mercator metres, shape (n, 2), of degrees ``lon`` and ``lat``."""
    limited = np.clip(lat, -85.05112878, 85.05112878)
    y = np.log(np.tan(np.pi / 4 + np.radians(limited) / 2)) / np.pi * HALF_WORLD
    return np.column_stack((lon / 180 * HALF_WORLD, y))


def degree_metres(lat: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Metres of one degree of longitude and of latitude at ``lat`` on GRS 80."""
    sine2 = np.sin(np.radians(lat)) ** 2
    prime = _EARTH_A / np.sqrt(1 - _EARTH_E2 * sine2)
    meridian = prime * (1 - _EARTH_E2) / (1 - _EARTH_E2 * sine2)
    return np.radians(prime * np.cos(np.radians(lat))), np.radians(meridian)


def measures(geometry: npt.NDArray[Any], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Area in m² of polygons, length in m of lines, 0 of points; shape (n,).

    Each geometry is scaled by the ellipsoid's radii at its own latitude, which
    for objects of a city's size is within 0.01 % of the geodesic value.
    """
    per_lon, per_lat = degree_metres(lat)
    result = np.zeros(len(geometry))
    dimension = shapely.get_dimensions(geometry)
    areal = dimension == 2
    result[areal] = shapely.area(geometry[areal]) * per_lon[areal] * per_lat[areal]
    linear = np.flatnonzero(dimension == 1)
    if len(linear):
        parts, part_of = shapely.get_parts(geometry[linear], return_index=True)
        points, part = shapely.get_coordinates(parts, return_index=True)
        same = part[1:] == part[:-1]
        owner = linear[part_of[part[1:]]]
        step = np.hypot(np.diff(points[:, 0]) * per_lon[owner], np.diff(points[:, 1]) * per_lat[owner])
        np.add.at(result, owner[same], step[same])
    return result


def _values(frame: gpd.GeoDataFrame, column: Column) -> pa.Array:
    size = len(frame)
    if column.kind == "records":
        kinds = pa.list_(pa.struct([(item.name, _ARROW_TYPE[item.kind]) for item in column.fields]))
        if column.name not in frame:
            return pa.nulls(size, kinds)
        return pa.array([value if isinstance(value, (list, tuple)) else None for value in frame[column.name]], kinds)
    kind = _ARROW_TYPE[column.kind]
    if column.name not in frame:
        return pa.nulls(size, kind)
    series = frame[column.name]
    if column.kind == "text":
        series = series.astype(object).where(series.notna(), None)
        return pa.array([None if value is None else str(value) for value in series], kind)
    if column.kind == "date":
        stamps = pd.to_datetime(series, errors="coerce")
        return pa.array(stamps.dt.date.astype(object).where(stamps.notna(), None), kind)
    if column.kind == "boolean":
        return pa.array(series.astype("boolean"), kind)
    numbers = pd.to_numeric(series).astype("Int64" if column.kind == "integer" else "Float64")
    return pa.array(numbers, kind)


def _sql_type(column: Column) -> str:
    if column.kind == "records":
        members = ", ".join(f'"{item.name}" {_SQL_TYPE[item.kind]}' for item in column.fields)
        return f"STRUCT({members})[]"
    return _SQL_TYPE[column.kind]


def _assign_towns(points: npt.NDArray[Any], towns: gpd.GeoDataFrame | None) -> npt.NDArray[np.int64]:
    result = np.full(len(points), NO_TOWN, dtype=np.int64)
    if towns is None or towns.empty:
        return result
    tree = shapely.STRtree(towns.geometry.to_numpy())
    shapely.prepare(towns.geometry.to_numpy())
    point, town = tree.query(points, predicate="intersects")
    codes = towns["town"].to_numpy(dtype=np.int64)
    # A point on a shared edge belongs to the first town in code order.
    order = np.argsort(-codes[town], kind="stable")
    result[point[order]] = codes[town[order]]
    return result


def known_fids(previous: Previous | None) -> dict[str, int]:
    """``source_key -> fid`` of the rows in ``previous`` (empty without one)."""
    if previous is None:
        return {}
    with duckdb.connect(str(previous.path), read_only=True) as connection:
        rows = connection.execute("SELECT source_key, fid FROM features WHERE source_key IS NOT NULL").fetchall()
    return dict(rows)


def _fids(
    towns: npt.NDArray[np.int64],
    keys: Iterable[str],
    known: Mapping[str, int],
    serials: Mapping[int, int],
) -> tuple[npt.NDArray[np.int64], dict[int, int]]:
    """Feature numbers: the old one of a known source key, else the town's next serial."""
    result = np.array([known.get(key, -1) for key in keys], dtype=np.int64)
    upcoming = dict(serials)
    fresh = result < 0
    for town in np.unique(towns[fresh]):
        rows = np.flatnonzero(fresh & (towns == town))
        first = upcoming.get(int(town), 1)
        if first + len(rows) > SERIAL_LIMIT:
            raise OverflowError(f"town {town} has no serial left")
        result[rows] = int(town) * SERIAL_LIMIT + first + np.arange(len(rows))
        upcoming[int(town)] = first + len(rows)
    return result, upcoming


def _source_keys(frame: gpd.GeoDataFrame, name: str) -> list[str]:
    """Keys that make a row the same row in its next delivery: source name and own key, else its shape."""
    if "source_key" in frame:
        own: list[str] = frame["source_key"].astype(str).tolist()
    else:
        wkb = shapely.to_wkb(shapely.set_precision(frame.geometry.to_numpy(), 1e-7, mode="pointwise"))
        own = [f"shape/{uuid.uuid5(uuid.NAMESPACE_OID, data.hex()).hex}" for data in wkb]
    seen: dict[str, int] = {}
    result = []
    for key in own:
        count = seen[key] = seen.get(key, 0) + 1
        result.append(f"{name}/{key}" if count == 1 else f"{name}/{key}#{count}")
    return result


def to_table(
    spec: LayerSpec,
    frame: gpd.GeoDataFrame,
    *,
    dataset: int,
    dataset_name: str,
    synthetic: bool,
    towns: gpd.GeoDataFrame | None,
    known: Mapping[str, int],
    serials: Mapping[int, int],
) -> tuple[pa.Table, dict[int, int]]:
    """Rows of ``frame`` (the frame contract, EPSG:4326) as the store keeps them.

    Returns the Arrow table, geometry as WKB, and the next free serial by town.
    """
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    inside = shapely.point_on_surface(geometry)
    lon, lat = shapely.get_x(inside), shapely.get_y(inside)
    town = (
        frame["town"].fillna(NO_TOWN).to_numpy(dtype=np.int64)
        if "town" in frame
        else _assign_towns(inside, towns)
    )
    keys = _source_keys(frame, dataset_name)
    fids, upcoming = _fids(town, keys, known, serials)
    projected = shapely.transform(geometry, lambda xy: mercator(xy[:, 0], xy[:, 1]))
    projected = shapely.orient_polygons(projected, exterior_cw=True)
    bounds = shapely.bounds(projected)
    data: dict[str, Any] = {
        "fid": pa.array(fids),
        "identifier": pa.array(format_many(spec.prefix, fids)),
        "source_key": pa.array(keys),
        "dataset": pa.array(np.full(len(frame), dataset, dtype=np.int32)),
        "synthetic": pa.array(np.full(len(frame), synthetic)),
        "town": pa.array(town.astype(np.int32)),
    }
    for column in spec.columns:
        data[column.name] = _values(frame, column)
    data |= {
        "search": pa.array(search_texts(spec, frame), pa.string()),
        "measure": pa.array(measures(geometry, lat)),
        "lon": pa.array(lon),
        "lat": pa.array(lat),
        "xmin": pa.array(bounds[:, 0]),
        "ymin": pa.array(bounds[:, 1]),
        "xmax": pa.array(bounds[:, 2]),
        "ymax": pa.array(bounds[:, 3]),
        "geom": pa.array(shapely.to_wkb(geometry), pa.binary()),
        "mercator": pa.array(shapely.to_wkb(projected), pa.binary()),
    }
    return pa.table(data), upcoming


class Builder:
    """Writes generation files, on a DuckDB of its own that never opens the catalogue."""

    def __init__(self, extension_directory: Path, memory_mb: int = 2048) -> None:
        self._connection = duckdb.connect(config={"extension_directory": str(extension_directory)})
        self._connection.execute("LOAD spatial")
        self._connection.execute(f"SET memory_limit='{int(memory_mb)}MB'")
        self._connection.execute(f"SET temp_directory='{_quoted(extension_directory.parent / 'tmp')}'")
        self._connection.execute("SET preserve_insertion_order=false")
        self._connection.execute("SET python_enable_replacements=false")

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def build(
        self,
        spec: LayerSpec,
        tables: Iterable[pa.Table],
        path: Path,
        *,
        previous: Previous | None = None,
        serials: Mapping[int, int] | None = None,
    ) -> Built:
        """Write the generation file ``path`` from ``tables`` and what ``previous`` keeps.

        The file is complete and closed when this returns; it is not synced or renamed.
        """
        connection = self._connection
        connection.execute(f"ATTACH '{_quoted(path)}' AS built ({STORAGE})")
        attached = ["built"]
        try:
            parts = []
            for number, table in enumerate(tables):
                connection.register(f"part_{number}", table)
                parts.append(
                    f"SELECT {_listed(spec)}, ST_GeomFromWKB(geom) AS geom, "
                    f"ST_GeomFromWKB(mercator) AS mercator FROM part_{number}"
                )
            if previous is not None and previous.keep:
                connection.execute(f"ATTACH '{_quoted(previous.path)}' AS previous (READ_ONLY)")
                attached.append("previous")
                parts.append(_kept(connection, spec, previous))
            summary = _write(connection, spec, " UNION ALL ".join(parts))
            for number in range(len(parts) - len(attached) + 1):
                connection.unregister(f"part_{number}")
        finally:
            for name in attached:
                connection.execute(f"DETACH {name}")
        return Built(
            layer=spec.id,
            path=path,
            serials=dict(serials or {}),
            columns=tuple(column.name for column in spec.columns),
            **summary,
        )


def _listed(spec: LayerSpec) -> str:
    """The columns of a generation but its geometry, in their order."""
    own = "".join(f', "{column.name}"' for column in spec.columns)
    return f"fid, identifier, source_key, dataset, synthetic, town{own}, search, measure, lon, lat, xmin, ymin, xmax, ymax"


def _write(connection: duckdb.DuckDBPyConnection, spec: LayerSpec, rows: str) -> dict[str, Any]:
    """Fill ``built.features`` from the query ``rows``, sorted for tiles; figures about it."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gathered AS {rows}")
    extent = connection.execute("SELECT min(xmin), min(ymin), max(xmax), max(ymax) FROM gathered").fetchone()
    box = ", ".join(str(float(value or 0)) for value in extent or (0, 0, 0, 0))
    casts = "".join(f', "{column.name}"::{_sql_type(column)} AS "{column.name}"' for column in spec.columns)
    connection.execute(
        f"""
        CREATE TABLE built.features AS
        SELECT row_number() OVER ()::INTEGER AS row_no, * FROM (
        SELECT fid, identifier, source_key, dataset, synthetic, town{casts},
               search, measure, lon, lat, xmin, ymin, xmax, ymax, geom, mercator
        FROM gathered
        ORDER BY ST_Hilbert((xmin + xmax) / 2, (ymin + ymax) / 2, ST_Extent(ST_MakeEnvelope({box}))), fid)
        """
    )
    connection.execute("DROP TABLE gathered")
    return _summary(connection, spec)


def _kept(connection: duckdb.DuckDBPyConnection, spec: LayerSpec, previous: Previous) -> str:
    """SQL that takes rows over from the previous file, whose columns may be fewer."""
    there = {row[0] for row in connection.execute("SELECT column_name FROM (DESCRIBE previous.features)").fetchall()}
    wanted = []
    for name in _listed(spec).split(", "):
        bare = name.strip('"')
        wanted.append(name if bare in there else f"NULL::{_sql_type(spec.column(bare))} AS {name}")
    drop = ", ".join(str(int(item)) for item in sorted(previous.drop_datasets)) or "-1"
    return f"SELECT {', '.join(wanted)}, geom, mercator FROM previous.features WHERE dataset NOT IN ({drop})"


def _summary(connection: duckdb.DuckDBPyConnection, spec: LayerSpec) -> dict[str, Any]:
    hashed = ", ".join(f'"{column.name}"::VARCHAR' for column in spec.columns)
    people = "sum(people)" if any(column.name == "people" for column in spec.columns) else "NULL"
    row = connection.execute(
        f"""
        SELECT count(*), bit_xor(hash(fid, {hashed}, ST_AsWKB(geom)::BLOB)), list_sort(list(DISTINCT dataset)),
               {people}, min(xmin), min(ymin), max(xmax), max(ymax)
        FROM built.features
        """
    ).fetchone()
    assert row is not None
    bounds = None if row[4] is None else _degrees(row[4:8])
    return {
        "rows": int(row[0]),
        "checksum": f"{int(row[1] or 0):016x}",
        "datasets": tuple(row[2] or ()),
        "people": None if row[3] is None else int(row[3]),
        "bounds": bounds,
    }


def _degrees(box: Iterable[float]) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = box

    def latitude(y: float) -> float:
        return float(np.degrees(2 * np.arctan(np.exp(y / HALF_WORLD * np.pi)) - np.pi / 2))

    return (xmin / HALF_WORLD * 180, latitude(ymin), xmax / HALF_WORLD * 180, latitude(ymax))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def as_json(value: Any) -> str:
    """Compact JSON of a parameter or report for the catalogue."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
