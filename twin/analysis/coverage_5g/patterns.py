"""Pattern files of the MSI Planet format (.msi, .pln): reading, and the pattern they describe.

A file names the antenna and its gain and lists two cuts, horizontal and vertical,
as losses in dB below that gain::

    NAME K742215
    FREQUENCY 3500
    GAIN 17.5 dBi
    TILT ELECTRICAL
    HORIZONTAL 360
    0 0.0
    1 0.0
    ...
    VERTICAL 360
    0 8.9
    ...

A gain without a unit is in dBd, as the format has it. Angles of the horizontal cut
run clockwise from boresight, those of the vertical cut downwards from the horizon:
90 is the ground, 180 behind, 270 the sky.

Two cuts are not a pattern: :class:`CutPattern` adds the losses of both, the usual
way. That is exact in the two cuts' planes at the front and too low a gain
between them (both sets of nulls and side lobes appear together), up to tens of dB
behind and near the zenith, where phi should not matter. The back half of the
vertical cut is not used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from twin.errors import InputError, UnreadableFile

F64 = NDArray[np.float64]

DBI_OVER_DBD = 2.15
LARGEST_BYTES = 1_000_000
WIDEST_GAP_DEG = 15.0
GREATEST_LOSS_DB = 200.0
RAISED_DB = 1.0
"""A cut may pass its own gain by so much (rounding of the gain); more is an error of sign."""

KEYWORDS = frozenset(
    (
        "NAME",
        "MAKE",
        "FREQUENCY",
        "H_WIDTH",
        "V_WIDTH",
        "FRONT_TO_BACK",
        "GAIN",
        "TILT",
        "POLARIZATION",
        "COMMENT",
    )
)
"""Keywords of the format; other ones may stand before the cuts."""

_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, eq=False)
class CutPattern:
    """A measured pattern: two cuts whose losses are added.

    Parameters
    ----------
    across_db, down_db
        Losses below the gain, dB, at even steps from 0 over 360 degrees (the last step wraps):
        the horizontal cut clockwise from boresight, the vertical one downwards from the horizon.
    electrical_tilt_deg
        Tilt that the vertical cut already contains.
    filled
        Whole degrees that the file lacked and that were interpolated.
    header
        The file's other lines by keyword.
    """

    name: str
    frequency_mhz: float | None
    peak_gain_dbi: float
    across_db: F64
    down_db: F64
    electrical_tilt_deg: float = 0.0
    filled: int = 0
    header: Mapping[str, str] = field(default_factory=dict)

    def gain_dbi(self, phi_deg: npt.ArrayLike, theta_deg: npt.ArrayLike) -> F64:
        """Gain, dBi: both cuts interpolated linearly and added; ``theta_deg`` is held within 0 to 180."""
        theta = np.clip(np.asarray(theta_deg, dtype=float), 0, 180)
        return np.asarray(
            self.peak_gain_dbi - _at(self.across_db, np.asarray(phi_deg)) - _at(self.down_db, theta - 90)
        )


def _at(cut: F64, angle_deg: F64) -> F64:
    """``cut`` at any angle."""
    return np.asarray(
        np.interp(angle_deg % 360.0, np.arange(len(cut) + 1) * (360.0 / len(cut)), np.append(cut, cut[0]))
    )


def read(path: Path) -> CutPattern:
    """The pattern in the file at ``path``.

    Raises
    ------
    twin.errors.UnreadableFile
        No such file, or one that is far too large.
    twin.errors.InputError
        Not a pattern; the message names the line.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST_BYTES else b""
    except OSError as error:
        raise UnreadableFile(
            f"无法读取 {path}：{error.strerror}。", f"cannot read {path}: {error.strerror}."
        ) from error
    if size > LARGEST_BYTES:
        raise UnreadableFile(
            f"{path.name} 有 {size} 字节，不像天线方向图文件（最多 {LARGEST_BYTES} 字节）。",
            f"{path.name} has {size} bytes, too many for an antenna pattern (at most {LARGEST_BYTES}).",
        )
    return parse(data, path.name)


