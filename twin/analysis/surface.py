"""The surface of a city as aligned rasters: ground, roofs, and which building covers a cell.

All rasters of a :class:`Surface` share one north-up :class:`Grid` in metres
(the system the twin measures in there). ``ground`` is the terrain of the home
between the middles of its cells, 0 m where there is none; ``top`` is the roof
where the middle of a cell lies in a building, else the ground; a roof is flat
and stands on the lowest ground its building covers. Of overlapping buildings
the highest counts. A building of unknown height has 3 m a floor, else 6 m.

Making the rasters of a district takes some seconds, so they are kept in the
home under ``cache/surface``, by the content they were made from::

    surface = read(store, 10.0)                               # the whole district
    block = read(store, 2.0, bounds=(121.24, 31.37, 121.26, 31.39), margin_m=500.0)   # a window, degrees
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from twin import crs, rasters
from twin.analysis import terrain
from twin.errors import InputError
from twin.store import Store

Floats = npt.NDArray[np.float64]
Heights = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bounds = tuple[float, float, float, float]

MOST_CELLS = 2**27
"""A raster of more cells is refused; 134 million are 1.6 GB."""
FLOOR_M, UNKNOWN_M = 3.0, 6.0
"""Height of a floor, and of a building of which nothing is known."""
MARGIN_M, SITES_MARGIN_M = 200.0, 1000.0
"""Kept around a district or all buildings, and around sites where nothing else is known."""
KEPT = 8
"""Surfaces kept in a home; the one used longest ago goes first."""
_VERSION = 1
_RURAL = ("farmland",)


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up raster of square cells: row 0 is the northernmost, column 0 the westernmost.

    ``west`` and ``north`` are the outer corner in metres of ``crs`` (``EPSG:n``), multiples of ``cell_m``.
    """

    crs: str
    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rows, self.columns

    @property
    def transform(self) -> Any:
        """The affine transformation of rasterio: column, row -> metres."""
        from affine import Affine

        return Affine(self.cell_m, 0.0, self.west, 0.0, -self.cell_m, self.north)

    def to_metres(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
        """x, y in metres of places in degrees."""
        x, y = _transformer(self.crs).transform(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def to_degrees(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Longitude, latitude of places in metres."""
        lon, lat = _transformer(self.crs).transform(
            np.asarray(x, dtype=float), np.asarray(y, dtype=float), direction="INVERSE"
        )
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)

    def cells(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Ints, Ints]:
        """Row and column of places in metres, also outside the raster."""
        column = np.floor((np.asarray(x, dtype=float) - self.west) / self.cell_m)
        row = np.floor((self.north - np.asarray(y, dtype=float)) / self.cell_m)
        return row.astype(np.int32), column.astype(np.int32)

    def holds(self, row: npt.ArrayLike, column: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether rows and columns are of the raster."""
        r, c = np.asarray(row), np.asarray(column)
        return np.asarray((r >= 0) & (r < self.rows) & (c >= 0) & (c < self.columns))

    def middles(self, row: npt.ArrayLike, column: npt.ArrayLike) -> tuple[Floats, Floats]:
        """x, y of the middles of cells."""
        r, c = np.asarray(row, dtype=float), np.asarray(column, dtype=float)
        return self.west + (c + 0.5) * self.cell_m, self.north - (r + 0.5) * self.cell_m

    def window_of(self, bounds: Bounds) -> tuple[int, int, int, int]:
        """The cells over west, south, east, north in degrees: row_from, row_to, column_from, column_to.

        What lies off the grid is cut away; nothing of it inside gives an empty window.
        """
        x, y = _outline(self.crs, bounds)
        row, column = self.cells(x, y)
        top, bottom = np.clip([row.min(), row.max() + 1], 0, self.rows).tolist()
        left, right = np.clip([column.min(), column.max() + 1], 0, self.columns).tolist()
        return top, bottom, left, right

    def window(self, window: tuple[int, int, int, int]) -> Grid:
        """The part ``row_from, row_to, column_from, column_to``."""
        top, bottom, left, right = window
        return Grid(
            self.crs, self.west + left * self.cell_m, self.north - top * self.cell_m, self.cell_m,
            bottom - top, right - left,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Buildings:
    """What rasters of buildings point to: arrays over the rows (``row_no`` - 1) of the layer."""

    fid: npt.NDArray[np.int64]
    height_m: Heights
    floors: npt.NDArray[np.int16]
    use: npt.NDArray[Any]
    year: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.fid)

    @classmethod
    def plain(cls, height_m: npt.ArrayLike) -> Buildings:
        """Buildings of which only the heights are known, numbered from 1."""
        height = np.asarray(height_m, dtype=np.float32)
        return cls(
            np.arange(1, len(height) + 1, dtype=np.int64),
            height,
            np.maximum(np.round(height / FLOOR_M), 1).astype(np.int16),
            np.full(len(height), "", dtype="U20"),
            np.zeros(len(height), dtype=np.int16),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Surface:
    """Aligned rasters of one grid.

    ``ground`` and ``top`` (float32, metres above datum) are terrain and terrain with roofs,
    ``building`` (int32) the row in ``buildings``, -1 outdoors, ``rural`` (bool) farmland. ``key`` names
    the content: two surfaces with one key are equal. Without ``buildings_known`` nobody can say what is
    in sight.
    """

    grid: Grid
    ground: Heights
    top: Heights
    building: Ints
    rural: npt.NDArray[np.bool_]
    buildings: Buildings
    key: str
    terrain_known: bool = False
    buildings_known: bool = True

    @cached_property
    def outdoor(self) -> npt.NDArray[np.bool_]:
        """Cells whose middle lies in no building."""
        return self.building < 0

    def relief(self, x: float, y: float, radius_m: float) -> tuple[float, float, float]:
        """Around a place: mean height of roofs above ground (m), share of built cells, share of rural cells.

        The mean height is 0 where nothing is built; cells outside the raster do not count.
        """
        row, column = (int(value) for value in self.grid.cells(x, y))
        reach = max(1, round(radius_m / self.grid.cell_m))
        rows = slice(max(0, row - reach), max(0, row + reach + 1))
        columns = slice(max(0, column - reach), max(0, column + reach + 1))
        built = self.building[rows, columns] >= 0
        if not built.size:
            return 0.0, 0.0, 0.0
        roofs = (self.top[rows, columns] - self.ground[rows, columns])[built]
        mean = float(roofs.mean()) if roofs.size else 0.0
        return mean, float(built.mean()), float(self.rural[rows, columns].mean())


def build(
    grid: Grid,
    shapes: npt.NDArray[Any],
    buildings: Buildings,
    *,
    ground: Heights | None = None,
    farmland: npt.NDArray[Any] | None = None,
    key: str | None = None,
) -> Surface:
    """Rasters of ``shapes`` (polygons in metres of the grid), one a row of ``buildings``.

    ``ground`` is flat at 0 m where not given. A cell belongs to a building when its middle lies inside.
    """
    flat = np.zeros(grid.shape, np.float32) if ground is None else ground.astype(np.float32)
    building = np.full(grid.shape, -1, np.int32)
    order = np.argsort(buildings.height_m, kind="stable")
    burn(building, grid, shapes[order], order)
    rural = np.zeros(grid.shape, np.uint8)
    if farmland is not None:
        burn(rural, grid, farmland, np.ones(len(farmland), np.int64))
    built = building >= 0
    base = np.full(len(buildings), np.inf, np.float32)
    np.minimum.at(base, building[built], flat[built])
    top = flat.copy()
    top[built] = (base + buildings.height_m)[building[built]]
    name = (
        key
        or hashlib.blake2b(
            b"".join(np.ascontiguousarray(part).tobytes() for part in (flat, top, building))
            + repr(grid).encode(),
            digest_size=12,
        ).hexdigest()
    )
    return Surface(grid, flat, top, building, rural.astype(bool), buildings, name, ground is not None)


def read(store: Store, cell_m: float, bounds: Bounds | None = None, *, margin_m: float = 0.0) -> Surface:
    """The surface of the shown generations, from the home's cache where it was made before.

    Without the layer of buildings it is bare ground.

    Parameters
    ----------
    cell_m
        Side of a cell, 0.25 to 100 m.
    bounds
        West, south, east, north in degrees; the district, else all buildings, else all sites where not given.
    margin_m
        Added around ``bounds``, so that what stands near by is there too; :meth:`Grid.window_of` finds
        the bounds again.

    Raises
    ------
    InputError
        Nothing to tell the area from, a cell size out of range, or too many cells.
    """
    if not 0.25 <= cell_m <= 100:
        raise InputError(
            f"栅格边长 {cell_m} m 应在 0.25 到 100 m 之间。",
            f"the cell size {cell_m} m must be 0.25 to 100 m.",
        )
    grid = grid_of(store, cell_m, bounds, margin_m)
    sources = {
        layer: store.shown[layer].checksum for layer in ("building", "land_use") if layer in store.shown
    }
    dem = rasters.shown(store).get("dem")
    identity = json.dumps(
        [_VERSION, repr(grid), sources, None if dem is None else [dem.dataset, dem.path.name]],
        sort_keys=True,
    )
    key = hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()
    folder = cache_folder(store.home) / key
    found = _load(folder, grid, key)
    if found is not None:
        return found
    made = _make(store, grid, key, None if dem is None else dem.path)
    if made.buildings_known:
        _save(folder, made)
    return made


def cache_folder(home: Path) -> Path:
    """Where a home keeps its surfaces."""
    return home / "cache" / "surface"


def grid_of(store: Store, cell_m: float, bounds: Bounds | None = None, margin_m: float = 0.0) -> Grid:
    """The grid of ``bounds`` in degrees, of the district, or of all buildings or sites, in whole cells."""
    if bounds is None:
        layer = next(
            (name for name in ("district", "town", "building", "site_5g") if name in store.shown), None
        )
        box = None if layer is None else store.shown[layer].bounds
        if box is None:
            raise InputError(
                "没有行政区和建筑数据，无法确定计算范围；请先导入建筑图层或建立演示城市。",
                "there are neither boundaries nor buildings to compute over; import buildings or build the demo city.",
            )
        west, south, east, north = box
        margin = SITES_MARGIN_M if layer == "site_5g" else MARGIN_M
    else:
        (west, south, east, north), margin = bounds, margin_m
    ordered = west < east and south < north if bounds is not None else west <= east and south <= north
    if not (ordered and west >= -180 and east <= 180 and south >= -85 and north <= 85):
        raise InputError(
            "计算范围无效，应为西、南、东、北的经纬度。",
            "the bounds must be west, south, east, north in degrees.",
        )
    name = crs.metric_for((west + east) / 2, (south + north) / 2)
    x, y = _outline(name, (west, south, east, north))
    left = np.floor((x.min() - margin) / cell_m) * cell_m
    top = np.ceil((y.max() + margin) / cell_m) * cell_m
    columns = int(np.ceil((x.max() + margin - left) / cell_m))
    rows = int(np.ceil((top - (y.min() - margin)) / cell_m))
    if rows * columns > MOST_CELLS:
        raise InputError(
            f"栅格有 {rows} × {columns} 格，过大；请缩小范围或加大边长 {cell_m:g} m。",
            f"the raster would have {rows} x {columns} cells; take a smaller area or cells larger than {cell_m:g} m.",
        )
    return Grid(name, float(left), float(top), float(cell_m), rows, columns)


# -- inside --------------------------------------------------------------------


def _outline(name: str, bounds: Bounds) -> tuple[Floats, Floats]:
    """Corners and middles of the north and south sides of bounds in degrees, in metres."""
    west, south, east, north = bounds
    middle = (west + east) / 2
    lon = np.array([west, east, west, east, middle, middle])
    x, y = _transformer(name).transform(lon, np.array([south, south, north, north, south, north]))
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


@lru_cache(maxsize=16)
def _transformer(name: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, name, always_xy=True)


def _make(store: Store, grid: Grid, key: str, dem: Path | None) -> Surface:
    ground = None if dem is None else _ground(dem, grid)
    farmland = _farmland(store, grid)
    if "building" not in store.shown:
        none: npt.NDArray[Any] = np.array([], dtype=object)
        bare = build(grid, none, Buildings.plain([]), ground=ground, farmland=farmland, key=key)
        return replace(bare, buildings_known=False)
    relation = store.generation("building").relation
    table = (
        store.cursor()
        .execute(
            f"SELECT fid, height_m, floors, coalesce(use, '') AS use, year, ST_AsWKB(geom)::BLOB AS wkb "
            f"FROM {relation} ORDER BY row_no"
        )
        .fetchnumpy()
    )
    floors = _filled(table["floors"], 0)
    height = _filled(table["height_m"], 0)
    height = np.where(height > 0, height, np.where(floors > 0, floors * FLOOR_M, UNKNOWN_M))
    buildings = Buildings(
        np.asarray(table["fid"], dtype=np.int64),
        height.astype(np.float32),
        np.where(floors > 0, floors, np.maximum(np.round(height / FLOOR_M), 1)).astype(np.int16),
        np.asarray(table["use"], dtype="U20"),
        _filled(table["year"], 0).astype(np.int16),
    )
    return build(grid, _shapes(table["wkb"], grid), buildings, ground=ground, farmland=farmland, key=key)


def _farmland(store: Store, grid: Grid) -> npt.NDArray[Any] | None:
    """Polygons of farmland in metres; None without land use."""
    if "land_use" not in store.shown:
        return None
    relation = store.generation("land_use").relation
    found = (
        store.cursor()
        .execute(
            f"SELECT ST_AsWKB(geom)::BLOB AS wkb FROM {relation} WHERE use IN (SELECT unnest(?)) ORDER BY row_no",
            [list(_RURAL)],
        )
        .fetchnumpy()
    )
    return _shapes(found["wkb"], grid)


def burn(
    raster: npt.NDArray[Any], grid: Grid, shapes: npt.NDArray[Any], values: npt.NDArray[np.integer[Any]]
) -> None:
    """Write the value of each polygon into the cells whose middle it covers, later ones over earlier ones."""
    from rasterio.features import rasterize

    parts, owner = shapely.get_parts(shapes, return_index=True)
    filled = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    if not filled.any():
        return
    # Plain coordinates: asking each shape for its own takes ten times as long as burning it.
    _, corners, (ring, polygon) = shapely.to_ragged_array(parts[filled], include_z=False)
    points, rings, polygons = corners.tolist(), ring.tolist(), polygon.tolist()
    rasterize(
        (
            (
                {
                    "type": "Polygon",
                    "coordinates": [points[rings[r] : rings[r + 1]] for r in range(first, last)],
                },
                value,
            )
            for first, last, value in zip(
                polygons[:-1], polygons[1:], values[owner[filled]].tolist(), strict=True
            )
        ),
        out=raster,
        transform=grid.transform,
    )


def _filled(values: Any, blank: float) -> Floats:
    array: Floats = np.ma.filled(np.ma.asarray(values).astype(np.float64), blank)
    return np.nan_to_num(array, nan=blank)


def _shapes(wkb: Any, grid: Grid) -> npt.NDArray[Any]:
    """Geometries in metres; those outside the grid are empty."""
    shapes: npt.NDArray[Any] = shapely.from_wkb(
        [bytes(value) if value else None for value in np.ma.filled(wkb, b"")]
    )
    shapes = shapely.transform(shapes, lambda points: np.column_stack(grid.to_metres(*points.T)))
    west, south, east, north = shapely.bounds(shapes).T
    right, bottom = grid.west + grid.columns * grid.cell_m, grid.north - grid.rows * grid.cell_m
    with np.errstate(invalid="ignore"):
        near = (west <= right) & (east >= grid.west) & (south <= grid.north) & (north >= bottom)
    shapes[~near] = shapely.Polygon()
    return shapes


def _ground(dem: Path, grid: Grid) -> Heights:
    """Terrain at the middles of cells; 0 m where unknown."""
    ground = np.zeros(grid.shape, np.float32)
    block = 512
    columns = np.arange(grid.columns)
    for start in range(0, grid.rows, block):
        rows = np.arange(start, min(start + block, grid.rows))
        x, y = grid.middles(*np.meshgrid(rows, columns, indexing="ij"))
        lon, lat = grid.to_degrees(x.ravel(), y.ravel())
        ground[rows] = np.nan_to_num(terrain.heights(dem, lon, lat)).reshape(x.shape)
    return ground


def _save(folder: Path, surface: Surface) -> None:
    """Keep the rasters; a disk that is full or read-only costs time later, nothing else."""
    part = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        part.mkdir(parents=True)
        for name in ("ground", "top", "building", "rural"):
            np.save(part / f"{name}.npy", getattr(surface, name))
        table = {name: getattr(surface.buildings, name) for name in Buildings.__slots__}
        np.savez(part / "buildings.npz", terrain_known=np.array(surface.terrain_known), **table)
        part.rename(folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        return
    kept = sorted(
        (path for path in folder.parent.iterdir() if path.is_dir() and not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
    )
    for old in kept[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _load(folder: Path, grid: Grid, key: str) -> Surface | None:
    """The kept rasters, None when they are not there or damaged."""
    try:
        parts = {name: np.load(folder / f"{name}.npy") for name in ("ground", "top", "building", "rural")}
        with (folder / "buildings.npz").open("rb") as opened, np.load(opened) as table:
            buildings = Buildings(**{name: table[name] for name in Buildings.__slots__})
            known = bool(table["terrain_known"])
        os.utime(folder)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    if any(part.shape != grid.shape for part in parts.values()):
        return None
    return Surface(grid, **parts, buildings=buildings, key=key, terrain_known=known)
