from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import rasterio

from twin.analysis.coverage_5g.calibration import calibrate
from twin.analysis.coverage_5g.residuals import (
    Residuals,
    clutter_classes,
    compare,
    raster_sampler,
    summary,
)
from twin.errors import InputError

PLANTED = {"LOS": 3.0, "NLOS": -6.0, "NLOS industrial": -9.5}


def city(
    offsets: dict[str, float], slope: float = 0.0, *, points: int = 6000, seed: int = 2, block_db: float = 3.0
) -> Residuals:
    """Samples over 4 x 4 km; measured is predicted plus offsets, slope, shadowing common to 100 m, and noise."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 4000, points), rng.uniform(0, 4000, points)
    lon, lat = 121.25 + x / 95_100, 31.30 + y / 110_900
    distance = 10 ** rng.uniform(1.6, 3.1, points)
    classes = rng.choice(list(offsets), points)
    predicted = -70 - 30 * np.log10(distance / 100)
    shadow = rng.normal(0, block_db, (41, 41))[(x / 100).astype(int), (y / 100).astype(int)]
    planted = np.array([offsets[name] for name in classes]) + slope * np.log10(distance / 100)
    measured = predicted + planted + shadow + rng.normal(0, 2, points)
    return compare(lon, lat, measured, predicted, distance_m=distance, classes=classes)


# -- residuals -----------------------------------------------------------------------------


def test_residuals_are_predicted_less_measured() -> None:
    found = compare(
        [121.0, 121.1, 121.2, 121.3], [31.0] * 4, [-90, -100, np.nan, -80],
        lambda lon, lat: np.where(lon < 121.25, -95, np.nan),
        distance_m=[50, 300, 1, 2], classes=["LOS", "NLOS", "LOS", "LOS"],
    )  # fmt: skip
    assert found.residual_db.tolist() == [-5, 5]
    assert found.row.tolist() == [0, 1]
    assert found.without_prediction == 1
    parts = found.summaries()
    (everything,) = parts["all"]
    assert (everything.points, everything.mean_db, everything.rmse_db) == (2, 0, 5)
    assert everything.sigma_db == pytest.approx(math.sqrt(50))
    assert [(part.name, part.mean_db) for part in parts["distance"]] == [("0-100 m", -5), ("250-500 m", 5)]
    assert [(part.name, part.mean_db) for part in parts["class"]] == [("LOS", -5), ("NLOS", 5)]


def test_summary_of_known_numbers() -> None:
    found = summary("x", [1.0, -2.0, 3.0, -4.0, 7.0])
    assert found.mean_db == 1
    assert found.rmse_db == pytest.approx(math.sqrt(79 / 5))
    assert found.sigma_db == pytest.approx(math.sqrt(74 / 4))
    assert found.median_abs_db == 3
    assert summary("none", []).points == 0


def test_comparing_refuses_what_does_not_match() -> None:
    with pytest.raises(InputError, match="differ in number"):
        compare([121.0], [31.0], [-90, -91], [-90.0])
    with pytest.raises(InputError, match="none of the 1 measured"):
        compare([121.0], [31.0], [-90.0], [np.nan])


def test_classes_of_clutter() -> None:
    labels = clutter_classes([True, False, False], ["residential", "residential", None])
    assert labels.tolist() == ["LOS", "NLOS residential", "NLOS"]
    assert clutter_classes([True, False]).tolist() == ["LOS", "NLOS"]


def test_a_raster_is_sampled_with_scale_and_nodata(tmp_path: Path) -> None:
    path = tmp_path / "rsrp.tif"
    cells = np.array([[-9050, -10000], [-32768, -11025]], dtype=np.int16)
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=1, dtype="int16", crs="EPSG:4549", nodata=-32768,
        transform=rasterio.Affine(10, 0, 526_000, 0, -10, 3_464_000),
    ) as raster:  # fmt: skip
        raster.write(cells, 1)
        raster.scales = (0.01,)
    import pyproj

    back = pyproj.Transformer.from_crs(4549, 4326, always_xy=True).transform
    lon, lat = back(
        [526_001, 526_019, 526_001, 526_019, 526_021], [3_463_999] * 2 + [3_463_981] * 2 + [3_463_999]
    )
    found = raster_sampler(path)(np.asarray(lon), np.asarray(lat))
    assert found == pytest.approx([-90.5, -100, np.nan, -110.25, np.nan], nan_ok=True)
    with pytest.raises(InputError, match="no band 2"):
        raster_sampler(path, 2)
    with pytest.raises(InputError, match="cannot be read"):
        raster_sampler(tmp_path / "none.tif")


# -- calibration ---------------------------------------------------------------------------


def test_planted_offsets_are_recovered() -> None:
    found = calibrate(city(PLANTED))
    assert {offset.name for offset in found.offsets} == set(PLANTED)
    for offset in found.offsets:
        assert offset.offset_db == pytest.approx(PLANTED[offset.name], abs=4 * offset.standard_error_db)
        # Shadowing of 3 dB over some 1,000 squares, and 2 dB of noise over 2,000 samples.
        assert 0.08 < offset.standard_error_db < 0.2
    held = found.hold_out
    assert held.improves
    assert held.rmse_before_db == pytest.approx(
        math.sqrt(np.mean([v**2 for v in PLANTED.values()]) + 13), rel=0.05
    )
    assert held.rmse_after_db == pytest.approx(math.sqrt(13), rel=0.05)
    assert found.slope_db is None
    json.dumps(found.as_dict())
    assert "100 米方格分为 5 折" in found.method.zh


def test_a_planted_slope_is_recovered() -> None:
    truth = city(PLANTED, slope=-8.0)
    with_slope, without = calibrate(truth, slope=True), calibrate(truth)
    assert with_slope.slope_db == pytest.approx(-8, abs=0.5)
    assert with_slope.hold_out.rmse_after_db < without.hold_out.rmse_after_db - 0.5
    applied = with_slope.apply(truth.predicted, truth.classes, truth.distance_m)
    rest = applied - truth.measured
    assert abs(rest.mean()) < 1e-9
    assert float(np.sqrt((rest**2).mean())) == pytest.approx(with_slope.rmse_after_db)
    with pytest.raises(InputError, match="has a slope"):
        with_slope.apply(truth.predicted, truth.classes)


def test_nothing_improves_where_nothing_is_wrong() -> None:
    for seed in range(6):
        held = calibrate(city({"LOS": 0.0, "NLOS": 0.0}, points=1500, seed=seed), slope=True).hold_out
        assert not held.improves
        assert held.rmse_after_db == pytest.approx(held.rmse_before_db, abs=0.05)


def test_neighbouring_samples_do_not_feign_certainty() -> None:
    # 1,500 samples in 12 squares with strong common shadowing: many samples, little knowledge.
    rng = np.random.default_rng(4)
    square = np.arange(1500) % 12
    lon = 121.25 + (square * 300 + rng.uniform(10, 40, 1500)) / 95_100
    lat = 31.30 + rng.uniform(10, 40, 1500) / 110_900
    measured = -90 + rng.normal(0, 8, 12)[square] + rng.normal(0, 1, 1500)
    found = calibrate(compare(lon, lat, measured, np.full(1500, -90.0), classes=["NLOS"] * 1500))
    # A sample is worth as much as its square: 8 dB / sqrt(12), not 8 dB / sqrt(1500).
    assert found.offsets[0].standard_error_db == pytest.approx(8 / math.sqrt(12), rel=0.5)
    assert not found.hold_out.improves


def test_small_classes_join_their_parent() -> None:
    truth = city(PLANTED)
    classes = truth.classes.copy()
    classes[np.flatnonzero(classes == "NLOS")[:20]] = "NLOS water"
    classes[np.flatnonzero(classes == "LOS")[:7]] = "odd"
    found = calibrate(Residuals(**{**vars(truth), "classes": classes}))
    assert {(item.name, item.points, item.used) for item in found.skipped} == {
        ("NLOS water", 20, "NLOS"),
        ("odd", 7, None),
    }
    offset = {item.name: item.offset_db for item in found.offsets}
    assert found.points == len(truth) - 7
    assert found.apply([-90, -90, -90], ["NLOS water", "odd", "never seen"]).tolist() == [
        -90 + offset["NLOS"],
        -90,
        -90,
    ]


def test_too_few_samples_are_refused_with_what_is_needed() -> None:
    with pytest.raises(InputError) as told:
        calibrate(city({"LOS": 0.0, "NLOS": 1.0}, points=60))
    assert "at least 50 in at least 10 squares" in told.value.en
    assert "每类至少需要 50 个点" in told.value.zh
    # Enough samples, but all in one square.
    one = compare([121.25] * 200, [31.3] * 200, [-90.0] * 200, [-95.0] * 200, classes=["LOS"] * 200)
    with pytest.raises(InputError, match="LOS has 200 samples in 1 squares"):
        calibrate(one)


def test_a_slope_needs_distances_that_differ() -> None:
    truth = city({"LOS": 1.0}, points=800)
    alike = Residuals(**{**vars(truth), "distance_m": np.full(len(truth), 300.0)})
    with pytest.raises(InputError, match="hardly differ"):
        calibrate(alike, slope=True)
    with pytest.raises(InputError, match="needs the distance"):
        calibrate(Residuals(**{**vars(truth), "distance_m": None}), slope=True)
    with pytest.raises(InputError, match="clutter class"):
        calibrate(Residuals(**{**vars(truth), "classes": None}))
    with pytest.raises(InputError, match="2 to 20 folds"):
        calibrate(truth, folds=1)
