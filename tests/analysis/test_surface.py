from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from tests import city
from tests.analysis.coverage_5g import scenes
from twin.analysis import surface
from twin.analysis.surface import Buildings, Grid
from twin.errors import InputError
from twin.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


def houses() -> gpd.GeoDataFrame:
    """A tower, a house of three floors, and one of which nothing is known."""
    square = shapely.box(0, 0, 0.0004, 0.0004)
    shapes = [
        shapely.transform(square, lambda points, k=k: points + np.array([121.25 + 0.001 * k, 31.35]))
        for k in range(3)
    ]
    return gpd.GeoDataFrame(
        {
            "source_key": ["a", "b", "c"],
            "height_m": [40.0, None, None],
            "floors": [12, 3, None],
            "use": ["office", "residential", None],
            "year": [2010, None, None],
        },
        geometry=shapes,
        crs=4326,
    )


BOUNDS = (121.249, 31.349, 121.254, 31.352)


def test_cells_belong_to_the_building_around_their_middle() -> None:
    place = scenes.boxes(10.0, 100, [[10, 40, 44, 20], [36, 60, 70, 16]], [12.0, 30.0])
    assert np.unique(place.building).tolist() == [-1, 0, 1]
    # Box 1 spans 36..70 m east, 16..60 m south: middles 45..65 and 25..55; box 0 keeps what box 1 leaves.
    rows, columns = np.nonzero(place.building == 1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 5, 4, 6)
    rows, columns = np.nonzero(place.building == 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 3, 1, 3)
    assert np.unique(place.top).tolist() == [0, 12, 30]
    assert (place.outdoor == (place.building < 0)).all()


def test_of_overlapping_buildings_the_highest_counts() -> None:
    place = scenes.boxes(10.0, 100, [[0, 100, 100, 0], [40, 60, 60, 40]], [50.0, 20.0])
    assert np.unique(place.building).tolist() == [0]


def test_a_roof_is_flat_on_the_lowest_ground_it_covers() -> None:
    slope = np.repeat(np.arange(10, dtype=np.float32)[:, None], 10, axis=1)
    place = scenes.boxes(10.0, 100, [[20, 80, 60, 40]], [15.0], ground=slope)
    assert np.unique(place.top[place.building == 0]).tolist() == [19.0]
    assert np.array_equal(place.top[place.outdoor], slope[place.outdoor])
    assert place.terrain_known


def test_relief_is_what_stands_around_a_place() -> None:
    place = scenes.boxes(10.0, 100, [[0, 100, 50, 0]], [20.0])
    x, y = place.grid.middles(5, 5)
    roofs, built, rural = place.relief(float(x), float(y), 20.0)
    assert (roofs, built, rural) == (20.0, pytest.approx(0.4), 0.0)
    assert place.relief(place.grid.west - 500, place.grid.north, 20.0) == (0.0, 0.0, 0.0)


def test_the_key_names_the_content() -> None:
    one = scenes.boxes(10.0, 100, [[0, 100, 50, 0]], [20.0])
    assert one.key == scenes.boxes(10.0, 100, [[0, 100, 50, 0]], [20.0]).key
    assert one.key != scenes.boxes(10.0, 100, [[0, 100, 50, 0]], [21.0]).key


def test_rasters_of_a_home(store: Store) -> None:
    city.put(store, {"building": houses()})
    place = surface.read(store, 2.0, BOUNDS)
    assert place.grid.crs == "EPSG:4549"
    assert place.grid.west % 2 == 0
    by_height = dict(zip(place.buildings.height_m.tolist(), place.buildings.floors.tolist(), strict=True))
    assert by_height == {40.0: 12, 9.0: 3, 6.0: 2}
    assert sorted(place.buildings.use) == ["", "office", "residential"]
    assert np.unique(place.top).tolist() == [0.0, 6.0, 9.0, 40.0]
    # 0.0004 degrees are 38.0 m east and 44.4 m north.
    assert np.bincount(place.building[place.building >= 0]) * 4 == pytest.approx([38.0 * 44.4] * 3, rel=0.06)
    tower = place.buildings.fid[place.building[place.grid.cells(*place.grid.to_metres(121.2502, 31.3502))]]
    [fid] = store.cursor().execute(
        f"SELECT fid FROM {store.generation('building').relation} WHERE height_m = 40"
    ).fetchone() or [None]
    assert tower == fid
    assert not place.terrain_known


def test_rasters_are_kept_until_the_data_change(store: Store) -> None:
    city.put(store, {"building": houses()})
    first = surface.read(store, 5.0, BOUNDS)
    [folder] = surface.cache_folder(store.home).iterdir()
    assert folder.name == first.key
    marked = np.load(folder / "top.npy")
    marked[0, 0] = 77
    np.save(folder / "top.npy", marked)
    assert surface.read(store, 5.0, BOUNDS).top[0, 0] == 77  # read, not made
    (folder / "top.npy").write_bytes(b"damaged")
    assert np.array_equal(surface.read(store, 5.0, BOUNDS).top, first.top)
    frame = houses()
    frame.loc[0, "height_m"] = 41.0
    city.put(store, {"building": frame})
    changed = surface.read(store, 5.0, BOUNDS)
    assert changed.key != first.key
    assert changed.top.max() == 41.0


