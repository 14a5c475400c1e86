"""ZIP archives from strangers (``.ifczip``): checked by their directory, then unpacked under names of ours.

What an archive says of itself is checked first, because a refusal is then cheap; what comes out is
counted all the same, because the directory may lie. No name in it is ever used as a path.
"""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

from bim.errors import Refused
from bim.limits import Limits
from bim.receive import HEAD_BYTES, IFC, ZIP, Kind, Received, keep, kind_of, not_a_model, refused

_SMALL = 1 << 20
"""Entries up to this size may be packed as tightly as they like: a long run of spaces is no bomb."""

_DIRECTORY_ENTRY = 2048
"""Bytes of directory granted to an entry: forty-six and its name, extra fields and comment."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END = b"PK\x05\x06"
_END_BYTES = 22
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_ENCRYPTED = 0x1
_NAMES_UTF8 = 0x800
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, NotImplementedError,
    IndexError, AttributeError, OverflowError,
)  # fmt: skip
"""What :mod:`zipfile` raises on damaged archives; an OSError too, where it is of a place that is not there."""


def unpack(path: Path, folder: Path, limits: Limits, name: str) -> list[Received]:
    """Every IFC of an archive as a plain file in ``folder``; see :func:`bim.receive.receive`.

    Raises
    ------
    Refused
        ``archive.damaged``, ``archive.entries``, ``archive.size``, ``archive.ratio``,
        ``archive.encrypted``, ``archive.method``, ``archive.path``, ``archive.link``,
        ``archive.duplicate``, ``archive.nested`` or ``archive.no_ifc``. Nothing stays in ``folder``.
    """
    taken: list[Received] = []
    try:
        _check_directory(path, limits, name)
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            entries = [(info, entry_name(info)) for info in infos]
            _check(entries, limits, name)
            found, others = _sorted_out(archive, entries)
            if not found:
                raise _nothing(name, others)
            _check_sizes([info for info, _, _ in found], limits, name)
            budget = limits.file_bytes
            for number, (info, entry, head) in enumerate(found, start=1):
                received = _extract(
                    archive, info, folder / f"{number:04d}.ifc", budget, limits, name, entry, head
                )
                budget -= received.bytes
                taken.append(received)
    except BaseException as error:
        _discard(taken)
        if isinstance(error, Refused):
            raise
        misplaced = isinstance(error, OSError) and error.errno in (None, errno.EINVAL)
        if isinstance(error, _DAMAGE) or misplaced:
            raise _refused(name, "damaged", "已损坏或不完整", "it is damaged or cut off") from None
        raise
    ignored = tuple(entry for entry, _ in others)
    return [replace(item, ignored=ignored) for item in taken]


def _discard(taken: list[Received]) -> None:
    for item in taken:
        item.path.unlink(missing_ok=True)


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name of an entry as its writer meant it.

    A flag says UTF-8. Without it the names are those of the writer's Windows: GBK in China, and from
    some tools UTF-8 all the same; code page 437 is what the format says and what is left.
    """
    stored = info.orig_filename
    if info.flag_bits & _NAMES_UTF8 or stored.isascii():
        return stored
    try:
        raw = stored.encode("cp437")
    except UnicodeEncodeError:
        return stored
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return stored


