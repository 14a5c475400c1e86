from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from twin.errors import InputError, NoGoodRow, UndecidedCrs, UnreadableFile
from twin.ingest import RasterDataset, inspect

# rasterio 1.4 multiplies affine transforms in the way that affine 3 announces to end.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def save(path: Path, data: Any, *, crs: Any = 4549, nodata: float | None = None, cell: float = 30.0) -> Path:
    array = np.asarray(data)
    origin = (615_000, 3_480_000) if crs == 4549 else (121.2, 31.45)
    with rasterio.open(
        path, "w", driver="GTiff", width=array.shape[1], height=array.shape[0], count=1, dtype=array.dtype,
        crs=crs, transform=from_origin(*origin, cell, cell), nodata=nodata,
    ) as raster:  # fmt: skip
        raster.write(array, 1)
    return path


def open_raster(path: Path, **options: Any) -> RasterDataset:
    (dataset,) = inspect(path, **options).datasets
    assert isinstance(dataset, RasterDataset)
    return dataset


def test_terrain_becomes_a_cog_in_degrees(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:80, 0:100]
    heights = (4 + rows / 10 + columns / 20).astype("float32")
    heights[:5] = -9999
    dataset = open_raster(save(tmp_path / "嘉定dem.tif", heights, nodata=-9999))
    assert (dataset.kind, dataset.layer) == ("raster", "dem")
    assert (dataset.crs.declared, dataset.crs.found, dataset.crs.decided) == ("EPSG:4549", "EPSG:4549", True)
    assert dataset.statistics["minimum"] == pytest.approx(4.5)
    written = dataset.write(tmp_path / "out" / "dem.tif")
    assert written.dtype == "float32"
    assert written.bounds == pytest.approx((121.21, 31.42, 121.24, 31.45), abs=0.02)
    with rasterio.open(written.path) as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        lon, lat = rasterio.warp.transform(
            "EPSG:4549", "EPSG:4326", [615_000 + 50.5 * 30], [3_480_000 - 40.5 * 30]
        )
        assert next(raster.sample(zip(lon, lat, strict=True)))[0] == pytest.approx(4 + 4 + 2.5, abs=0.1)
    features = dataset.preview()["features"]
    assert features[0]["geometry"]["coordinates"][0][0] == pytest.approx([121.21, 31.42], abs=0.02)


def test_whole_metres_stay_int16(tmp_path: Path) -> None:
    heights = np.arange(400, dtype="int16").reshape(20, 20) - 10
    dataset = open_raster(save(tmp_path / "a.tif", heights, crs=4326, cell=0.001))
    assert dataset.layer == "dem"
    written = dataset.write(tmp_path / "dem.tif")
    assert (written.dtype, written.minimum, written.maximum) == ("int16", -10, 389)


@pytest.mark.parametrize("crs", [4549, 4326])
def test_population_keeps_its_total(tmp_path: Path, crs: int) -> None:
    people = np.random.default_rng(1).uniform(0, 90, (60, 70)).astype("float32")
    people[20:30, 20:30] = -1
    path = save(tmp_path / "chn_ppp_2020.tif", people, crs=crs, nodata=-1, cell=100 if crs == 4549 else 0.001)
    dataset = open_raster(path)
    assert dataset.layer == "population"
    written = dataset.write(tmp_path / "population.tif")
    assert written.total == pytest.approx(float(people[people >= 0].sum()), rel=1e-5)
    assert written.minimum >= 0


def test_what_is_unclear_is_asked_for(tmp_path: Path) -> None:
    dataset = open_raster(save(tmp_path / "a.tif", np.ones((4, 4), dtype="float32")))
    assert dataset.layer is None
    with pytest.raises(InputError, match="choose dem or population"):
        dataset.write(tmp_path / "out.tif")
    assert dataset.write(tmp_path / "out.tif", layer="dem").layer == "dem"
    with pytest.raises(InputError, match="vector layer"):
        dataset.rows_for("building")
    with pytest.raises(InputError, match="dem or population only"):
        inspect(tmp_path / "a.tif", layer="building")


def test_rasters_without_place_or_data(tmp_path: Path) -> None:
    dataset = open_raster(save(tmp_path / "dem.tif", np.ones((4, 4), dtype="float32"), crs=None))
    assert not dataset.crs.decided
    with pytest.raises(UndecidedCrs):
        dataset.write(tmp_path / "out.tif")
    assert dataset.write(tmp_path / "out.tif", crs="EPSG:4549").layer == "dem"
    with pytest.raises(NoGoodRow):
        inspect(save(tmp_path / "empty_dem.tif", np.full((4, 4), -1, dtype="int16"), nodata=-1))


def test_damaged_rasters(tmp_path: Path) -> None:
    whole = save(tmp_path / "dem.tif", np.arange(10_000, dtype="int32").reshape(100, 100)).read_bytes()
    for number, data in enumerate((whole[:200], whole[:4], whole[: len(whole) // 2], b"II*\0" + bytes(400))):
        path = tmp_path / f"{number}.tif"
        path.write_bytes(data)
        with pytest.raises(UnreadableFile, match="damaged or cut off"):
            inspect(path)
