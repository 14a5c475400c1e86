"""What reading a file yields: an inspection of datasets, and accepted rows with their faults."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from twin.crs_doctor import CrsReport
from twin.errors import Cancelled

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and the stage: ``read``, ``crs`` or ``check``."""
Stop = Callable[[], bool]
"""Says whether the user stopped the work."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of the file: its name, a few of its values, and how many rows have one."""

    name: str
    samples: tuple[str, ...]
    filled: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What the file itself says about where it comes from; empty where it says nothing."""

    source: str = ""
    licence: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Rows that passed the contract of a layer, and what was wrong with the rest.

    Parameters
    ----------
    frame
        Good rows: EPSG:4326, columns of the layer, ``source_key``.
    faults
        One line per fault: ``row`` (as counted in the file, or null), ``key``,
        ``column``, ``level`` (``rejected`` or ``warning``), ``reason_zh``,
        ``reason_en``, ``value``.
    rejected
        Number of objects of the file that did not go in.
    """

    layer: str
    frame: gpd.GeoDataFrame
    faults: pd.DataFrame
    rejected: int
    crs: CrsReport


class Dataset(ABC):
    """One table (or raster) of a file that can become one layer.

    Attributes
    ----------
    name
        Its name inside the file.
    kind
        ``vector`` or ``raster``.
    layer
        Proposed layer id; None when the user must choose.
    columns, mapping
        The columns of the file, and the proposed mapping from column of the
        layer to column of the file (``sectors.azimuth_deg`` for a field of
        records); empty for formats whose meaning is fixed.
    rows
        Number of objects.
    crs
        The doctor's report.
    """

    kind = "vector"

    def __init__(
        self, name: str, layer: str | None, rows: int, crs: CrsReport, origin: Origin | None = None
    ) -> None:
        self.name = name
        self.layer = layer
        self.rows = rows
        self.crs = crs
        self.origin = origin or Origin()
        self.columns: tuple[SourceColumn, ...] = ()
        self.mapping: dict[str, str] = {}

    def mapping_for(self, layer: str) -> dict[str, str]:
        """The mapping proposed for another ``layer``; that of a format with a fixed meaning stays."""
        del layer
        return dict(self.mapping)

    @abstractmethod
    def preview(self, limit: int = 2000) -> dict[str, Any]:
        """GeoJSON of at most ``limit`` objects in WGS84, spread over the file."""

    @abstractmethod
    def rows_for(
        self,
        layer: str,
        mapping: Mapping[str, str] | None = None,
        crs: str | None = None,
        progress: Progress | None = None,
        cancelled: Stop | None = None,
    ) -> Accepted:
        """The rows as they enter ``layer``, with ``mapping`` and ``crs`` instead of the proposed ones.

        :class:`twin.errors.NoGoodRow` when none is left,
        :class:`twin.errors.UndecidedCrs` when the coordinates can be read in several ways.
        """


@dataclass(slots=True)
class Inspection:
    """What a file holds. Close it (or use ``with``) to remove what was unpacked.

    ``notes`` are sentences (zh, en) about parts of the file that are left out.
    """

    name: str
    format: str
    datasets: tuple[Dataset, ...]
    notes: tuple[tuple[str, str], ...] = ()
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    def close(self) -> None:
        """Remove unpacked files; the datasets already read stay usable, rasters do not."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Inspection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Task:
    """How a running piece of work reports and is stopped."""

    progress: Progress | None = None
    cancelled: Stop | None = None

    def step(self, share: float, stage: str) -> None:
        """Report ``share`` (0 to 1) of the work; :class:`Cancelled` when the user stopped it."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(
                "导入已取消，没有改动任何数据。", "the import was cancelled; nothing was changed."
            )
        if self.progress is not None:
            self.progress(min(1.0, max(0.0, share)), stage)


def preview_of(frame: gpd.GeoDataFrame, limit: int) -> dict[str, Any]:
    """GeoJSON (WGS84, 7 decimals) of at most ``limit`` rows spread evenly over ``frame``."""
    step = max(1, -(-len(frame) // max(1, limit)))
    part = frame.iloc[::step]
    names = [name for name in part.columns if name != part.geometry.name]
    features = []
    for values, geometry in zip(part[names].itertuples(index=False, name=None), part.geometry, strict=True):
        if geometry is None or geometry.is_empty:
            continue
        properties = {
            key: (value if isinstance(value, bool | int | float | str) else str(value))
            for key, value in zip(names, values, strict=True)
            if not isinstance(value, list | dict) and not pd.isna(value)
        }
        features.append({"type": "Feature", "properties": properties, "geometry": _rounded(geometry)})
    return {"type": "FeatureCollection", "features": features}


def _rounded(geometry: BaseGeometry) -> dict[str, Any]:
    mapped: dict[str, Any] = geometry.__geo_interface__
    if "geometries" in mapped:
        return {"type": mapped["type"], "geometries": [_rounded(part) for part in geometry.geoms]}

    def walk(node: Any) -> Any:
        if isinstance(node, float | int):
            return round(float(node), 7)
        return [walk(child) for child in node]

    return {"type": mapped["type"], "coordinates": walk(mapped["coordinates"])}