def test_few_rasters_are_kept(store: Store) -> None:
    city.put(store, {"building": houses()})
    for cell_m in range(5, 5 + surface.KEPT + 3):
        surface.read(store, float(cell_m), BOUNDS)
    assert len(list(surface.cache_folder(store.home).iterdir())) == surface.KEPT


def test_farmland_is_rural(store: Store) -> None:
    fields = gpd.GeoDataFrame(
        {"source_key": ["f", "g"], "use": ["farmland", "industrial"]},
        geometry=[
            shapely.box(121.249, 31.349, 121.2515, 31.352),
            shapely.box(121.2515, 31.349, 121.254, 31.352),
        ],
        crs=4326,
    )
    city.put(store, {"building": houses(), "land_use": fields})
    place = surface.read(store, 10.0, BOUNDS)
    assert place.rural.mean() == pytest.approx(0.5, abs=0.05)


def test_terrain_comes_from_the_home(store: Store, tmp_path: Path) -> None:
    import rasterio
    from affine import Affine

    from twin import rasters

    path = rasters.folder(store) / "dem.tif"
    path.parent.mkdir(exist_ok=True)
    cells = np.tile(np.arange(20, dtype=np.float32), (20, 1))
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.001, 0, 121.24, 0, -0.001, 31.36), nodata=-9999,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    city.put(store, {"building": houses()})
    kept = rasters.Raster("dem", 1, path, (121.24, 31.34, 121.26, 31.36), 0.0, 19.0, 0.0, 400)
    with store.writing() as writer:
        writer.execute(*kept.insert())
        writer.execute("INSERT INTO twin.shown VALUES ('dem', 1)")
    place = surface.read(store, 10.0, BOUNDS)
    assert place.terrain_known
    lon, _ = place.grid.to_degrees(*place.grid.middles(10, 20))
    assert place.ground[10, 20] == pytest.approx((float(lon) - 121.24) / 0.001 - 0.5, abs=0.01)


def test_requests_that_cannot_be_met(store: Store) -> None:
    with pytest.raises(InputError, match="neither boundaries nor buildings"):
        surface.read(store, 10.0)
    city.put(store, {"building": houses()})
    with pytest.raises(InputError, match=r"0\.25 to 100"):
        surface.read(store, 0.1)
    with pytest.raises(InputError, match="west, south, east, north"):
        surface.read(store, 10.0, (121.3, 31.3, 121.2, 31.4))
    with pytest.raises(InputError, match="cells larger than"):
        surface.read(store, 0.5, (121.0, 31.0, 122.0, 32.0))
    assert surface.read(store, 10.0).grid.rows > 10


def test_without_buildings_the_ground_is_bare(store: Store) -> None:
    city.put(store, {"site_5g": city.sites()})
    place = surface.read(store, 10.0)
    assert not place.buildings_known
    assert (place.building == -1).all()
    assert not list((store.home / "cache").rglob("*.npy"))


def test_a_window_of_a_grid_is_aligned() -> None:
    grid = Grid("EPSG:4549", 1000.0, 5000.0, 10.0, 100, 80)
    part = grid.window((10, 30, 5, 25))
    assert (part.west, part.north, part.rows, part.columns) == (1050.0, 4900.0, 20, 20)
    assert grid.middles(10, 5) == part.middles(0, 0)
    assert grid.cells(*grid.middles([0, 99], [0, 79]))[0].tolist() == [0, 99]
    assert grid.holds([0, 100, -1], [0, 0, 0]).tolist() == [True, False, False]


def test_bounds_are_found_again_within_their_margin(store: Store) -> None:
    city.put(store, {"building": houses()})
    tight = surface.read(store, 5.0, BOUNDS)
    wide = surface.read(store, 5.0, BOUNDS, margin_m=100.0)
    assert wide.grid.rows == pytest.approx(tight.grid.rows + 40, abs=1)
    top, bottom, left, right = wide.grid.window_of(BOUNDS)
    assert (bottom - top, right - left) == pytest.approx(tight.grid.shape, abs=1)
    part = wide.grid.window((top, bottom, left, right))
    assert (part.west, part.north) == (tight.grid.west, tight.grid.north)
    assert np.array_equal(wide.top[top : top + tight.grid.rows, left : left + tight.grid.columns], tight.top)
    assert tight.grid.window_of((120.0, 30.0, 120.1, 30.1))[2:] == (0, 0)


def test_buildings_by_height_alone() -> None:
    plain = Buildings.plain([3.0, 31.0])
    assert (plain.fid.tolist(), plain.floors.tolist(), len(plain)) == ([1, 2], [1, 10], 2)
