"""5G coverage: the engine over a district, beside plain numpy and GDAL's viewshed, in one run.

Run it with the project's own Python, on a machine with nothing else to do:

    .venv/bin/python -m tests.benchmarks.coverage [--home DIR] [--radius 1000] [--executors] [--repeat 5]

``--home`` is a home with the demonstration city (it is copied, not touched); without one a town of the
same size is generated. All sites count as on the air, with three sectors on 3.5 GHz. Each phase runs in
this process; "cold" has neither rasters nor lines of sight kept, but compiled loops (the first run ever
adds some 20 s of compiling). Wall and processor seconds stand side by side: where they differ
much from one another on a busy machine, trust the latter. The numpy reference is the one the tests hold
the engine to; GDAL is the library that rasterio brings, called over its C interface, and answers the part of
line of sight only (a cell under a building is hidden by its own roof there).
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.analysis.coverage_5g import reference, scenes
from tests.analysis.coverage_5g.test_engine import by_reference
from twin.analysis import surface
from twin.analysis.coverage_5g import engine, los, result, sites, what_if
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.sites import Sites
from twin.analysis.surface import Surface
from twin.executor import Dask, Inline, Processes
from twin.scenario import Add, Move, Remove
from twin.store import Store

SAMPLE = 60
"""Antennas that GDAL looks from."""
EDITS = 15


def timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """What ``call`` gives, wall seconds, processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    return found, time.perf_counter() - wall, time.process_time() - cpu


def row(name: str, wall: float, cpu: float, note: str = "") -> None:
    print(f"| {name} | {wall:.3f} | {cpu:.3f} | {note} |", flush=True)


def memory() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB at most so far"


def all_on_one_band(table: Sites) -> Sites:
    """The same sites with every sector on 3.5 GHz and the usual panel."""
    none = np.full(table.sectors, np.nan)
    return dataclasses.replace(
        table, band_ghz=np.full(table.sectors, 3.5), bandwidth_mhz=none, pattern=np.full(table.sectors, None)
    )


def city(home: Path | None, work: Path) -> tuple[Callable[[], Surface], Sites]:
    """How to get the surface, and 3,500 sites."""
    if home is None:
        made = scenes.town(1, size_m=26_000, count=150_000)
        return lambda: made, all_on_one_band(scenes.scattered(made, 1, 3500))
    shutil.copytree(home, work / "home", ignore=shutil.ignore_patterns("cache", "server.json"))
    store = Store.open(work / "home")
    return lambda: surface.read(store, 10.0), all_on_one_band(sites.read(store, planned=True, off=True))


def metrics(run: Run) -> result.Coverage:
    """Every raster of a run."""
    made = run.rasters()
    for name in result.METRICS:
        made.metric(name)
    made.probability(-105.0)
    return made


def district(read: Callable[[], Surface], table: Sites, radius_m: float, work: Path, repeat: int) -> Run:
    """The whole district, cold and with lines of sight kept."""
    parameters, cache = Parameters(radius_m=radius_m), work / "cache"
    small = scenes.town(2, count=50)
    metrics(engine.run(small, scenes.scattered(small, 2, 2), Parameters()))
    place, wall_0, cpu_0 = timed(read)
    row("rasters of the surface", wall_0, cpu_0, f"{place.grid.rows} x {place.grid.columns} cells")
    run, wall_1, cpu_1 = timed(lambda: engine.run(place, table, parameters, cache=cache))
    row("engine, nothing kept", wall_1, cpu_1, f"{len(run.masts.number):,} sectors")
    _, wall_2, cpu_2 = timed(lambda: metrics(run))
    row("all rasters of the result", wall_2, cpu_2, memory())
    row("**cold: all of it**", wall_0 + wall_1 + wall_2, cpu_0 + cpu_1 + cpu_2, "goal 20 s")
    times = []
    for _ in range(repeat):
        del run
        run, *once = timed(lambda: engine.run(place, table, parameters, cache=cache))
        times.append(once)
    wall, cpu = (statistics.median(values) for values in zip(*times, strict=True))
    speed = (
        f"{len(run.masts.number) / cpu:,.0f} sectors/s, {run.evaluations / cpu / 1e6:,.0f} M evaluations/s"
    )
    row("engine, sight kept", wall, cpu, speed + " a core")
    row("**sight kept: engine and all rasters**", wall + wall_2, cpu + cpu_2, "goal 8 s")
    path, wall, cpu = timed(lambda: result.write(run.rasters(), work / "rsrp.tif"))
    row("int16 COG", wall, cpu, f"{path.stat().st_size / 1e6:.1f} MB")
    print(f"\n{memory()}; goal 2 GB\n")
    return run


