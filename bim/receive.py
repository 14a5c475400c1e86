"""Files as they arrive: how large they are and what they are, by their first bytes.

Names and suffixes are the sender's and decide nothing. A file is copied a block at a time under a
name of ours, never held in memory, and refused before it is read where it is too large.
"""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bim.errors import Refused
from bim.finding import Finding, Sentence
from bim.limits import DEFAULT, Limits

HEAD_BYTES = 1 << 16
"""So much of a file decides what it is."""

_BLOCK = 1 << 20
_ISO = re.compile(rb"(?:\xef\xbb\xbf)?+(?:\s++|/\*(?:[^*]++|\*(?!/))*+\*/)*+(?=ISO-10303-21\s*+;)")
_ISO_START = b"ISO-10303-21;"


@dataclass(frozen=True, slots=True)
class Received:
    """One model file that was taken in.

    Attributes
    ----------
    name
        What the sender calls the file.
    path
        The plain STEP file in our folder, under a name of ours.
    kind
        How it came: ``ifc`` or ``ifczip``.
    entry
        Name inside the archive, None for a plain file.
    bytes, sha256
        Of the plain file at ``path``.
    skipped
        Bytes before ISO-10303-21 (a byte order mark, white space) that were left out: an offset in
        ``path`` is that much further on in what was sent.
    ignored
        Other entries of the archive, which are no models.
    """

    name: str
    path: Path
    kind: str
    entry: str | None
    bytes: int
    sha256: str
    skipped: int = 0
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, told in both languages; ``code`` is stable."""

    code: str
    zh: str
    en: str
    advice_zh: str = "请从建模软件导出 IFC（.ifc 或 .ifczip）后上传。"
    advice_en: str = "export an IFC (.ifc or .ifczip) from the authoring tool and upload that."


IFC = Kind("ifc", "IFC", "IFC")
ZIP = Kind("zip", "ZIP 压缩包", "a ZIP archive")
_IFCXML = Kind(
    "ifcxml", "ifcXML，不支持此格式", "ifcXML, which is not supported",
    "请重新导出为 STEP 格式的 IFC（.ifc）。", "re-export as IFC in STEP format (.ifc).",
)  # fmt: skip
_CUT = Kind(
    "cut", "在第一行就中断的 IFC", "an IFC cut off in its first line",
    "请重新导出或重新上传。", "export it or upload it again.",
)  # fmt: skip
_UTF16 = Kind(
    "utf16", "UTF-16 编码的文本", "text in UTF-16",
    "请另存为 UTF-8 或重新导出 IFC。", "save it as UTF-8 or export the IFC again.",
)  # fmt: skip
_ARCHIVE = (
    "请解压后上传其中的 .ifc，或改用 ZIP（.ifczip）。",
    "unpack it and upload the .ifc, or use ZIP (.ifczip).",
)
_REVIT = Kind("revit", "Revit 或 Office 文件（OLE）", "a Revit or Office file (OLE)")

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"\x89PNG\r\n\x1a\n", Kind("png", "PNG 图片", "a PNG picture")),
    (b"\xff\xd8\xff", Kind("jpeg", "JPEG 图片", "a JPEG picture")),
    (b"GIF8", Kind("gif", "GIF 图片", "a GIF picture")),
    (b"BM", Kind("bmp", "BMP 图片", "a BMP picture")),
    (b"II*\0", Kind("tiff", "TIFF 图片", "a TIFF picture")),
    (b"MM\0*", Kind("tiff", "TIFF 图片", "a TIFF picture")),
    (b"%PDF-", Kind("pdf", "PDF 文档", "a PDF document")),
    (b"\x1f\x8b", Kind("gzip", "GZIP 压缩文件", "a GZIP file", *_ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z", "7-Zip 压缩包", "a 7-Zip archive", *_ARCHIVE)),
    (b"Rar!\x1a\x07", Kind("rar", "RAR 压缩包", "a RAR archive", *_ARCHIVE)),
    (b"BZh", Kind("bzip2", "BZIP2 压缩文件", "a BZIP2 file", *_ARCHIVE)),
    (b"\xfd7zXZ\0", Kind("xz", "XZ 压缩文件", "an XZ file", *_ARCHIVE)),
    (b"AC10", Kind("dwg", "DWG 图纸", "a DWG drawing")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _REVIT),
    (b"glTF", Kind("glb", "glTF 三维模型（.glb）", "a glTF model (.glb)")),
    (b"Kaydara FBX Binary", Kind("fbx", "FBX 三维模型", "an FBX model")),
    (b"3D Geometry File Format", Kind("rhino", "Rhino 模型（.3dm）", "a Rhino model (.3dm)")),
    (b"\xff\xfe\xff\x0eS\0k\0e\0t\0c\0h\0U\0p\0", Kind("sketchup", "SketchUp 模型", "a SketchUp model")),
    (b"SQLite format 3\0", Kind("sqlite", "SQLite 数据库", "an SQLite database")),
    (b"\x89HDF\r\n\x1a\n", Kind("hdf5", "HDF5 文件", "an HDF5 file")),
    (b"MZ", Kind("program", "Windows 程序", "a Windows program")),
    (b"\x7fELF", Kind("program", "Linux 程序", "a Linux program")),
    (b"\xff\xfe", _UTF16),
    (b"\xfe\xff", _UTF16),
)  # fmt: skip


def kind_of(head: bytes) -> Kind:
    """What a file is, by its first :data:`HEAD_BYTES` bytes (all of it, if it is shorter)."""
    if not head:
        return Kind(
            "empty", "空文件", "an empty file", "请重新导出或重新上传。", "export it or upload it again."
        )  # fmt: skip
    if _ISO.match(head):
        return IFC
    for mark, kind in _MAGIC:
        if head.startswith(mark):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return Kind("blank", "只有空白字符的文件", "nothing but white space")
    if _ISO_START.startswith(text):
        return _CUT
    if text[:1] == b"<":
        return _markup(text)
    if text[:1] in (b"{", b"["):
        return Kind("json", "JSON 文件", "a JSON file")
    if b"SECTION" in text[:64] and text[:1] == b"0":
        return Kind("dxf", "DXF 图纸", "a DXF drawing")
    if not head.strip(b"\0"):
        return Kind("zeros", "只有空字节的文件", "nothing but NUL bytes")
    if b"\0" in head:
        return Kind("binary", "未知的二进制文件", "an unknown binary file")
    return Kind("text", "没有 ISO-10303-21 标记的文本", "a text without the mark ISO-10303-21")


def _markup(text: bytes) -> Kind:
    """ifcXML, HTML or other markup; only looked at, never parsed, so that no entity is opened."""
    lower = text[:8192].lower()
    if b"ifcxml" in lower or b"iso_10303_28" in lower or b"iso_10303-28" in lower or b"ifc:uos" in lower:
        return _IFCXML
    if re.search(rb"<(?:!doctype\s+html|html|head|body)[\s>]", lower):
        return Kind(
            "html", "网页（HTML），可能是登录页或错误页", "a web page (HTML), perhaps a login or error page",
            "请重新下载模型后上传。", "download the model again and upload that.",
        )  # fmt: skip
    return Kind("xml", "XML 文件", "an XML file")


def receive(path: Path, folder: Path, limits: Limits = DEFAULT, *, name: str | None = None) -> list[Received]:
    """Take a file in: a plain IFC, or every IFC of a ZIP archive, as plain files in ``folder``.

    Parameters
    ----------
    path
        What was sent. It is only read, and stays.
    folder
        An existing folder of ours; holds nothing more of the file where it is refused.
    limits
        Its sizes hold for the file as sent and for what is unpacked.
    name
        What the sender calls the file; its own name otherwise.

    Returns
    -------
    One of a plain file, one for each model of an archive, in its order.

    Raises
    ------
    Refused
        Code ``receive.<kind>`` (``empty``, ``too_large``, ``png``, ``ifcxml``, …) or ``archive.<fact>``.
    """
    name = name or path.name
    size = _size(path, name)
    if size > limits.file_bytes:
        raise too_large(name, size, limits)
    with path.open("rb") as source:
        head = source.read(HEAD_BYTES)
        kind = kind_of(head)
        if kind is ZIP:
            from bim import archive

            return archive.unpack(path, folder, limits, name)
        if kind is not IFC:
            raise not_a_model(name, kind)
        source.seek(0)
        return [keep(source, folder / "0001.ifc", limits.file_bytes, name=name, kind="ifc", head=head)]


def _size(path: Path, name: str) -> int:
    try:
        status = path.stat()
    except OSError:
        raise refused(
            "receive.missing", f"找不到文件 {name}。请检查路径。", f"there is no file {name}; check its path."
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise refused(
            "receive.not_a_file",
            f"{name} 不是文件。请上传单个 .ifc 或 .ifczip 文件。",
            f"{name} is no file; upload a single .ifc or .ifczip file.",
        )
    return status.st_size


def keep(
    source: BinaryIO,
    target: Path,
    most: int,
    *,
    name: str,
    kind: str,
    head: bytes,
    entry: str | None = None,
) -> Received:
    """Copy an IFC to ``target`` from its mark on, a block at a time, and at most ``most`` bytes of it.

    ``head`` are the first bytes of ``source``, which is read from its start. Whatever is raised,
    ``target`` is not left behind half written.

    Raises
    ------
    OverflowError
        When there is more.
    """
    mark = _ISO.match(head)
    skipped = mark.end() if mark else 0
    digest = hashlib.sha256()
    written = -skipped
    try:
        with target.open("wb") as sink:
            while block := source.read(_BLOCK):
                part = block[skipped:] if written < 0 else block
                written += len(block)
                if written > most:
                    raise OverflowError
                digest.update(part)
                sink.write(part)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Received(name, target, kind, entry, written, digest.hexdigest(), skipped)


def too_large(name: str, size: int, limits: Limits) -> Refused:
    """The refusal of a file by its size."""
    most = limits.file_bytes / 1e6
    return refused(
        "receive.too_large",
        f"文件 {name} 有 {size / 1e6:.0f} MB，超过上限 {most:.0f} MB，未读取。请拆分模型或提高上限。",
        f"{name} has {size / 1e6:.0f} MB, the limit is {most:.0f} MB; it was not read. Split the model or raise the limit.",
    )


def not_a_model(name: str, kind: Kind) -> Refused:
    """The refusal of a file by what it is."""
    return refused(
        f"receive.{kind.code}",
        f"{name} 不是可读取的 IFC，看起来是{' ' if kind.zh[0].isascii() else ''}{kind.zh}。{kind.advice_zh}",
        f"{name} is no IFC that can be read: it looks like {kind.en}; {kind.advice_en}",
    )


def refused(code: str, zh: str, en: str) -> Refused:
    """A refusal with one finding of the same words."""
    return Refused(zh, en, code=code, findings=[Finding(code, "error", Sentence(zh, en))])
