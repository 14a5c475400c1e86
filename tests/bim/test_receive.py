from __future__ import annotations

import hashlib
import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from bim.errors import Refused
from bim.limits import DEFAULT, Limits
from bim.receive import kind_of, receive
from tests.bim.bad_files import BAD_FILES, MADE, make, zipped
from tests.bim.cases import BAD, GEOREF, PUBLIC, needs_cases, step

REFUSED_BAD = {name: item for name, item in BAD_FILES.items() if item.stage == "receive"}
REFUSED_MADE = {name: item for name, (_, item) in MADE.items() if item.stage == "receive"}


def refused(path: Path, tmp_path: Path) -> Refused:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(Refused) as caught:
        receive(path, inside)
    assert list(inside.iterdir()) == [], "nothing of a refused file stays"
    assert caught.value.findings[0].text == caught.value.text
    assert path.name in caught.value.zh
    assert path.name in caught.value.en
    return caught.value


@needs_cases
@pytest.mark.parametrize("name", REFUSED_BAD)
def test_shared_files_that_are_no_models(name: str, tmp_path: Path) -> None:
    assert refused(BAD / name, tmp_path).code == REFUSED_BAD[name].code
    assert not Path("/tmp/evil_traversal.ifc").exists()


@pytest.mark.parametrize("name", REFUSED_MADE)
def test_made_files_that_are_no_models(name: str, tmp_path: Path) -> None:
    assert refused(make(name, tmp_path), tmp_path).code == REFUSED_MADE[name].code
    assert {path.name for path in tmp_path.iterdir()} == {name, "inside"}


@needs_cases
def test_every_bad_file_is_expected_to_become_something() -> None:
    assert {path.name for path in BAD.iterdir()} - {"README.md"} == set(BAD_FILES)


@needs_cases
def test_every_other_file_is_taken_as_it_is(tmp_path: Path) -> None:
    plain = [
        path
        for folder in (PUBLIC, GEOREF, BAD)
        for path in folder.glob("*.ifc*")
        if BAD_FILES.get(path.name) is None or BAD_FILES[path.name].stage != "receive"
    ]
    assert len(plain) > 60
    for path in plain:
        (item,) = receive(path, tmp_path)
        assert item.path.stat().st_size == item.bytes
        assert item.name == path.name
        if item.kind == "ifc":
            assert item.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert item.path.read_bytes() == path.read_bytes()
    names = {path.name for path in plain}
    assert {"root_kapconstructie.ifczip", "11_zip_named.ifc", "10_plain_ifc_named.ifczip"} < names


def test_what_stands_before_the_mark_is_left_out(tmp_path: Path) -> None:
    for name, skipped in (("mark.ifc", 3), ("comment_first.ifc", 27)):
        (item,) = receive(make(name, tmp_path), tmp_path)
        assert item.skipped == skipped
        assert item.path.read_text() == step()
        assert item.bytes == len(step())
        assert item.sha256 == hashlib.sha256(step().encode()).hexdigest()


def test_a_file_of_2_gb_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.ifc"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    opened: list[object] = []
    monkeypatch.setattr(Path, "open", lambda *anything, **more: opened.append(anything))
    with pytest.raises(Refused, match="2147 MB, the limit is 512 MB; it was not read") as caught:
        receive(path, tmp_path)
    assert caught.value.code == "receive.too_large"
    assert opened == []


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no file"):
        receive(tmp_path, tmp_path)
    with pytest.raises(Refused, match="there is no file"):
        receive(tmp_path / "a.ifc", tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.ifc")
        with pytest.raises(Refused) as caught:
            receive(tmp_path / "pipe.ifc", tmp_path)
        assert caught.value.code == "receive.not_a_file"


def test_the_name_told_is_the_senders(tmp_path: Path) -> None:
    path = tmp_path / "upload-7"
    path.write_text(step())
    (item,) = receive(path, tmp_path, name="../一号楼.rvt")
    assert (item.name, item.kind, item.entry) == ("../一号楼.rvt", "ifc", None)
    assert item.path == tmp_path / "0001.ifc"


@pytest.mark.parametrize("packed", [False, True])
def test_memory_does_not_grow_with_the_file(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "long.ifc"
    text = step() + "/* " + " 0123456789abcdef" * 3_000_000 + " */"
    path.write_bytes(zipped({"m.ifc": text}) if packed else text.encode())
    limits = Limits(archive_ratio=1e6)
    tracemalloc.start()
    try:
        (item,) = receive(path, tmp_path, limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert item.bytes == len(text) > 50_000_000
    assert peak < 8_000_000


def test_a_head_of_nothing_but_comments_takes_no_time() -> None:
    assert kind_of(b"/**/" * 16_384).code == "text"
    assert kind_of(b"/*" * 32_768).code == "text"
    assert kind_of(b" /* **" * 10_000).code == "text"


def test_the_limit_is_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "m.ifc"
    path.write_text(step())
    with pytest.raises(Refused, match="it was not read"):
        receive(path, tmp_path, Limits(file_bytes=1000))
    path.write_bytes(zipped({"m.ifc": step()}))
    with pytest.raises(Refused, match="its models unpack to more"):
        receive(path, tmp_path, Limits(file_bytes=1500))
    assert receive(path, tmp_path, DEFAULT)[0].bytes == len(step())