def changes(run: Run) -> None:
    """Edits in the engine, median of some sites."""
    rng = np.random.default_rng(3)
    times: dict[str, list[tuple[float, float]]] = {"add": [], "remove": [], "move": [], "drag on": []}
    for _ in range(EDITS):
        at = int(rng.integers(len(run.sites)))
        fid, lon, lat = int(run.sites.fid[at]), float(run.sites.lon[at]), float(run.sites.lat[at])
        editor = what_if.Editor(run)
        added = Add(id=1, layer="site_5g", lon=lon + 0.002, lat=lat, values={"height_m": 30.0})
        steps = [Move(id=1, layer="site_5g", fid=fid, lon=lon + k * 5e-4, lat=lat) for k in (1, 2)]
        for name, edit in (("add", added), ("move", steps[0]), ("drag on", steps[1])):
            times[name].append(timed(partial(editor.apply, [edit]))[1:])
        removed = partial(what_if.Editor(run).apply, [Remove(id=1, layer="site_5g", fid=fid)])
        times["remove"].append(timed(removed)[1:])
    print("| edit | median wall ms | median processor ms | most wall ms | goal ms |\n|---|---|---|---|---|")
    for name, found in times.items():
        wall, cpu = (np.array(values) * 1e3 for values in zip(*found, strict=True))
        goal = 100 if name == "remove" else 20
        print(f"| {name} | {np.median(wall):.1f} | {np.median(cpu):.1f} | {wall.max():.1f} | {goal} |")
    print(flush=True)


def beside_numpy() -> None:
    """A 2 km window with 21 sectors, by the engine and by the reference of the tests."""
    place = scenes.town(11)
    table = scenes.scattered(place, 11, 7)
    run, _, ours = timed(lambda: engine.run(place, table, Parameters(radius_m=1000.0)))
    expected, _, theirs = timed(lambda: by_reference(run))
    assert isinstance(expected, reference.Reference)
    heard = int(np.isfinite(expected.level).sum())
    cells = run.rasters()
    outdoor = cells.known & cells.outdoor
    same = cells.server == expected.server
    off = np.abs(cells.rsrp_dbm - expected.best)[same & outdoor]
    print("| 2 km window, 21 sectors, sight included | processor s | M evaluations/s |\n|---|---|---|")
    print(f"| the engine | {ours:.3f} | {run.evaluations / ours / 1e6:,.1f} |")
    print(f"| plain numpy | {theirs:.3f} | {heard / theirs / 1e6:,.2f} |\n")
    print(
        f"same server outdoors in {same[outdoor].mean():.5%}; there 99.9 % of levels within "
        f"{np.quantile(off, 0.999):.5f} dB, all within {off.max():.4f} dB\n",
        flush=True,
    )


def beside_gdal(run: Run) -> None:
    """Lines of sight of some antennas, by the engine and by GDAL's viewshed on the same raster."""
    generate = viewshed()
    rng = np.random.default_rng(4)
    chosen = np.sort(rng.choice(len(run.masts), min(SAMPLE, len(run.masts)), replace=False))
    cell = run.masts.arrays.cell[chosen]
    height = run.masts.arrays.place[chosen, 2].astype(np.float32)
    reach = run.sight.reach
    los.rays(reach)

    def ours() -> Any:
        return los.sight(run.surface, cell, height, run.masts.own[chosen], user_height_m=1.5, reach=reach)

    ours()
    _, _, cpu = timed(ours)
    print("| line of sight, one core | processor ms an antenna |\n|---|---|")
    print(f"| the engine | {cpu / len(chosen) * 1e3:.3f} |")
    if generate is None:
        print("\nthe library of rasterio shows no viewshed here\n")
        return
    grid = run.surface.grid
    tops = run.surface.top
    windows = []
    for (y, x), z in zip(cell.tolist(), height.tolist(), strict=True):
        top, left = max(0, y - reach), max(0, x - reach)
        part = np.ascontiguousarray(tops[top : y + reach + 1, left : x + reach + 1])
        part[y - top, x - left] = 0.0
        windows.append((part, y - top, x - left, float(z)))
    _, _, cpu = timed(lambda: [generate(*window, grid.cell_m, reach * grid.cell_m) for window in windows])
    print(f"| GDAL {gdal_version()} viewshed | {cpu / len(chosen) * 1e3:.3f} |\n", flush=True)


