"""A generation: the rows of one layer, frozen into one read-only DuckDB file.

The file holds one table, ``features``, sorted along a Hilbert curve with
explicit bounding boxes in web mercator, so that the zone maps of small row
groups answer a tile without any index. ``row_no`` counts the rows in that order;
tiles carry it, because DuckDB's feature ids are 32-bit and a ``fid`` is not.
Geometry is kept twice: ``geom`` in WGS84 for people and analyses, ``mercator``
with exterior rings clockwise for tiles (see ``docs/decisions/0003-store.md``).
:mod:`twin.rows` makes the Arrow tables this module writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import atan, degrees, exp, pi
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from layers import Column, LayerSpec

if TYPE_CHECKING:
    import pyarrow as pa

HALF_WORLD = 20037508.342789244
STORAGE = "STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 8192"

_SQL_TYPE = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
}


@dataclass(frozen=True, slots=True)
class Built:
    """A finished generation file, not yet shown.

    ``bounds`` are lon/lat degrees (west, south, east, north); ``serials`` the
    next free serial by town after this build.
    """

    layer: str
    path: Path
    rows: int
    checksum: str
    datasets: tuple[int, ...]
    people: int | None
    bounds: tuple[float, float, float, float] | None
    columns: tuple[str, ...]
    serials: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Previous:
    """The generation an import builds upon.

    Rows of ``drop_datasets`` are left out; with ``keep=False`` no row is taken
    over, and the file only serves to give known rows their old identifiers.
    ``changes`` gives columns of single rows (by fid) other values, ``dataset`` the
    one that those rows then come from.
    """

    path: Path
    drop_datasets: frozenset[int] = frozenset()
    keep: bool = True
    changes: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    dataset: int | None = None


def known_fids(previous: Previous | None) -> dict[str, int]:
    """``source_key -> fid`` of the rows in ``previous`` (empty without one)."""
    if previous is None:
        return {}
    with duckdb.connect(str(previous.path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT source_key, fid FROM features WHERE source_key IS NOT NULL"
        ).fetchall()
    return dict(rows)


class Builder:
    """Writes generation files, on a DuckDB of its own that never opens the catalogue."""

    def __init__(self, extension_directory: Path, memory_mb: int = 2048) -> None:
        self._connection = duckdb.connect(config={"extension_directory": str(extension_directory)})
        self._connection.execute("LOAD spatial")
        self._connection.execute(f"SET memory_limit='{int(memory_mb)}MB'")
        self._connection.execute(f"SET temp_directory='{quoted(extension_directory.parent / 'tmp')}'")
        self._connection.execute("SET preserve_insertion_order=false")
        self._connection.execute("SET python_enable_replacements=false")

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def build(
        self,
        spec: LayerSpec,
        tables: Iterable[pa.Table],
        path: Path,
        *,
        previous: Previous | None = None,
        serials: Mapping[int, int] | None = None,
    ) -> Built:
        """Write the generation file ``path`` from ``tables`` and what ``previous`` keeps.

        The file is complete and closed when this returns; it is not synced or renamed.
        """
        connection = self._connection
        connection.execute(f"ATTACH '{quoted(path)}' AS built ({STORAGE})")
        attached = ["built"]
        try:
            parts, fresh = [], []
            for number, table in enumerate(tables):
                fresh.append(f"part_{number}")
                connection.register(f"part_{number}", table)
                parts.append(
                    f"SELECT {_listed(spec)}, ST_GeomFromWKB(geom) AS geom, "
                    f"ST_GeomFromWKB(mercator) AS mercator FROM part_{number}"
                )
            if previous is not None and previous.keep:
                connection.execute(f"ATTACH '{quoted(previous.path)}' AS previous (READ_ONLY)")
                attached.append("previous")
                parts.append(_kept(connection, spec, previous, fresh))
            summary = _write(connection, spec, " UNION ALL ".join(parts))
            for name in fresh:
                connection.unregister(name)
        finally:
            for name in attached:
                connection.execute(f"DETACH {name}")
        return Built(
            layer=spec.id,
            path=path,
            serials=dict(serials or {}),
            columns=tuple(column.name for column in spec.columns),
            **summary,
        )


def _listed(spec: LayerSpec) -> str:
    """The columns of a generation but its geometry, in their order."""
    own = "".join(f', "{column.name}"' for column in spec.columns)
    return f"fid, identifier, source_key, dataset, synthetic, town{own}, search, measure, lon, lat, xmin, ymin, xmax, ymax"


def _write(connection: duckdb.DuckDBPyConnection, spec: LayerSpec, rows: str) -> dict[str, Any]:
    """Fill ``built.features`` from the query ``rows``, sorted for tiles; figures about it."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gathered AS {rows}")
    extent = connection.execute("SELECT min(xmin), min(ymin), max(xmax), max(ymax) FROM gathered").fetchone()
    box = ", ".join(str(float(value or 0)) for value in extent or (0, 0, 0, 0))
    casts = "".join(f', "{column.name}"::{_sql_type(column)} AS "{column.name}"' for column in spec.columns)
    connection.execute(
        f"""
        CREATE TABLE built.features AS
        SELECT row_number() OVER ()::INTEGER AS row_no, * FROM (
        SELECT fid, identifier, source_key, dataset, synthetic, town{casts},
               search, measure, lon, lat, xmin, ymin, xmax, ymax, geom, mercator
        FROM gathered
        ORDER BY ST_Hilbert((xmin + xmax) / 2, (ymin + ymax) / 2, ST_Extent(ST_MakeEnvelope({box}))), fid)
        """
    )
    connection.execute("DROP TABLE gathered")
    return _summary(connection, spec)


