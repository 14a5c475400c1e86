"""Vector tiles of a layer, made by one query each.

Tiles cost what ``ST_AsMVTGeom`` costs, so features are kept ready in web
mercator with clockwise exteriors and only moved and scaled (``ST_Affine``);
clipping is left to features larger than a tile. Low zooms of dense layers hold
a 64 x 64 grid of exact aggregates. Measured in ``tests/benchmarks/tiles.py``.
"""

from __future__ import annotations

import gzip
import math
import re
from dataclasses import dataclass

import duckdb

from layers import Column, LayerSpec
from twin.generation import HALF_WORLD
from twin.store import Generation

EXTENT = 4096
GRID = 64
MAX_BYTES = 500_000
MAX_ZOOM = 18
_BUFFER = 64 / EXTENT
_INSIDE = "xmax >= $a AND xmin <= $c AND ymax >= $b AND ymin <= $d"
_PARAMETER = re.compile(r"\$([a-z]+)")


@dataclass(frozen=True, slots=True)
class TileBounds:
    """Web mercator square of a tile, in metres."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @classmethod
    def of(cls, z: int, x: int, y: int) -> TileBounds:
        """Bounds of tile ``z/x/y`` (XYZ scheme, y from north)."""
        side = 2 * HALF_WORLD / 2**z
        west, north = -HALF_WORLD + x * side, HALF_WORLD - y * side
        return cls(west, north - side, west + side, north)

    @property
    def side(self) -> float:
        """Length of the square's side in mercator metres."""
        return self.xmax - self.xmin


def exists(z: int, x: int, y: int) -> bool:
    """Whether ``z/x/y`` is a tile of the scheme at all."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def tile(
    cursor: duckdb.DuckDBPyConnection, spec: LayerSpec, generation: Generation, z: int, x: int, y: int
) -> bytes:
    """The tile ``z/x/y`` of a layer as MVT, at most 500 kB; empty bytes where there is nothing.

    The MVT layer is called as the layer; features carry
    their ``row_no`` in this generation as id.
    When a tile would be larger than the limit, its smallest features are left
    out, so that what a viewer would miss least goes first.
    """
    if z < spec.tiling.min_zoom or z > MAX_ZOOM:
        return b""
    bounds = TileBounds.of(z, x, y)
    if spec.tiling.aggregated and z < spec.tiling.detail_zoom:
        return _filled(spec.id, _run(cursor, _grid_query(spec, generation), _grid_values(bounds)))
    values = _values(bounds)
    data = _filled(spec.id, _run(cursor, _detail_query(spec, generation, z), values))
    share = 1.0
    while len(data) > MAX_BYTES:
        share *= 0.92 * MAX_BYTES / len(data)
        rows = _count(cursor, spec, generation, z, values)
        data = _run(cursor, _detail_query(spec, generation, z, max(1, int(rows * share))), values)
    return data


def compressed(data: bytes) -> bytes:
    """A tile as it is sent: gzip, the same bytes for the same tile."""
    return gzip.compress(data, 1, mtime=0)


def _filled(layer: str, data: bytes) -> bytes:
    """``data`` if it holds a feature, else nothing.

    DuckDB writes an empty MVT layer as its version and name without features
    (field 2). Asking SQL for the count as well would cost a fifth of a small tile.
    """
    head = b"\x78\x02\x0a" + bytes([len(layer)]) + layer.encode()
    # Before the head stand the field number and the length of the layer, at most five bytes.
    features = data.find(head, 0, 5 + len(head)) + len(head)
    return data if data[features : features + 1] == b"\x12" else b""


def _with(query: str, values: dict[str, float]) -> str:
    """``query`` with its ``$name`` numbers written out.

    Bound parameters would make DuckDB load pandas (a second) for the first tile;
    these are floats of our own making, never text of a user's.
    """
    return _PARAMETER.sub(lambda match: f"{values[match[1]]:.17e}", query)


def _run(cursor: duckdb.DuckDBPyConnection, query: str, values: dict[str, float]) -> bytes:
    row = cursor.execute(_with(query, values)).fetchone()
    return bytes(row[0]) if row and row[0] else b""


def _count(
    cursor: duckdb.DuckDBPyConnection,
    spec: LayerSpec,
    generation: Generation,
    z: int,
    values: dict[str, float],
) -> int:
    query = f"SELECT count(*) FROM {generation.relation} WHERE {_INSIDE}{_shown_at(spec, z)}"
    row = cursor.execute(_with(query, values)).fetchone()
    return int(row[0]) if row else 0


def _values(bounds: TileBounds) -> dict[str, float]:
    scale = EXTENT / bounds.side
    margin = bounds.side * _BUFFER
    return {
        "k": scale,
        "nk": -scale,
        "ox": -bounds.xmin * scale + 0.5,
        "oy": bounds.ymax * scale + 0.5,
        "a": bounds.xmin - margin,
        "b": bounds.ymin - margin,
        "c": bounds.xmax + margin,
        "d": bounds.ymax + margin,
        "west": bounds.xmin,
        "south": bounds.ymin,
        "east": bounds.xmax,
        "north": bounds.ymax,
        "side": bounds.side,
    }


def _attribute(column: Column) -> str:
    """SQL of one property, in the narrowest type MVT has for it."""
    name = f'"{column.name}"'
    if column.kind == "number":
        return f"round({name}, 2)::FLOAT AS {name}"
    if column.kind == "integer":
        return f"{name}::INTEGER AS {name}"
    if column.kind == "date":
        return f"{name}::VARCHAR AS {name}"
    return name


def _shown_at(spec: LayerSpec, z: int) -> str:
    """SQL condition that keeps what this zoom shows of a layer."""
    conditions = []
    if spec.tiling.show_from is not None and z < spec.tiling.detail_zoom:
        column, zooms = spec.tiling.show_from
        values = ", ".join(f"'{value}'" for value, zoom in zooms if zoom <= z)
        conditions.append(f'"{column}" IN ({values})' if values else "false")
    if spec.geometry == "polygon" and z <= 13:
        # Four tile units on a side are a quarter of a screen pixel's area at 256 px.
        conditions.append("(xmax - xmin) * $k >= 4")
    if spec.geometry == "point":
        # A point belongs to exactly one tile.
        conditions.append("xmin >= $west AND xmin < $east AND ymin > $south AND ymin <= $north")
    return "".join(f" AND {condition}" for condition in conditions)


def _detail_query(spec: LayerSpec, generation: Generation, z: int, limit: int | None = None) -> str:
    known = set(generation.columns)
    attributes = "".join(f", {_attribute(column)}" for column in spec.tile_columns if column.name in known)
    affine = "ST_Affine(mercator, $k, 0, 0, $nk, $ox, $oy) AS g"
    where = _INSIDE + _shown_at(spec, z)
    order = f" ORDER BY measure DESC LIMIT {limit}" if limit is not None else ""
    if spec.tiling.clip:
        # Only what sticks out by more than a tile is clipped; that is what costs.
        near = "xmin >= $west - $side AND xmax <= $east + $side AND ymin >= $south - $side AND ymax <= $north + $side"
        clipped = (
            "ST_AsMVTGeom(mercator, ST_Extent(ST_MakeEnvelope($west, $south, $east, $north)), "
            f"{EXTENT}, 64, true)"
        )
        rows = (
            f"SELECT row_no{attributes}, {affine}, measure FROM {generation.relation} WHERE {where} AND {near} "
            f"UNION ALL SELECT row_no{attributes}, {clipped} AS g, measure FROM {generation.relation} "
            f"WHERE {where} AND NOT ({near})"
        )
        rows = f"SELECT * EXCLUDE (measure) FROM ({rows}){order}"
    else:
        rows = f"SELECT row_no{attributes}, {affine} FROM {generation.relation} WHERE {where}{order}"
    return f"SELECT ST_AsMVT(t, '{spec.id}', {EXTENT}, 'g', 'row_no') FROM ({rows}) t"


def _grid_query(spec: LayerSpec, generation: Generation) -> str:
    """Cells of a 64 x 64 grid; a feature counts in the cell of its box's middle, once."""
    size = EXTENT // GRID
    figures = "".join(
        f", {_aggregate(item.function, item.column)} AS {item.name}" for item in spec.tiling.aggregates
    )
    middle_x, middle_y = "((xmin + xmax) / 2)", "((ymin + ymax) / 2)"
    cell = f"ST_MakeEnvelope(gx * {size}, gy * {size}, (gx + 1) * {size}, (gy + 1) * {size})"
    return f"""
        SELECT ST_AsMVT(t, '{spec.id}', {EXTENT}, 'g', 'cell') FROM (
            SELECT (gy * {GRID} + gx)::INTEGER AS cell, n, * EXCLUDE (gx, gy, n), ST_Reverse({cell}) AS g FROM (
                SELECT floor(({middle_x} - $west) / $cell)::INTEGER AS gx,
                       floor(($north - {middle_y}) / $cell)::INTEGER AS gy,
                       count(*)::INTEGER AS n{figures}
                FROM {generation.relation}
                WHERE {_INSIDE} AND {middle_x} >= $west AND {middle_x} < $east
                  AND {middle_y} > $south AND {middle_y} <= $north
                GROUP BY 1, 2)) t
    """


