"""Terrain and population as GeoTIFF: checked, and written as cloud-optimised GeoTIFF in WGS84.

Only GDAL's GTiff driver opens the file. Terrain is resampled bilinearly;
population is a count per cell, so its total is kept: counts are summed into
the new cells and scaled to the old total.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
import rasterio.warp
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import array_bounds
from rasterio.windows import Window

from twin.crs import BD09, GCJ02, WGS84, Reference, name_of
from twin.crs_doctor import CrsReport, given
from twin.errors import InputError, NoGoodRow, UndecidedCrs, UnreadableFile
from twin.ingest.reading import Accepted, Dataset, Progress, Stop, Task

RasterLayer = Literal["dem", "population"]
RASTER_LAYERS = ("dem", "population")
_MAX_CELLS = 100_000_000
_NODATA = {"int16": -32768.0, "float32": -9999.0}
_DEM_NAME = re.compile(
    r"dem|dtm|dsm|srtm|elev|terrain|高程|地形|aster|alos|copernicus|nasadem", re.IGNORECASE
)
_POPULATION_NAME = re.compile(r"pop|people|ppp|人口|ghs_pop|worldpop|landscan", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RasterAccepted:
    """A raster as kept: the written file and what it holds.

    ``bounds`` are west, south, east, north in degrees; ``minimum``, ``maximum``
    and ``total`` are over cells with data (metres, or people).
    """

    layer: str
    path: Path
    width: int
    height: int
    dtype: str
    nodata: float
    bounds: tuple[float, float, float, float]
    minimum: float
    maximum: float
    total: float
    cells: int
    crs: CrsReport


class RasterDataset(Dataset):
    """One raster with one band."""

    kind = "raster"

    def __init__(self, path: Path, name: str, layer: str | None, crs: str) -> None:
        self._path = path
        with _opened(path, name) as raster:
            if raster.count < 1 or raster.width * raster.height > _MAX_CELLS:
                raise UnreadableFile(
                    f"栅格 {name} 没有波段或太大（上限 {_MAX_CELLS:,} 个像元），请裁剪后导入。",
                    f"the raster {name} has no band or more than {_MAX_CELLS:,} cells; clip it first.",
                )
            self._crs = raster.crs
            self.shape = (raster.height, raster.width)
            self.nodata = raster.nodata
            self.source_bounds = tuple(raster.bounds)
            self.dtype = str(raster.dtypes[0])
            self.unit = (raster.units[0] or "") if raster.units else ""
            self.statistics = _statistics(raster, name)
            rotated = raster.transform.is_identity
        report = _report(self._crs, crs, georeferenced=not rotated)
        proposed = layer or _proposed(name, self.unit, self.statistics, self.dtype)
        super().__init__(Path(name).stem, proposed, self.shape[0] * self.shape[1], report)

    def preview(self, limit: int = 2000) -> dict[str, Any]:  # noqa: ARG002 - one outline
        """Outline of the raster as GeoJSON in WGS84."""
        crs = self._source_crs(None)
        if crs is None:
            return {"type": "FeatureCollection", "features": []}
        west, south, east, north = rasterio.warp.transform_bounds(crs, "EPSG:4326", *self.source_bounds)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": dict(self.statistics), "geometry": geometry}],
        }

    def rows_for(
        self,
        layer: str,
        mapping: Mapping[str, str] | None = None,  # noqa: ARG002
        crs: str | None = None,  # noqa: ARG002
        progress: Progress | None = None,  # noqa: ARG002
        cancelled: Stop | None = None,  # noqa: ARG002
    ) -> Accepted:
        """A raster has no rows: always :class:`InputError`; see :meth:`write`."""
        raise InputError(
            f"{self.name} 是栅格，不能导入矢量图层 {layer}；请选 dem 或 population。",
            f"{self.name} is a raster and cannot enter the vector layer {layer}; choose dem or population.",
        )

    def write(
        self,
        target: Path,
        *,
        layer: str | None = None,
        crs: str | None = None,
        progress: Progress | None = None,
        cancelled: Stop | None = None,
    ) -> RasterAccepted:
        """Write the raster as cloud-optimised GeoTIFF in EPSG:4326 to ``target``.

        int16 where whole numbers fit, else float32. :class:`InputError` when
        neither the file nor ``layer`` says what it is,
        :class:`UndecidedCrs` when it has no reference system,
        :class:`NoGoodRow` when every cell is empty.
        """
        chosen = layer or self.layer
        if chosen not in RASTER_LAYERS:
            raise InputError(
                f"无法判断 {self.name} 是高程还是人口，请指定 dem 或 population。",
                f"it is not clear whether {self.name} is terrain or population; choose dem or population.",
            )
        source_crs = self._source_crs(crs)
        if source_crs is None:
            raise UndecidedCrs(
                f"栅格 {self.name} 没有坐标系，请用坐标系选项指定。",
                f"the raster {self.name} has no reference system; choose one.",
            )
        report = self.crs if crs in (None, "auto") else given(str(crs))
        task = Task(progress, cancelled)
        task.step(0.0, "read")
        try:
            data, transform = _warped(self._path, self.name, source_crs, chosen)
            task.step(0.7, "check")
            return _written(target, data, transform, layer=chosen, report=report, source_dtype=self.dtype)
        except (RasterioError, ValueError, MemoryError) as error:
            if isinstance(error, InputError):
                raise
            raise _damaged(self.name) from None

    def _source_crs(self, crs: str | None) -> Any:
        chosen = crs if crs not in (None, "auto") else None
        if chosen is None:
            return rasterio.crs.CRS.from_user_input(self.crs.found) if self.crs.found else None
        name = Reference.parse(str(chosen)).name
        return None if name in (GCJ02, BD09) else rasterio.crs.CRS.from_user_input(name)


def inspect_raster(path: Path, name: str, layer: str | None, crs: str) -> RasterDataset:
    """Open a GeoTIFF; :class:`UnreadableFile` when it is damaged."""
    if layer is not None and layer not in RASTER_LAYERS:
        raise InputError(
            f"{name} 是栅格，只能作为 dem 或 population 导入。",
            f"{name} is a raster; it can be imported as dem or population only.",
        )
    return RasterDataset(path, name, layer, crs)


class _opened:  # noqa: N801 - used as a function
    """Context that opens a GeoTIFF with the GTiff driver only and turns its failures into ours."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def __enter__(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            try:
                self._raster = rasterio.open(self._path, driver="GTiff")
            except (RasterioError, ValueError, OSError):
                raise _damaged(self._name) from None
        return self._raster

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._raster.close()


