"""The queue of building models on their way in: one is converted, the others wait, each can be cancelled.

A job goes ``receiving`` -> ``waiting`` -> ``converting`` -> ``done``; an archive of
several models stops at ``choosing`` until somebody says which. What converts is a
process of its own (:mod:`bim.worker`), so that no file can bring the server down. A
job that a crash cut off is told as failed by the next server. What reads and keeps
models is loaded when the first one comes, so that a server starts without it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bim.errors import BimError
from bim.finding import Sentence
from bim.limits import Limits
from twin.errors import Cancelled, InputError, ModelRefused, TwinError, UnknownName, of_model
from twin.models import folders
from twin.settings import Settings
from twin.store import Store, utc_now

if TYPE_CHECKING:
    from bim.report import Report
    from twin.models.register import Entry

_log = logging.getLogger(__name__)
Status = Literal["receiving", "waiting", "choosing", "converting", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
_KEPT = 100
_WAITING = Sentence("排队等待", "waiting its turn")


def limits(settings: Settings) -> Limits:
    """What a model may ask of this machine."""
    return Limits(
        file_bytes=settings.bim_max_mb * 1_000_000,
        memory_bytes=settings.bim_memory_mb * 1_000_000,
        wall_s=settings.bim_minutes * 60.0,
    )


@dataclass(slots=True)
class Job:
    """One file on its way in. ``model`` is the model it becomes a version of, and then the one it became."""

    id: str
    name: str
    folder: Path
    model: str | None = None
    called: str | None = None
    status: Status = "receiving"
    progress: float = 0.0
    stage: Sentence = field(default_factory=lambda: Sentence("接收文件", "receiving the file"))
    error: dict[str, Any] | None = None
    entries: tuple[str, ...] = ()
    version: int | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> Path:
        """Where the file is received."""
        return self.folder / "upload"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "progress": round(self.progress, 3),
            "stage": {"zh": self.stage.zh, "en": self.stage.en},
            "error": self.error,
            "entries": list(self.entries) if self.status == "choosing" else [],
            "model": self.model,
            "version": self.version,
        }


class Intake:
    """The queue of one server."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.limits = limits(settings)
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="bim")
        self._tell_interrupted()

    def receive(self, name: str, model: str | None = None, called: str | None = None) -> Job:
        """A new job with a place in the inbox to write the file to.

        :class:`UnknownName` when ``model``, of which it is to be a version, is not there.
        """
        if model is not None:
            from twin.models import register

            register.get(self._store, model)
        identity = uuid.uuid4().hex
        folder = self._store.home / "inbox" / identity
        folder.mkdir(parents=True)
        job = Job(identity, name, folder, model, called)
        self._jobs[identity] = job
        self._note(job)
        for old in list(self._jobs)[:-_KEPT]:
            if self._jobs[old].status in ENDED:
                del self._jobs[old]
        return job

    def start(self, job: Job) -> None:
        """Queue the conversion of a received file."""
        job.status, job.stage = "waiting", _WAITING
        self._pool.submit(self._run, job, lambda: self._open(job))

    def choose(self, job: Job, entries: Sequence[str]) -> list[Job]:
        """Convert the chosen models of an archive, each as a job of its own; the first goes on as ``job``."""
        if job.status != "choosing":
            raise InputError("此任务不在等待选择。", "this job does not wait for a choice.")
        if not entries or any(entry not in job.entries for entry in entries):
            raise InputError("所选条目不在压缩包中。", "what was chosen is not in the archive.")
        if job.model is not None and len(set(entries)) > 1:
            raise InputError(
                "一个新版本只能来自一个文件，请只选一个。", "a new version is one file; choose only one."
            )
        jobs = [job]
        for entry in list(dict.fromkeys(entries))[1:]:
            other = self.receive(Path(entry).name, None, None)
            shutil.move(self._entry(job, entry), other.path)
            jobs.append(other)
        first = self._entry(job, entries[0])
        job.name, job.status, job.stage = Path(entries[0]).name, "waiting", _WAITING
        self._pool.submit(self._run, job, lambda: self._convert(job, first))
        for other in jobs[1:]:
            self.start(other)
        return jobs

    def get(self, identity: str) -> Job:
        """The job with this id; :class:`UnknownName` if there is none."""
        try:
            return self._jobs[identity]
        except KeyError:
            raise UnknownName("没有这个模型任务。", "there is no such job of a model.") from None

    def listed(self) -> list[Job]:
        """Every job, newest first."""
        return list(reversed(self._jobs.values()))

    def cancel(self, job: Job) -> None:
        """Stop a job; the process that converts it is ended and nothing of it is kept."""
        job.stop.set()
        if job.status in ("waiting", "choosing", "receiving"):
            self._end(job, "cancelled")

    def forget(self, job: Job) -> None:
        """Drop a job that never got its whole file."""
        self._end(job, "cancelled")
        self._jobs.pop(job.id, None)

    def close(self) -> None:
        """Stop all work; unfinished jobs are cancelled."""
        for job in self._jobs.values():
            job.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for job in list(self._jobs.values()):
            if job.status not in ENDED:
                self._end(job, "cancelled")

    def _run(self, job: Job, step: Callable[[], None]) -> None:
        if job.status == "cancelled":
            return
        try:
            if job.stop.is_set():
                raise Cancelled("已取消。", "cancelled.")
            step()
        except Cancelled:
            self._end(job, "cancelled")
        except TwinError as error:
            self._fail(job, error)
        except BimError as error:
            told = of_model(error)
            self._end(job, "cancelled") if isinstance(told, Cancelled) else self._fail(job, told)
        except Exception:  # noqa: BLE001 - a job must end in a state, whatever happened
            _log.exception("building model %s failed", job.id)
            self._fail(
                job,
                TwinError(
                    "转换模型时发生内部错误，未保留任何内容；详情见服务日志。",
                    "the conversion failed by a fault of ours; nothing was kept. See the server's log.",
                ),
            )

    def _open(self, job: Job) -> None:
        """See what the file is; stop where several models are in it."""
        from bim import receive

        files = job.folder / "files"
        files.mkdir()
        found = receive.receive(job.path, files, self.limits, name=job.name)
        if len(found) > 1:
            job.entries = tuple(item.entry or item.name for item in found)
            (job.folder / "entries").mkdir()
            for number, item in enumerate(found):
                shutil.move(item.path, job.folder / "entries" / str(number))
            job.status = "choosing"
            job.stage = Sentence(
                f"压缩包中有 {len(found)} 个模型，请选择", f"the archive holds {len(found)} models; choose"
            )
            return
        shutil.rmtree(files)
        self._convert(job, job.path)

    def _entry(self, job: Job, entry: str) -> Path:
        return job.folder / "entries" / str(job.entries.index(entry))

    def _convert(self, job: Job, path: Path) -> None:
        job.status, job.progress = "converting", 0.0
        entry, _ = convert(
            self._store, path, name=job.name, model=job.model, called=job.called, limits=self.limits,
            progress=lambda share, stage: _report(job, share, stage), cancelled=job.stop.is_set,
        )  # fmt: skip
        job.model, job.version, job.progress = entry.id, entry.version, 1.0
        self._end(job, "done")

    def _fail(self, job: Job, error: TwinError) -> None:
        job.error = {"code": error.code, "zh": error.zh, "en": error.en}
        job.error["findings"] = error.findings if isinstance(error, ModelRefused) else []
        self._end(job, "failed")

    def _end(self, job: Job, status: Status) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        with self._store.writing() as writer:
            writer.execute("DELETE FROM twin.model_job WHERE id = ?", [job.id])
        job.status = status  # last: who reads that it has ended finds nothing left of it

    def _note(self, job: Job) -> None:
        with self._store.writing() as writer:
            writer.execute(
                "INSERT INTO twin.model_job VALUES (?, ?, ?, ?)", [job.id, job.name, job.model, utc_now()]
            )

    def _tell_interrupted(self) -> None:
        """Jobs that the last server left are told as failed; their files are gone already."""
        rows = (
            self._store.cursor()
            .execute("SELECT id, name, model FROM twin.model_job ORDER BY received_at, id")
            .fetchall()
        )
        for identity, name, model in rows:
            job = Job(identity, name, self._store.home / "inbox" / identity, model)
            self._jobs[identity] = job
            self._fail(
                job,
                ModelRefused(
                    f"“{name}”的转换因服务中断而停止，未保留任何内容；请重新上传。",
                    f"the conversion of {name!r} was cut off when the server stopped; nothing was kept. "
                    "Upload it again.",
                    code="interrupted",
                ),
            )


