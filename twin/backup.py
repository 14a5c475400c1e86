"""The whole home as one file, and back: taken while work goes on, checked before it is used."""

from __future__ import annotations

import shutil
import uuid
import zipfile
from pathlib import Path

import duckdb

from twin.durable import sync
from twin.errors import InputError, TwinError
from twin.models import folders
from twin.store import Store, unusable


def backup(store: Store, path: Path) -> None:
    """Write the whole home to ``path``, a zip file, complete or not at all.

    The catalogue is copied in one transaction; generation files never change.
    """
    staged = store.home / "tmp" / f"backup-{uuid.uuid4().hex}"
    part = path.with_name(path.name + ".part")
    try:
        staged.mkdir(parents=True)
        with (
            store.frozen() as files,
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            store.copy_catalogue(staged / "twin.duckdb")
            archive.write(staged / "twin.duckdb", "twin.duckdb")
            for file in files:
                archive.write(file, file.relative_to(store.home).as_posix())
        sync(part)
        part.replace(path)
    except OSError as error:
        raise unusable(path.parent, error) from error
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(staged, ignore_errors=True)


def restore(path: Path, home: Path) -> None:
    """Put a backup into an empty ``home``; it is checked before it is moved there.

    :class:`InputError` when the file is not a backup or the home is in use.
    """
    if (home / "twin.duckdb").exists():
        raise InputError(
            f"{home} 已有数据；请恢复到一个新的目录。",
            f"{home} already holds a twin; restore into a new folder.",
        )
    staged = home.with_name(f"{home.name}.restoring-{uuid.uuid4().hex[:8]}")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "twin.duckdb" not in names or any(
                not (name == "twin.duckdb" or _is_ours(name)) for name in names
            ):
                raise zipfile.BadZipFile("not a backup")
            archive.extractall(staged)
        with Store.open(staged) as store:
            for generation in store.shown.values():
                store.cursor().execute(f"SELECT count(*) FROM {generation.relation}").fetchone()
        if home.exists():
            shutil.copytree(staged, home, dirs_exist_ok=True)
        else:
            staged.replace(home)
    except (zipfile.BadZipFile, OSError, duckdb.Error, TwinError) as error:
        raise InputError(
            f"{path} 不是完好的备份文件，未改动任何数据。",
            f"{path} is not a sound backup; nothing was changed.",
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _is_ours(name: str) -> bool:
    """Whether an entry lies in one of the home's folders of data, where its files lie."""
    folder, _, file = name.partition("/")
    if folder == folders.FOLDER:
        return folders.is_ours(name)
    return folder in ("layers", "rasters") and bool(file) and "/" not in file and not file.startswith(".")
