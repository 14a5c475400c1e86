"""IFC in, checked and placed building out.

:func:`inspect` looks at a file and reports, :func:`convert` makes a folder of it (:mod:`bim.model`), and
:func:`compare` says what differs between two such folders. IfcOpenShell reads files in a process of its own only
(:mod:`bim.worker`).
"""

from bim.compare import compare
from bim.intake import convert, inspect
from bim.report import Report

__all__ = ["Report", "compare", "convert", "inspect"]
