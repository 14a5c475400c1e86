"""Where the real files lie, and small files made for the tests."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(*parts: str) -> Path:
    """A real file beside the project; the test is skipped where it is missing."""
    path = SHARED.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"the shared file {'/'.join(parts)} is not here")
    return path


def buildings(count: int = 6, crs: int = 4326) -> gpd.GeoDataFrame:
    """Square footprints in Jiading with Chinese attributes."""
    squares = [shapely.box(121.25 + 0.001 * n, 31.38, 121.2504 + 0.001 * n, 31.3803) for n in range(count)]
    frame = gpd.GeoDataFrame(
        {
            "编号": [f"B{n}" for n in range(count)],
            "名称": [f"嘉定大楼{n}号" for n in range(count)],
            "高度": [10.0 + n for n in range(count)],
            "用途": ["住宅", "办公", "商业"] * (count // 3) + ["住宅"] * (count % 3),
        },
        geometry=squares,
        crs=4326,
    )
    return frame.to_crs(crs)


def zipped(folder: Path, target: Path) -> Path:
    """Every file of ``folder`` in one archive."""
    with zipfile.ZipFile(target, "w") as archive:
        for item in sorted(folder.iterdir()):
            archive.write(item, item.name)
    return target
