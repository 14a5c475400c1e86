"""Build the demonstration city at full scale and print its time, memory and figures.

python tests/benchmarks/demo_city.py [--seed N] [--scale S] [--twice]
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import time
from pathlib import Path

import geopandas
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from twin.demo import build_city
from twin.demo.check import connected_share, overlap_shares, road_widths
from twin.demo.geometry import to_metres
from twin.settings import Settings

REAL = Path(__file__).resolve().parents[3] / "shared/data/jiading_buildings/jiading_buildings_attributes.csv"
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def checksum(frames: dict[str, geopandas.GeoDataFrame]) -> str:
    """One checksum of all rows of all layers."""
    digest = hashlib.sha256()
    for name in sorted(frames):
        rows = frames[name]
        digest.update(b"".join(shapely.to_wkb(rows.geometry.to_numpy())))
        digest.update(rows.drop(columns="geometry").to_json(default_handler=str, force_ascii=False).encode())
    return digest.hexdigest()


def figures(frames: dict[str, geopandas.GeoDataFrame]) -> None:
    building, road = frames["building"], frames["road"]
    for name, rows in frames.items():
        print(f"{name:20} {len(rows):8}")
    print("people", int(building["people"].sum()))
    print("overlap shares", {key: f"{value:.2e}" for key, value in overlap_shares(frames).items()})
    print("connected share of length", round(connected_share(road), 5))
    metres = shapely.transform(road.geometry.to_numpy(), to_metres)
    length = pd.Series(shapely.length(metres) / 1000).groupby(road["class"].to_numpy()).sum().round(1)
    print("street km", length.to_dict(), "widest", road_widths(road).max())
    footprint = shapely.area(shapely.transform(building.geometry.to_numpy(), to_metres))
    own = pd.DataFrame(
        {
            "height_m": building["height_m"],
            "footprint_m2": footprint,
            "floor_area_m2": building["floor_area_m2"],
            "floors": building["floors"].astype(float),
            "year": building["year"].astype(float),
        }
    )
    table = own.quantile(list(QUANTILES))
    if REAL.exists():
        real = pd.read_csv(REAL)[list(own.columns)].astype(float).quantile(list(QUANTILES))
        for column in ("height_m", "footprint_m2"):
            table[f"real {column}"] = real[column]
            table[f"{column} / real"] = table[column] / real[column]
    print("whole city beside the whole sample of real buildings")
    print(table.round(2).to_string())
    print(
        building.groupby("use").agg(
            n=("use", "size"), people=("people", "sum"), height=("height_m", "median")
        )
    )
    towns = frames["town"].copy()
    towns["grown_km2"] = shapely.area(shapely.transform(towns.geometry.to_numpy(), to_metres)) / 1e6
    towns["off_percent"] = (towns["grown_km2"] / towns["area_km2"] - 1) * 100
    print(towns[["name", "area_km2", "grown_km2", "off_percent", "people"]].round(1).to_string())
    print(frames["facility"]["category"].value_counts().to_dict())
    print(frames["sensor"]["kind"].value_counts().to_dict())
    print(
        frames["site_5g"]["mount"].value_counts().to_dict(),
        frames["site_5g"]["operator"].value_counts().to_dict(),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=Settings().demo_seed)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--twice", action="store_true", help="build twice and compare checksums")
    options = parser.parse_args()
    start = time.perf_counter()
    frames = build_city(
        options.seed,
        options.scale,
        lambda share, name: print(f"{time.perf_counter() - start:6.1f} s {share:4.0%} {name}"),
    )
    print(
        f"built in {time.perf_counter() - start:.1f} s ({time.process_time():.1f} s of processor), "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )
    figures(frames)
    if options.twice:
        print("same checksum", checksum(frames) == checksum(build_city(options.seed, options.scale)))


if __name__ == "__main__":
    main()
