"""Bringing a file in: inspect, let the user correct, check, build, publish.

The same steps serve the command line and the Data page (through
:mod:`twin.jobs`). Nothing is shown before the new generations are complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from layers import get
from twin import catalogue, rasters
from twin.catalogue import Dataset, Fault
from twin.errors import Cancelled, InputError, NoGoodRow
from twin.features import known_layer
from twin.generation import Builder, Built, Previous, known_fids
from twin.import_options import Choice, Mode, Origin
from twin.ingest import Accepted, CrsReport, Inspection, Known, inspect
from twin.ingest import Dataset as FileDataset
from twin.ingest.raster import RasterAccepted, RasterDataset
from twin.rasters import Raster
from twin.rows import to_table
from twin.settings import Settings
from twin.store import Store, utc_now

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """Checked rows on their way into a layer, with the dataset that records them."""

    layer: str
    frame: gpd.GeoDataFrame
    dataset: Dataset
    faults: Sequence[Fault] = ()
    mode: Mode = "auto"


def known(store: Store) -> Known:
    """What the twin already knows, for the CRS doctor to compare with."""

    def frame(layer: str, limit: int) -> gpd.GeoDataFrame | None:
        shown = store.shown.get(layer)
        if shown is None:
            return None
        rows = (
            store.cursor()
            .execute(f"SELECT ST_AsWKB(geom)::BLOB FROM {shown.relation} ORDER BY hash(fid) LIMIT {limit}")
            .fetchall()
        )
        return gpd.GeoDataFrame(geometry=shapely.from_wkb([row[0] for row in rows]), crs=4326)

    district = frame("district", 1)
    return Known(
        boundary=None if district is None or district.empty else district.geometry.iloc[0],
        towns=frame("town", 1000),
        roads=frame("road", 20_000),
        buildings=frame("building", 20_000),
    )


def import_file(
    store: Store,
    path: Path,
    *,
    settings: Settings,
    layer: str | None = None,
    crs: str = "auto",
    mode: Mode = "auto",
    origin: Origin | None = None,
    original_name: str | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Dataset]:
    """Inspect ``path`` and bring in every dataset of it with the proposals as they are.

    Returns the datasets recorded. Raises :class:`twin.errors.InputError` (and
    changes nothing) when the file, its coordinates or all its rows are no good.
    """
    if layer is not None and layer not in rasters.KINDS:
        known_layer(layer)
    with inspect(
        path,
        layer=layer,
        crs=crs,
        known=known(store),
        original_name=original_name,
        progress=_part(progress, 0, 0.35),
        cancelled=cancelled,
    ) as inspection:
        return commit(
            store,
            inspection,
            path,
            choices=[
                Choice(layer=layer or "", crs="" if crs == "auto" else crs, mode=mode)
                for _ in inspection.datasets
            ],
            origin=origin or Origin(),
            settings=settings,
            progress=_part(progress, 0.35, 1),
            cancelled=cancelled,
        )


def commit(
    store: Store,
    inspection: Inspection,
    path: Path,
    *,
    choices: Sequence[Choice],
    origin: Origin,
    settings: Settings,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Dataset]:
    """Check the rows of every chosen dataset and publish them, all or none."""
    chosen = [
        (item, choice) for item, choice in zip(inspection.datasets, choices, strict=True) if not choice.skip
    ]
    if not chosen:
        raise InputError("没有选中任何数据集，未导入。", "no dataset was chosen, so nothing was imported.")
    record = _Record(inspection, origin, catalogue.sha256_of(path))
    with store.import_lock:
        first = catalogue.next_dataset_id(store)
        grids = [pair for pair in chosen if pair[0].kind == "raster"]
        tables = [pair for pair in chosen if pair[0].kind != "raster"]
        accepted = _accepted(tables, _part(progress, 0, 0.6), cancelled)
        kept = [
            _write_raster(store, item, choice, record, first + number, progress, cancelled)
            for number, (item, choice) in enumerate(grids)
        ]
        parts = [
            Rows(
                rows.layer,
                rows.frame,
                record.of_rows(first + len(kept) + number, rows, choice, item),
                _faults(rows.faults),
                choice.mode,
            )
            for number, (rows, choice, item) in enumerate(accepted)
        ]
        statements = [statement for raster in kept for statement in (raster[0].insert(), raster[1].insert())]
        publish(
            store,
            parts,
            settings=settings,
            record=statements,
            shown_rasters={raster.kind: raster.dataset for _, raster in kept},
            progress=_part(progress, 0.6, 1),
            cancelled=cancelled,
        )
    return [dataset for dataset, _ in kept] + [part.dataset for part in parts]


def _accepted(
    chosen: Sequence[tuple[FileDataset, Choice]],
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> list[tuple[Accepted, Choice, FileDataset]]:
    """The good rows of every chosen table; those without any are left out unless all are."""
    result: list[tuple[Accepted, Choice, FileDataset]] = []
    empty: NoGoodRow | None = None
    for number, (item, choice) in enumerate(chosen):
        target = choice.layer or item.layer
        if not target:
            raise InputError(
                f"无法判断“{item.name}”属于哪个图层，请指定图层 (--layer)。",
                f"cannot tell which layer {item.name!r} belongs to; name it with --layer.",
            )
        report = _part(progress, number / len(chosen), (number + 1) / len(chosen))
        try:
            rows = item.rows_for(
                target, choice.mapping, choice.crs or None, progress=report, cancelled=cancelled
            )
        except NoGoodRow as error:
            empty = error
            continue
        result.append((rows, choice, item))
    if empty is not None and not result:
        raise empty
    return result


def _write_raster(
    store: Store,
    item: FileDataset,
    choice: Choice,
    record: _Record,
    number: int,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[Dataset, Raster]:
    """The raster written into the home; it is named by the catalogue only when all is well."""
    assert isinstance(item, RasterDataset)
    kind = choice.layer or item.layer or ""
    target = rasters.folder(store) / f"{kind or 'raster'}-{number}.tif"
    written = item.write(
        target,
        layer=kind or None,
        crs=choice.crs or None,
        progress=_part(progress, 0, 0.6),
        cancelled=cancelled,
    )
    raster = Raster(
        written.layer,
        number,
        target,
        written.bounds,
        written.minimum,
        written.maximum,
        written.total,
        written.cells,
    )
    return record.of_raster(number, written, item), raster


@dataclass(frozen=True, slots=True)
class _Record:
    """What the catalogue says alike of every dataset of one file."""

    inspection: Inspection
    origin: Origin
    sha256: str

    def of_rows(self, number: int, rows: Accepted, choice: Choice, item: FileDataset) -> Dataset:
        """The dataset of accepted rows."""
        parameters = {"mapping": dict(choice.mapping or item.mapping), "mode": choice.mode}
        accepted = len(rows.frame)
        return self._dataset(number, rows.layer, item, rows.crs, accepted, rows.rejected, parameters)

    def of_raster(self, number: int, written: RasterAccepted, item: FileDataset) -> Dataset:
        """The dataset of a raster, whose rows are its cells with data."""
        parameters = {"width": written.width, "height": written.height, "dtype": written.dtype}
        return self._dataset(number, written.layer, item, written.crs, written.cells, 0, parameters)

    def _dataset(
        self,
        number: int,
        layer: str,
        item: FileDataset,
        crs: CrsReport,
        accepted: int,
        rejected: int,
        parameters: Mapping[str, Any],
    ) -> Dataset:
        name = self.origin.name or self.inspection.name
        return Dataset(
            id=number,
            layer=layer,
            name=name if len(self.inspection.datasets) == 1 else f"{name} / {item.name}",
            file_name=self.inspection.name,
            sha256=self.sha256,
            source=self.origin.source or item.origin.source or None,
            licence=self.origin.licence or item.origin.licence or None,
            data_date=self.origin.date or item.origin.date or None,
            imported_at=utc_now(),
            crs_declared=crs.declared,
            crs_found=crs.found,
            crs_report={"zh": crs.text("zh"), "en": crs.text("en")},
            rows_in=accepted + rejected,
            accepted=accepted,
            rejected=rejected,
            synthetic=False,
            parameters={"format": self.inspection.format, **parameters},
        )


def _faults(table: pd.DataFrame) -> list[Fault]:
    return [
        Fault(
            row=None if pd.isna(item.row) else int(item.row),
            key=None if pd.isna(item.key) else str(item.key),
            rejected=item.level == "rejected",
            reason_zh=str(item.reason_zh),
            reason_en=str(item.reason_en),
            value=None if pd.isna(item.value) else str(item.value)[:400],
        )
        for item in table.itertuples(index=False)
    ]


def publish(
    store: Store,
    parts: Sequence[Rows],
    *,
    settings: Settings,
    action: str = "import",
    record: Sequence[tuple[str, list[object]]] = (),
    shown_rasters: Mapping[str, int] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Build the new generations of ``parts`` and show them at once. Hold ``store.import_lock``."""
    built: list[Built] = []
    statements = list(record)
    report = progress or silent
    towns = _town_frame(store, parts)
    by_layer: dict[str, list[Rows]] = {}
    for part in parts:
        by_layer.setdefault(part.layer, []).append(part)
    try:
        with Builder(store.extension_directory, settings.memory_mb) as builder:
            for number, (layer, group) in enumerate(by_layer.items()):
                _heed(cancelled)
                report(number / len(by_layer), "build")
                built.append(_build(store, builder, layer, group, towns))
                for part in group:
                    statements.append(part.dataset.insert())
                    statements += catalogue.insert_faults(part.dataset.id, part.faults)
        _heed(cancelled)
        report(0.97, "publish")
        store.publish(built, action, statements, shown_rasters or {})
        report(1.0, "done")
    finally:
        for item in built:
            item.path.unlink(missing_ok=True)


