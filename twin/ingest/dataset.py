"""A dataset read into memory: the doctor has seen it, its mapping is proposed, the contract waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import layers
from layers import LayerSpec
from twin.crs import Reference
from twin.crs_doctor import CrsReport, Known, diagnose, given
from twin.crs_evidence import Geometries
from twin.errors import InputError, UndecidedCrs, UnknownName
from twin.ingest.contract import Source, accept
from twin.ingest.mapping import PLACE_KEYS, check_mapping, propose_mapping
from twin.ingest.places import geometry_of
from twin.ingest.propose import propose_layer
from twin.ingest.reading import Accepted, Dataset, Progress, SourceColumn, Stop, Task, preview_of
from twin.ingest.values import as_text


class VectorDataset(Dataset):
    """A table with geometry, or with columns that hold coordinates (``places``)."""

    def __init__(
        self,
        source: Source,
        file_name: str,
        *,
        layer: str | None,
        crs: str,
        known: Known | None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._known = known
        self._wanted = crs
        self._places = dict(places or {})
        self._tabular = places is not None
        taken = tuple(self._places.values())
        proposed = layer or propose_layer(f"{file_name} {source.name}", source.table, source.geometry, taken)
        super().__init__(source.name, proposed, len(source.table), self._diagnose(source, crs), source.origin)
        self.columns = tuple(_described(source.table))
        if proposed is not None:
            self.mapping = self.mapping_for(proposed)

    def mapping_for(self, layer: str) -> dict[str, str]:
        """The mapping that the aliases of ``layer`` suggest; :class:`UnknownName` for an unknown one."""
        found = propose_mapping(_spec(layer), self._source.table, tuple(self._places.values()))
        return {**self._places, **found}

    def _diagnose(self, source: Source, crs: str) -> CrsReport:
        if crs.strip().casefold() != "auto":
            return given(crs, source.declared)
        return diagnose(source.geometry, source.declared, self._known)

    def preview(self, limit: int = 2000) -> dict[str, Any]:
        """GeoJSON of at most ``limit`` objects; as read by the first guess when the CRS is undecided."""
        step = max(1, -(-self.rows // max(1, limit)))
        shapes = self._source.geometry[::step]
        table = self._source.table.iloc[::step].reset_index(drop=True)
        reference = Reference.parse(self.crs.found) if self.crs.found else Reference("EPSG:4326")
        placed = _placed(shapes, reference)
        table = table[[name for name in table.columns if name != "geometry"]]
        return preview_of(gpd.GeoDataFrame(table, geometry=placed, crs=4326), limit)

    def rows_for(
        self,
        layer: str,
        mapping: Mapping[str, str] | None = None,
        crs: str | None = None,
        progress: Progress | None = None,
        cancelled: Stop | None = None,
    ) -> Accepted:
        """See :meth:`Dataset.rows_for`; :class:`InputError` also for a mapping that does not hold."""
        spec = _spec(layer)
        chosen = dict(self.mapping_for(layer) if mapping is None else mapping)
        check_mapping(spec, chosen, self._source.table)
        source = self._source
        places = {key: chosen[key] for key in PLACE_KEYS if key in chosen}
        if self._tabular and (places != self._places or not places):
            geometry = geometry_of(source.table, places)
            source = Source(
                source.name, source.table, geometry, source.declared, source.first_row, source.origin
            )
        report = self.crs
        if crs is not None or source is not self._source:
            report = self._diagnose(source, crs or self._wanted)
        if not report.decided or report.found is None:
            raise _undecided(self.name, report)
        reference = _reference(report, source)
        return accept(
            spec, source, chosen, reference=reference, report=report, task=Task(progress, cancelled),
            region=None if self._known is None else self._known.region,
        )  # fmt: skip


def _spec(layer: str) -> LayerSpec:
    try:
        return layers.get(layer)
    except KeyError:
        names = ", ".join(layers.all_layers())
        raise UnknownName(
            f"没有图层 {layer[:60]!r}；可选的有：{names}。",
            f"there is no layer {layer[:60]!r}; there are: {names}.",
        ) from None


def _reference(report: CrsReport, source: Source) -> Reference:
    """The reference of a decided report; a declared one without a code is kept as declared."""
    declared = source.declared.reference
    if declared is not None and report.found == str(declared):
        return declared
    return Reference.parse(report.found or "")


def _undecided(name: str, report: CrsReport) -> InputError:
    names = [hypothesis.name for hypothesis in report.hypotheses[:8]]
    if not names:
        return InputError(f"数据集 {name}：{report.zh}", f"dataset {name}: {report.en}")
    listed = "、".join(names), ", ".join(names)
    return UndecidedCrs(
        f"数据集 {name} 的坐标系无法判定（{listed[0]}）。请用坐标系选项指定其中之一。",
        f"the reference system of {name} is undecided ({listed[1]}); choose one of them.",
    )


def _placed(shapes: Geometries, reference: Reference) -> Geometries:
    def move(xy: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.column_stack(reference.to_wgs84(xy[:, 0], xy[:, 1]))

    placed = shapely.transform(shapely.force_2d(shapes), move)
    limits = shapely.bounds(placed)
    good = np.isfinite(limits).all(axis=1) & (np.abs(limits).max(axis=1) <= 180)
    result = np.full(len(placed), None, dtype=object)
    result[good] = placed[good]
    return result


def _described(table: pd.DataFrame) -> list[SourceColumn]:
    described = []
    for name in table.columns:
        values = table[name].dropna()
        some: dict[str, None] = {}
        for value in values.head(200):
            text = as_text(value).strip()[:80]
            if text:
                some.setdefault(text)
            if len(some) >= 5:
                break
        described.append(SourceColumn(str(name), tuple(some), len(values)))
    return described
