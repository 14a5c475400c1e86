"""What set-up says to the person in front of it: one line in Chinese, one in English."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twin.errors import TwinError

_WIDTH = 100


def prepare() -> None:
    """Keep a console that lacks some character from failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(zh: str, en: str) -> None:
    """Write one thing in both languages to standard error."""
    sys.stderr.write(f"{zh}\n{en}\n")
    sys.stderr.flush()


def complain(error: TwinError) -> None:
    """Write the one sentence of ``error`` in both languages."""
    say(error.zh, error.en)


@contextmanager
def step(zh: str, en: str) -> Iterator[Callable[[str], None]]:
    """Announce one step; yields a function that shows how far it is, on a terminal only."""
    started = time.monotonic()
    terminal = sys.stderr.isatty()
    say(f"{zh} ...", f"{en} ...")

    def show(progress: str) -> None:
        if terminal:
            sys.stderr.write(f"\r  {progress[:_WIDTH]:<{_WIDTH}}\r")
            sys.stderr.flush()

    try:
        yield show
    finally:
        show("")
    sys.stderr.write(f"  {time.monotonic() - started:.0f} s\n")
    sys.stderr.flush()
