"""A few hand-made rows of several layers, for tests that need a city but not a big one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import geopandas as gpd
import shapely

from twin import catalogue, importer
from twin.catalogue import Dataset
from twin.settings import Settings
from twin.store import Store

WEST, SOUTH = 121.20, 31.30
STEP = 0.0005
SIDE = 20


def towns() -> gpd.GeoDataFrame:
    """Two towns side by side, split at the middle column."""
    middle = WEST + STEP * SIDE / 2
    return gpd.GeoDataFrame(
        {
            "source_key": ["a", "b"],
            "name": ["安亭镇", "外冈镇"],
            "name_en": ["Anting", "Waigang"],
            "code": ["310114103", "310114114"],
            "kind": ["town", "town"],
        },
        geometry=[shapely.box(121.1, 31.2, middle, 31.5), shapely.box(middle, 31.2, 121.4, 31.5)],
        crs=4326,
    )


def buildings(count: int = SIDE * SIDE) -> gpd.GeoDataFrame:
    """``count`` square houses on a grid, heights 3, 4, 5 ... 42 m in turn, two people each."""
    number = range(count)
    geometry = [
        shapely.box(x, y, x + STEP / 2, y + STEP / 2)
        for x, y in ((WEST + STEP * (i % SIDE), SOUTH + STEP * (i // SIDE)) for i in number)
    ]
    return gpd.GeoDataFrame(
        {
            "source_key": [f"way/{i}" for i in number],
            "name": [f"塔城路{i}号楼" if i % 50 == 0 else None for i in number],
            "height_m": [float(3 + i % 40) for i in number],
            "floors": [1 + i % 12 for i in number],
            "use": ["residential" if i % 2 else "office" for i in number],
            "people": [2 for _ in number],
        },
        geometry=geometry,
        crs=4326,
    )


def sites() -> gpd.GeoDataFrame:
    """Two 5G sites, one with three sectors."""
    sector = {"band_ghz": 3.5, "azimuth_deg": 0.0, "height_m": 30.0, "power_dbm": 46.0}
    return gpd.GeoDataFrame(
        {
            "source_key": ["s1", "s2"],
            "name": ["白银路站", "叶城路站"],
            "operator": ["cmcc", "ctcc"],
            "height_m": [30.0, 25.0],
            "sectors": [[sector | {"azimuth_deg": azimuth} for azimuth in (0.0, 120.0, 240.0)], None],
        },
        geometry=shapely.points([[WEST + STEP, SOUTH + STEP], [WEST + STEP * 15, SOUTH + STEP]]),
        crs=4326,
    )


def put(
    store: Store, frames: Mapping[str, gpd.GeoDataFrame], *, name: str = "test", synthetic: bool = False
) -> list[int]:
    """Publish ``frames`` as one import; returns the ids of the datasets."""
    first = catalogue.next_dataset_id(store)
    parts = [
        importer.Rows(
            layer,
            frame,
            Dataset(
                id=first + number, layer=layer, name=name, imported_at=dt.datetime(2026, 1, 2, 3, 4, 5),
                rows_in=len(frame), accepted=len(frame), rejected=0, synthetic=synthetic, source="by hand",
                licence="none needed", data_date="2026-01-01", crs_declared="EPSG:4326", crs_found="EPSG:4326",
            ),
        )
        for number, (layer, frame) in enumerate(frames.items())
    ]  # fmt: skip
    with store.import_lock:
        importer.publish(store, parts, settings=Settings(home=store.home))
    return [part.dataset.id for part in parts]
