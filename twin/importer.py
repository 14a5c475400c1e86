"""Bringing a file in: inspect, let the user correct, check, build, publish.

The same steps serve the command line and the Data page; a page works through
:class:`Jobs`, which runs one import at a time, reports progress and can be
cancelled. Files are staged in the home's inbox and nothing is shown before the
new generations are complete.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

from layers import get
from twin import catalogue, generation
from twin.catalogue import Dataset, Fault
from twin.errors import Cancelled, InputError, NoGoodRow, TwinError, UnknownName
from twin.features import known_layer
from twin.generation import Builder, Built, Previous
from twin.ingest import Accepted, Inspection, Known, inspect
from twin.settings import Settings
from twin.store import Store

Progress = Callable[[float, str], None]
Mode = Literal["auto", "add", "replace"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user decided for one dataset of a file; empty values keep the proposal."""

    layer: str = ""
    mapping: Mapping[str, str] | None = None
    crs: str = ""
    mode: Mode = "auto"
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What the user says about where the data come from."""

    source: str = ""
    licence: str = ""
    date: str = ""
    name: str = ""


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
        rows = store.cursor().execute(
            f"SELECT ST_AsWKB(geom)::BLOB FROM {shown.relation} ORDER BY hash(fid) LIMIT {limit}"
        ).fetchall()
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
    if layer is not None:
        known_layer(layer) if layer not in ("dem", "population") else None
    with inspect(
        path, layer=layer, crs=crs, known=known(store), original_name=original_name, progress=_part(progress, 0, 0.35),
        cancelled=cancelled,
    ) as inspection:
        return commit(
            store, inspection, path,
            choices=[Choice(layer=layer or "", crs="" if crs == "auto" else crs, mode=mode) for _ in inspection.datasets],
            origin=origin or Origin(), settings=settings, progress=_part(progress, 0.35, 1), cancelled=cancelled,
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
    digest = catalogue.sha256_of(path)
    accepted: list[tuple[Accepted, Choice, Any]] = []
    chosen = [(item, choice) for item, choice in zip(inspection.datasets, choices, strict=True) if not choice.skip]
    if not chosen:
        raise InputError("没有选中任何数据集，未导入。", "no dataset was chosen, so nothing was imported.")
    empty: NoGoodRow | None = None
    for number, (item, choice) in enumerate(chosen):
        target = choice.layer or item.layer
        if not target:
            raise InputError(
                f"无法判断“{item.name}”属于哪个图层，请指定图层 (--layer)。",
                f"cannot tell which layer {item.name!r} belongs to; name it with --layer.",
            )
        report = _part(progress, 0.6 * number / len(chosen), 0.6 * (number + 1) / len(chosen))
        try:
            rows = item.rows_for(target, choice.mapping, choice.crs or None, progress=report, cancelled=cancelled)
        except NoGoodRow as error:
            if len(chosen) == 1:
                raise
            empty = error
            continue
        accepted.append((rows, choice, item))
    if not accepted:
        raise empty or InputError("文件中没有数据。", "the file holds no data.")
    with store.import_lock:
        first = catalogue.next_dataset_id(store)
        parts = [
            _recorded(first + number, rows, choice, item, inspection, origin, digest)
            for number, (rows, choice, item) in enumerate(accepted)
        ]
        publish(store, parts, settings=settings, progress=_part(progress, 0.6, 1), cancelled=cancelled)
    return [part.dataset for part in parts]


def _recorded(
    number: int, rows: Accepted, choice: Choice, item: Any, inspection: Inspection, origin: Origin, digest: str
) -> Rows:
    name = origin.name or inspection.name
    dataset = Dataset(
        id=number,
        layer=rows.layer,
        name=name if len(inspection.datasets) == 1 else f"{name} / {item.name}",
        file_name=inspection.name,
        sha256=digest,
        source=origin.source or item.origin.source or None,
        licence=origin.licence or item.origin.licence or None,
        data_date=origin.date or item.origin.date or None,
        imported_at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        crs_declared=rows.crs.declared,
        crs_found=rows.crs.found,
        crs_report={"zh": rows.crs.text("zh"), "en": rows.crs.text("en")},
        rows_in=len(rows.frame) + rows.rejected,
        accepted=len(rows.frame),
        rejected=rows.rejected,
        synthetic=False,
        parameters={"format": inspection.format, "mapping": dict(choice.mapping or item.mapping), "mode": choice.mode},
    )
    return Rows(rows.layer, rows.frame, dataset, _faults(rows.faults), choice.mode)


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
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Build the new generations of ``parts`` and show them at once. Hold ``store.import_lock``."""
    built: list[Built] = []
    record: list[tuple[str, list[object]]] = []
    report = progress or (lambda share, stage: None)
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
                    record.append(part.dataset.insert())
                    record += catalogue.insert_faults(part.dataset.id, part.faults)
        _heed(cancelled)
        report(0.97, "publish")
        store.publish(built, action, record)
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
    ids = generation.known_fids(previous)
    tables = []
    for part in group:
        table, serials = generation.to_table(
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
    rows = store.cursor().execute(
        f"SELECT town, ST_AsWKB(geom)::BLOB FROM {shown.relation} WHERE town > 0 ORDER BY fid"
    ).fetchall()
    return gpd.GeoDataFrame({"town": [row[0] for row in rows]}, geometry=shapely.from_wkb([row[1] for row in rows]), crs=4326)


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


# -- jobs -------------------------------------------------------------------

Status = Literal["waiting", "inspecting", "ready", "importing", "done", "failed", "cancelled"]


@dataclass(slots=True)
class Job:
    """One file on its way in. ``error`` holds the two texts of what went wrong."""

    id: str
    path: Path
    name: str
    status: Status = "waiting"
    progress: float = 0.0
    stage: str = ""
    error: dict[str, str] | None = None
    inspection: Inspection | None = None
    datasets: list[Dataset] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def report(self, share: float, stage: str) -> None:
        """Take over the progress of the running step."""
        self.progress, self.stage = share, stage


class Jobs:
    """The queue of imports of one server: one runs, the others wait."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="import")

    def receive(self, name: str) -> Job:
        """A new job with a place in the inbox to write the file to."""
        identity = uuid.uuid4().hex
        folder = self._store.home / "inbox" / identity
        folder.mkdir(parents=True)
        suffix = "".join(Path(name).suffixes[-2:]).lower()
        job = Job(identity, folder / f"upload{suffix}", name)
        self._jobs[identity] = job
        return job

    def get(self, identity: str) -> Job:
        """The job with this id; :class:`UnknownName` if there is none."""
        try:
            return self._jobs[identity]
        except KeyError:
            raise UnknownName("没有这个导入任务。", "there is no such import.") from None

    def listed(self) -> list[Job]:
        """Every job of this server, newest first."""
        return list(reversed(self._jobs.values()))

    def inspect(self, job: Job, layer: str | None = None, crs: str = "auto") -> None:
        """Queue the inspection of a received file."""
        job.status = "waiting"
        self._pool.submit(self._run, job, lambda: self._inspect(job, layer, crs))

    def commit(self, job: Job, choices: Sequence[Choice], origin: Origin) -> None:
        """Queue the import of an inspected file."""
        if job.status != "ready" or job.inspection is None:
            raise InputError("文件尚未检查完毕，请稍候。", "the file is not inspected yet; wait a moment.")
        if len(choices) != len(job.inspection.datasets):
            raise InputError("数据集的选择与文件不符。", "the choices do not match the datasets of the file.")
        job.status = "waiting"
        self._pool.submit(self._run, job, lambda: self._commit(job, choices, origin))

    def import_now(
        self, job: Job, *, layer: str | None, crs: str, mode: Mode, origin: Origin
    ) -> None:
        """Queue inspection and import in one go (the command line's way)."""
        job.status = "waiting"
        self._pool.submit(self._run, job, lambda: self._import(job, layer, crs, mode, origin))

    def cancel(self, job: Job) -> None:
        """Stop a job; what it staged is removed."""
        job.stop.set()
        if job.status in ("ready", "failed"):
            job.status = "cancelled"
            self._clean(job)

    def forget(self, job: Job) -> None:
        """Drop a job that never got its whole file."""
        self._jobs.pop(job.id, None)
        self._clean(job)

    def close(self) -> None:
        """Stop all work; unfinished jobs are cancelled."""
        for job in self._jobs.values():
            job.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for job in self._jobs.values():
            self._clean(job)

    def _run(self, job: Job, step: Callable[[], None]) -> None:
        try:
            if job.stop.is_set():
                raise Cancelled("已取消。", "cancelled.")
            step()
        except Cancelled:
            job.status = "cancelled"
            self._clean(job)
        except TwinError as error:
            job.status, job.error = "failed", {"code": error.code, "zh": error.zh, "en": error.en}
        except Exception:
            _log.exception("import %s failed", job.id)
            job.status = "failed"
            job.error = {
                "code": "fault",
                "zh": "导入时发生内部错误，没有改动任何数据；详情见服务日志。",
                "en": "the import failed by a fault of ours; nothing was changed. See the server's log.",
            }

    def _inspect(self, job: Job, layer: str | None, crs: str) -> None:
        job.status = "inspecting"
        if job.inspection is not None:
            job.inspection.close()
        job.inspection = inspect(
            job.path, layer=layer, crs=crs, known=known(self._store), original_name=job.name, progress=job.report,
            cancelled=job.stop.is_set,
        )
        job.status, job.progress = "ready", 1.0

    def _commit(self, job: Job, choices: Sequence[Choice], origin: Origin) -> None:
        assert job.inspection is not None
        job.status, job.progress = "importing", 0.0
        try:
            job.datasets = commit(
                self._store, job.inspection, job.path, choices=choices, origin=origin, settings=self._settings,
                progress=job.report, cancelled=job.stop.is_set,
            )
        except InputError as error:
            # The file stays inspected: the user can correct the choice and try again.
            job.status, job.error = "ready", {"code": error.code, "zh": error.zh, "en": error.en}
            return
        job.error = None
        job.status = "done"
        self._clean(job)

    def _import(self, job: Job, layer: str | None, crs: str, mode: Mode, origin: Origin) -> None:
        job.status = "importing"
        job.datasets = import_file(
            self._store, job.path, settings=self._settings, layer=layer, crs=crs, mode=mode, origin=origin,
            original_name=job.name, progress=job.report, cancelled=job.stop.is_set,
        )
        job.status = "done"
        self._clean(job)

    def _clean(self, job: Job) -> None:
        if job.inspection is not None:
            job.inspection.close()
            job.inspection = None
        shutil.rmtree(job.path.parent, ignore_errors=True)
