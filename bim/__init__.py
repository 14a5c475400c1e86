"""IFC in, checked and placed building out.

:func:`inspect` looks at a file and reports, :func:`convert` makes a folder of it (:mod:`bim.model`), and
:func:`compare` says what differs between two such folders. IfcOpenShell reads files in a process of its own only
(:mod:`bim.worker`). What they need is loaded when one of them is first asked for: it takes a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bim.comparison import compare
    from bim.intake import convert, inspect
    from bim.report import Report

__all__ = ["Report", "compare", "convert", "inspect"]

_HOMES = {"Report": "report", "compare": "comparison", "convert": "intake", "inspect": "intake"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bim.{_HOMES[name]}"), name)
