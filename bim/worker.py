"""A process that reads an untrusted model, and the watch over it.

The process is ``python -m bim`` with a task in a file. It tells what it does as lines of JSON on its standard output
and may do anything else: crash, hang, eat memory, print rubbish. The watch ends it when it is past its limits of time,
memory or silence, or when the user cancels, and says how it ended. No shell, no fork of this process, its own folder,
an environment without anything it does not need. Works alike on Linux, macOS and Windows.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]

from bim.errors import BimError, LimitExceeded, Refused, Stopped
from bim.finding import Finding
from bim.limits import DEFAULT, Limits

Event = dict[str, Any]
Why = Literal["done", "error", "crashed", "silent", "memory", "wall"]

POLL_S = 0.05
MEMORY_EVERY_S = 0.2
LONGEST_LINE = 1_000_000
QUEUED_LINES = 200
OUT_OF_MEMORY = 77
"""Exit status of a process that ran out of memory and could still say so."""

PACKAGE_PATH = str(Path(__file__).resolve().parent.parent)
"""Where the process finds this package."""

_PASSED_ON = (
    "PATH", "SYSTEMROOT", "WINDIR", "HOME", "USERPROFILE", "LOCALAPPDATA", "LANG", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "VIRTUAL_ENV",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    ``result`` is what it gave when it was ``done``; ``error`` what it said when it met an ``error``; ``status`` its
    exit status; ``complaints`` the end of its standard error.
    """

    why: Why
    result: Any = None
    error: Event | None = None
    status: int | None = None
    complaints: str = ""
    peak_bytes: int = 0