def _statistics(raster: Any, name: str) -> dict[str, float]:
    """Least, greatest and total value and number of cells with data, block by block."""
    low, high, total, cells, whole = np.inf, -np.inf, 0.0, 0, True
    try:
        for top in range(0, raster.height, 1024):
            window = Window(0, top, raster.width, min(1024, raster.height - top))
            band = raster.read(1, window=window, masked=True).compressed()
            band = band[np.isfinite(band)].astype(float)
            if len(band):
                low, high = min(low, float(band.min())), max(high, float(band.max()))
                total += float(band.sum())
                cells += len(band)
                whole = whole and bool((band == np.rint(band)).all())
    except (RasterioError, ValueError, MemoryError):
        raise _damaged(name) from None
    if not cells:
        raise NoGoodRow(
            f"栅格 {name} 没有一个有效像元，数据未改动。",
            f"the raster {name} has no cell with data; nothing was changed.",
        )
    return {"minimum": low, "maximum": high, "total": total, "cells": float(cells), "whole": float(whole)}


def _proposed(name: str, unit: str, statistics: Mapping[str, float], dtype: str) -> str | None:
    """Terrain or population, by name, then unit, then values; None when it is not clear."""
    dem, population = bool(_DEM_NAME.search(name)), bool(_POPULATION_NAME.search(name))
    if dem != population:
        return "dem" if dem else "population"
    if unit.strip().casefold() in ("m", "metre", "meter", "metres", "meters", "米"):
        return "dem"
    if statistics["minimum"] < 0:
        return "dem" if statistics["maximum"] < 9000 else None
    return "dem" if dtype == "int16" and statistics["maximum"] < 9000 else None


