"""The folder ``models`` of a home: one folder a version, complete or absent, never changed.

::

    models/3f2a…c1/2/        version 2 of a model, as :mod:`bim.model` describes it
    models/.staged-…         a version on its way in; a crash leaves it, opening the home removes it

Files that browsers fetch have a twin with ``.gz`` at its end, packed once.
"""

from __future__ import annotations

import gzip
import re
import shutil
import uuid
from collections.abc import Collection
from pathlib import Path

from twin.durable import sync, sync_folder

FOLDER = "models"
GEOMETRY = re.compile(r"storey-(?:none|[0-9]{1,4})\.glb|shapes\.glb|instances\.json|tree\.json")
"""Files of a version that browsers fetch."""
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
IDENTITY = re.compile(r"[0-9a-f]{12}")
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_LEVEL = 6


def root(home: Path) -> Path:
    """Where the home keeps its models."""
    return home / FOLDER


def version(home: Path, model: str, number: int) -> Path:
    """The folder of one version."""
    return root(home) / model / str(number)


def stage(home: Path) -> Path:
    """A new empty folder beside the models; what is finished in it is moved to its place by a rename."""
    path = root(home) / f".staged-{uuid.uuid4().hex}"
    path.mkdir(parents=True)
    return path


def pack(folder: Path) -> None:
    """Pack what browsers will fetch of a finished version and make all of its files durable."""
    for path in sorted(folder.iterdir()):
        if GEOMETRY.fullmatch(path.name):
            packed = gzip.compress(path.read_bytes(), _LEVEL, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sync(path)
    sync_folder(folder)


def settle(home: Path, finished: Path, model: str, number: int) -> Path:
    """Move a finished, packed folder to its place; returns that."""
    target = version(home, model, number)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A folder is there only if a crash came between this rename and the row that names it.
    shutil.rmtree(target, ignore_errors=True)
    finished.rename(target)
    sync_folder(target.parent)
    sync_folder(target.parent.parent)
    return target


def remove(home: Path, model: str) -> None:
    """Remove the files of a model that the catalogue no longer names."""
    shutil.rmtree(root(home) / model, ignore_errors=True)


def files(home: Path, named: Collection[tuple[str, int]]) -> list[Path]:
    """Every file of the versions ``named`` (model, number)."""
    return [
        path
        for model, number in sorted(named)
        for path in sorted(version(home, model, number).rglob("*"))
        if path.is_file()
    ]


def sweep(home: Path, named: Collection[tuple[str, int]]) -> None:
    """Remove what a crash left: staged folders and versions that the catalogue does not name."""
    models = {model for model, _ in named}
    for folder in root(home).iterdir():
        if folder.name not in models:
            shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink(missing_ok=True)
            continue
        for part in folder.iterdir():
            if not (part.name.isdecimal() and (folder.name, int(part.name)) in named):
                shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


def is_ours(name: str) -> bool:
    """Whether an entry of a backup is a file of a version: ``models/<id>/<number>/<file>``."""
    parts = name.split("/")
    return (
        len(parts) == 4
        and parts[0] == FOLDER
        and IDENTITY.fullmatch(parts[1]) is not None
        and NUMBER.fullmatch(parts[2]) is not None
        and FILE.fullmatch(parts[3]) is not None
    )
