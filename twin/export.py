"""A layer out to a file: GeoParquet, GPKG, GeoJSON, FlatGeobuf, CSV or PMTiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers import get
from twin import tiles
from twin.errors import InputError
from twin.export_formats import known_suffix
from twin.features import known_layer
from twin.store import Generation, Store

Progress = Callable[[float, str], None]
_GDAL = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}


def frame_of(store: Store, layer: str) -> gpd.GeoDataFrame:
    """A whole layer as a GeoDataFrame in EPSG:4326, by feature number."""
    spec, generation = known_layer(layer), store.generation(layer)
    columns = [column.name for column in spec.columns if column.name in generation.columns]
    named = ", ".join(
        ["fid", "identifier", "source_key", "synthetic", "town", *(f'"{name}"' for name in columns)]
    )
    table: pa.Table = (
        store.cursor()
        .execute(f"SELECT {named}, ST_AsWKB(geom)::BLOB AS geometry FROM {generation.relation} ORDER BY fid")
        .to_arrow_table()
    )
    geometry = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
    frame = table.drop_columns(["geometry"]).to_pandas(types_mapper=_nullable)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=4326)


def export_layer(store: Store, layer: str, path: Path, progress: Progress | None = None) -> int:
    """Write ``layer`` to ``path``, the format by its suffix; returns the rows written.

    The file appears complete or not at all. :class:`InputError` for an unknown
    suffix or a folder that cannot be written.
    """
    suffix = known_suffix(path.suffix)
    known_layer(layer)
    generation = store.generation(layer)
    part = path.with_name(f".{path.stem}.part.{suffix}")
    try:
        if suffix == "pmtiles":
            _write_pmtiles(store, layer, generation, part, progress)
        else:
            _write_vector(frame_of(store, layer), layer, part, suffix)
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"无法写入 {path}：{error.strerror or error}。",
            f"cannot write {path}: {error.strerror or error}.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return generation.rows


def _write_vector(frame: gpd.GeoDataFrame, layer: str, path: Path, suffix: str) -> None:
    if suffix == "parquet":
        frame.to_parquet(path, compression="zstd", write_covering_bbox=True)
        return
    flat = _flattened(frame, layer)
    if suffix == "csv":
        table = pd.DataFrame(flat.drop(columns="geometry"))
        centre = shapely.point_on_surface(flat.geometry.to_numpy())
        table["lon"], table["lat"] = shapely.get_x(centre), shapely.get_y(centre)
        table["wkt"] = shapely.to_wkt(flat.geometry.to_numpy(), rounding_precision=7)
        table.to_csv(path, index=False, encoding="utf-8-sig")
        return
    # GDAL keeps "fid" for itself; the feature number stays under its own name.
    flat = flat.rename(columns={"fid": "feature_no"})
    if suffix == "geojson":
        flat.to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
    else:
        flat.to_file(path, driver=_GDAL[suffix], engine="pyogrio", layer=layer)


def _flattened(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """``frame`` with records written as JSON text, which every format can carry."""
    flat = frame.copy()
    for column in get(layer).columns:
        if column.kind == "records" and column.name in flat:
            flat[column.name] = [
                None if value is None else json.dumps(_listed(value), ensure_ascii=False, default=str)
                for value in flat[column.name]
            ]
    return flat


def _listed(value: Any) -> list[dict[str, Any]]:
    return [dict(item) for item in value]


def _nullable(kind: pa.DataType) -> Any:
    if pa.types.is_int64(kind):
        return pd.Int64Dtype()
    if pa.types.is_int32(kind):
        return pd.Int32Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    return None


def _write_pmtiles(
    store: Store, layer: str, generation: Generation, path: Path, progress: Progress | None
) -> None:
    spec = get(layer)
    bounds = generation.bounds
    if bounds is None:
        raise InputError(f"图层 {layer} 没有数据。", f"the layer {layer} holds no data.")
    cursor = store.cursor()
    west, south, east, north = bounds
    low, high = spec.tiling.min_zoom, min(spec.tiling.max_zoom, 15)
    with path.open("wb") as file:
        writer: Any = Writer(file)  # type: ignore[no-untyped-call]
        occupied = [(0, 0, 0)]
        for z in range(high + 1):
            if progress is not None:
                progress(z / (high + 1), f"z{z}")
            # PMTiles wants its tiles in the order of their ids, which is zoom by zoom.
            for _, x, y in sorted(occupied, key=lambda tile: zxy_to_tileid(*tile)) if z >= low else ():
                data = tiles.tile(cursor, spec, generation, z, x, y)
                if data:
                    writer.write_tile(zxy_to_tileid(z, x, y), tiles.compressed(data))
            occupied = [
                child for tile in occupied for child in tiles.occupied_children(cursor, generation, *tile)
            ]
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_lon_e7": int(west * 1e7),
                "min_lat_e7": int(south * 1e7),
                "max_lon_e7": int(east * 1e7),
                "max_lat_e7": int(north * 1e7),
                "center_zoom": low,
                "center_lon_e7": int((west + east) / 2 * 1e7),
                "center_lat_e7": int((south + north) / 2 * 1e7),
            },
            {
                "name": spec.title.zh,
                "vector_layers": [{"id": layer, "fields": {c.name: c.kind for c in spec.tile_columns}}],
            },
        )