def parse(data: bytes, source: str) -> CutPattern:
    """The pattern in ``data``; ``source`` is the file's name, for messages and where NAME is missing."""
    reader = _Reader(source)
    for number, line in enumerate(_decoded(data, source).splitlines(), start=1):
        reader.take(number, line)
    return reader.finished()


def _decoded(data: bytes, source: str) -> str:
    if b"\0" in data:
        raise InputError(
            f"{source} 不是文本文件，请提供 MSI Planet 格式（.msi 或 .pln）的方向图。",
            f"{source} is not a text file; give a pattern in the MSI Planet format (.msi or .pln).",
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")  # names in a western encoding; the numbers are ASCII in each


class _Reader:
    """Takes a file line by line."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._header: dict[str, tuple[int, str]] = {}
        self._cuts: dict[str, list[tuple[int, float, float]]] = {}
        self._heads: dict[str, int] = {}
        self._cut: str | None = None

    def take(self, number: int, line: str) -> None:
        text = line.replace("\x1a", "").strip()
        if not text:
            return
        words = text.split()
        key = words[0].upper()
        if key in ("HORIZONTAL", "VERTICAL"):
            if key in self._heads:
                self._fail(
                    number,
                    f"{key} 已在第 {self._heads[key]} 行出现过",
                    f"{key} was already given in line {self._heads[key]}",
                )
            self._heads[key], self._cut = number, key
            self._cuts[key] = []
        elif self._cut and _NUMBER.match(words[0]):
            self._cuts[self._cut].append((number, *self._row(number, words)))
        elif self._cut and (not key[0].isalpha() or (len(words) == 2 and key not in KEYWORDS)):
            self._fail(
                number,
                f"应为角度和衰减两个数，实为 {text[:40]!r}",
                f"needs an angle and a loss, not {text[:40]!r}",
            )
        else:
            self._header.setdefault(key, (number, text[len(words[0]) :].strip()))

    def _row(self, number: int, words: list[str]) -> tuple[float, float]:
        values = [_number(word) for word in words]
        if len(values) != 2 or None in values:
            found = " ".join(words)[:40]
            self._fail(
                number, f"应为角度和衰减两个数，实为 {found!r}", f"needs an angle and a loss, not {found!r}"
            )
        angle, loss = (float(value) for value in values if value is not None)
        if not -360 <= angle <= 360:
            self._fail(
                number,
                f"角度 {angle:g} 不在 -360 到 360 之间",
                f"has the angle {angle:g}, not within -360 to 360",
            )
        if abs(loss) > GREATEST_LOSS_DB:
            self._fail(
                number, f"衰减 {loss:g} dB 不合理", f"has a loss of {loss:g} dB, which is not sensible"
            )
        return angle % 360.0, loss

    def finished(self) -> CutPattern:
        gain = self._gain()
        across, missing_across = self._table("HORIZONTAL")
        down, missing_down = self._table("VERTICAL")
        name = self._header.get("NAME", (0, ""))[1] or Path(self._source).stem
        return CutPattern(
            name,
            self._frequency(),
            gain,
            across,
            down,
            self._tilt(down),
            missing_across + missing_down,
            {key: text for key, (_, text) in self._header.items()},
        )

    def _gain(self) -> float:
        if "GAIN" not in self._header:
            raise InputError(
                f"{self._source} 没有 GAIN 行，请补充天线增益，例如 GAIN 17.5 dBi。",
                f"{self._source} has no line GAIN; add the antenna's gain, such as GAIN 17.5 dBi.",
            )
        number, text = self._header["GAIN"]
        found = re.fullmatch(rf"({_NUMBER.pattern})\s*\(?(dBi|dBd)?\)?", text, re.IGNORECASE)
        gain = _number(found[1]) if found else None
        if found is None or gain is None or not -20 <= gain <= 60:
            self._fail(
                number,
                f"GAIN {text[:40]!r} 不是增益（dBi 或 dBd）",
                f"has GAIN {text[:40]!r}, not a gain in dBi or dBd",
            )
        return gain + (0.0 if (found[4] or "").lower() == "dbi" else DBI_OVER_DBD)

    def _frequency(self) -> float | None:
        """The first number of FREQUENCY, MHz; some files give it in GHz."""
        number, text = self._header.get("FREQUENCY", (0, ""))
        found = _NUMBER.search(text)
        value = _number(found[0]) if found else None
        if value is None:
            return None
        if re.search(r"ghz", text, re.IGNORECASE) or value < 100:
            value *= 1000
        if not 100 <= value <= 300_000:
            self._fail(
                number,
                f"频率 {text[:40]!r} 不合理（MHz）",
                f"has the frequency {text[:40]!r}, not one in MHz",
            )
        return value

    def _tilt(self, down: F64) -> float:
        """Electrical tilt in the vertical cut: as given, else where its beam points."""
        text = self._header.get("TILT", (0, ""))[1].upper()
        given = self._header.get("ELECTRICAL_TILT", (0, ""))[1] or text
        found = _NUMBER.search(given)
        if found and "MECHANICAL" not in text:
            return _number(found[0]) or 0.0
        if "ELECTRICAL" not in text:
            return 0.0
        step = 360.0 / len(down)
        near = np.arange(-round(30 / step), round(30 / step) + 1)
        return float(near[np.argmin(down[near])] * step)

    def _table(self, cut: str) -> tuple[F64, int]:
        """Losses at even steps, and how many rows were interpolated."""
        if cut not in self._cuts:
            raise InputError(
                f"{self._source} 没有 {cut} 部分，方向图需要水平和垂直两个切面。",
                f"{self._source} has no part {cut}; a pattern needs a horizontal and a vertical cut.",
            )
        losses: dict[float, float] = {}
        for number, angle, loss in self._cuts[cut]:
            if losses.setdefault(angle, loss) != loss and angle != 0.0:  # 360 may differ from 0 a little
                self._fail(
                    number, f"角度 {angle:g} 重复而衰减不同", f"gives the angle {angle:g} a second loss"
                )
        self._check_gaps(cut, sorted(losses))
        lowest = min(losses.values())
        if lowest < -RAISED_DB:
            if max(losses.values()) > RAISED_DB:
                number = next(n for n, _, loss in self._cuts[cut] if loss < -RAISED_DB)
                self._fail(
                    number,
                    f"{cut} 的衰减有正有负，应全部为低于最大增益的 dB 数",
                    f"mixes signs in {cut}; losses are dB below the gain, all of one sign",
                )
            losses = {angle: -loss for angle, loss in losses.items()}
        angles = np.array(sorted(losses))
        fine = bool(np.any(np.abs(angles - np.round(angles)) > 1e-6))
        at = np.arange(3600 if fine else 360) * (0.1 if fine else 1.0)
        table = np.interp(at, angles, [losses[angle] for angle in angles], period=360.0)
        return table, max(0, 360 - len(losses))

    def _check_gaps(self, cut: str, angles: list[float]) -> None:
        if not angles:
            self._fail(self._heads[cut], f"{cut} 之后没有数据", f"starts {cut}, but no values follow")
        for start, end in _pairs(angles):
            if end - start > WIDEST_GAP_DEG:
                self._fail(
                    self._heads[cut],
                    f"{cut} 缺少 {start:g} 到 {end:g} 度之间的数据",
                    f"starts {cut}, which has no values between {start:g} and {end:g} degrees",
                )

    def _fail(self, number: int, zh: str, en: str) -> NoReturn:
        raise InputError(f"{self._source} 第 {number} 行：{zh}。", f"{self._source}, line {number} {en}.")


def _pairs(angles: list[float]) -> Iterator[tuple[float, float]]:
    """Neighbouring angles round the circle."""
    yield from zip(angles, [*angles[1:], angles[0] + 360.0], strict=True)


def _number(word: str) -> float | None:
    """The number ``word`` spells, with a point or a comma, or None."""
    if not _NUMBER.fullmatch(word):
        return None
    value = float(word.replace(",", "."))
    return value if math.isfinite(value) else None