def _heed(cancelled: Callable[[], bool] | None) -> None:
    if cancelled is not None and cancelled():
        raise Cancelled("已取消，没有改动任何数据。", "cancelled; nothing was changed.")


def _build(
    store: Store, builder: Builder, layer: str, group: Sequence[Rows], towns: gpd.GeoDataFrame | None
) -> Built:
    spec = get(layer)
    previous = _previous(store, group)
    serials: Mapping[int, int] = store.serials(layer)
    ids = known_fids(previous)
    tables = []
    for part in group:
        table, serials = to_table(
            spec,
            part.frame,
            dataset=part.dataset.id,
            dataset_name=part.dataset.name,
            synthetic=part.dataset.synthetic,
            towns=None if layer == "town" else towns,
            known=ids,
            serials=serials,
        )
        tables.append(table)
    return builder.build(spec, tables, store.stage(layer), previous=previous, serials=serials)


def _previous(store: Store, group: Sequence[Rows]) -> Previous | None:
    """What of the shown generation stays: all but older deliveries of the same source."""
    layer = group[0].layer
    shown = store.shown.get(layer)
    if shown is None:
        return None
    mode = next((part.mode for part in group if part.mode != "auto"), get(layer).on_import)
    names = {part.dataset.name for part in group}
    same = {item.id for item in catalogue.datasets(store, shown.datasets) if item.name in names}
    return Previous(shown.path, frozenset(same), keep=mode != "replace")


