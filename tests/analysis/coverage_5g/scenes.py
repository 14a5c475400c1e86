"""Small hand-made cities for the tests of coverage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from twin.analysis import surface
from twin.analysis.coverage_5g import sites
from twin.analysis.surface import Buildings, Grid, Surface

WEST, NORTH = 620_000.0, 3_470_000.0
"""A corner in EPSG:4549, within Jiading."""

Floats = npt.NDArray[np.float64]


def grid(cell_m: float, size_m: float) -> Grid:
    """A square grid from the corner."""
    count = round(size_m / cell_m)
    return Grid("EPSG:4549", WEST, NORTH, cell_m, count, count)


def boxes(
    cell_m: float, size_m: float, corners: npt.ArrayLike, height_m: npt.ArrayLike, **more: object
) -> Surface:
    """A city of boxes: ``corners`` (k, 4) are west, south, east, north in metres east and south of the corner."""
    made = np.asarray(corners, dtype=float).reshape(-1, 4)
    shapes = shapely.box(WEST + made[:, 0], NORTH - made[:, 1], WEST + made[:, 2], NORTH - made[:, 3])
    return surface.build(
        grid(cell_m, size_m),
        np.atleast_1d(shapes),
        Buildings.plain(np.atleast_1d(height_m)),
        **more,  # type: ignore[arg-type]
    )


def town(seed: int, cell_m: float = 10.0, size_m: float = 2000.0, count: int = 500) -> Surface:
    """A random town of boxes on gently rolling ground."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, size_m, (count, 2))
    half = rng.uniform(5, 35, (count, 2))
    height = np.clip(rng.lognormal(np.log(14), 0.6, count), 3, 90)
    lines = np.arange(round(size_m / cell_m)) * cell_m
    ground = 4 + 2 * np.sin(lines / 300)[:, None] * np.cos(lines / 200)[None, :]
    return boxes(
        cell_m,
        size_m,
        np.column_stack([middle[:, 0] - half[:, 0], middle[:, 1] + half[:, 1], middle[:, 0] + half[:, 0],
                         middle[:, 1] - half[:, 1]]),
        height,
        ground=ground.astype(np.float32),
    )  # fmt: skip


def place(city: Surface, east_m: float, south_m: float) -> tuple[float, float]:
    """Longitude and latitude of a place so far from the north-west corner."""
    lon, lat = city.grid.to_degrees(city.grid.west + east_m, city.grid.north - south_m)
    return float(lon), float(lat)


def scattered(city: Surface, seed: int, count: int, sectors: int = 3) -> sites.Sites:
    """Random sites with tilted sectors; antennas a few metres over the roof they stand on, else on masts."""
    rng = np.random.default_rng(seed)
    size = city.grid.rows * city.grid.cell_m
    rows = []
    for number in range(1, count + 1):
        lon, lat = place(city, *rng.uniform(0.05 * size, 0.95 * size, 2))
        x, y = city.grid.to_metres(lon, lat)
        at = tuple(int(v) for v in city.grid.cells(x, y))
        roof = float(city.top[at] - city.ground[at])
        height = round(roof + rng.uniform(3, 8), 1) if roof > 0 else round(rng.uniform(12, 40), 1)
        first = rng.uniform(0, 120)
        rows.append(
            {
                "fid": number, "lon": lon, "lat": lat, "operator": "cmcc", "height_m": height,
                "mount": "roof" if roof > 0 else "mast",
                "sectors": [
                    {
                        "band_ghz": 3.5, "azimuth_deg": round(first + 360 / sectors * k, 1) % 360,
                        "mechanical_tilt_deg": float(rng.integers(0, 6)),
                        "electrical_tilt_deg": float(rng.integers(2, 9)),
                        "power_dbm": float(rng.choice([46, 49, 53])), "bandwidth_mhz": 100.0,
                        "pattern": "64T64R-65deg",
                    }
                    for k in range(sectors)
                ],
            }
        )  # fmt: skip
    return sites.of_rows(rows)
