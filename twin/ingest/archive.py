"""Zip archives from strangers: what is inside is checked before anything is written."""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from twin.errors import InputError, UnreadableFile

MAX_ENTRIES = 1000
MAX_RATIO = 100
MAX_BYTES = 4 * 2**30
_CHUNK = 1 << 20
_SMALL = 1 << 20


def unpack(path: Path, name: str) -> tempfile.TemporaryDirectory[str]:
    """Unpack a zip archive into a temporary folder that vanishes when closed.

    :class:`InputError` for names that leave the folder, links, encryption, more
    than 1000 entries, a compression ratio over 100 or more than 4 GB;
    :class:`UnreadableFile` for a damaged archive. Folders inside are kept.
    """
    folder = tempfile.TemporaryDirectory(prefix="twin-import-", ignore_cleanup_errors=True)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, name)
            budget = MAX_BYTES
            for entry in entries:
                target = Path(folder.name, *PurePosixPath(_member(entry)).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                budget -= _write(archive, entry, target, budget, name)
    except InputError:
        folder.cleanup()
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
        folder.cleanup()
        raise UnreadableFile(
            f"压缩包 {name} 损坏或不完整，请重新打包。",
            f"the archive {name} is damaged or cut off; pack it again.",
        ) from None
    return folder


def _member(entry: zipfile.ZipInfo) -> str:
    """The name of an entry; archives made on Chinese Windows hold GBK names without saying so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def _check(entries: list[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _refused(name, f"文件多于 {MAX_ENTRIES} 个", f"it holds more than {MAX_ENTRIES} files")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise _refused(name, "解压后超过 4 GB", "it unpacks to more than 4 GB")
    for entry in entries:
        member = _member(entry).replace("\\", "/")
        parts = PurePosixPath(member).parts
        if member.startswith("/") or ".." in parts or ":" in member or "\0" in member or not parts:
            raise _refused(name, "含有指向外部的路径", "a name in it leads outside")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(name, "含有符号链接", "it holds a symbolic link")
        if entry.flag_bits & 0x1:
            raise _refused(name, "已加密", "it is encrypted")
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise _refused(name, f"压缩比超过 {MAX_RATIO}", f"its compression ratio is over {MAX_RATIO}")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int, name: str) -> int:
    """Copy one entry, counting what really comes out, which a forged header does not tell."""
    written = 0
    limit = min(budget, max(_SMALL, MAX_RATIO * max(1, entry.compress_size)))
    with archive.open(entry) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > limit:
                raise _refused(name, "解压后的数据远多于声明", "it unpacks to far more than it declares")
            sink.write(chunk)
    return written


def _refused(name: str, zh: str, en: str) -> InputError:
    return InputError(
        f"压缩包 {name} 被拒绝：{zh}。请重新打包后再导入。",
        f"the archive {name} was refused: {en}; pack it again.",
    )