def _check_directory(path: Path, limits: Limits, name: str) -> None:
    """Refuse a directory that is too large before it is read into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = max(0, size - _END_BYTES - 0xFFFF)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or at + _END_BYTES > len(tail):
            raise _refused(name, "damaged", "已损坏或不完整", "it is damaged or cut off")
        count, length = struct.unpack_from("<HI", tail, at + 10)
        locator = at - 20
        if locator >= 0 and tail[locator : locator + 4] == _LOCATOR_64:
            (position,) = struct.unpack_from("<Q", tail, locator + 8)
            file.seek(min(position, size))
            end = file.read(56)
            if len(end) == 56 and end[:4] == _END_64:
                count, length = struct.unpack_from("<QQ", end, 32)
    if count > limits.archive_entries or length > limits.archive_entries * _DIRECTORY_ENTRY:
        raise _crowd(name, limits)


def _crowd(name: str, limits: Limits) -> Refused:
    most = limits.archive_entries
    return _refused(name, "entries", f"文件多于 {most} 个", f"it holds more than {most} files")


def _check(entries: list[tuple[zipfile.ZipInfo, str]], limits: Limits, name: str) -> None:
    """What no entry may be, model or not."""
    if len(entries) > limits.archive_entries:
        raise _crowd(name, limits)
    seen: set[str] = set()
    for info, entry in entries:
        shown = entry[:100]
        if _leads_outside(entry):
            raise _refused(
                name, "path", f"条目“{shown}”指向文件夹之外", f"its entry '{shown}' leads outside of it"
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(
                name, "link", f"条目“{shown}”是符号链接", f"its entry '{shown}' is a symbolic link"
            )
        if info.flag_bits & _ENCRYPTED:
            raise _refused(name, "encrypted", "已加密，请去掉密码", "it is encrypted; remove the password")
        if info.compress_type not in _METHODS:
            raise _refused(
                name, "method",
                f"条目“{shown}”的压缩方式不受支持", f"its entry '{shown}' is packed in a way that is not supported",
            )  # fmt: skip
        folded = entry.replace("\\", "/").casefold()
        if folded in seen:
            raise _refused(
                name, "duplicate", f"条目“{shown}”出现了两次", f"its entry '{shown}' is there twice"
            )
        seen.add(folded)


def _leads_outside(entry: str) -> bool:
    plain = entry.replace("\\", "/")
    return (
        not plain
        or plain.startswith("/")
        or "\0" in plain
        or ".." in PurePosixPath(plain).parts
        or (len(plain) > 1 and plain[1] == ":" and plain[0].isascii() and plain[0].isalpha())
    )


def _check_sizes(infos: list[zipfile.ZipInfo], limits: Limits, name: str) -> None:
    """What the models of the archive may not declare of their sizes."""
    for info in infos:
        packed = max(1, info.compress_size)
        if info.file_size > _SMALL and info.file_size > limits.archive_ratio * packed:
            raise _refused(
                name, "ratio",
                f"压缩比为 {info.file_size / packed:.0f}，超过 {limits.archive_ratio:.0f}，疑似压缩炸弹",
                f"its compression ratio of {info.file_size / packed:.0f} is over {limits.archive_ratio:.0f}, "
                "like a zip bomb",
            )  # fmt: skip
    total = sum(info.file_size for info in infos)
    if total > limits.file_bytes:
        raise _too_much(name, limits)


def _too_much(name: str, limits: Limits) -> Refused:
    most = limits.file_bytes / 1e6
    return _refused(
        name,
        "size",
        f"解压后的模型超过上限 {most:.0f} MB",
        f"its models unpack to more than the limit of {most:.0f} MB",
    )


_Found = list[tuple[zipfile.ZipInfo, str, bytes]]


def _sorted_out(
    archive: zipfile.ZipFile, entries: list[tuple[zipfile.ZipInfo, str]]
) -> tuple[_Found, list[tuple[str, Kind]]]:
    """The entries that are IFC by their first bytes, with these; and what the others are."""
    found: _Found = []
    others: list[tuple[str, Kind]] = []
    for info, entry in entries:
        if info.is_dir():
            continue
        with archive.open(info) as source:
            head = source.read(HEAD_BYTES)
        kind = kind_of(head)
        if kind is IFC:
            found.append((info, entry, head))
        else:
            others.append((entry, kind))
    return found, others


def _extract(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path,
    budget: int,
    limits: Limits,
    name: str,
    entry: str,
    head: bytes,
) -> Received:
    """One entry as a file, counting what really comes out."""
    most = min(budget, max(_SMALL, int(limits.archive_ratio * max(1, info.compress_size))))
    with archive.open(info) as source:
        try:
            return keep(
                source,  # type: ignore[arg-type]  # an IO[bytes] that reads
                target,
                most,
                name=name,
                kind="ifczip",
                head=head,
                entry=entry,
            )
        except OverflowError:
            raise _too_much(name, limits) from None


def _nothing(name: str, others: list[tuple[str, Kind]]) -> Refused:
    nested = next((entry for entry, kind in others if kind is ZIP), None)
    if nested is not None:
        return _refused(
            name, "nested",
            f"里面只有另一个压缩包“{nested[:100]}”，请先解压",
            f"it only holds another archive, '{nested[:100]}'; unpack that first",
        )  # fmt: skip
    xml = next((kind for _, kind in others if kind.code == "ifcxml"), None)
    if xml is not None:
        return not_a_model(name, xml)
    shown = "、".join(entry[:60] for entry, _ in others[:3])
    shown_en = ", ".join(entry[:60] for entry, _ in others[:3])
    return _refused(
        name, "no_ifc",
        f"里面没有 IFC 模型{f'（有 {shown}）' if shown else ''}",
        f"there is no IFC model in it{f' (but {shown_en})' if shown else ''}",
    )  # fmt: skip


def _refused(name: str, fact: str, zh: str, en: str) -> Refused:
    return refused(
        f"archive.{fact}",
        f"压缩包 {name} 被拒绝：{zh}。请重新打包或直接上传 .ifc。",
        f"the archive {name} was refused: {en}. Pack it again or upload the .ifc itself.",
    )
