"""Public cases converted in this process, each once however many tests look at it."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bim import child
from bim.limits import DEFAULT
from bim.mesh import Scene
from bim.model import Model
from tests.bim import cases

_FOLDER = tempfile.TemporaryDirectory(prefix="bim-converted-", ignore_cleanup_errors=True)


@dataclass
class Converted:
    folder: Path
    model: Model
    elements: pd.DataFrame
    scene: Scene
    cut_away: set[int]


@functools.cache
def converted(name: str) -> Converted:
    """The case ``name`` of the public ones, with its shapes and their files, without places and checks."""
    return of(cases.PUBLIC / name)


def of(path: Path) -> Converted:
    file = cases.parsed(path)
    folder = Path(tempfile.mkdtemp(dir=_FOLDER.name))
    work = folder / "work"
    work.mkdir()
    stages = child._Stages(folder, work, DEFAULT, lambda _: None)
    model, elements = stages.extracted(
        file, name=path.name, size=path.stat().st_size, sha256="", encoding="ascii"
    )
    scene = stages.drawn(file, path, elements, {}, [])
    stages.written(model, elements, scene, stages.evidence(file))
    return Converted(folder, model, elements, scene, stages.cut_away)
