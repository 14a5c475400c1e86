"""Tiles of the demonstration city: uncached beside PostGIS, then through the running server.

Run it with the project's own Python:

    .venv/bin/python -m tests.benchmarks.tiles [--home DIR] [--tiles 150] [--seconds 10]

Without ``--home`` the demonstration city is built first. PostGIS joins when
``tests/benchmarks/postgis.py`` finds it; the load is made by ``wrk`` when it is
installed, else by a bounded asyncio client that itself costs a core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import layers
from tests.benchmarks import postgis
from tests.serving import free_port
from twin import tiles
from twin.settings import ROOT
from twin.store import Generation, Store

ZOOMS = (13, 14, 15, 16)
Tile = tuple[int, int, int]


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def occupied(store: Store, generation: Generation, z: int, count: int) -> list[Tile]:
    """``count`` random tiles that hold buildings, the same for every engine."""
    side = 2 * tiles.HALF_WORLD / 2**z
    rows = (
        store.cursor()
        .execute(
            f"SELECT DISTINCT floor(((xmin + xmax) / 2 + {tiles.HALF_WORLD}) / {side})::INTEGER, "
            f"floor(({tiles.HALF_WORLD} - (ymin + ymax) / 2) / {side})::INTEGER FROM {generation.relation} ORDER BY ALL"
        )
        .fetchall()
    )
    random.Random(z).shuffle(rows)
    return [(z, x, y) for x, y in rows[:count]]


def timed(make: Callable[[Tile], bytes], wanted: list[Tile]) -> tuple[list[float], list[int]]:
    """Milliseconds and bytes of each tile, after one tile of warming up."""
    make(wanted[0])
    spent, sizes = [], []
    for tile in wanted:
        start = time.perf_counter()
        data = make(tile)
        spent.append((time.perf_counter() - start) * 1000)
        sizes.append(len(data))
    return spent, sizes


def uncached(store: Store, count: int) -> None:
    """The table of engines by zoom."""
    spec, generation = layers.get("building"), store.generation("building")
    cursor = store.cursor()
    engines: dict[str, Callable[[Tile], bytes]] = {
        "twin (DuckDB)": lambda tile: tiles.tile(cursor, spec, generation, *tile),
    }
    print(f"buildings: {generation.rows:,}; one tile at a time, no cache, milliseconds")
    try:
        import psycopg  # noqa: F401

        there = postgis.binaries() is not None
    except ImportError:
        there = False
    if not there:
        print("PostGIS is left out: PostgreSQL with PostGIS or psycopg is not installed")
        table(engines, store, generation, count)
        return
    rows = cursor.execute(
        "SELECT row_no, name, height_m, floors, use, year, people, ST_AsWKB(mercator)::BLOB AS wkb "
        f"FROM {generation.relation} ORDER BY row_no"
    ).to_arrow_table()
    with postgis.cluster() as connection:
        postgis.load(connection, rows)

        def peer(tile: Tile) -> bytes:
            z, x, y = tile
            return bytes(connection.execute(postgis.TILE_SQL, {"z": z, "x": x, "y": y}).fetchone()[0])

        engines["PostGIS ST_AsMVT"] = peer
        table(engines, store, generation, count)


def table(
    engines: dict[str, Callable[[Tile], bytes]], store: Store, generation: Generation, count: int
) -> None:
    """Print p50, p95, tiles a second and the largest tile; engines alternate zoom by zoom."""
    print(f"{'engine':<18} {'zoom':>4} {'tiles':>6} {'p50':>8} {'p95':>8} {'tiles/s':>8} {'largest kB':>11}")
    for z in ZOOMS:
        wanted = occupied(store, generation, z, count)
        for name, make in engines.items():
            spent, sizes = timed(make, wanted)
            print(
                f"{name:<18} {z:>4} {len(wanted):>6} {statistics.median(spent):>8.2f} {percentile(spent, 0.95):>8.2f} "
                f"{1000 * len(spent) / sum(spent):>8.0f} {max(sizes) / 1000:>11.0f}"
            )


def largest(store: Store) -> None:
    """The largest tile of every layer over every zoom it is served at up to 14."""
    cursor, worst = store.cursor(), (0, "")
    for layer, generation in store.shown.items():
        spec = layers.get(layer)
        if generation.bounds is None:
            continue
        west, south, east, north = generation.bounds
        for z in range(spec.tiling.min_zoom, 15):
            left, top = tiles.tile_of(west, north, z)
            right, bottom = tiles.tile_of(east, south, z)
            for x in range(left, right + 1):
                for y in range(top, bottom + 1):
                    size = len(tiles.tile(cursor, spec, generation, z, x, y))
                    worst = max(worst, (size, f"{layer} {z}/{x}/{y}"))
    print(f"largest tile of all layers, z <= 14: {worst[0] / 1000:.0f} kB ({worst[1]})")


def through_the_server(home: Path, wanted: list[Tile], generation: int, seconds: int) -> None:
    """Load the real server (pages and all) with cached tiles; prints throughput, latency, memory."""
    port = free_port()
    environment = os.environ | {"TWIN_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        start = time.perf_counter()
        while True:
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        print(f"server ready after {time.perf_counter() - start:.1f} s")
        paths = [f"/tiles/building/{z}/{x}/{y}.mvt?g={generation}" for z, x, y in wanted]
        for path in paths:
            urllib.request.urlopen(base + path, timeout=30).close()
        latencies = asyncio.run(_keep_alive(port, paths, 2000))
        print(
            f"one keep-alive connection: p50 {statistics.median(latencies):.2f} ms, p99 {percentile(latencies, 0.99):.2f} ms"
        )
        if shutil.which("wrk"):
            _wrk(base, paths, seconds)
        else:
            _clients(port, paths, seconds)
        memory = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024
        print(f"memory of the server afterwards: {memory:.0f} MB")
    finally:
        process.terminate()
        process.wait(30)


def _wrk(base: str, paths: list[str], seconds: int) -> None:
    script = (
        "paths = {"
        + ",".join(json.dumps(path) for path in paths)
        + "}\ni = 0\n"
        + (
            'request = function() i = i % #paths + 1; return wrk.format("GET", paths[i]) end\n'
            "done = function(s, l, r) print(string.format('16 connections: %.0f requests/s, p50 %.2f ms, p99 %.2f ms, "
            "errors %d', s.requests / s.duration * 1e6, l:percentile(50) / 1000, l:percentile(99) / 1000, "
            "s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout)) end\n"
        )
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as file:
        file.write(script)
    try:
        outcome = subprocess.run(
            ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", file.name, base],
            capture_output=True,
            text=True,
            check=True,
        )
        print(next(line for line in outcome.stdout.splitlines() if line.startswith("16 connections")))
    finally:
        Path(file.name).unlink()


def _clients(port: int, paths: list[str], seconds: int) -> None:
    async def run() -> list[float]:
        parts = await asyncio.gather(*(_keep_alive(port, paths, 10**6, seconds) for _ in range(16)))
        return [value for part in parts for value in part]

    spent = asyncio.run(run())
    print(
        f"16 connections: {len(spent) / seconds:.0f} requests/s, p50 {statistics.median(spent):.2f} ms, "
        f"p99 {percentile(spent, 0.99):.2f} ms"
    )


async def _keep_alive(port: int, paths: list[str], count: int, seconds: float = 60) -> list[float]:
    """Milliseconds of requests one after another on one connection, bounded in count and time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    spent: list[float] = []
    stop = time.perf_counter() + seconds
    for number in range(count):
        start = time.perf_counter()
        if start > stop:
            break
        writer.write(f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")), head[:60]
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length[1]) if length else 0)
        spent.append((time.perf_counter() - start) * 1000)
    writer.close()
    return spent


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--tiles", type=int, default=150)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        if options.home is None:
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "twin", "demo", "--home", str(home)],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            print(f"demonstration city built in {time.perf_counter() - start:.0f} s")
        with Store.open(home) as store:
            generation = store.generation("building")
            uncached(store, options.tiles)
            largest(store)
            wanted = [tile for z in ZOOMS for tile in occupied(store, generation, z, 40)]
            number = generation.number
        through_the_server(home, wanted, number, options.seconds)


if __name__ == "__main__":
    main()
