"""The process that reads an untrusted model; started by :mod:`bim.worker`, not by hand."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import json
import os
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from bim.errors import BimError
from bim.limits import Limits
from bim.worker import OUT_OF_MEMORY

HEADROOM_BYTES = 1_000_000_000
"""What the system's own limit lies above ours: it also counts what is set aside and never used."""
NICE = 5
GARBAGE_AFTER = 500_000
"""Objects made before garbage is looked for: reading a file makes them by the million and leaves hardly a circle."""


def main() -> int:
    """Run the task in the file that the only argument names."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    limits = Limits(**request["limits"])
    say = _Voice()
    _bound(limits)
    _die_with_parent()
    gc.set_threshold(GARBAGE_AFTER)
    try:
        result = _function(request["task"])(**request["arguments"], **_extra(request["task"], limits, say))
        say({"done": result})
    except MemoryError:
        say({"error": {"kind": "MemoryError"}})
        return OUT_OF_MEMORY
    except BimError as error:
        findings = [item.as_dict() for item in getattr(error, "findings", ())]
        say({"error": {"kind": type(error).__name__, "zh": error.zh, "en": error.en, "code": error.code,
                       "findings": findings}})  # fmt: skip
        return 1
    except Exception:  # noqa: BLE001 - whatever the file provokes is the parent's to judge
        traceback.print_exc()
        say({"error": {"kind": "fault", "text": traceback.format_exc()[-2000:]}})
        return 1
    return 0


class _Voice:
    """Lines of JSON on what was standard output; what libraries print there goes to standard error."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._target = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def __call__(self, event: dict[str, Any]) -> None:
        line = json.dumps(event, ensure_ascii=True, allow_nan=True).encode() + b"\n"
        with self._lock:
            self._target.write(line)


def _function(task: str) -> Any:
    module, _, name = task.partition(":")
    if module != "bim" and not module.startswith("bim."):
        raise ValueError(f"{task} is no task of this package")
    return getattr(importlib.import_module(module), name)


def _extra(task: str, limits: Limits, say: _Voice) -> dict[str, Any]:
    """The long task tells of its progress; plain functions do not know of it."""
    return {"limits": limits, "say": say} if task == "bim.child:convert" else {}


def _bound(limits: Limits) -> None:
    """The system's own limits, where it has them, behind those of the watch."""
    with suppress(ImportError):  # Windows has none
        import resource

        for name, value in (
            ("RLIMIT_CORE", 0),
            ("RLIMIT_DATA", limits.memory_bytes + HEADROOM_BYTES),
            ("RLIMIT_CPU", int(limits.wall_s) + 60),
        ):
            with suppress(AttributeError, ValueError, OSError):
                _, hard = resource.getrlimit(getattr(resource, name))
                soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(getattr(resource, name), (soft, hard))
        with suppress(OSError):
            os.nice(NICE)
    faulthandler.enable()


def _die_with_parent() -> None:
    """End when the watch is gone: its pipe closes, and on Linux the kernel sees to it even in a hanging library."""
    threading.Thread(target=_wait_for_end, name="parent", daemon=True).start()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL


def _wait_for_end() -> None:
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing is left to do, and taking a large model apart takes long
