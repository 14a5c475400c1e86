"""The report on a model as data, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bim import model as models
from bim.check import result as results

FORMAT = "jiading-city-twin/bim-report/1"


def document(folder: Path) -> dict[str, Any]:
    """The report on the model kept in ``folder`` as plain data for JSON.

    ``model`` holds the facts as in ``model.json``, ``check`` what the checks found
    (see :meth:`bim.check.result.CheckResult.as_dict`), None when it has not been
    checked. Texts are ``{"zh", "en"}``.
    """
    checked = results.read(folder)
    return {
        "format": FORMAT,
        "model": models.read(folder).as_dict(),
        "check": None if checked is None else checked.as_dict(),
    }
