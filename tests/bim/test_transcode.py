from __future__ import annotations

from pathlib import Path

import ifcopenshell
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bim import transcode as module
from bim.prescan import prescan
from bim.transcode import Detected, Encoding, detect, transcode
from tests.bim.bad_files import CHINESE
from tests.bim.cases import BAD, GEOREF, PUBLIC, needs_cases, step


def names_of(path: Path) -> set[str]:
    file = ifcopenshell.open(path)
    return {item.Name for item in file.by_type("IfcRoot") if item.Name}


def passed_through(data: bytes, tmp_path: Path) -> Path:
    source, target = tmp_path / "source.ifc", tmp_path / "target.ifc"
    source.write_bytes(data)
    found = prescan(source)
    found.check()
    assert found.rewrite
    found.transcode(source, target)
    assert target.read_bytes().isascii()
    return target


@needs_cases
def test_raw_names_of_the_shared_files_come_through_the_parser(tmp_path: Path) -> None:
    data = (BAD / "24_utf8_raw_bytes.ifc").read_bytes()
    expected = {"嘉定区示范项目", "上海市嘉定区", "一号楼", "一层 ±0.000", "外墙-200厚"}
    assert expected <= names_of(passed_through(data, tmp_path))
    assert expected <= names_of(passed_through(data.decode().encode("gb18030"), tmp_path))
    g23 = (GEOREF / "g23_ifc4_raw_utf8_names.ifc").read_bytes()
    utf8 = names_of(passed_through(g23, tmp_path))
    assert {"嘉定示范楼 g23 原始UTF-8", "一号楼"} & utf8 or any("嘉定" in name for name in utf8)
    assert names_of(passed_through(g23.decode().encode("gb18030"), tmp_path)) == utf8
    office = (PUBLIC / "jiading_office_cn_v1.ifc").read_bytes()
    raw = names_of(passed_through(office, tmp_path))
    assert names_of(passed_through(office.decode().encode("gb18030"), tmp_path)) == raw
    assert any("一" <= character <= "龥" for name in raw for character in name)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_other_byte_stays(encoding: str, tmp_path: Path) -> None:
    text = step(changed={**CHINESE, "'B'": "'\\X2\\4E00\\X0\\ \\\\ \\S\\D ''𠮷野家''镕堃'"})
    got = passed_through(text.encode(encoding), tmp_path).read_text(encoding="ascii")
    wanted = text.replace("𠮷", "\\X4\\00020BB7\\X0\\")
    for raw in ("嘉定区示范项目", "外墙", "厚", "一层", "±", "野家", "镕堃"):
        wanted = wanted.replace(raw, "\\X2\\" + raw.encode("utf-16-be").hex().upper() + "\\X0\\")
    assert got == wanted
    file = ifcopenshell.file.from_string(got)
    assert file.by_type("IfcBuilding")[0].Name == "一 \\ Ä '𠮷野家'镕堃"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_characters_across_blocks_stay_whole(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "一层𠮷±\\X2\\4E00\\X0\\C:\\目录\\q\\\\誠"
    data = step(changed={"'W1'": f"'{name}'"}).encode(encoding)
    source = tmp_path / "source.ifc"
    source.write_bytes(data)
    whole = tmp_path / "whole.ifc"
    transcode(source, whole, encoding, backslashes=True)
    for block in (1, 2, 3, 5, 7, 64):
        monkeypatch.setattr(module, "_BLOCK", block)
        target = tmp_path / f"{block}.ifc"
        transcode(source, target, encoding, backslashes=True)
        # A run may be written as two, which is the same text.
        assert target.read_text().replace("\\X0\\\\X2\\", "") == whole.read_text().replace("\\X0\\\\X2\\", "")
        assert detect(data).encoding == encoding
        file = ifcopenshell.open(target)
        assert file.by_type("IfcWall")[0].Name == "一层𠮷±一C:\\目录\\q\\誠"


def test_second_bytes_that_look_like_backslashes(tmp_path: Path) -> None:
    # 0x5C ends 誠, 俓, 揬 in GBK; before a quote it must not escape it.
    text = step(changed={"'W1'": "'一层外墙誠'", "'P'": "'示范项目俓X2揬'"})
    assert b"\\'" in text.encode("gb18030")
    file = ifcopenshell.open(passed_through(text.encode("gb18030"), tmp_path))
    assert file.by_type("IfcWall")[0].Name == "一层外墙誠"
    assert file.by_type("IfcProject")[0].Name == "示范项目俓X2揬"


def test_paths_of_windows_come_through(tmp_path: Path) -> None:
    name = "C:\\Users\\嘉定\\Xref\\模型\\"
    for encoding in ("utf-8", "gb18030"):
        data = step(changed={"'W1'": f"'{name}'"}).encode(encoding)
        file = ifcopenshell.open(passed_through(data, tmp_path))
        assert file.by_type("IfcWall")[0].Name == name


@pytest.mark.parametrize(
    ("data", "encoding", "clear"),
    [
        (b"", "ascii", True),
        ("一层外墙".encode(), "utf-8", True),
        ("Büro Süd, Façade".encode(), "utf-8", True),
        ("Здание 1".encode(), "utf-8", True),
        ("𠮷野家".encode(), "utf-8", True),
        ("一层外墙".encode("gb18030"), "gb18030", True),
        ("一".encode("gb18030"), "gb18030", True),
        ("联通".encode("gb18030"), "gb18030", True),
        ("Büro Süd, Façade".encode("latin-1"), "latin-1", False),
        ("二階の間仕切り".encode("shift-jis"), "latin-1", False),
        ("一层外墙厚度说明".encode() + b"' \xe4\xb8' " + "一号楼".encode(), "utf-8", False),
        ("一层外墙厚度说明".encode("gb18030") * 4 + b"' \xb8' ", "gb18030", False),
    ],
)
def test_encodings_are_told_apart(data: bytes, encoding: Encoding, clear: bool) -> None:
    assert detect(data) == Detected(encoding, clear)


def test_what_is_no_character_is_counted_and_takes_nothing_with_it(tmp_path: Path) -> None:
    for encoding in ("utf-8", "gb18030"):
        source = tmp_path / "source.ifc"
        source.write_bytes("'一层".encode(encoding) + b"\xe4',#12)")
        target = tmp_path / "target.ifc"
        assert transcode(source, target, encoding) == 1
        assert target.read_text() == "'\\X2\\4E005C42FFFD\\X0\\',#12)"
    source.write_bytes(b"'a\xe4")
    assert transcode(source, target, "utf-8") == 1
    assert target.read_text() == "'a\\X2\\FFFD\\X0\\"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT)
def test_any_name_comes_through(name: str, tmp_path: Path) -> None:
    written = name.replace("\\", "\\\\").replace("'", "''")
    source, target = tmp_path / "source.ifc", tmp_path / "target.ifc"
    source.write_bytes(step(changed={"'W1'": f"'{written}'"}).encode())
    transcode(source, target, "utf-8")
    got = ifcopenshell.open(target).by_type("IfcWall")[0].Name
    assert got == name
