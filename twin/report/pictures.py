"""Pictures of maps that a browser draws for one report: a job, what it asks for, and what has come in.

A :class:`Job` lists views under a token that nobody can guess. The page of pictures takes the job up once, draws one
view after the other and hands each picture in once; :func:`draw` starts the browser and waits. Nothing is taken
under another token, for a view that was not asked for, or after the job has ended.
"""

from __future__ import annotations

import secrets
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import InputError, TwinError, UnknownName
from twin.report import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, HEIGHT, SCALE = 1200, 675, 2
"""Size of a map in CSS pixels, and device pixels to each: pictures of 2400 x 1350."""
MOST_BYTES = 60_000_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FIRST_S, _NEXT_S = 120.0, 300.0
"""Longest wait for a browser to take a job up, and for the next picture: a 5G run may have to be computed for it."""
_POLL_S = 0.1

Report = Callable[[int, int], None]
"""Told how many pictures of how many are there; may raise to stop."""


@dataclass(slots=True)
class Job:
    """The pictures of one report: views ``{"key", "title", "viewpoint"}``, files by key once they are there."""

    token: str
    folder: Path
    language: str
    views: tuple[Mapping[str, Any], ...]
    software: bool = False
    files: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    taken: bool = False
    failure: str = ""
    changed: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> int:
        """Views that have their picture or the reason why there is none."""
        return len(self.files) + len(self.reasons)

    def take(self) -> dict[str, Any]:
        """What is to be drawn, told to the first that asks.

        :class:`twin.errors.UnknownName` for any other.
        """
        if self.taken:
            raise _unknown()
        self.taken = True
        self.changed.set()
        return {
            "language": self.language,
            "width": WIDTH,
            "height": HEIGHT,
            "scale": SCALE,
            "software": self.software,
            "views": [dict(view) for view in self.views],
        }

    def put(self, key: str, data: bytes) -> None:
        """Take in the picture of a view; :class:`twin.errors.InputError` for what is none or was not asked for."""
        self._expected(key)
        if size_of(data) != (WIDTH * SCALE, HEIGHT * SCALE):
            raise InputError("图片不是所要求大小的 PNG。", "the picture is not a PNG of the size asked for.")
        name = f"{key}.png"
        (self.folder / name).write_bytes(data)
        self.files[key] = name
        self.changed.set()

    def lack(self, key: str, text: Mapping[str, str]) -> None:
        """Take in why a view has no picture."""
        self._expected(key)
        self.reasons[key] = {"zh": str(text.get("zh", ""))[:300], "en": str(text.get("en", ""))[:300]}
        self.changed.set()

    def fail(self, code: str) -> None:
        """Take in why the page cannot draw at all."""
        self.failure = code
        self.changed.set()

    def _expected(self, key: str) -> None:
        if not self.taken or key not in {view["key"] for view in self.views}:
            raise _unknown()
        if key in self.files or key in self.reasons:
            raise InputError("这张图片已经交过了。", "this picture was handed in before.")


class Darkroom:
    """The jobs of a server that are under way."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    @contextmanager
    def job(
        self, folder: Path, language: str, views: Sequence[Mapping[str, Any]], *, software: bool = False
    ) -> Iterator[Job]:
        """A job that can be asked for and answered until it is left; ``software``: its browser draws with the processor."""
        made = Job(secrets.token_urlsafe(24), folder, language, tuple(views), software)
        self._jobs[made.token] = made
        try:
            yield made
        finally:
            del self._jobs[made.token]

    def get(self, token: str) -> Job:
        """The job of a token; :class:`twin.errors.UnknownName` when there is none, or it has ended."""
        found = next((job for key, job in self._jobs.items() if secrets.compare_digest(key, token)), None)
        if found is None:
            raise _unknown()
        return found


@dataclass(slots=True)
class Drawn:
    """Files of pictures by key, sentences for those there are not, and what views name that is gone."""

    files: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    failure: dict[str, str] | None = None


def draw(
    darkroom: Darkroom,
    views: Sequence[Mapping[str, Any]],
    *,
    server: str,
    folder: Path,
    language: str,
    named_browser: str,
    report: Report,
) -> Drawn:
    """Have a browser draw ``views`` from the server at ``server`` into ``folder``.

    What cannot be drawn has a sentence instead; only what ``report`` raises comes through.
    """
    drawn = Drawn()
    left = list(views)
    for software in (False, True):
        failure = _round(darkroom, left, drawn, server, folder, language, named_browser, report, software)
        left = [view for view in left if view["key"] not in drawn.files and view["key"] not in drawn.reasons]
        if failure is None or not left:
            break
        drawn.failure = failure
        if failure is not _NO_GRAPHICS:
            break
    if left and drawn.failure is not None:
        drawn.reasons |= {view["key"]: drawn.failure for view in left}
    else:
        drawn.failure = None
    return drawn


_NO_GRAPHICS = {
    "zh": "浏览器不能绘制三维图形（WebGL）。",
    "en": "the browser cannot draw in three dimensions (WebGL).",
}
_ENDED = {"zh": "浏览器意外退出。", "en": "the browser ended unexpectedly."}
_LATE = {
    "zh": "浏览器没有在时限内完成绘制。",
    "en": "the browser did not draw in time.",
}
_FAULT = {"zh": "绘图页面没有正常打开。", "en": "the page of pictures did not open as it should."}


def _round(
    darkroom: Darkroom,
    views: Sequence[Mapping[str, Any]],
    drawn: Drawn,
    server: str,
    folder: Path,
    language: str,
    named_browser: str,
    report: Report,
    software: bool,
) -> dict[str, str] | None:
    """One browser, one job; why it ended before all was drawn, else None."""
    try:
        executable = browser.find(named_browser)
    except TwinError as error:
        return {"zh": error.zh, "en": error.en}
    if executable is None:
        return {"zh": browser.NONE_ZH, "en": browser.NONE_EN}
    already = drawn_count = len(drawn.files) + len(drawn.reasons)
    total = already + len(views)
    with darkroom.job(folder, language, views, software=software) as job:
        try:
            with browser.opened(
                executable, f"{server}/picture?job={job.token}", software=software
            ) as process:
                limit = time.monotonic() + _FIRST_S
                while job.done < len(views):
                    report(drawn_count, total)
                    if job.failure:
                        return _NO_GRAPHICS if job.failure == "graphics" else _FAULT
                    if process.poll() is not None:
                        return _ENDED
                    if time.monotonic() > limit:
                        return _LATE
                    if job.changed.wait(_POLL_S):
                        job.changed.clear()
                        limit = time.monotonic() + _NEXT_S
                        drawn_count = already + job.done
                report(drawn_count, total)
                return None
        except TwinError as error:
            if isinstance(error, InputError):
                return {"zh": error.zh, "en": error.en}
            raise
        finally:
            drawn.files |= job.files
            drawn.reasons |= job.reasons
            drawn.missing |= job.missing


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG; None when ``data`` is none."""
    if len(data) < 33 or not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)


def _unknown() -> UnknownName:
    return UnknownName("没有这项绘图任务。", "there is no such job of pictures.")
