"""The demonstration city keeps the frame contract and what its layers promise."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

import layers
from layers._categories import CATEGORIES
from tests.demo.conftest import SCALE, SEED
from twin.demo import build_city
from twin.demo.check import connected_share, overlap_shares
from twin.demo.geometry import to_metres
from twin.errors import Cancelled, InputError

Frames = dict[str, geopandas.GeoDataFrame]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
DIMENSION = {"point": 0, "line": 1, "polygon": 2}


def metres(rows: geopandas.GeoDataFrame) -> np.ndarray:
    return shapely.transform(rows.geometry.to_numpy(), to_metres)


def test_every_layer_is_there(city: Frames) -> None:
    assert set(city) == set(layers.all_layers())
    assert all(len(rows) for rows in city.values())


@pytest.mark.parametrize("layer", sorted(layers.all_layers()))
def test_frame_contract(city: Frames, layer: str) -> None:
    spec, rows = layers.get(layer), city[layer]
    assert rows.crs == "EPSG:4326"
    geometry = rows.geometry.to_numpy()
    assert (shapely.get_dimensions(geometry) == DIMENSION[spec.geometry]).all()
    assert not shapely.is_empty(geometry).any()
    assert shapely.is_valid(geometry).all()
    assert rows["source_key"].is_unique
    assert rows["source_key"].iloc[0] == f"demo/{layer}/1"
    known = {column.name: column for column in spec.columns}
    assert set(rows.columns) <= {*known, "geometry", "source_key", "town"}
    towns = set(city["town"]["code"].astype(int))
    assert set(rows["town"]) <= (towns if layer != "district" else {0})
    for name in set(rows.columns) & set(known):
        column, values = known[name], rows[name].dropna()
        if column.choices:
            assert set(values) <= {choice.value for choice in column.choices}, name
        if column.required:
            assert len(values) == len(rows), name
        if column.kind in ("integer", "number") and len(values):
            assert column.minimum is None or values.min() >= column.minimum, name
            assert column.maximum is None or values.max() <= column.maximum, name
        if column.kind == "records":
            fields = {item.name for item in column.fields}
            assert all(set(record) <= fields for records in values for record in records), name
        if column.kind == "text":
            assert all(isinstance(value, str) and value for value in values), name


def test_people_sum_to_the_census(city: Frames) -> None:
    total = round(1_834_000 * SCALE)
    assert city["building"]["people"].sum() == total
    assert city["town"]["people"].sum() == total
    lived_in = city["building"].loc[city["building"]["people"] > 0, "use"]
    assert set(lived_in) == {"residential", "village_house"}


def test_people_of_estates_live_in_their_buildings(city: Frames) -> None:
    by_building = city["building"].groupby("estate")["people"].sum()
    by_estate = city["estate"].set_index("name")["people"]
    assert by_estate.index.is_unique
    assert (by_building.reindex(by_estate.index) == by_estate).all()


def test_nothing_overlaps(city: Frames) -> None:
    assert all(share <= 0.001 for share in overlap_shares(city).values())


def test_streets_are_connected(city: Frames) -> None:
    assert connected_share(city["road"]) >= 0.99


def test_streets_cross_water_on_bridges_only(city: Frames) -> None:
    road, water = city["road"], metres(city["water"])
    line, surface = shapely.STRtree(water).query(metres(road), predicate="intersects")
    wet = shapely.length(shapely.intersection(metres(road)[line], water[surface]))
    assert road["bridge"].iloc[line[wet > 2.5]].all()
    assert 50 < road["bridge"].sum() < len(road) / 5


def test_towns_partition_the_district(city: Frames) -> None:
    towns, district = metres(city["town"]), metres(city["district"])[0]
    assert shapely.area(towns).sum() == pytest.approx(district.area, rel=1e-4)
    assert shapely.union_all(towns).symmetric_difference(district).area < 1e-4 * district.area
    assert len(towns) == 12


def test_counts_follow_the_scale(city: Frames) -> None:
    assert len(city["site_5g"]) == round(3500 * SCALE)
    assert len(city["sensor"]) == round(220_000 * SCALE)
    assert city["sensor"]["kind"].nunique() == 18
    assert set(city["facility"]["category"]) == {category.id for category in CATEGORIES}
    assert set(city["centre"]["town"]) == set(city["town"]["town"])
    assert len(city["building"]) > 2000


def test_sites_stand_on_real_roofs(city: Frames) -> None:
    sites = city["site_5g"]
    roof = sites[sites["mount"] == "roof"]
    site, house = shapely.STRtree(metres(city["building"])).query(metres(roof), predicate="within")
    assert sorted(site) == list(range(len(roof)))
    above = roof["height_m"].to_numpy()[site] - city["building"]["height_m"].to_numpy()[house]
    assert above.min() >= 2.9
    assert above.max() <= 6.1
    assert all(len(sectors) == 3 for sectors in sites["sectors"])


def test_sensors_stand_where_their_kind_lives(city: Frames) -> None:
    sensors = city["sensor"]
    indoor = sensors[sensors["kind"].isin(["smoke", "gas", "water_meter", "electric_meter", "lift"])]
    site, _ = shapely.STRtree(metres(city["building"])).query(metres(indoor), predicate="within")
    assert len(np.unique(site)) == len(indoor)
    level = sensors[sensors["kind"] == "water_level"]
    away = shapely.STRtree(metres(city["water"])).query_nearest(metres(level), return_distance=True)[1]
    assert np.median(away) < 1.0


def test_gates_lie_on_the_edge_of_their_estate(city: Frames) -> None:
    estate = city["estate"][city["estate"]["gated"].astype(bool)]
    with_gates = estate[estate["gates"].notna()]
    assert len(with_gates) > 0.9 * len(estate)
    row = with_gates.iloc[0]
    gate = shapely.points(to_metres([(gate["lon"], gate["lat"]) for gate in row["gates"]]))
    edge = shapely.transform(row.geometry, to_metres).boundary
    assert shapely.distance(gate, edge).max() < 0.1


def test_heights_follow_floors(city: Frames) -> None:
    building = city["building"]
    storey = building["height_m"] / building["floors"].astype(float)
    assert storey.min() > 2.95
    assert storey.max() < 4.55
    assert building["height_m"].between(3, 180).all()
    assert 8 <= building["height_m"].median() <= 16


def test_heights_and_footprints_are_spread_as_in_the_real_sample(city: Frames) -> None:
    path = SHARED / "jiading_buildings" / "jiading_buildings_attributes.csv"
    if not path.exists():
        pytest.skip("the sample of real buildings is not on this machine")
    real = pd.read_csv(path, usecols=["height_m", "footprint_m2"])
    levels = [0.25, 0.5, 0.75, 0.9, 0.95]
    own = {
        "height_m": city["building"]["height_m"],
        "footprint_m2": pd.Series(shapely.area(metres(city["building"]))),
    }
    for name, values in own.items():
        # A thirtieth of the city has its own mix of quarters: the full one is within a fifth.
        ratio = (values.quantile(levels) / real[name].quantile(levels)).to_numpy()
        assert ratio.min() > 0.45, (name, ratio)
        assert ratio.max() < 1.6, (name, ratio)


def test_every_town_has_residents(city: Frames) -> None:
    assert (city["town"]["people"] > 0).all()


def test_same_seed_same_city_and_other_seed_another(city: Frames) -> None:
    again = build_city(SEED, SCALE)
    for layer, rows in city.items():
        assert shapely.equals_exact(rows.geometry.to_numpy(), again[layer].geometry.to_numpy()).all(), layer
        pd.testing.assert_frame_equal(
            pd.DataFrame(rows.drop(columns="geometry")), pd.DataFrame(again[layer].drop(columns="geometry"))
        )


def test_progress_rises_and_cancelling_stops() -> None:
    shares: list[float] = []

    def note(share: float, name: str) -> None:
        assert name
        shares.append(share)

    with pytest.raises(Cancelled):
        build_city(SEED, 0.02, note, lambda: len(shares) > 1)
    assert shares == sorted(shares)
    assert shares[0] == 0.0


@pytest.mark.parametrize(("seed", "scale"), [(1, 0.0), (1, 1.5), (1, float("nan")), (-1, 0.5)])
def test_bad_arguments_are_told(seed: int, scale: float) -> None:
    with pytest.raises(InputError, match="correct them"):
        build_city(seed, scale)


def test_outline_agrees_with_the_reference(city: Frames) -> None:
    path = SHARED / "jiading_boundary" / "amap_310114_wgs84_derived.geojson"
    if not path.exists():
        pytest.skip("the reference outline is not on this machine")
    reference = shapely.union_all(shapely.get_parts(shapely.from_geojson(path.read_text(encoding="utf-8"))))
    own = city["district"].geometry.iloc[0]
    assert 150 <= shapely.get_num_coordinates(own) <= 260
    assert own.intersection(reference).area / own.union(reference).area > 0.98
