"""Rows of a layer as the store keeps them: identifiers, towns, measures, both geometries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from layers import Column, LayerSpec
from layers._identifier import NO_TOWN, SERIAL_LIMIT, format_many
from twin.generation import HALF_WORLD
from twin.search import search_texts

_EARTH_A = 6378137.0
_EARTH_E2 = 0.00669437999014
_ARROW_TYPE = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


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
        return pa.array(
            [value if isinstance(value, (list, tuple)) else None for value in frame[column.name]], kinds
        )
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
