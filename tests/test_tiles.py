"""Vector tiles: what is in them, where, how large; read back by GDAL, not by our own code."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

import layers
from tests import city
from twin import features, tiles
from twin.rows import mercator
from twin.store import Store
from twin.tile_cache import TileCache


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    with Store.open(tmp_path_factory.mktemp("home")) as opened:
        frames = {"town": city.towns(), "building": city.buildings(), "site_5g": city.sites()}
        city.put(opened, frames | {"sensor": sensors(30_000), "road": roads()})
        yield opened


def sensors(count: int) -> gpd.GeoDataFrame:
    draw = np.random.default_rng(1)
    places = np.column_stack((draw.uniform(121.2, 121.3, count), draw.uniform(31.3, 31.4, count)))
    return gpd.GeoDataFrame(
        {"kind": ["smoke"] * count, "height_m": draw.uniform(0, 50, count)},
        geometry=shapely.points(places),
        crs=4326,
    )


def roads() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"class": ["motorway", "footway"], "name": ["沈海高速", None]},
        geometry=[
            shapely.LineString([(121.1, 31.31), (121.39, 31.33)]),
            shapely.LineString([(121.2001, 31.3001), (121.2004, 31.3004)]),
        ],
        crs=4326,
    )


def read(store: Store, tmp_path: Path, layer: str, z: int, x: int, y: int) -> gpd.GeoDataFrame:
    """The tile as GDAL reads it, in EPSG:3857."""
    data = tiles.tile(store.cursor(), layers.get(layer), store.generation(layer), z, x, y)
    folder = tmp_path / str(z) / str(x)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{y}.mvt"
    path.write_bytes(data)
    return pyogrio.read_dataframe(path, layer=layer, CLIP="NO")


def test_features_are_where_they_are(store: Store, tmp_path: Path) -> None:
    z = 15
    x, y = tiles.tile_of(city.WEST + 0.002, city.SOUTH + 0.002, z)
    found = read(store, tmp_path, "building", z, x, y)
    bounds = tiles.TileBounds.of(z, x, y)
    box = shapely.box(bounds.xmin, bounds.ymin, bounds.xmax, bounds.ymax)
    frame = city.buildings()
    projected = shapely.transform(frame.geometry.to_numpy(), lambda xy: mercator(xy[:, 0], xy[:, 1]))
    inside = shapely.intersects(projected, box)
    unit = bounds.side / tiles.EXTENT
    tree = shapely.STRtree(found.geometry.to_numpy())
    for shape in projected[inside]:
        nearest = found.geometry.iloc[tree.nearest(shapely.centroid(shape))]
        # Half a unit of rounding; up to one and a half in the margin outside the tile,
        # where coordinates are negative and DuckDB cuts their decimals off towards zero.
        assert shapely.hausdorff_distance(nearest, shape) < 1.5 * unit * 2**0.5
    assert len(found) >= inside.sum()


def test_attributes_are_those_of_the_spec(store: Store, tmp_path: Path) -> None:
    x, y = tiles.tile_of(city.WEST + 0.002, city.SOUTH + 0.002, 15)
    found = read(store, tmp_path, "building", 15, x, y)
    expected = {column.name for column in layers.get("building").tile_columns}
    assert expected - {"year"} <= set(found.columns) - {"geometry", "mvt_id"} <= expected
    assert set(found["use"]) == {"residential", "office"}
    assert found["height_m"].between(3, 42).all()


def test_a_feature_s_id_leads_to_its_object(store: Store, tmp_path: Path) -> None:
    x, y = tiles.tile_of(city.WEST + 0.002, city.SOUTH + 0.002, 15)
    found = read(store, tmp_path, "building", 15, x, y)
    for row_no, height in zip(found["mvt_id"], found["height_m"], strict=True):
        fid = features.fid_of_row(store, "building", 1, int(row_no))
        card = features.card(store, "building", fid)
        assert card["facts"][0]["value"] == pytest.approx(height, abs=0.01)
        assert card["fid"] == fid > 310114103 * 10**7


@pytest.mark.parametrize("layer", ["building", "sensor"])
@pytest.mark.parametrize("z", [9, 10, 11, 12])
def test_low_zooms_are_exact_sums(store: Store, tmp_path: Path, layer: str, z: int) -> None:
    generation = store.generation(layer)
    west, south, east, north = generation.bounds
    total = people = 0
    left, top = tiles.tile_of(west, north, z)
    right, bottom = tiles.tile_of(east, south, z)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            found = read(store, tmp_path, layer, z, x, y)
            total += found["n"].sum()
            people += found["people"].sum() if "people" in found else 0
    assert total == generation.rows
    assert people == (generation.people or 0)


def test_the_grid_s_height_is_weighted_by_area(store: Store) -> None:
    spec, generation = layers.get("building"), store.generation("building")
    expected = (
        store.cursor()
        .execute(f"SELECT sum(height_m * measure) / sum(measure) FROM {generation.relation}")
        .fetchone()[0]
    )
    query = tiles._grid_query(spec, generation)
    whole = tiles._grid_values(tiles.TileBounds.of(0, 0, 0))
    one_cell = query.split("FROM (", 1)[1].rsplit(") t", 1)[0].split(" FROM (", 1)[1].rsplit(")", 1)[0]
    row = store.cursor().execute(tiles._with(f"SELECT height_m, n FROM ({one_cell})", whole)).fetchall()
    assert [(pytest.approx(expected, abs=0.06), 400)] == row


def test_a_point_is_in_exactly_one_tile(store: Store, tmp_path: Path) -> None:
    z, seen = 15, []
    west, south, east, north = store.generation("sensor").bounds
    left, top = tiles.tile_of(west, north, z)
    right, bottom = tiles.tile_of(east, south, z)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            seen += read(store, tmp_path, "sensor", z, x, y)["mvt_id"].tolist()
    assert len(seen) == len(set(seen)) == 30_000


def test_large_features_are_clipped_and_stay_whole(store: Store, tmp_path: Path) -> None:
    z = 14
    x, y = tiles.tile_of(121.25, 31.32, z)
    found = read(store, tmp_path, "road", z, x, y)
    bounds = tiles.TileBounds.of(z, x, y)
    reach = shapely.bounds(shapely.union_all(found[found["class"] == "motorway"].geometry.to_numpy()))
    assert reach[2] - reach[0] == pytest.approx(bounds.side * (1 + 2 * 64 / 4096), rel=0.02)


def test_small_roads_wait_for_their_zoom(store: Store, tmp_path: Path) -> None:
    counts = {}
    for z in (12, 14):
        x, y = tiles.tile_of(121.2002, 31.3002, z)
        counts[z] = sorted(read(store, tmp_path, "road", z, x, y)["class"])
    assert counts[12] == ["motorway"]
    assert "footway" in counts[14]


def test_no_tile_is_larger_than_the_limit(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    count = 60_000
    x, y = draw.uniform(121.25, 121.268, count), draw.uniform(31.3, 31.315, count)
    frame = gpd.GeoDataFrame(
        {"height_m": draw.uniform(3, 90, count)},
        geometry=shapely.box(x, y, x + 1e-4, y + draw.uniform(1e-5, 2e-4, count)),
        crs=4326,
    )
    with Store.open(tmp_path / "home") as store:
        city.put(store, {"building": frame})
        z = 14
        sizes = [
            len(
                tiles.tile(
                    store.cursor(), layers.get("building"), store.generation("building"), z, column, row
                )
            )
            for column in range(tiles.tile_of(121.25, 31.3, z)[0], tiles.tile_of(121.268, 31.3, z)[0] + 1)
            for row in range(tiles.tile_of(121.25, 31.315, z)[1], tiles.tile_of(121.25, 31.3, z)[1] + 1)
        ]
    assert max(sizes) <= tiles.MAX_BYTES
    assert max(sizes) > 0.6 * tiles.MAX_BYTES, "the limit should cut no more than it must"


def test_the_same_tile_is_the_same_bytes(store: Store) -> None:
    x, y = tiles.tile_of(city.WEST + 0.002, city.SOUTH + 0.002, 14)
    arguments = (store.cursor(), layers.get("building"), store.generation("building"), 14, x, y)
    first = tiles.compressed(tiles.tile(*arguments))
    assert first == tiles.compressed(tiles.tile(*arguments))


def test_nothing_there_is_empty(store: Store) -> None:
    assert tiles.tile(store.cursor(), layers.get("building"), store.generation("building"), 14, 9, 9) == b""


def test_each_tile_is_made_once_and_memory_is_bounded() -> None:
    import threading

    made: list[tuple] = []
    gate = threading.Event()

    def make(key: tuple) -> bytes:
        gate.wait(5)
        made.append(key)
        return b"x" * 1000

    cache = TileCache(make, limit_bytes=10_000, workers=2)
    futures = [cache.request(("a", 1, 1, 0, 0)) for _ in range(50)]
    gate.set()
    assert {future.result(5) for future in futures} == {b"x" * 1000}
    assert len(made) == 1
    for number in range(40):
        cache.request(("a", 1, 2, number, 0)).result(5)
    assert cache.peek(("a", 1, 1, 0, 0)) is None
    assert cache.peek(("a", 1, 2, 39, 0)) is not None
    assert cache._size <= 10_000
    cache.close()


def test_a_tile_that_fails_can_be_asked_for_again() -> None:
    outcomes = [ValueError("once"), b"fine"]

    def make(key: tuple) -> bytes:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cache = TileCache(make, limit_bytes=1000, workers=1)
    with pytest.raises(ValueError, match="once"):
        cache.request(("a", 1, 0, 0, 0)).result(5)
    assert cache.request(("a", 1, 0, 0, 0)).result(5) == b"fine"
    cache.close()
