from __future__ import annotations

import json
import time
from pathlib import Path

import ifcopenshell
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bim import _step_scan as scan
from bim import step_text
from bim.child import _parsed
from bim.errors import Refused
from bim.limits import Limits
from bim.prescan import Prescan, prescan
from bim.receive import receive
from bim.step_text import StepText
from tests.bim.bad_files import BAD_FILES, CHINESE, MADE, REJECTED, Expected, make
from tests.bim.cases import BAD, GEOREF, PUBLIC, facts, needs_cases, step

PAST_RECEIVE_BAD = [name for name, item in BAD_FILES.items() if item.stage != "receive"]
PAST_RECEIVE_MADE = [name for name, (_, item) in MADE.items() if item.stage != "receive"]


def of(text: str | bytes, tmp_path: Path) -> Prescan:
    path = tmp_path / "t.ifc"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return prescan(path)


def as_expected(path: Path, expected: Expected, tmp_path: Path) -> Prescan:
    (item,) = receive(path, tmp_path)
    found = prescan(item.path)
    told = [finding.code for finding in found.findings]
    if expected.stage == "prescan":
        assert expected.code in told
        if expected.outcomes == (REJECTED,):
            with pytest.raises(Refused) as caught:
                found.check()
            assert caught.value.code == expected.code
            assert caught.value.findings == found.findings
            return found
    else:
        assert told == []
    found.check()
    return found


@needs_cases
@pytest.mark.parametrize("name", PAST_RECEIVE_BAD)
def test_shared_bad_files(name: str, tmp_path: Path) -> None:
    as_expected(BAD / name, BAD_FILES[name], tmp_path)


@pytest.mark.parametrize("name", PAST_RECEIVE_MADE)
def test_made_bad_files(name: str, tmp_path: Path) -> None:
    as_expected(make(name, tmp_path), MADE[name][1], tmp_path)


@needs_cases
def test_no_real_model_is_refused(tmp_path: Path) -> None:
    counted = facts()
    for path in sorted(PUBLIC.glob("*.ifc*")) + sorted(GEOREF.glob("*.ifc")):
        (item,) = receive(path, tmp_path)
        found = prescan(item.path)
        assert found.errors == (), path.name
        assert {finding.code for finding in found.findings} <= {"text.encoding"}, path.name
        assert found.schema in ("IFC2X3", "IFC4", "IFC4X3_ADD2")
        assert found.application
        if path.parent == PUBLIC:
            text = counted[path.name]["text"]
            written = {name.upper(): number for name, number in text.items() if name.startswith("Ifc")}
            assert {name: found.counts.get(name, 0) for name in written} == written, path.name


@needs_cases
@pytest.mark.parametrize(
    "path", ["duplex_a_ifc2x3.ifc", "bimwhale_tallbuilding.ifc", "ios_testmodel_ifc4add2.ifc"]
)
def test_as_many_instances_as_the_parser_finds(path: str) -> None:
    assert prescan(PUBLIC / path).instances == len(list(ifcopenshell.open(PUBLIC / path)))


@needs_cases
def test_the_largest_real_model_takes_a_moment() -> None:
    StepText(step().encode())  # compiled
    start = time.process_time()
    found = prescan(PUBLIC / "janesville_revit2012.ifc")
    assert time.process_time() - start < 2.0, "0.4 s where nothing else runs"
    assert (found.instances, found.placement_depth) == (453_586, 6)


def test_where_a_fault_is_is_told(tmp_path: Path) -> None:
    text = step(changed={"'W1'": "'W1"})
    (error,) = of(text, tmp_path).errors
    assert error.offset == text.index("'W1,")
    assert error.step_id == 70
    line = text[: error.offset].count("\n") + 1
    assert f"line {line} (byte {error.offset}, #70 IFCWALL)" in error.text.en
    assert f"第 {line} 行（字节 {error.offset}，#70 IFCWALL）" in error.text.zh


