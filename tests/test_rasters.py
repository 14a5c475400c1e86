"""Terrain and population rasters: in through the importer, read back at a place, swept when unnamed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from twin import catalogue, rasters
from twin.backup import backup, restore
from twin.importer import import_file
from twin.settings import Settings
from twin.store import Store

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def _dem(path: Path, level: float) -> Path:
    values = np.full((40, 50), level, dtype="float32")
    values[10, 20] = level + 2.5
    values[0, 0] = -9999
    profile = {
        "driver": "GTiff",
        "width": 50,
        "height": 40,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
    }
    with rasterio.open(
        path, "w", transform=from_origin(121.2, 31.4, 0.001, 0.001), nodata=-9999, **profile
    ) as file:
        file.write(values, 1)
    return path


def test_a_dem_comes_in_and_answers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with Store.open(settings.home) as store:
        done = import_file(store, _dem(tmp_path / "dem.tif", 4.0), settings=settings, layer="dem")
        assert [(item.layer, item.accepted, item.rejected) for item in done] == [("dem", 1999, 0)]
        kept = rasters.shown(store)["dem"]
        assert (kept.minimum, kept.maximum) == (4.0, 6.5)
        assert rasters.value_at(store, "dem", 121.2205, 31.3895) == 6.5
        assert rasters.value_at(store, "dem", 121.2105, 31.3795) == 4.0
        assert rasters.value_at(store, "dem", 121.2005, 31.3995) is None, "no data"
        assert rasters.value_at(store, "dem", 0.0, 0.0) is None, "outside"
        assert rasters.value_at(store, "population", 121.21, 31.38) is None, "none imported"
        import_file(store, _dem(tmp_path / "dem.tif", 9.0), settings=settings, layer="dem")
        assert rasters.value_at(store, "dem", 121.2105, 31.3795) == 9.0
        assert [item.layer for item in catalogue.datasets(store)] == ["dem", "dem"]
        backup(store, tmp_path / "copy.zip")
    restore(tmp_path / "copy.zip", tmp_path / "other")
    with Store.open(tmp_path / "other") as store:
        assert rasters.value_at(store, "dem", 121.2105, 31.3795) == 9.0
        files = list((store.home / "rasters").iterdir())
        assert sorted(file.name for file in files) == ["dem-1.tif", "dem-2.tif"], "undo needs the older one"
        assert store.undo() == ["dem"]
        assert rasters.value_at(store, "dem", 121.2105, 31.3795) == 4.0
        assert store.undo() == ["dem"]
        assert rasters.value_at(store, "dem", 121.2105, 31.3795) is None
    with Store.open(tmp_path / "other") as store:
        assert list((store.home / "rasters").iterdir()) == []
