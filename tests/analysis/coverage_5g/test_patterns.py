"""Pattern files: the format and its usual variations, what is not a pattern, and the gain that follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from twin.analysis.coverage_5g import patterns, scalar
from twin.analysis.coverage_5g.antenna import directed
from twin.errors import InputError, UnreadableFile

HEAD = (
    "NAME K742215",
    "MAKE KATHREIN",
    "FREQUENCY 3500",
    "GAIN 17.5 dBi",
    "TILT ELECTRICAL",
    "COMMENT two words",
)


def across(angle: float) -> float:
    """Loss of a beam 65 degrees wide."""
    return min(12 * (((angle + 180) % 360 - 180) / 65) ** 2, 30)


def down(angle: float) -> float:
    """Loss of a beam 7 degrees wide that looks 6 degrees down."""
    return min(12 * (((angle - 6 + 180) % 360 - 180) / 7) ** 2, 20)


def written(
    head: tuple[str, ...] = HEAD,
    angles: np.ndarray | None = None,
    row: str = "{angle:g} {loss:.2f}",
    end: str = "\n",
    loss: Callable[[float], float] = lambda value: value,
) -> bytes:
    """A pattern file with both beams."""
    at = np.arange(360.0) if angles is None else angles
    lines = list(head)
    for cut, beam in (("HORIZONTAL", across), ("VERTICAL", down)):
        lines.append(f"{cut} {len(at)}")
        lines += [row.format(angle=angle, loss=loss(beam(angle))) for angle in at]
    return (end.join(lines) + end).encode()


def test_a_file_is_read() -> None:
    pattern = patterns.parse(written(), "k.msi")
    assert pattern.name == "K742215"
    assert pattern.frequency_mhz == 3500
    assert pattern.peak_gain_dbi == 17.5
    assert pattern.electrical_tilt_deg == 6
    assert pattern.header["COMMENT"] == "two words"
    assert pattern.filled == 0
    assert pattern.gain_dbi(0, 96) == pytest.approx(17.5)
    assert pattern.gain_dbi([65, -65], 96) == pytest.approx([5.5, 5.5], abs=0.01)
    assert pattern.gain_dbi(0, [89, 103]) == pytest.approx([5.5, 5.5], abs=0.01)


def test_losses_of_both_cuts_are_added() -> None:
    pattern = patterns.parse(written(), "k.msi")
    assert pattern.gain_dbi(30, 100) == pytest.approx(17.5 - across(30) - down(10), abs=0.02)
    assert pattern.gain_dbi(30.5, 96) == pytest.approx(17.5 - (across(30) + across(31)) / 2, abs=0.02)
    assert pattern.gain_dbi(0, [-5, 190]) == pytest.approx(pattern.gain_dbi(0, [0, 180]))


def test_sector_tilt_is_the_whole_electrical_tilt() -> None:
    pattern = patterns.parse(written(), "k.msi")
    assert directed(pattern, 45, 0, 6).gain_dbi(45, -6) == pytest.approx(17.5, abs=0.01)
    assert directed(pattern, 45, 3, 6).gain_dbi(45, -9) == pytest.approx(17.5, abs=0.01)
    assert directed(pattern, 45, 0, 2).gain_dbi(45, -2) == pytest.approx(17.5, abs=0.01)


@pytest.mark.parametrize(
    ("data", "filled"),
    [
        (written(end="\r\n"), 0),
        (written(end="\r"), 0),
        (written(row="{angle:g}\t{loss:.2f}\t"), 0),
        (b"\xef\xbb\xbf" + written(), 0),
        (written() + b"\x1a", 0),
        (written(loss=lambda value: -value), 0),
        (written(angles=np.arange(361.0)), 0),
        (written(angles=np.arange(-180.0, 180.0)), 0),
        (written(angles=np.arange(0, 360, 2.0)), 360),
        (written(angles=np.delete(np.arange(360.0), [3, 4, 359])), 6),
        (written().replace(b"NAME K742215", "NAME 天线".encode("gb18030")), 0),
        (written().replace(b".", b","), 0),
    ],
)
def test_variations_of_the_format(data: bytes, filled: int) -> None:
    pattern = patterns.parse(data, "k.msi")
    assert pattern.filled == filled
    assert pattern.gain_dbi([0, 32, 180], 96) == pytest.approx([17.5, 17.5 - across(32), 17.5 - 30], abs=0.03)


def test_rows_at_tenths_of_a_degree_are_kept() -> None:
    pattern = patterns.parse(written(angles=np.arange(3600) / 10), "k.msi")
    assert len(pattern.down_db) == 3600
    assert pattern.gain_dbi(0, 97.5) == pytest.approx(17.5 - down(7.5), abs=0.01)


@pytest.mark.parametrize(
    ("gain", "dbi"),
    [("15.5", 17.65), ("15.5 dBd", 17.65), ("15.5 DBI", 15.5), ("15.5dBi", 15.5), ("15,5 (dBi)", 15.5)],
)
def test_a_gain_without_a_unit_is_over_a_dipole(gain: str, dbi: float) -> None:
    data = written().replace(b"GAIN 17.5 dBi", f"GAIN {gain}".encode())
    assert patterns.parse(data, "k.msi").peak_gain_dbi == pytest.approx(dbi)


@pytest.mark.parametrize(
    ("frequency", "mhz"),
    [("3500", 3500), ("3.5 GHz", 3500), ("1710-2690 MHz", 1710), ("2.6", 2600), ("n/a", None)],
)
def test_frequencies(frequency: str, mhz: float | None) -> None:
    data = written().replace(b"FREQUENCY 3500", f"FREQUENCY {frequency}".encode())
    assert patterns.parse(data, "k.msi").frequency_mhz == mhz


@pytest.mark.parametrize(
    ("tilt", "degrees"),
    [
        ("TILT ELECTRICAL", 6),
        ("TILT 4", 4),
        ("TILT ELECTRICAL 5", 5),
        ("TILT MECHANICAL 3", 0),
        ("TILT NONE", 0),
    ],
)
def test_tilt_in_the_file(tilt: str, degrees: float) -> None:
    data = written().replace(b"TILT ELECTRICAL", tilt.encode())
    assert patterns.parse(data, "k.msi").electrical_tilt_deg == degrees


def test_a_file_without_a_name_goes_by_its_own(tmp_path: Path) -> None:
    path = tmp_path / "aau-64t.pln"
    path.write_bytes(written(HEAD[1:]))
    assert patterns.read(path).name == "aau-64t"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (written().replace(b"GAIN 17.5 dBi\n", b""), "GAIN"),
        (written().replace(b"GAIN 17.5 dBi", b"GAIN high"), "line 4 "),
        (written().replace(b"GAIN 17.5 dBi", b"GAIN 900"), "line 4 "),
        (written().replace(b"FREQUENCY 3500", b"FREQUENCY 9e9"), "line 3 "),
        (written()[: written().index(b"VERTICAL")], "VERTICAL"),
        (written().replace(b"VERTICAL", b"HORIZONTAL"), "line 368 .*line 7"),
        (written().replace(b"\n3 0.03\n", b"\n3 0.03 7\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n3 abc\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\nl3 0.03\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n3 1e400\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n3 999\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n720 0.03\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n2 9\n", 1), "line 11 "),
        (written().replace(b"\n3 0.03\n", b"\n3 -5\n", 1), "line 11 "),
        (written(angles=np.arange(0, 180.0)), "line 7 .*179 and 360"),
        (written(angles=np.array([])), "line 7 "),
        (b"", "GAIN"),
        (b"PK\x03\x04\0\0", "not a text file"),
        (b"%PDF-1.7 hello", "GAIN"),
    ],
)
def test_what_is_not_a_pattern_is_told_with_its_line(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        patterns.parse(data, "bad.msi")
    assert "bad.msi" in caught.value.zh


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot read"):
        patterns.read(tmp_path / "none.msi")
    (tmp_path / "huge.msi").write_bytes(b" " * (patterns.LARGEST_BYTES + 1))
    with pytest.raises(UnreadableFile, match="too many"):
        patterns.read(tmp_path / "huge.msi")


@pytest.mark.parametrize("angles", [np.arange(360.0), np.arange(3600) / 10])
def test_compiled_gains_equal_the_arrays(angles: np.ndarray) -> None:
    pattern = patterns.parse(written(angles=angles), "k.msi")
    rng = np.random.default_rng(6)
    for phi, theta in zip(rng.uniform(-180, 180, 200), rng.uniform(-8, 188, 200), strict=True):
        found = scalar.cuts_gain_dbi(phi, theta, 17.5, pattern.across_db, pattern.down_db)
        assert found == pytest.approx(float(pattern.gain_dbi(phi, theta)), abs=1e-9)
