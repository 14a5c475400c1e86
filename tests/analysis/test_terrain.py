from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from twin.analysis.terrain import heights


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    """Four by three cells of 0.1 degree from 121 E, 31.3 N; one is unknown."""
    path = tmp_path / "dem.tif"
    cells = np.array([[1, 2, 3, 4], [5, 6, -9999, 8], [9, 10, 11, 12]], dtype=np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=4, height=3, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.1, 0, 121, 0, -0.1, 31.3), nodata=-9999,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return path


def test_heights_lie_between_the_middles_of_cells(raster: Path) -> None:
    lon, lat = np.array([121.05, 121.10, 121.10, 121.08]), np.array([31.25, 31.25, 31.20, 31.25])
    assert heights(raster, lon, lat) == pytest.approx([1.0, 1.5, 3.5, 1.3])


def test_heights_beside_unknown_cells_and_outside_are_unknown(raster: Path) -> None:
    lon, lat = np.array([121.20, 120.99, 125.0, 121.39]), np.array([31.15, 31.25, 31.2, 31.01])
    found = heights(raster, lon, lat)
    assert np.isnan(found).tolist() == [True, True, True, False]
    assert found[3] == pytest.approx(12.0)


def test_no_place_inside_means_no_height(raster: Path) -> None:
    assert np.isnan(heights(raster, np.array([0.0, 1.0]), np.array([0.0, 1.0]))).all()
