"""The peer of the tile benchmark: a throw-away PostgreSQL cluster with PostGIS on this machine.

Needs the packages ``postgresql`` and ``postgresql-15-postgis-3`` (or another
version of both) and the Python package ``psycopg[binary]``. Listens on a Unix
socket in a temporary folder only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

TILE_SQL = """
WITH bounds AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box)
SELECT ST_AsMVT(t, 'building', 4096, 'g', 'row_no') FROM (
    SELECT row_no, name, height_m, floors, use, year, people,
           ST_AsMVTGeom(geom, bounds.box, 4096, 64, true) AS g
    FROM building, bounds WHERE geom && bounds.box) t
"""
"""PostGIS's documented pattern: the index finds, ST_AsMVTGeom clips, ST_AsMVT packs."""


def binaries() -> Path | None:
    """Folder of ``initdb`` and ``postgres``, if PostgreSQL is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).parent if here else None


@contextmanager
def cluster() -> Iterator[Any]:
    """A connection to a fresh cluster with PostGIS; it is removed afterwards."""
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="postgis-"))
    bins = binaries()
    assert bins is not None
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    subprocess.run(
        [*as_user, str(bins / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8"],
        check=True,
        capture_output=True,
    )
    options = (
        f"-k {folder} -c listen_addresses='' -c shared_buffers=512MB -c fsync=off -c jit=off -c work_mem=64MB"
    )
    subprocess.run(
        [
            *as_user,
            str(bins / "pg_ctl"),
            "-D",
            str(data),
            "-w",
            "-o",
            options,
            "-l",
            str(folder / "log"),
            "start",
        ],
        check=True,
        capture_output=True,
    )
    try:
        with psycopg.connect(f"host={folder} dbname=postgres user=postgres", autocommit=True) as connection:
            connection.execute("CREATE EXTENSION postgis")
            yield connection
    finally:
        subprocess.run(
            [*as_user, str(bins / "pg_ctl"), "-D", str(data), "-m", "fast", "stop"],
            check=True,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)


def load(connection: Any, rows: pa.Table) -> None:
    """The same rows, in web mercator, indexed with GiST and clustered on it."""
    connection.execute(
        "CREATE TABLE building (row_no int, name text, height_m real, floors int, use text, year int, people int, "
        "geom geometry(Geometry, 3857))"
    )
    columns = ["row_no", "name", "height_m", "floors", "use", "year", "people"]
    with connection.cursor().copy(f"COPY building ({', '.join(columns)}, geom) FROM STDIN") as copy:
        for batch in rows.to_batches(10_000):
            for row in batch.to_pylist():
                copy.write_row([*(row[name] for name in columns), row["wkb"].hex()])
    connection.execute("SELECT UpdateGeometrySRID('building', 'geom', 3857)")
    connection.execute("CREATE INDEX building_geom ON building USING gist (geom)")
    connection.execute("CLUSTER building USING building_geom")
    connection.execute("ANALYZE building")
    connection.execute("SET max_parallel_workers_per_gather = 0")