def _kept(
    connection: duckdb.DuckDBPyConnection, spec: LayerSpec, previous: Previous, fresh: Sequence[str]
) -> str:
    """SQL that takes rows over from the previous file, whose columns may be fewer.

    A row that comes in anew under its old number replaces the kept one, whichever dataset that is of.
    """
    there = {
        row[0]
        for row in connection.execute("SELECT column_name FROM (DESCRIBE previous.features)").fetchall()
    }
    wanted = []
    for name in _listed(spec).split(", "):
        bare = name.strip('"')
        kept = name if bare in there else f"NULL::{_sql_type(spec.column(bare))}"
        wanted.append(f"{_changed(previous, bare, kept)} AS {name}")
    drop = ", ".join(str(int(item)) for item in sorted(previous.drop_datasets)) or "-1"
    again = "".join(f" AND fid NOT IN (SELECT fid FROM {name})" for name in fresh)
    return f"SELECT {', '.join(wanted)}, geom, mercator FROM previous.features WHERE dataset NOT IN ({drop}){again}"


def _changed(previous: Previous, name: str, kept: str) -> str:
    """SQL of a column whose value differs in the rows that ``previous.changes`` names."""
    if name == "dataset" and previous.dataset is not None:
        other = {fid: str(int(previous.dataset)) for fid in previous.changes}
    else:
        other = {fid: _literal(values[name]) for fid, values in previous.changes.items() if name in values}
    cases = "".join(f" WHEN {int(fid)} THEN {text}" for fid, text in other.items())
    return f"CASE fid{cases} ELSE {kept} END" if cases else kept


def _literal(value: object) -> str:
    """A checked value of a column as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _summary(connection: duckdb.DuckDBPyConnection, spec: LayerSpec) -> dict[str, Any]:
    hashed = ", ".join(f'"{column.name}"::VARCHAR' for column in spec.columns)
    people = "sum(people)" if any(column.name == "people" for column in spec.columns) else "NULL"
    row = connection.execute(
        f"""
        SELECT count(*), bit_xor(hash(fid, {hashed}, ST_AsWKB(geom)::BLOB)), list_sort(list(DISTINCT dataset)),
               {people}, min(xmin), min(ymin), max(xmax), max(ymax)
        FROM built.features
        """
    ).fetchone()
    assert row is not None
    bounds = None if row[4] is None else _degrees(row[4:8])
    return {
        "rows": int(row[0]),
        "checksum": f"{int(row[1] or 0):016x}",
        "datasets": tuple(row[2] or ()),
        "people": None if row[3] is None else int(row[3]),
        "bounds": bounds,
    }


def _degrees(box: Iterable[float]) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = box

    def latitude(y: float) -> float:
        return degrees(2 * atan(exp(y / HALF_WORLD * pi)) - pi / 2)

    return (xmin / HALF_WORLD * 180, latitude(ymin), xmax / HALF_WORLD * 180, latitude(ymax))


def quoted(path: Path) -> str:
    """A path as it stands between the quotes of an SQL text."""
    return str(path).replace("'", "''")


def _sql_type(column: Column) -> str:
    if column.kind == "records":
        members = ", ".join(f'"{item.name}" {_SQL_TYPE[item.kind]}' for item in column.fields)
        return f"STRUCT({members})[]"
    return _SQL_TYPE[column.kind]