def test_rings_name_what_stands_in_them(tmp_path: Path) -> None:
    ring = step(changed={"#31=IFCLOCALPLACEMENT($": "#31=IFCLOCALPLACEMENT(#71"})
    (error,) = of(ring, tmp_path).errors
    for named in ("#31 IFCLOCALPLACEMENT → #71", "#51", "#41", "#30 IFCSITE 'S'", "#70 IFCWALL 'W1'"):
        assert named in error.text.en
        assert named in error.text.zh
    (error,) = of(step("#92=IFCRELNESTS('0P00000000000000000014',$,$,$,#50,(#30));"), tmp_path).errors
    assert "#30 IFCSITE 'S' → #40 IFCBUILDING 'B' → #50 IFCBUILDINGSTOREY 'L1' → #30" in error.text.en


def test_long_chains_are_followed_without_recursion(tmp_path: Path) -> None:
    found = of(MADE["placements_20000.ifc"][0](), tmp_path)
    assert found.placement_depth == 20_005
    boolean = "".join(
        f"#{200 + k}=IFCBOOLEANRESULT(.UNION.,#{199 + k if k else 74},#74);\n" for k in range(50_000)
    )
    (warning,) = of(step(boolean), tmp_path).findings
    assert warning.code == "text.deep_nesting"
    assert "#50199 IFCBOOLEANRESULT is nested 50004 levels deep" in warning.text.en


def test_what_looks_like_structure_in_texts_and_comments(tmp_path: Path) -> None:
    name = "'#12=IFCWALL(''#99''); /* ENDSEC; ''''  END-ISO-10303-21;'"
    text = step(
        "/* #1=IFCWALL('not closed; #77 ''' * / */ #99 /**/ = /* = */\r\n IFCDIRECTION /***/ ((0.,/* ; */1.)) ;",
        changed={"'W1'": name},
    )
    found = of(text, tmp_path)
    assert found.findings == ()
    assert found.instances == 27
    assert found.counts["IFCWALL"] == 1
    assert found.counts["IFCDIRECTION"] == 2
    assert of(step("#99=IfcDirection((0.,1.));"), tmp_path).counts["IFCDIRECTION"] == 2


def test_header_is_read_over_lines_and_comments(tmp_path: Path) -> None:
    text = step().replace(
        "FILE_SCHEMA(('IFC4'))", "FILE_SCHEMA /* FILE_SCHEMA(('IFC2X3')) */ (\r\n ( 'ifc4' ) )"
    )
    text = text.replace("'hand','hand'", "'writer, (1)','O''Neill; BIM'")
    found = of(text, tmp_path)
    assert (found.schema, found.application, found.findings) == ("IFC4", "O'Neill; BIM", ())


def test_a_file_of_which_much_is_missing_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"#{200 + k}=IFCPOLYLINE((#{9000 + k},#78));\n" for k in range(30))
    (error,) = of(step(lines), tmp_path).errors
    assert error.code == "text.dangling"
    assert "30 (#200 IFCPOLYLINE → #9000; " in error.text.en


def test_numbers_far_apart_are_found_too(tmp_path: Path) -> None:
    text = step(changed={"#78": "#2147483647"})
    assert of(text, tmp_path).findings == ()
    (warning,) = of(
        text.replace("#76=IFCAXIS2PLACEMENT2D(#2147483647", "#76=IFCAXIS2PLACEMENT2D(#2147483646"), tmp_path
    ).findings
    assert warning.code == "text.dangling"
    assert warning.step_id == 76


def test_a_crowd_of_instances_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_text, "MOST_REFERENCES", 50)
    with pytest.raises(Refused, match="more than 50 instances") as caught:
        of(step(), tmp_path)
    assert caught.value.code == "text.too_many"
    monkeypatch.setattr(step_text, "MOST_REFERENCES", 1000)
    monkeypatch.setattr(step_text, "MOST_TYPES", 5)
    with pytest.raises(Refused, match="types of instances"):
        of(step(), tmp_path)


def test_the_size_is_limited_here_too(tmp_path: Path) -> None:
    path = tmp_path / "t.ifc"
    path.write_text(step())
    with pytest.raises(Refused, match="the limit is 0 MB"):
        prescan(path, Limits(file_bytes=100))


