"""Long work of a server: started by a request, followed by others, cancelled by another.

One analysis runs at a time beside the imports, so that none starves the map; a report runs in a lane of its
own, because the browser that draws its maps may ask for an analysis.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from twin.errors import Cancelled, TwinError, UnknownName

_log = logging.getLogger(__name__)
Status = Literal["waiting", "running", "done", "failed", "cancelled"]
Lane = Literal["analysis", "report"]
_KEPT = 50


@dataclass(slots=True)
class Task:
    """One piece of long work; ``result`` may grow better while it runs."""

    id: str
    status: Status = "waiting"
    progress: float = 0.0
    stage: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None
    result: Any = None
    stop: threading.Event = field(default_factory=threading.Event)

    def report(self, share: float, stage: dict[str, str] | None = None) -> None:
        """Take over how far the work has come; :class:`Cancelled` when it is to stop."""
        self.progress = share
        if stage is not None:
            self.stage = stage
        if self.stop.is_set():
            raise Cancelled("已取消。", "cancelled.")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "status": self.status,
            "progress": self.progress,
            "stage": self.stage,
            "error": self.error,
            "result": self.result,
        }


Work = Callable[[Task], Any]


class Tasks:
    """The tasks of one server, the newest fifty remembered."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._pools: dict[Lane, ThreadPoolExecutor] = {
            "analysis": ThreadPoolExecutor(1, thread_name_prefix="task"),
            "report": ThreadPoolExecutor(1, thread_name_prefix="report"),
        }

    def start(self, work: Work, lane: Lane = "analysis") -> Task:
        """Queue ``work(task)`` behind the others of its lane; what it returns becomes the result."""
        task = Task(uuid.uuid4().hex)
        self._tasks[task.id] = task
        for old in list(self._tasks)[:-_KEPT]:
            if self._tasks[old].status not in ("waiting", "running"):
                del self._tasks[old]
        self._pools[lane].submit(self._run, task, work)
        return task

    def get(self, identity: str) -> Task:
        """The task with this id; :class:`UnknownName` if there is none."""
        try:
            return self._tasks[identity]
        except KeyError:
            raise UnknownName("没有这个任务。", "there is no such task.") from None

    def close(self) -> None:
        """Ask every task to stop and wait for those that run."""
        for task in self._tasks.values():
            task.stop.set()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _run(task: Task, work: Work) -> None:
        if task.stop.is_set():
            task.status = "cancelled"
            return
        task.status = "running"
        try:
            task.result = work(task)
            task.status, task.progress = "done", 1.0
        except Cancelled:
            task.status = "cancelled"
        except TwinError as error:
            task.error = {"code": error.code, "zh": error.zh, "en": error.en}
            task.status = "failed"
        except Exception:  # noqa: BLE001 - a task must end in a state, whatever happened
            _log.exception("task %s failed", task.id)
            task.error = {
                "code": "fault",
                "zh": "计算时发生内部错误；详情见服务日志。",
                "en": "the computation failed by a fault of ours; see the server's log.",
            }
            task.status = "failed"
