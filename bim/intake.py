"""A building model taken in: from the file as it came to a folder that is complete or not there at all.

The order of the stages: receive (what the bytes are), prescan (the text), transcode (raw Chinese), then in a process
of its own, watched (:mod:`bim.supervision`): parse, data, shapes, glTF, evidence of the place, checks.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bim import model as formats
from bim.errors import BimError, Refused, Stopped
from bim.finding import Finding, Sentence
from bim.limits import DEFAULT, Limits
from bim.model import Model
from bim.report import Report, accepted, rejected

if TYPE_CHECKING:
    from bim.georeference import Footprints, LocalSystem, Region
    from bim.receive import Received

Progress = Callable[[float, Sentence], None]
Cancelled = Callable[[], bool]

RECEIVING = Sentence("识别文件", "Looking at the file")
READING = Sentence("检查文件文本", "Going through the file's text")
TRANSCODING = Sentence("转换文字编码", "Transcoding its text")


def convert(
    path: Path,
    folder: Path,
    *,
    name: str | None = None,
    entry: str | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    check: Sequence[str] | None = None,
) -> Model:
    """Convert the IFC at ``path`` into the model folder ``folder``; see :mod:`bim.model` for what is in it.

    Parameters
    ----------
    path
        An ``.ifc`` or ``.ifczip``, whatever it is called. It is only read.
    folder
        Must not exist; its parent must. Made in one step at the end, with everything in it.
    name
        What the sender calls the file; its own name otherwise.
    entry
        Which model of an archive of several.
    limits
        Of size, memory and time.
    progress
        Told the share done (0 to 1) and what is being done, from this thread.
    cancelled
        Asked several times a second.
    check
        Delivery templates to check by, ids or paths; those that come with this package unless given.

    Raises
    ------
    Refused
        The file cannot be taken; ``findings`` say why.
    LimitExceeded
        It asks for more memory or time than it may.
    Stopped
        The user cancelled.
    FileExistsError
        ``folder`` exists.
    """
    folder = folder.resolve()
    if folder.exists():
        raise FileExistsError(folder)
    staging = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    staging.mkdir()
    try:
        model = _staged(
            path.resolve(),
            staging,
            name or path.name,
            entry,
            limits,
            progress or _nobody,
            cancelled or _never,
            check,
        )
        if (cancelled or _never)():
            raise Stopped
        (staging / "model").replace(folder)
        return model
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def inspect(
    path: Path,
    *,
    limits: Limits = DEFAULT,
    entry: str | None = None,
    footprints: Footprints | None = None,
    region: Region | None = None,
    local_systems: Sequence[LocalSystem] = (),
    check: Sequence[str] | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Report:
    """What would come of taking in the file at ``path``, without keeping anything of it.

    A bad file is no error here: its report is ``rejected``, with the reason.

    Parameters
    ----------
    footprints
        Outlines of known buildings, which tell hypotheses of the model's place apart.
    region
        Where models are expected; Shanghai unless given.
    local_systems
        Coordinate systems of the city that are in no registry.
    """
    started = time.monotonic()
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="bim-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "model"
        try:
            model = convert(
                path, folder, entry=entry, limits=limits, progress=progress, cancelled=cancelled, check=check
            )
        except BimError as error:
            return rejected(path.name, error, time.monotonic() - started)
        return accepted(
            folder,
            model,
            time.monotonic() - started,
            footprints=footprints,
            region=region,
            local_systems=local_systems,
        )


def _staged(
    path: Path,
    staging: Path,
    name: str,
    entry: str | None,
    limits: Limits,
    progress: Progress,
    cancelled: Cancelled,
    templates: Sequence[str] | None,
) -> Model:
    """Convert into ``staging / "model"``."""
    from bim.prescan import prescan
    from bim.receive import receive
    from bim.supervision import Supervision

    for part in ("received", "model", "work"):
        (staging / part).mkdir()
    seconds: dict[str, float] = {}
    progress(0.0, RECEIVING)
    started = time.monotonic()
    received = _chosen(receive(path, staging / "received", limits, name=name), entry)
    seconds["receive"] = round(time.monotonic() - started, 3)
    _stop_if(cancelled)
    progress(0.03, READING)
    started = time.monotonic()
    scanned = prescan(received.path, limits)
    seconds["prescan"] = round(time.monotonic() - started, 3)
    if scanned.errors:
        first = scanned.errors[0]
        raise Refused(first.text.zh, first.text.en, code=first.code, findings=scanned.findings)
    _stop_if(cancelled)
    source = staging / "model" / "source.ifc"
    findings = list(scanned.findings)
    if scanned.encoding != "ascii" or scanned.backslashes:
        from bim.transcode import transcode

        progress(0.07, TRANSCODING)
        started = time.monotonic()
        transcode(received.path, source, scanned.encoding, backslashes=bool(scanned.backslashes))
        seconds["transcode"] = round(time.monotonic() - started, 3)
        _stop_if(cancelled)
    else:
        received.path.replace(source)
    supervision = Supervision(
        {
            "source": str(source),
            "folder": str(staging / "model"),
            "work": str(staging / "work"),
            "name": received.name,
            "size": received.bytes,
            "sha256": received.sha256,
            "encoding": scanned.encoding,
            "instances": scanned.instances,
            "templates": None if templates is None else [str(item) for item in templates],
        },
        staging / "work",
        source.stat().st_size,
        limits=limits,
        progress=progress,
        cancelled=cancelled,
    )
    supervision.run()
    model = formats.read(staging / "model")
    model.findings = [*findings, *model.findings, *supervision.findings]
    model.seconds = {**seconds, **model.seconds}
    model.write(staging / "model")
    progress(1.0, Sentence("完成", "Done"))
    return model


def _chosen(received: Sequence[Received], entry: str | None) -> Received:
    if entry is not None:
        for item in received:
            if entry in {item.entry, item.name}:
                return item
        raise Refused(
            f"压缩包中没有“{entry}”。", f"The archive holds no {entry!r}.", code="archive.no_such_entry"
        )
    if len(received) > 1:
        names = [item.entry or item.name for item in received]
        findings = [Finding("archive.entry", "info", Sentence(name, name)) for name in names]
        raise Refused(
            f"压缩包中有 {len(names)} 个模型，请指明其中一个：{'、'.join(names[:10])}。",
            f"The archive holds {len(names)} models; name one of them: {', '.join(names[:10])}.",
            code="archive.several",
            findings=findings,
        )
    return received[0]


def _stop_if(cancelled: Cancelled) -> None:
    if cancelled():
        raise Stopped


def _nobody(_share: float, _stage: Sentence) -> None:
    """Nobody wants to know."""


def _never() -> bool:
    return False