def test_findings_are_plain_data(tmp_path: Path) -> None:
    found = of(MADE["gb18030.ifc"][0](), tmp_path)
    told = json.loads(json.dumps([finding.as_dict() for finding in found.findings]))
    assert told[0]["code"] == "text.encoding"
    assert "GB18030" in told[0]["text"]["zh"]


def _seconds(data: bytes) -> float:
    start = time.process_time()
    StepText(data)
    return time.process_time() - start


@pytest.mark.parametrize(
    "part",
    [b"/*", b"/**/", b"'", b"''", b"#1=", b"#1=A(", b"#", b"=", b"(", b")", b"\\X2\\", b"\\", b"'\n#1", b"#1,", b";",
     b"#1=A('", b"9", b"\xff", b"A", b"#1=A(/*"],
)  # fmt: skip
def test_no_text_takes_more_than_linear_time(part: bytes) -> None:
    StepText(b"")  # compiled
    text = step().encode()[:-40]
    for head in (text, text + b"#99=IFCWALL('", text + b"#99=IFCWALL(("):
        assert _seconds(head + part * (4_000_000 // len(part))) < 2.0
        with pytest.raises(Refused):
            _checked(head + part * 1000)


def _checked(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        of(data, Path(folder)).check()


BASE = step(
    "#82=IFCPROPERTYSINGLEVALUE('耐火',$,IFCLABEL('A\\\\B \\X2\\4E00\\X0\\ \\S\\D'),$);\n/* #83= */",
    changed=CHINESE,
).encode()
EDIT = st.tuples(st.integers(0, len(BASE) - 1), st.one_of(st.binary(min_size=0, max_size=3), st.sampled_from(
    [bytes([c]) for c in b"'()#;,=$*./\\\"\n0 "]
)))  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDIT, max_size=6), cut=st.one_of(st.none(), st.integers(0, len(BASE))))
def test_damaged_files_are_refused_or_read_whole(
    edits: list[tuple[int, bytes]], cut: int | None, tmp_path: Path
) -> None:
    data = bytearray(BASE)
    for at, new in edits:
        data[at : at + 1] = new
    path = tmp_path / "t.bin"
    path.write_bytes(data[:cut])
    inside = tmp_path / "inside"
    inside.mkdir(exist_ok=True)
    try:
        (item,) = receive(path, inside)
        found = prescan(item.path)
        found.check()
    except Refused as refused:
        assert refused.findings
        assert all(finding.text.zh and finding.text.en for finding in refused.findings)
        return
    target = tmp_path / "ascii.ifc"
    found.transcode(item.path, target)
    assert target.read_bytes().isascii()
    # What the pre-scan lets through is read to the last instance, or refused by the process that reads it.
    try:
        file = _parsed(str(target), found.instances)
    except Refused as refused:
        assert refused.code in ("parse.failed", "parse.incomplete")
        return
    assert len(list(file)) == found.instances


def test_a_header_without_its_semicolon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        of(BASE.replace(b"HEADER;", b"HEADER", 1), tmp_path).check()
    assert refused.value.findings[0].code == "text.header"


def test_scan_and_parser_agree_on_what_is_an_escape(tmp_path: Path) -> None:
    for escape in (
        "\\\\", "\\S\\D", "\\S\\''", "\\PA\\", "\\PJ\\", "\\N\\", "\\F\\", "\\T\\", "\\X\\E9", "\\X\\E", "\\X0\\",
        "\\X2\\5609\\X0\\", "\\X2\\56ab\\X0\\", "\\X2\\\\X0\\", "\\X2\\5609", "\\X4\\0001F600\\X0\\", "\\X3\\", "\\q", "\\",
    ):  # fmt: skip
        text = step(changed={"'W1'": f"'W{escape}'"})
        found = of(text, tmp_path)
        good = found.errors == () and not found.backslashes
        try:
            file = ifcopenshell.file.from_string(text)
            parsed = len(list(file)) == found.instances
        except Exception:  # noqa: BLE001 - the parser raises errors of several kinds
            parsed = False
        assert good == parsed, escape


def test_scan_notes_only_so_many_places() -> None:
    text = StepText(step("+" * 1000).encode())
    assert text.count(scan.STRAY) == 1000
    assert len(text.places_of(scan.STRAY)) == scan.KEPT