def gdal_version() -> str:
    import rasterio

    return str(rasterio.__gdal_version__)


def viewshed() -> Callable[[np.ndarray, int, int, float, float, float], None] | None:
    """GDAL's viewshed of a raster in memory; None where the library cannot be called."""
    import rasterio

    folder = Path(rasterio.__file__).parent
    found = sorted([*folder.parent.glob("rasterio.libs/libgdal*"), *folder.glob(".dylibs/libgdal*")])
    if not found:
        return None
    library = ctypes.CDLL(str(found[0]))
    text, number, pointer = ctypes.c_char_p, ctypes.c_double, ctypes.c_void_p
    library.GDALAllRegister()
    for name, kinds, gives in (
        ("GDALGetDriverByName", (text,), pointer),
        ("GDALCreate", (pointer, text, *(ctypes.c_int,) * 4, pointer), pointer),
        ("GDALSetGeoTransform", (pointer, pointer), ctypes.c_int),
        ("GDALGetRasterBand", (pointer, ctypes.c_int), pointer),
        (
            "GDALRasterIO",
            (pointer, *(ctypes.c_int,) * 5, pointer, *(ctypes.c_int,) * 5),
            ctypes.c_int,
        ),
        (
            "GDALViewshedGenerate",
            (
                pointer,
                text,
                text,
                pointer,
                *(number,) * 9,
                ctypes.c_int,
                number,
                pointer,
                pointer,
                ctypes.c_int,
                pointer,
            ),
            pointer,
        ),
        ("GDALClose", (pointer,), ctypes.c_int),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = kinds, gives
    driver = library.GDALGetDriverByName(b"MEM")
    float32, write, plain_mode, only_mask = 6, 1, 2, 1

    def generate(raster: np.ndarray, row_: int, column: int, z: float, cell_m: float, far_m: float) -> None:
        rows, columns = raster.shape
        source = library.GDALCreate(driver, b"", columns, rows, 1, float32, None)
        library.GDALSetGeoTransform(source, (number * 6)(0, cell_m, 0, 0, 0, -cell_m))
        band = library.GDALGetRasterBand(source, 1)
        library.GDALRasterIO(
            band, write, 0, 0, columns, rows, raster.ctypes.data, columns, rows, float32, 0, 0
        )
        made = library.GDALViewshedGenerate(
            band, b"MEM", b"", None, (column + 0.5) * cell_m, -(row_ + 0.5) * cell_m, z, 1.5, 255, 0, 0, -1, 0,
            plain_mode, far_m, None, None, only_mask, None,
        )  # fmt: skip
        assert made
        library.GDALClose(made)
        library.GDALClose(source)

    return generate


def executors(run: Run, work: Path) -> None:
    """The district by threads, one part after the other, processes, and a dask cluster of two workers."""
    from distributed import LocalCluster

    def once(executor: engine.Executor | None) -> tuple[Run, float, float]:
        made: tuple[Run, float, float] = timed(
            lambda: engine.run(
                run.surface, run.sites, run.parameters, cache=work / "cache", executor=executor
            )
        )
        return made

    print("| signals of the district by | wall s | equal to threads |\n|---|---|---|")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(work)
    ) as cluster:
        for name, executor in (
            ("threads", None),
            ("one after the other", Inline()),
            ("two processes", Processes(2)),
            ("dask, two workers, first", Dask(cluster.scheduler_address)),
            ("dask, two workers, again", Dask(cluster.scheduler_address)),
        ):
            other, wall, _ = once(executor)
            same = all(np.array_equal(other.tiles[key], tile) for key, tile in run.tiles.items())
            print(f"| {name} | {wall:.2f} | {same and len(other.tiles) == len(run.tiles)} |", flush=True)
            del other


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--radius", type=float, default=1000.0, help="metres")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--executors", action="store_true", help="also processes and a dask cluster")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        read, table = city(options.home, work)
        print("| phase | wall s | processor s | |\n|---|---|---|---|", flush=True)
        run = district(read, table, options.radius, work, options.repeat)
        changes(run)
        beside_numpy()
        beside_gdal(run)
        if options.executors:
            executors(run, work)


if __name__ == "__main__":
    main()
