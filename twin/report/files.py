"""The reports a home keeps: the newest twenty, under names that tell nothing but when they were made."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.errors import UnknownName

KEPT = 20
_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}\.(pptx|pdf|zip)")
_UNSAFE = re.compile(r"[^\w\u4e00-\u9fff.-]+")
MEDIA_TYPES = {
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def folder(home: Path) -> Path:
    """Where a home keeps its reports."""
    return home / "reports"


def new_name(suffix: str) -> str:
    """A name for a report made now."""
    now = dt.datetime.now()
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}{suffix}"


def offered_name(title: str, language: str, suffix: str) -> str:
    """What a browser saves a report as."""
    plain = _UNSAFE.sub("-", title).strip("-.") or "report"
    return f"{plain[:60]}-{dt.date.today():%Y%m%d}{'-en' if language == 'en' else ''}{suffix}"


def keep(home: Path, made: Path, about: dict[str, Any]) -> str:
    """Move a finished report into the home with what is known of it, and forget the oldest; its name."""
    place = folder(home)
    place.mkdir(parents=True, exist_ok=True)
    name = new_name(made.suffix)
    (place / f"{name}.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    made.replace(place / name)
    prune(home)
    return name


def prune(home: Path) -> None:
    """Forget all but the newest reports."""
    for old in listed(home)[KEPT:]:
        with suppress(OSError):
            (folder(home) / old["file"]).unlink()
            (folder(home) / f"{old['file']}.json").unlink(missing_ok=True)


def listed(home: Path) -> list[dict[str, Any]]:
    """The reports of a home, the newest first: ``file``, ``name``, ``bytes`` and what they are of."""
    found = []
    for path in sorted(folder(home).glob("*"), reverse=True):
        if not _NAME.fullmatch(path.name):
            continue
        about: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            about = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        found.append({"name": path.name, **about, "file": path.name, "bytes": path.stat().st_size})
    return found


def find(home: Path, name: str) -> Path:
    """The file of a report; :class:`twin.errors.UnknownName` when there is none."""
    path = folder(home) / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownName("没有这份报告，或已被清理。", "there is no such report, or it was cleared away.")
    return path