def _aggregate(function: str, column: str) -> str:
    name = f'"{column}"'
    if function == "sum":
        return f"sum({name})::INTEGER"
    if function == "max":
        return f"max({name})::FLOAT"
    return f"round(sum({name} * measure) / nullif(sum(measure) FILTER ({name} IS NOT NULL), 0), 1)::FLOAT"


def _grid_values(bounds: TileBounds) -> dict[str, float]:
    return {
        "a": bounds.xmin,
        "b": bounds.ymin,
        "c": bounds.xmax,
        "d": bounds.ymax,
        "west": bounds.xmin,
        "south": bounds.ymin,
        "east": bounds.xmax,
        "north": bounds.ymax,
        "cell": bounds.side / GRID,
    }


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place."""
    size = 2**z
    y = math.asinh(math.tan(math.radians(max(-85.05, min(85.05, lat))))) / math.pi
    column, row = int((lon + 180) / 360 * size), int((1 - y) / 2 * size)
    return min(max(column, 0), size - 1), min(max(row, 0), size - 1)


def occupied_children(
    cursor: duckdb.DuckDBPyConnection, generation: Generation, z: int, x: int, y: int
) -> list[tuple[int, int, int]]:
    """Those of the four tiles below ``z/x/y`` that a feature's box touches."""
    found = []
    for child in ((z + 1, 2 * x + right, 2 * y + down) for right in (0, 1) for down in (0, 1)):
        values = _values(TileBounds.of(*child))
        query = f"SELECT 1 FROM {generation.relation} WHERE {_INSIDE} LIMIT 1"
        if cursor.execute(_with(query, values)).fetchone() is not None:
            found.append(child)
    return found
