"""The queue of imports of a server: one runs, the others wait, each can be cancelled.

Files wait in the home's inbox. The importer and its libraries are loaded when
the first file comes, so that a server starts without them.
"""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from twin.catalogue import Dataset
from twin.errors import Cancelled, InputError, TwinError, UnknownName
from twin.import_options import Choice, Mode, Origin
from twin.settings import Settings
from twin.store import Store

if TYPE_CHECKING:
    from twin.ingest import Inspection

_log = logging.getLogger(__name__)
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

    def import_now(self, job: Job, *, layer: str | None, crs: str, mode: Mode, origin: Origin) -> None:
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
        except Exception:  # noqa: BLE001 - a job must end in a state, whatever happened
            _log.exception("import %s failed", job.id)
            job.status = "failed"
            job.error = {
                "code": "fault",
                "zh": "导入时发生内部错误，没有改动任何数据；详情见服务日志。",
                "en": "the import failed by a fault of ours; nothing was changed. See the server's log.",
            }

    def _inspect(self, job: Job, layer: str | None, crs: str) -> None:
        from twin.importer import known
        from twin.ingest import inspect

        job.status = "inspecting"
        if job.inspection is not None:
            job.inspection.close()
        job.inspection = inspect(
            job.path,
            layer=layer,
            crs=crs,
            known=known(self._store),
            original_name=job.name,
            progress=job.report,
            cancelled=job.stop.is_set,
        )
        job.status, job.progress = "ready", 1.0

    def _commit(self, job: Job, choices: Sequence[Choice], origin: Origin) -> None:
        from twin.importer import commit

        assert job.inspection is not None
        job.status, job.progress = "importing", 0.0
        try:
            job.datasets = commit(
                self._store,
                job.inspection,
                job.path,
                choices=choices,
                origin=origin,
                settings=self._settings,
                progress=job.report,
                cancelled=job.stop.is_set,
            )
        except InputError as error:
            # The file stays inspected: the user can correct the choice and try again.
            job.status, job.error = "ready", {"code": error.code, "zh": error.zh, "en": error.en}
            return
        job.error = None
        job.status = "done"
        self._clean(job)

    def _import(self, job: Job, layer: str | None, crs: str, mode: Mode, origin: Origin) -> None:
        from twin.importer import import_file

        job.status = "importing"
        job.datasets = import_file(
            self._store,
            job.path,
            settings=self._settings,
            layer=layer,
            crs=crs,
            mode=mode,
            origin=origin,
            original_name=job.name,
            progress=job.report,
            cancelled=job.stop.is_set,
        )
        job.status = "done"
        self._clean(job)

    def _clean(self, job: Job) -> None:
        if job.inspection is not None:
            job.inspection.close()
            job.inspection = None
        shutil.rmtree(job.path.parent, ignore_errors=True)
