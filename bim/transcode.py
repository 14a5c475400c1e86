"""Raw UTF-8 and GB18030 text in a STEP file, written as ISO 10303-21 wants it.

A STEP file is ASCII: a name like 一号楼 is to be written ``\\X2\\4E0053F7697C\\X0\\``. Many tools write
their own encoding raw instead, and IfcOpenShell drops every such character without a word. Here the
encoding is found by the bytes and each raw character becomes its escape; every other byte stays.
"""

from __future__ import annotations

import codecs
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Encoding = Literal["ascii", "utf-8", "gb18030", "latin-1"]

_BLOCK = 1 << 20
_RAW = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff][\x30-\x39\x40-\x7e\x80-\xff]*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_RUNS = re.compile(r"[\x80-\uffff]+|[\U00010000-\U0010ffff]+")
_AS_ESCAPES = "iso-10303-21"
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ESCAPE = re.compile(r"\\(?:\\|S\\[\s\S]|P[A-I]\\|[NF]\\|X\\[0-9A-Fa-f]{2}|X[024]\\)?")
_LONGEST_ESCAPE = 5
_SAMPLED_RUNS = 50_000
_SAMPLED_BYTES = 1 << 25
_MOSTLY = 0.8
_COMMON = 0.5  # rare and traditional characters are in GBK but not in GB 2312


@dataclass(frozen=True, slots=True)
class Detected:
    """The encoding of a text and whether it is beyond doubt.

    ``clear`` is false where some bytes do not fit, or where nothing fits and the bytes are taken for
    Latin-1, which loses none of them.
    """

    encoding: Encoding
    clear: bool


def detect(data: bytes | mmap.mmap, start: int = 0) -> Detected:
    """The encoding of the bytes beyond ASCII in ``data``, of which the first stands at or after ``start``."""
    if _RAW.search(data, start) is None:
        return Detected("ascii", clear=True)
    whole = _decodes(data, start)
    runs = []
    for found in _RUN.finditer(data, start, start + _SAMPLED_BYTES):
        runs.append(found[0])
        if len(runs) == _SAMPLED_RUNS:
            break
    if whole and not _rather_chinese(runs):
        return Detected("utf-8", clear=True)
    raw = sum(len(_RAW.findall(run)) for run in runs)
    fits = sum(len(part) for run in runs for part in _UTF8.findall(run))
    if not whole and fits >= _MOSTLY * raw:
        return Detected("utf-8", clear=False)
    common, characters, broken = _chinese(runs)
    if common >= _COMMON * (characters + broken):
        return Detected("gb18030", clear=not broken)
    return Detected("latin-1", clear=False)


def _decodes(data: bytes | mmap.mmap, start: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(start, len(data), _BLOCK):
            decoder.decode(data[at : at + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chinese(runs: list[bytes]) -> tuple[int, int, int]:
    """Characters of GB 2312, of GB 18030 beyond ASCII, and raw bytes that are neither, in the runs."""
    common = characters = broken = 0
    for run in runs:
        try:
            text = run.decode("gb18030")
        except UnicodeDecodeError:
            broken += len(_RAW.findall(run))
            continue
        found = "".join(_NOT_ASCII.findall(text))
        characters += len(found)
        common += len(found.encode("gb2312", "ignore")) // 2
    return common, characters, broken


def _rather_chinese(runs: list[bytes]) -> bool:
    """Whether what reads as UTF-8 is GBK by chance, as 一 (D2 BB) is ``һ`` (U+04BB).

    So it is when every character would be of an alphabet between Greek and Arabic and every pair of
    bytes is a common Chinese character: real Cyrillic has bytes that GB 2312 has not.
    """
    text = "".join(_NOT_ASCII.findall(b" ".join(runs).decode("utf-8", "ignore")))
    if not text or not all("\u0370" <= character <= "\u07ff" for character in text):
        return False
    common, characters, broken = _chinese(runs)
    return broken == 0 and common == characters


def transcode(
    source: Path, target: Path, encoding: str, *, backslashes: bool = False, end: int | None = None
) -> int:
    """Copy a STEP text with every raw character written as ``\\X2\\…\\X0\\``, or ``\\X4\\…\\X0\\`` beyond the BMP.

    Read and written a block at a time; a character across two blocks is kept whole. Escapes already
    there and all ASCII bytes stay as they are. Bytes that are no character of ``encoding`` become
    U+FFFD; returned is how many.

    Parameters
    ----------
    encoding
        ``utf-8``, ``gb18030`` or ``latin-1``, as :func:`detect` found it; ``ascii`` for text without
        raw characters.
    backslashes
        Whether to write a backslash that starts no escape, as in ``'C:\\Models'``, as two.
    """
    decoder = codecs.getincrementaldecoder("utf-8" if encoding == "ascii" else encoding)("replace")
    replaced = 0
    held = ""
    left = source.stat().st_size if end is None else end
    with source.open("rb") as file, target.open("wb") as sink:
        while True:
            block = file.read(min(_BLOCK, left))
            left -= len(block)
            if not backslashes and block.isascii() and not decoder.getstate()[0] and block:
                sink.write(block)
                continue
            text = held + decoder.decode(block, final=not block)
            held = ""
            if backslashes:
                text, held = _doubled(text, final=not block)
            replaced += text.count("\ufffd")
            sink.write(text.encode("ascii", _AS_ESCAPES))
            if not block:
                return replaced


def _doubled(text: str, *, final: bool) -> tuple[str, str]:
    """``text`` with lone backslashes written twice, and its end that only the next block can tell."""
    parts: list[str] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        if not final and found.start() > len(text) - _LONGEST_ESCAPE:
            parts.append(text[at : found.start()])
            return "".join(parts), text[found.start() :]
        if len(found[0]) == 1:
            parts += [text[at : found.start()], "\\\\"]
            at = found.end()
    parts.append(text[at:])
    return "".join(parts), ""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A run of characters beyond ASCII as escapes, for the encoder, which finds the runs fastest."""
    assert isinstance(error, UnicodeEncodeError)
    return _RUNS.sub(_escape_of, error.object[error.start : error.end]), error.end


def _escape_of(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] <= "\uffff":
        return "\\X2\\" + text.encode("utf-16-be").hex().upper() + "\\X0\\"
    return "\\X4\\" + text.encode("utf-32-be").hex().upper() + "\\X0\\"


codecs.register_error(_AS_ESCAPES, _escaped)
