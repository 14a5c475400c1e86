"""Answers that never end by themselves must know when the server is told to stop.

On SIGTERM or Ctrl-C uvicorn stops listening and waits for open answers to finish
before it tells the application, so a stream of events would hold it up for
ever. While a server runs, :func:`watching` therefore hears the signal first.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
_stopping: asyncio.Event | None = None


def event() -> asyncio.Event:
    """Set from the moment the server is to stop; streams end then."""
    return asyncio.Event() if _stopping is None else _stopping


@contextmanager
def watching() -> Iterator[None]:
    """Hear requests to stop before the handlers that are installed, and pass them on; within a running loop.

    Signals reach the main thread only: a server in another thread is stopped by closing what is open on it.
    """
    global _stopping  # noqa: PLW0603 - one server a process
    _stopping = stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if callable(handler := signal.getsignal(number)):
                before[number] = handler
                signal.signal(number, heard)
    try:
        yield
    finally:
        stopping.set()
        for number, handler in before.items():
            if signal.getsignal(number) is heard:
                signal.signal(number, handler)
        _stopping = None
