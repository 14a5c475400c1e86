"""The text encoding of shapefiles: .cpg, the code page byte of the .dbf, and what the bytes really are."""

from __future__ import annotations

import codecs
import struct
from pathlib import Path

import pandas as pd

# Code page byte (offset 29 of a .dbf) to Python codec, those in use.
_LDID = {
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x03: "cp1252", 0x57: "cp1252",
    0x01: "cp437", 0x02: "cp850", 0x13: "cp932", 0x7B: "cp932", 0xC9: "cp1251", 0x65: "cp866",
}  # fmt: skip
_SAMPLE_RECORDS = 3000


def dbf_encoding(path: Path) -> str:
    """Python codec of the texts beside a shapefile.

    A declared encoding is believed only if the bytes agree, because files
    labelled UTF-8 that hold GBK are common.
    """
    dbf = next(
        (item for item in path.parent.iterdir() if item.stem == path.stem and item.suffix.lower() == ".dbf"),
        None,
    )
    if dbf is None:
        return "utf-8"
    texts, ldid = _texts(dbf)
    declared = _cpg(path) or _LDID.get(ldid)
    candidates = [declared] if declared else []
    candidates += ["utf-8", "gb18030"]
    for candidate in candidates:
        if _agrees(texts, candidate):
            return candidate
    return declared or "cp1252"


def decoded(table: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """A table read as ISO 8859-1 (which loses no byte) in its true encoding, headers included."""

    def text(value: object) -> object:
        if not isinstance(value, str) or value.isascii():
            return value
        try:
            return value.encode("latin-1").decode(encoding, "ignore")
        except UnicodeEncodeError:
            return value

    result = pd.DataFrame(
        {
            number: table.iloc[:, number].map(text)
            if pd.api.types.is_string_dtype(table.dtypes.iloc[number])
            or pd.api.types.is_object_dtype(table.dtypes.iloc[number])
            else table.iloc[:, number]
            for number in range(table.shape[1])
        }
    )
    result.columns = pd.Index([str(text(str(name))) for name in table.columns])
    return result


def _cpg(path: Path) -> str | None:
    file = next(
        (item for item in path.parent.iterdir() if item.stem == path.stem and item.suffix.lower() == ".cpg"),
        None,
    )
    if file is None:
        return None
    label = (
        file.read_bytes()[:64].decode("ascii", "ignore").strip().removeprefix("OEM ").removeprefix("ANSI ")
    )
    label = {
        "936": "gb18030",
        "cp936": "gb18030",
        "gbk": "gb18030",
        "gb2312": "gb18030",
        "65001": "utf-8",
    }.get(label.casefold(), f"cp{label}" if label.isdigit() else label)
    try:
        return codecs.lookup(label).name
    except LookupError:
        return None


def _texts(dbf: Path) -> tuple[list[bytes], int]:
    """Field names and character values with non-ASCII bytes, and the code page byte."""
    with dbf.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            return [], 0
        count, header, size = struct.unpack("<IHH", head[4:12])
        described = file.read(max(0, header - 32))
        fields, offset = [], 1
        texts = []
        for start in range(0, len(described) - 31, 32):
            field = described[start : start + 32]
            if field[0] == 0x0D:
                break
            texts.append(field[:11].split(b"\0")[0])
            if field[11:12] == b"C":
                fields.append((offset, field[16]))
            offset += field[16]
        body = file.read(min(count, _SAMPLE_RECORDS) * size)
    for start in range(0, len(body) - size + 1, max(1, size)):
        for begin, width in fields:
            texts.append(body[start + begin : start + begin + width].rstrip(b" \0"))
    return [text for text in texts if not text.isascii()], head[29]


def _agrees(texts: list[bytes], encoding: str) -> bool:
    """Whether nearly all texts are valid; a character cut at the end of a field is no fault."""
    if not texts:
        return True
    try:
        make = codecs.getincrementaldecoder(encoding)
    except LookupError:
        return False
    wrong = 0
    for text in texts:
        try:
            make(errors="strict").decode(text, final=False)
        except UnicodeDecodeError:
            wrong += 1
    return wrong <= 0.02 * len(texts)