def _town_frame(store: Store, parts: Sequence[Rows]) -> gpd.GeoDataFrame | None:
    """Town polygons with their nine-digit codes: those just coming in, else those shown."""
    for part in parts:
        if part.layer == "town":
            return _with_codes(part.frame)
    shown = store.shown.get("town")
    if shown is None:
        return None
    rows = (
        store.cursor()
        .execute(f"SELECT town, ST_AsWKB(geom)::BLOB FROM {shown.relation} WHERE town > 0 ORDER BY fid")
        .fetchall()
    )
    return gpd.GeoDataFrame(
        {"town": [row[0] for row in rows]}, geometry=shapely.from_wkb([row[1] for row in rows]), crs=4326
    )


def _with_codes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """``frame`` with a ``town`` column read from its ``code`` (its first nine digits)."""
    if "town" in frame:
        return frame
    digits = frame["code"].astype("string").str.extract(r"^(\d{9})")[0] if "code" in frame else None
    frame["town"] = 0 if digits is None else pd.to_numeric(digits).fillna(0).astype("int64")
    return frame


def _part(progress: Progress | None, start: float, end: float) -> Progress | None:
    if progress is None:
        return None
    return lambda share, stage: progress(start + (end - start) * share, stage)


def silent(share: float, stage: str) -> None:
    """Report to nobody."""
