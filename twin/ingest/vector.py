"""GeoJSON, GeoPackage, Shapefile, FlatGeobuf and GeoParquet.

Each file is recognised by its own first bytes, never by what GDAL would guess,
and a GDAL driver is used only where it is the one expected: virtual formats
that point elsewhere do not get that far.
"""

from __future__ import annotations

import json
import mmap
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import CRSError

from twin.crs import WGS84, Reference, horizontal, name_of
from twin.crs_doctor import Declared
from twin.errors import InputError, UnreadableFile
from twin.ingest.contract import Source
from twin.ingest.places import declared_by, find_places, geometry_of
from twin.ingest.reading import Origin, Task
from twin.ingest.shapefile import dbf_encoding, decoded

DRIVERS = {
    "GeoPackage": ("GPKG",),
    "Shapefile": ("ESRI Shapefile",),
    "FlatGeobuf": ("FlatGeobuf",),
}
_GEOJSON = re.compile(
    rb'"type"\s*:\s*"(?:FeatureCollection|Feature|(?:Multi)?(?:Point|LineString|Polygon)|GeometryCollection)"'
)
_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{')
_HEAD = 1 << 16
_MAX_ROWS = 20_000_000
_MAX_BYTES = 8 * 2**30
_PIPELINES = (b'"gdal_streamed_alg"', b"<OGRVRTDataSource", b"<VRTDataset")


def read_vector(path: Path, name: str, kind: str, task: Task) -> list[Source]:
    """Every layer of a vector file that has rows.

    :class:`UnreadableFile` when it is damaged or is not what it seems.
    """
    task.step(0.0, "read")
    if kind == "GeoParquet":
        return [_read_parquet(path, name)]
    if kind == "GeoJSON":
        _check_geojson(path, name)
    encoding = None
    if kind == "Shapefile":
        encoding = dbf_encoding(path)
    try:
        names = [""] if kind == "GeoJSON" else _layers(path)
        sources = []
        for number, layer in enumerate(names):
            task.step(number / len(names), "read")
            source = _read_layer(path, name, kind, layer, encoding)
            if source is not None:
                sources.append(source)
    except InputError:
        raise
    except (
        DataSourceError,
        DataLayerError,
        ValueError,
        RuntimeError,
        OSError,
        pa.ArrowException,
        shapely.GEOSException,
    ):
        raise _damaged(name, kind) from None
    if not sources:
        raise UnreadableFile(f"{name} 中没有任何要素。", f"{name} holds no features.")
    return sources


def _layers(path: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [str(layer) for layer, _ in pyogrio.list_layers(path)]


def _read_layer(path: Path, name: str, kind: str, layer: str, encoding: str | None) -> Source | None:
    with warnings.catch_warnings():
        # Odd rings, field types and dates are judged by the contract, not by warnings on a terminal.
        warnings.simplefilter("ignore")
        if kind != "GeoJSON":
            info = pyogrio.read_info(path, layer=layer, encoding="ISO-8859-1" if encoding else None)
            if info["driver"] not in DRIVERS[kind]:
                raise _damaged(name, kind)
            if info["geometry_type"] is None and kind == "GeoPackage":
                return None
        frame = pyogrio.read_dataframe(
            path,
            layer=layer or None,
            encoding="ISO-8859-1" if encoding else None,
            on_invalid="ignore",
            datetime_as_string=True,
        )
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return None
    geometry = frame.geometry.to_numpy()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if encoding:
        table = decoded(table, encoding)
    origin = _geojson_origin(path) if kind == "GeoJSON" else Origin()
    return Source(
        layer or _geojson_name(path, name),
        table,
        geometry,
        _declared(path, kind, frame.crs, table),
        1,
        origin,
    )


def _declared(path: Path, kind: str, crs: pyproj.CRS | None, table: pd.DataFrame) -> Declared:
    """What the file says: a GeoJSON without ``crs`` member says nothing of its own."""
    hint = _property_hint(table)
    if kind == "GeoJSON" and not _has_crs_member(path):
        return hint if hint.reference else Declared(Reference(WGS84), "format")
    return declared_crs(crs) if crs is not None else hint


def declared_crs(crs: pyproj.CRS) -> Declared:
    """The declaration of a file's own CRS; none for engineering systems, which have no place on earth."""
    try:
        flat = horizontal(crs)
        if not (flat.is_geographic or flat.is_projected):
            return Declared()
        return Declared(Reference(name_of(crs)), "file")
    except CRSError:
        return Declared()


def _property_hint(table: pd.DataFrame) -> Declared:
    """A column such as ``coord_system`` whose only value names a datum."""
    for header in table.columns:
        if re.search(r"coord|crs|datum|坐标系", str(header), re.IGNORECASE):
            values = {value for value in table[header].dropna().head(1000) if isinstance(value, str)}
            if len(values) == 1:
                try:
                    return Declared(Reference.parse(values.pop()), "name")
                except InputError:
                    continue
    return Declared()


def _has_crs_member(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, path.stat().st_size - 4096))
        return bool(_CRS_MEMBER.search(head) or _CRS_MEMBER.search(file.read()))


def _geojson_origin(path: Path) -> Origin:
    """Source, licence and date from members of the collection, when they stand before the features."""
    with path.open("rb") as file:
        head = file.read(8192).decode("utf-8", "replace").split('"features"')[0]
    found = {}
    for key, names in (
        ("source", "source|attribution"),
        ("licence", "licen[cs]e"),
        ("date", "date|timestamp|generated"),
    ):
        match = re.search(rf'"(?:{names})"\s*:\s*("(?:[^"\\]|\\.)*")', head)
        if match:
            try:
                found[key] = str(json.loads(match[1]))[:200]
            except ValueError:
                continue
    return Origin(**found)


def _geojson_name(path: Path, name: str) -> str:
    """The ``name`` of the collection, else that of the file."""
    with path.open("rb") as file:
        head = file.read(8192).decode("utf-8", "replace").split('"features"')[0]
    match = re.search(r'"name"\s*:\s*"([^"\\]{1,100})"', head) if '"FeatureCollection"' in head else None
    return match[1] if match else Path(name).stem


def _check_geojson(path: Path, name: str) -> None:
    """Refuse JSON that GDAL would read with another driver: pipelines to other files, foreign formats."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if not _GEOJSON.search(data[:_HEAD]) and not _GEOJSON.search(data[-_HEAD:]):
            raise _damaged(name, "GeoJSON")
        if any(data.find(mark) >= 0 for mark in _PIPELINES):
            raise UnreadableFile(
                f"{name} 是指向其他数据的虚拟文件，不能导入；请导出为真实数据。",
                f"{name} is a virtual file that points to other data; export the data itself.",
            )


def _read_parquet(path: Path, name: str) -> Source:
    """GeoParquet, or plain Parquet with WKB, WKT or coordinate columns."""
    try:
        with pq.ParquetFile(path) as file:
            _refuse_bomb(file.metadata, name)
            metadata = file.schema_arrow.metadata or {}
        if b"geo" in metadata:
            frame = gpd.read_parquet(path)
            geometry = frame.geometry.to_numpy()
            others = [
                column for column in frame.columns if isinstance(frame[column].dtype, gpd.array.GeometryDtype)
            ]
            table = pd.DataFrame(frame.drop(columns=others))
            declared = declared_crs(frame.crs) if frame.crs is not None else _property_hint(table)
        else:
            table = pq.read_table(path).to_pandas()
            places = find_places(table)
            if not places:
                raise UnreadableFile(
                    f"Parquet 文件 {name} 没有几何列，也没有经纬度列。",
                    f"the Parquet file {name} has neither a geometry column nor longitude and latitude.",
                )
            geometry = geometry_of(table, places)
            declared = declared_by(places)
            table = table.drop(columns=[places["wkt"]] if "wkt" in places else [])
    except InputError:
        raise
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError, CRSError, shapely.GEOSException):
        raise _damaged(name, "GeoParquet") from None
    if not len(table):
        raise UnreadableFile(f"{name} 中没有任何要素。", f"{name} holds no features.")
    return Source(Path(name).stem, table, geometry, declared)


def _refuse_bomb(metadata: pq.FileMetaData, name: str) -> None:
    """A few bytes of Parquet can declare billions of rows."""
    size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if metadata.num_rows > _MAX_ROWS or size > _MAX_BYTES:
        raise UnreadableFile(
            f"{name} 太大（{metadata.num_rows:,} 行），请分成几个文件导入。",
            f"{name} is too large ({metadata.num_rows:,} rows); split it into several files.",
        )


def _damaged(name: str, kind: str) -> UnreadableFile:
    return UnreadableFile(
        f"无法按 {kind} 读取 {name}：文件损坏、不完整或并非该格式。",
        f"{name} cannot be read as {kind}: it is damaged, cut off or not of that format.",
    )


def shapefiles(folder: Path) -> Iterator[Path]:
    """The shapefiles in an unpacked archive, in order of their names."""
    yield from sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".shp" and path.is_file())