def _report(crs: Any, wanted: str, *, georeferenced: bool) -> CrsReport:
    if wanted.strip().casefold() != "auto":
        return given(wanted)
    if crs is None or not georeferenced:
        return CrsReport(None, None, decided=False, basis="none", zh="栅格没有声明坐标系。",
                         en="the raster declares no reference system.")  # fmt: skip
    try:
        name = str(Reference(name_of(pyproj.CRS.from_wkt(crs.to_wkt()))).name)
    except (pyproj.exceptions.CRSError, ValueError):
        return CrsReport(None, None, decided=False, basis="none", zh="栅格的坐标系无法识别。",
                         en="the raster's reference system is not understood.")  # fmt: skip
    return CrsReport(name, name, decided=True, basis="declared", zh=f"采用栅格声明的坐标系 {name[:40]}。",
                     en=f"read as {name[:40]}, as the raster declares.")  # fmt: skip


def _warped(path: Path, name: str, crs: Any, layer: str) -> tuple[npt.NDArray[np.float64], Any]:
    """Values in EPSG:4326 (NaN where there are none) and their transform."""
    with _opened(path, name) as raster:
        band = raster.read(1, masked=True).astype(float).filled(np.nan)
        band[~np.isfinite(band)] = np.nan
        if layer == "population":
            band[band < 0] = np.nan
        transform = raster.transform
        bounds = raster.bounds
    if crs == rasterio.crs.CRS.from_epsg(4326) and transform.b == 0 and transform.d == 0 and transform.e < 0:
        return band, transform
    target, width, height = rasterio.warp.calculate_default_transform(
        crs, "EPSG:4326", band.shape[1], band.shape[0], *bounds
    )
    if width * height > 2 * _MAX_CELLS:
        raise UnreadableFile(f"栅格 {name} 转换后太大。", f"the raster {name} becomes too large in WGS84.")
    result = np.full((height, width), np.nan)
    rasterio.warp.reproject(
        band, result, src_transform=transform, src_crs=crs, src_nodata=np.nan, dst_transform=target,
        dst_crs="EPSG:4326", dst_nodata=np.nan,
        resampling=Resampling.sum if layer == "population" else Resampling.bilinear,
    )  # fmt: skip
    if layer == "population":
        before, after = np.nansum(band), np.nansum(result)
        if after > 0:
            result *= before / after
    return result, target


def _written(
    target: Path,
    data: npt.NDArray[np.float64],
    transform: Any,
    *,
    layer: str,
    report: CrsReport,
    source_dtype: str,
) -> RasterAccepted:
    valid = np.isfinite(data)
    if not valid.any():
        raise NoGoodRow(
            "栅格没有一个有效像元，数据未改动。", "the raster has no cell with data; nothing was changed."
        )
    good = data[valid]
    whole = (
        np.dtype(source_dtype).kind in "iu" and good.min() > -32768 and good.max() <= 32767 and layer == "dem"
    )
    dtype = "int16" if whole else "float32"
    nodata = _NODATA[dtype]
    filled = np.where(valid, np.rint(data) if whole else data, nodata).astype(dtype)
    height, width = filled.shape
    target.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        target, "w", driver="COG", width=width, height=height, count=1, dtype=dtype, crs=WGS84,
        transform=transform, nodata=nodata, compress="DEFLATE", predictor="YES",
        overview_resampling="AVERAGE",
    ) as raster:  # fmt: skip
        raster.write(filled, 1)
    west, south, east, north = array_bounds(height, width, transform)
    return RasterAccepted(
        layer, target, width, height, dtype, nodata, (west, south, east, north), float(good.min()),
        float(good.max()), float(good.sum()), int(valid.sum()), report,
    )  # fmt: skip


def _damaged(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"无法读取 GeoTIFF {name}：文件损坏或不完整。",
        f"the GeoTIFF {name} cannot be read: it is damaged or cut off.",
    )
