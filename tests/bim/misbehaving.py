"""Tasks that a process of its own is asked to do badly; called by name from :mod:`tests.bim.test_worker`."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from typing import Any

from bim.errors import Refused
from bim.finding import Finding, Sentence


def add(a: int, b: int) -> int:
    return a + b


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def hang() -> None:
    while True:
        pass


def eat_memory() -> None:
    held = []
    while True:
        held.append(bytearray(os.urandom(1024)) * 20_000)


def raise_memory() -> None:
    raise MemoryError


def refuse() -> None:
    finding = Finding("text.x", "error", Sentence("中文", "English"), guid="abc", offset=3)
    raise Refused("不收。", "not taken.", code="no", findings=[finding])


def fail() -> None:
    raise ZeroDivisionError("a fault of ours")


def rubbish() -> str:
    print("not JSON")  # redirected: no harm
    os.write(2, b"\xff\xfe\x00complaint\n")
    return "fine"


def start_children(count: int) -> None:
    for _ in range(count):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    time.sleep(600)


def surroundings() -> dict[str, Any]:
    return {"environment": dict(os.environ), "folder": os.getcwd(), "path": sys.path}  # noqa: PTH109


def leave_without_a_word() -> None:
    os._exit(0)