def watch(
    task: str,
    arguments: Mapping[str, Any],
    folder: Path,
    *,
    limits: Limits = DEFAULT,
    deadline: float | None = None,
    silence_s: Callable[[], float | None] = lambda: None,
    event: Callable[[Event], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run ``task`` with ``arguments`` (plain data) in a process of its own, whose folder is ``folder``.

    Parameters
    ----------
    deadline
        :func:`time.monotonic` at which the process is ended; ``limits.wall_s`` from now unless given.
    silence_s
        Asked again and again: how long the process may say nothing just now; None for any time.
    event
        Told every line of JSON that the process writes, in this thread.
    cancelled
        Asked again and again.

    Raises
    ------
    Stopped
        When the user cancelled; the process has ended.
    """
    if deadline is None:
        deadline = time.monotonic() + limits.wall_s
    request = folder / "task.json"
    request.write_text(
        json.dumps(
            {"task": task, "arguments": dict(arguments), "limits": asdict(limits)}, ensure_ascii=False
        ),
        encoding="utf-8",
    )
    with (folder / "stderr.txt").open("wb") as complaints:
        process = _start(request, folder, complaints)
        watcher = _Watch(process, limits, deadline, silence_s, event, cancelled)
        try:
            why = watcher.run()
        finally:
            _kill(process)
            watcher.close()
    return Ended(
        why,
        watcher.result,
        watcher.error,
        process.returncode,
        _end_of(folder / "stderr.txt"),
        watcher.peak_bytes,
    )


def call(
    function: str,
    arguments: Mapping[str, Any],
    folder: Path,
    *,
    limits: Limits = DEFAULT,
    cancelled: Callable[[], bool] = lambda: False,
) -> Any:
    """Call ``module:function`` of this package with keyword ``arguments`` in a process of its own.

    Arguments and the result are plain data (paths as text).

    Raises
    ------
    BimError
        What the function raised; :class:`Refused` when the process crashed, :class:`LimitExceeded` when it was too
        large or too slow, :class:`Stopped` when the user cancelled.
    """
    ended = watch(function, arguments, folder, limits=limits, cancelled=cancelled)
    if ended.why == "done":
        return ended.result
    raise error_of(ended)


def error_of(ended: Ended) -> BimError:
    """The error that tells how a process ended."""
    if ended.why == "error" and ended.error is not None:
        kind = {"LimitExceeded": LimitExceeded, "Refused": Refused}.get(str(ended.error.get("kind")))
        if kind is not None:
            zh, en = str(ended.error["zh"]), str(ended.error["en"])
            code = str(ended.error["code"])
            if kind is Refused:
                findings = [Finding.from_dict(item) for item in ended.error.get("findings", ())]
                return Refused(zh, en, code=code, findings=findings)
            return LimitExceeded(zh, en, code=code)
    if ended.why == "memory":
        return LimitExceeded(
            "处理此模型所需内存超过上限；请拆分模型（例如按专业或楼段）后重新上传。",
            "The model needs more memory than it may have; split it (by discipline or by part) and upload the parts.",
            code="memory",
        )
    if ended.why in {"wall", "silent"}:
        return LimitExceeded(
            "处理此模型所用时间超过上限；请拆分或简化模型后重新上传。",
            "The model takes longer than it may; split or simplify it and upload it again.",
            code="time",
        )
    return Refused(
        "读取此文件的进程意外结束，文件内容可能已损坏；请在原软件中重新导出。",
        "The process that read the file ended unexpectedly; the file is probably damaged, export it again.",
        code="crash",
    )


class _Watch:
    """The loop over one process."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        deadline: float,
        silence_s: Callable[[], float | None],
        event: Callable[[Event], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.process, self.limits, self.deadline = process, limits, deadline
        self.silence_s, self.event, self.cancelled = silence_s, event, cancelled
        self.result: Any = None
        self.error: Event | None = None
        self.peak_bytes = 0
        self._finished = False
        self._lines: queue.Queue[bytes | None] = queue.Queue(QUEUED_LINES)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name="bim-worker-output", daemon=True)
        self._reader.start()

    def run(self) -> Why:
        """Watch until the end."""
        heard = time.monotonic()
        weighed = 0.0
        while True:
            try:
                line = self._lines.get(timeout=POLL_S)
            except queue.Empty:
                line = b""
            now = time.monotonic()
            if line is None:
                return self._outcome()
            if line and self._take(line):
                heard = now
            if self.cancelled():
                raise Stopped
            if now > self.deadline:
                return "wall"
            silence = self.silence_s()
            if silence is not None and now - heard > silence and self._lines.empty():
                return "silent"
            if now - weighed > MEMORY_EVERY_S:
                weighed = now
                self.peak_bytes = max(self.peak_bytes, _memory(self.process.pid))
                if self.peak_bytes > self.limits.memory_bytes:
                    return "memory"

    def close(self) -> None:
        """Let the reading thread go."""
        self._closing.set()
        self._reader.join(timeout=5.0)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _outcome(self) -> Why:
        """Its output has ended, so it ends itself now or never."""
        try:
            status = self.process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return "done" if self._finished else "silent"
        if self._finished:
            return "done"
        if status == OUT_OF_MEMORY:
            return "memory"
        return "error" if self.error is not None else "crashed"

    def _take(self, line: bytes) -> bool:
        """Whether a line is one of ours; rubbish is no sign of life."""
        try:
            event = json.loads(line)
        except ValueError:
            return False
        if not isinstance(event, dict):
            return False
        if "done" in event:
            self.result, self._finished = event["done"], True
        elif isinstance(event.get("error"), dict):
            self.error = event["error"]
        else:
            self.event(event)
        return True

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        with suppress(OSError, ValueError):  # closed under the reader when the process was killed
            while line := stream.readline(LONGEST_LINE):
                self._put(line)
        self._put(None)

    def _put(self, line: bytes | None) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._lines.put(line, timeout=0.2)
                return


def _start(request: Path, folder: Path, complaints: Any) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment.update(
        PYTHONPATH=PACKAGE_PATH,
        PYTHONUTF8="1",
        TMPDIR=str(folder),
        TEMP=str(folder),
        TMP=str(folder),
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MKL_NUM_THREADS="1",
    )
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bim", str(request)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        close_fds=True,
        creationflags=flags,
        start_new_session=sys.platform != "win32",  # a Ctrl-C in the terminal is the server's to handle
    )


def _memory(pid: int) -> int:
    """Resident memory of a process and its children, in bytes."""
    total = 0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it started, and wait until it is gone."""
    if process.poll() is None:
        children: list[psutil.Process] = []
        with suppress(psutil.Error):
            children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            with suppress(psutil.Error):
                child.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=30.0)


def _end_of(path: Path, size: int = 4000) -> str:
    try:
        with path.open("rb") as source:
            source.seek(max(0, path.stat().st_size - size))
            return source.read().decode("utf-8", "replace")
    except OSError:
        return ""
