"""Terrain (``dem``) and population rasters: cloud-optimised GeoTIFFs beside the layers.

One of each kind is shown; a newer import takes the place of the older, and undo
brings the older back. The file is complete before the catalogue names it, and
unnamed files are removed when the home is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twin.store import RASTER_KINDS, Store

KINDS = RASTER_KINDS


@dataclass(frozen=True, slots=True)
class Raster:
    """A kept raster; ``bounds`` are degrees, the figures metres (dem) or people (population)."""

    kind: str
    dataset: int
    path: Path
    bounds: tuple[float, float, float, float]
    minimum: float
    maximum: float
    total: float
    cells: int

    def insert(self) -> tuple[str, list[object]]:
        """The statement and values that record this raster."""
        return "INSERT INTO twin.raster VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
            self.dataset, self.kind, self.path.name, list(self.bounds),
            self.minimum, self.maximum, self.total, self.cells,
        ]  # fmt: skip


def folder(store: Store) -> Path:
    """Where the files lie."""
    return store.home / "rasters"


def shown(store: Store) -> dict[str, Raster]:
    """The rasters of the home by kind."""
    rows = (
        store.cursor()
        .execute(
            "SELECT kind, dataset, file, bounds, minimum, maximum, total, cells FROM twin.raster r "
            "WHERE EXISTS (FROM twin.shown s WHERE s.layer = r.kind AND s.number = r.dataset)"
        )
        .fetchall()
    )
    return {
        kind: Raster(kind, dataset, folder(store) / file, tuple(bounds), minimum, maximum, total, cells)
        for kind, dataset, file, bounds, minimum, maximum, total, cells in rows
    }


def value_at(store: Store, kind: str, lon: float, lat: float) -> float | None:
    """The cell's value at a place, None outside the raster or where it has no data."""
    raster = shown(store).get(kind)
    if raster is None:
        return None
    west, south, east, north = raster.bounds
    if not (west <= lon <= east and south <= lat <= north):
        return None
    import rasterio

    with rasterio.open(raster.path) as file:
        value = float(next(file.sample([(lon, lat)]))[0])
        return None if file.nodata is not None and value == file.nodata else value
