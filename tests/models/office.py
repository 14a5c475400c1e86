"""The office of 嘉定新城 in two versions, converted once, and a city block whose buildings stand under it."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import shapely

from bim import model as formats
from tests import city
from twin.models import folders, register
from twin.models.register import Entry
from twin.store import Store

LON, LAT = 121.25, 31.38


def kept(store: Store, converted: Path, *, model: str | None = None) -> Entry:
    """A copy of a converted folder taken into the home, as the intake does it."""
    staged = folders.stage(store.home)
    shutil.copytree(converted, staged / "model")
    entry = register.add(store, staged / "model", model=model)
    shutil.rmtree(staged)
    return entry


def block(outline: shapely.Polygon) -> gpd.GeoDataFrame:
    """Three buildings: the one with ``outline`` (degrees), one beside it, one far away."""
    west, south, east, north = outline.bounds
    beside = shapely.box(east + (east - west) * 0.2, south, east + (east - west), north)
    return gpd.GeoDataFrame(
        {
            "source_key": ["office", "beside", "far"],
            "name": ["示范楼旧记录", "邻楼", "远楼"],
            "height_m": [12.0, 9.0, 6.0],
            "height_source": ["floors", "floors", "default"],
            "floors": [4, 3, 2],
            "use": ["residential", "residential", "residential"],
            "people": [100, 10, 5],
        },
        geometry=[outline, beside, shapely.box(121.3, 31.4, 121.3005, 31.4005)],
        crs=4326,
    )


def put(store: Store, outline: shapely.Polygon) -> None:
    """Publish the block."""
    city.put(store, {"building": block(outline)}, name="survey")


def fid(store: Store, name: str) -> int:
    """Number of a building by its name."""
    relation = store.generation("building").relation
    row = store.cursor().execute(f"SELECT fid FROM {relation} WHERE name = ?", [name]).fetchone()
    assert row is not None
    return int(row[0])


def document(folder: Path) -> formats.Model:
    """What is known of a converted folder."""
    return formats.read(folder)
