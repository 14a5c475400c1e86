"""A model checked: by IDS delivery templates, by rules of our own, by the findings on its place.

:func:`run` needs IfcOpenShell and runs in the child process; everything else
reads ``check.json`` and ``model.json`` of a model's folder.
"""

from bim.check.delivery import BUILT_IN, Delivery, save, templates
from bim.check.delivery import read as read_template
from bim.check.document import document
from bim.check.page import html
from bim.check.result import CheckResult, Failure, Requirement, Specification, Template, read
from bim.check.topics import bcf
from bim.check.verification import run

__all__ = [
    "BUILT_IN",
    "CheckResult",
    "Delivery",
    "Failure",
    "Requirement",
    "Specification",
    "Template",
    "bcf",
    "document",
    "html",
    "read",
    "read_template",
    "run",
    "save",
    "templates",
]
