"""What must become of bad files: those of the shared cases, and those that are not stored but made here."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bim.cases import step

ACCEPTED, WARNING, REJECTED = "accepted", "warning", "rejected"


@dataclass(frozen=True)
class Expected:
    """What a file must come to.

    ``stage`` is the first that must speak of it: ``receive``, ``prescan``, or ``convert`` for the
    child process. ``code`` is what it must say there, None where it need not say anything.
    """

    outcomes: tuple[str, ...]
    stage: str
    code: str | None = None


def _refused(stage: str, code: str) -> Expected:
    return Expected((REJECTED,), stage, code)


_TAKEN = Expected((ACCEPTED, WARNING), "convert")
_QUARANTINED = Expected((WARNING,), "convert")

BAD_FILES: dict[str, Expected] = {
    "00_control_valid_min_ifc4.ifc": Expected((ACCEPTED, WARNING), "convert"),
    "01_truncated_mid_entity.ifc": _refused("prescan", "text.truncated"),
    "03_empty.ifc": _refused("receive", "receive.empty"),
    "04_png_renamed.ifc": _refused("receive", "receive.png"),
    "06_zipbomb_512mb.ifczip": _refused("receive", "archive.ratio"),
    "07_zip_path_traversal.ifczip": _refused("receive", "archive.path"),
    "08_zip_no_ifc.ifczip": _refused("receive", "archive.no_ifc"),
    "10_plain_ifc_named.ifczip": _TAKEN,
    "11_zip_named.ifc": _TAKEN,
    "12_xxe.ifcxml": _refused("receive", "receive.ifcxml"),
    "13_billion_laughs.ifcxml": _refused("receive", "receive.ifcxml"),
    "14_huge_coordinates_1e12.ifc": Expected((WARNING, REJECTED), "convert"),
    "15_overflow_real_1e400.ifc": _refused("prescan", "text.real_overflow"),
    "18_duplicate_step_ids.ifc": _refused("prescan", "text.duplicate_id"),
    "19_circular_placement.ifc": _refused("prescan", "text.placement_cycle"),
    "20_circular_aggregation.ifc": _refused("prescan", "text.aggregation_cycle"),
    "21_no_geometry.ifc": Expected((ACCEPTED, WARNING), "convert"),
    "22_no_project_no_units.ifc": _refused("prescan", "text.no_project"),
    "24_utf8_raw_bytes.ifc": Expected((ACCEPTED, WARNING), "prescan", "text.encoding"),
    "25_x2_escapes_valid.ifc": _TAKEN,
    "27_deep_placement_chain_4000.ifc": Expected((WARNING,), "prescan", "text.deep_placement"),
    "29_deep_boolean_tree_3000.ifc": Expected((WARNING,), "prescan", "text.deep_nesting"),
    "30_schema_ifc4x3_rc2.ifc": _refused("prescan", "text.schema"),
    "31_schema_ifc2x_final.ifc": _refused("prescan", "text.schema"),
    "32_schema_unknown.ifc": _refused("prescan", "text.schema"),
    "34_wrong_attribute_types.ifc": _QUARANTINED,
    "35_unterminated_string.ifc": _refused("prescan", "text.string"),
    "37_long_name_5mb.ifc": _TAKEN,
    "40_degenerate_geometry.ifc": _QUARANTINED,
    "42_wall_1500_overlapping_openings.ifc": _QUARANTINED,
    "50_real_ios600_wall_timeout.ifc": _QUARANTINED,
    "52_real_ios411_segfault.ifc": _TAKEN,
    "54_real_errorfile.ifc": _refused("prescan", "text.stray"),
    "56_real_sixspaces.ifcxml": _refused("receive", "receive.ifcxml"),
}


def zipped(entries: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of some entries."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()


def patched(archive: bytes, *, flag: int | None = None, name: tuple[bytes, bytes] | None = None) -> bytes:
    """An archive of one entry with the flags, or the bytes of the name, changed in both its headers."""
    data = bytearray(archive)
    if flag is not None:
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = data.index(mark) + place
            data[at : at + 2] = flag.to_bytes(2, "little")
    if name is not None:
        assert len(name[0]) == len(name[1])
        data = data.replace(name[0], name[1])
    return bytes(data)


def _link() -> bytes:
    info = zipfile.ZipInfo("m.ifc")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return target.getvalue()


def _lying(declared: int) -> bytes:
    """An archive whose headers declare another size of its entry than comes out of it."""
    text = step() + " " * 3_000_000
    archive = bytearray(zipped({"m.ifc": text}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = archive.index(mark) + place
        archive[at : at + 4] = declared.to_bytes(4, "little")
    return bytes(archive)


def _twice() -> bytes:
    archive = zipped({"a.ifc": step(), "b.ifc": step(changed={"'W1'": "'W2'"})})
    return archive.replace(b"b.ifc", b"A.IFC")


CHINESE = {"'P'": "'嘉定区示范项目'", "'W1'": "'外墙-200厚'", "'L1'": "'一层 ±0.000'"}
RING_OF_SHAPES = step(
    "#90=IFCMAPPEDITEM(#91,#92);\n#91=IFCREPRESENTATIONMAP(#11,#73);\n"
    "#92=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#12,$,$);",
    changed={"(#74));": "(#90));"},
)


def _deep_placements(number: int) -> str:
    lines = "".join(f"#{1001 + k}=IFCLOCALPLACEMENT(#{1000 + k},#11);\n" for k in range(number))
    return step(
        "#1000=IFCLOCALPLACEMENT(#51,#11);\n" + lines,
        changed={"#71=IFCLOCALPLACEMENT(#51": f"#71=IFCLOCALPLACEMENT(#{1000 + number}"},
    )


MADE: dict[str, tuple[Callable[[], bytes | str], Expected]] = {
    "cut_in_header.ifc": (lambda: step()[:100], _refused("prescan", "text.truncated")),
    "cut_in_first_line.ifc": (lambda: "ISO-1030", _refused("receive", "receive.cut")),
    "cut_before_mark.ifc": (lambda: step()[:-20], _refused("prescan", "text.truncated")),
    "page.ifc": (lambda: "<!DOCTYPE html>\n<html><body>login</body></html>", _refused("receive", "receive.html")),
    "markup.ifc": (lambda: "<?xml version='1.0'?><a/>", _refused("receive", "receive.xml")),
    "paper.ifc": (lambda: "%PDF-1.7\n", _refused("receive", "receive.pdf")),
    "photo.ifc": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF", _refused("receive", "receive.jpeg")),
    "packed.ifc": (lambda: b"\x1f\x8b\x08\0\0\0\0\0", _refused("receive", "receive.gzip")),
    "drawing.ifc": (lambda: b"AC1032\0\0\0\0\0", _refused("receive", "receive.dwg")),
    "revit.ifc": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), _refused("receive", "receive.revit")),
    "blank.ifc": (lambda: " \r\n\t ", _refused("receive", "receive.blank")),
    "zeros.ifc": (lambda: bytes(5000), _refused("receive", "receive.zeros")),
    "prose.ifc": (lambda: "This is not a model.", _refused("receive", "receive.text")),
    "utf16.ifc": (lambda: step().encode("utf-16"), _refused("receive", "receive.utf16")),
    "data.ifc": (lambda: '{"type": "IfcProject"}', _refused("receive", "receive.json")),
    "mark.ifc": (lambda: b"\xef\xbb\xbf" + step().encode(), _TAKEN),
    "comment_first.ifc": (lambda: "/* made * by ** hand */\r\n  " + step(), _TAKEN),
    "links.ifczip": (_link, _refused("receive", "archive.link")),
    "locked.ifczip": (
        lambda: patched(zipped({"m.ifc": step()}), flag=1), _refused("receive", "archive.encrypted")
    ),
    "declares_little.ifczip": (lambda: _lying(100), _refused("receive", "archive.damaged")),
    "declares_much.ifczip": (lambda: _lying(2**31 - 1), _refused("receive", "archive.ratio")),
    "absolute.ifczip": (lambda: zipped({"/tmp/m.ifc": step()}), _refused("receive", "archive.path")),
    "drive.ifczip": (lambda: zipped({"C:\\models\\m.ifc": step()}), _refused("receive", "archive.path")),
    "upwards.ifczip": (lambda: zipped({"a\\..\\..\\m.ifc": step()}), _refused("receive", "archive.path")),
    "in_folders.ifczip": (lambda: zipped({"a/": "", "a\\b\\m.ifc": step()}), _TAKEN),
    "twice.ifczip": (_twice, _refused("receive", "archive.duplicate")),
    "nested.ifczip": (lambda: zipped({"m.ifczip": zipped({"m.ifc": step()})}), _refused("receive", "archive.nested")),
    "xml_inside.ifczip": (lambda: zipped({"m.ifcxml": "<ifcXML/>"}), _refused("receive", "receive.ifcxml")),
    "lzma.ifczip": (lambda: zipped({"m.ifc": step()}, zipfile.ZIP_LZMA), _refused("receive", "archive.method")),
    "cut.ifczip": (lambda: zipped({"m.ifc": step()})[:-30], _refused("receive", "archive.damaged")),
    "crowd.ifczip": (
        lambda: zipped({f"{k}.txt": "" for k in range(1001)}), _refused("receive", "archive.entries")
    ),
    "gb18030.ifc": (
        lambda: step(changed=CHINESE).encode("gb18030"),
        Expected((ACCEPTED, WARNING), "prescan", "text.encoding"),
    ),
    "latin1.ifc": (
        lambda: step(changed={"'W1'": "'Büro Süd'"}).encode("latin-1"),
        Expected((WARNING,), "prescan", "text.encoding_unclear"),
    ),
    "nul_in_string.ifc": (lambda: step(changed={"'W1'": "'W\0001'"}), _refused("prescan", "text.nul")),
    "nul_between.ifc": (lambda: step(changed={"#70=": "\0#70="}), _refused("prescan", "text.nul")),
    "nul_after.ifc": (lambda: step() + "\0" * 100, _TAKEN),
    "open_comment.ifc": (lambda: step(changed={"#70=": "/* wall #70="}), _refused("prescan", "text.comment")),
    "two_open_strings.ifc": (
        lambda: step(changed={"'W1'": "'W1", "'Body'": "'Body"}), _refused("prescan", "text.string")
    ),
    "broken_escape.ifc": (
        lambda: step(changed={"'W1'": "'W\\X2\\56ZZ\\X0\\'"}), _refused("prescan", "text.escape")
    ),
    "open_escape.ifc": (lambda: step(changed={"'W1'": "'W\\X2\\5609'"}), _refused("prescan", "text.escape")),
    "windows_path.ifc": (
        lambda: step(changed={"'W1'": "'C:\\dir\\q\\'"}), Expected((WARNING,), "prescan", "text.backslash")
    ),
    "half_character.ifc": (
        lambda: step(changed={"'W1'": "'\\X2\\D83D\\X0\\'"}),
        Expected((WARNING,), "prescan", "text.half_character"),
    ),
    "not_a_number.ifc": (lambda: step(changed={"3000.0": "1.#QNAN"}), _refused("prescan", "text.number")),
    "underflow.ifc": (lambda: step(changed={"3000.0": "1.E-400"}), _refused("prescan", "text.real_overflow")),
    "long_number.ifc": (
        lambda: step(changed={"3000.0": "9" * 400 + "."}), _refused("prescan", "text.real_overflow")
    ),
    "number_zero.ifc": (lambda: step("#0=IFCDIRECTION((0.,1.));"), _refused("prescan", "text.instance_number")),
    "number_large.ifc": (
        lambda: step("#2147483648=IFCDIRECTION((0.,1.));"), _refused("prescan", "text.instance_number")
    ),
    "bracket_missing.ifc": (lambda: step(changed={"'tag 1',$);": "'tag 1',$;"}), _refused("prescan", "text.syntax")),
    "brackets.ifc": (
        lambda: step(changed={"'W1'": "IFCLABEL(" * 100_000 + "'W1'" + ")" * 100_000}),
        _refused("prescan", "text.nesting"),
    ),
    "bytes_between.ifc": (
        lambda: step(changed={"#70=": "é#70="}).encode("latin-1"), _refused("prescan", "text.stray")
    ),
    "loose.ifc": (
        lambda: step(changed={"'tag 1',$);": ",$,));", "1.E-5": "NAN"}),
        Expected((WARNING,), "prescan", "text.loose"),
    ),
    "other_type.ifc": (
        lambda: step("#99=IFCALIGNMENTCANT($,$,$,$,$,$,$,$);"),
        Expected((WARNING,), "prescan", "text.unknown_type"),
    ),
    "schema_4x2.ifc": (lambda: step(schema="IFC4X2"), _refused("prescan", "text.schema")),
    "schema_4x3.ifc": (lambda: step(schema="IFC4X3"), _refused("prescan", "text.schema")),
    "schema_two.ifc": (lambda: step(schema="IFC4','IFC2X3"), _refused("prescan", "text.schema")),
    "no_schema.ifc": (lambda: step().replace("FILE_SCHEMA(('IFC4'));", ""), _refused("prescan", "text.header")),
    "two_files.ifc": (lambda: step() + step(), _refused("prescan", "text.second_file")),
    "prose_after.ifc": (lambda: step() + "sent by mail", Expected((WARNING,), "prescan", "text.after_end")),
    "dangling.ifc": (
        lambda: step(changed={"(#70),#50": "(#70,#7000),#50"}), Expected((WARNING,), "prescan", "text.dangling")
    ),
    "same_words_twice.ifc": (
        lambda: step("#78 = IFCCARTESIANPOINT((0., 0.));"),
        Expected((WARNING,), "prescan", "text.repeated_instance"),
    ),
    "own_parent.ifc": (
        lambda: step(changed={"#71=IFCLOCALPLACEMENT(#51": "#71=IFCLOCALPLACEMENT(#71"}),
        _refused("prescan", "text.placement_cycle"),
    ),
    "storey_in_wall.ifc": (
        lambda: step("#81=IFCRELAGGREGATES('0P00000000000000000010',$,$,$,#70,(#50));"),
        _refused("prescan", "text.aggregation_cycle"),
    ),
    "shape_in_itself.ifc": (lambda: RING_OF_SHAPES, _refused("prescan", "text.cycle")),
    "placements_500.ifc": (
        lambda: _deep_placements(500), Expected((WARNING,), "prescan", "text.deep_placement")
    ),
    "placements_20000.ifc": (lambda: _deep_placements(20_000), _refused("prescan", "text.deep_placement")),
    "two_projects.ifc": (
        lambda: step("#2=IFCPROJECT('0P00000000000000000021',$,'Q',$,$,$,$,(#10),#20);"),
        Expected((WARNING,), "prescan", "text.several_projects"),
    ),
}  # fmt: skip
"""Files that are made and not stored, and what must become of them."""


def make(name: str, folder: Path) -> Path:
    """Write one of :data:`MADE` into ``folder``."""
    data = MADE[name][0]()
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path