def convert(
    store: Store,
    path: Path,
    *,
    name: str,
    limits: Limits,
    model: str | None = None,
    called: str | None = None,
    progress: Callable[[float, Sentence], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Entry, Report]:
    """Convert a file and keep it as a new model or as the next version of ``model``; with the report on it.

    Raises
    ------
    bim.errors.BimError
        The file is refused, went past a limit, or the user cancelled; nothing is kept.
    UnknownName
        ``model`` is not there.
    """
    from bim import report
    from bim.intake import convert as convert_file
    from twin.analysis.building_works import outlines
    from twin.models import register

    if model is not None:
        register.get(store, model)
    started, staged = time.monotonic(), folders.stage(store.home)
    try:
        done = convert_file(
            path, staged / "model", name=name, limits=limits, progress=progress, cancelled=cancelled
        )
        told = report.accepted(
            staged / "model", done, time.monotonic() - started, footprints=lambda box: outlines(store, box)
        )
        if cancelled is not None and cancelled():
            raise Cancelled("已取消。", "cancelled.")
        bad = sum(item.severity != "info" and item.code not in report.ASKED for item in told.findings)
        entry = register.add(
            store, staged / "model", model=model, name=called, outcome=told.outcome, findings=bad
        )
        return entry, told
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _report(job: Job, share: float, stage: Sentence) -> None:
    job.progress, job.stage = share, stage
