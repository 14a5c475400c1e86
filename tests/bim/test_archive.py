from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from random import Random

import pytest

from bim import archive
from bim.errors import Refused
from bim.limits import Limits
from bim.receive import Received, receive
from tests.bim.bad_files import make, patched, zipped
from tests.bim.cases import step

DOOR = step(changed={"'W1'": "'second'"})


def taken(data: bytes, tmp_path: Path, limits: Limits | None = None) -> list[Received]:
    path = tmp_path / "m.ifczip"
    path.write_bytes(data)
    return receive(path, tmp_path, limits or Limits())


def test_several_models_are_all_offered(tmp_path: Path) -> None:
    data = zipped(
        {
            "A座/建筑.ifc": step(),
            "A座/结构.IFC": DOOR,
            "说明.pdf": "%PDF-1.7",
            "空/": "",
            "plan.dwg": "AC1032",
        }
    )
    first, second = taken(data, tmp_path)
    assert (first.entry, second.entry) == ("A座/建筑.ifc", "A座/结构.IFC")
    assert (first.path.name, second.path.name) == ("0001.ifc", "0002.ifc")
    assert second.path.read_text() == DOOR
    assert first.ignored == second.ignored == ("说明.pdf", "plan.dwg")
    assert first.name == "m.ifczip"
    assert first.sha256 != second.sha256


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "cp437"])
def test_names_without_the_utf8_flag(encoding: str, tmp_path: Path) -> None:
    name = "Ñ" if encoding == "cp437" else "一号楼"
    raw = f"{name}.ifc".encode(encoding)
    plain = b"x" * (len(raw) - 4) + b".ifc"
    data = patched(zipped({plain.decode(): step()}), name=(plain, raw))
    (item,) = taken(data, tmp_path)
    assert item.entry == f"{name}.ifc"


def test_content_decides_and_not_the_suffix(tmp_path: Path) -> None:
    (item,) = taken(zipped({"model.txt": step(), "fake.ifc": "no model"}), tmp_path)
    assert item.entry == "model.txt"
    assert item.ignored == ("fake.ifc",)


def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = make("in_folders.ifczip", tmp_path)
    (item,) = receive(path, inside)
    assert [path.name for path in inside.iterdir()] == ["0001.ifc"]
    assert item.entry == "a\\b\\m.ifc"


def test_what_comes_out_is_counted_whatever_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_check_sizes", lambda *anything: None)
    bomb = zipped({"m.ifc": step() + " " * 30_000_000})
    with pytest.raises(Refused, match="unpack to more than the limit"):
        taken(bomb, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["m.ifczip"]


def test_the_models_share_one_limit(tmp_path: Path) -> None:
    data = zipped({"a.ifc": step(), "b.ifc": DOOR}, zipfile.ZIP_STORED)
    limits = Limits(file_bytes=len(step()) + len(DOOR) - 1)
    with pytest.raises(Refused) as caught:
        taken(zipped({"a.ifc": step(), "b.ifc": DOOR}), tmp_path, limits)
    assert caught.value.code == "archive.size"
    assert len(taken(data, tmp_path)) == 2


def test_a_model_behind_a_damaged_one_goes_too(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.ifc": step(), "b.ifc": DOOR}, zipfile.ZIP_STORED))
    data[data.index(b"'second'") + 2] ^= 1  # the check sum of the second no longer fits
    with pytest.raises(Refused) as caught:
        taken(bytes(data), tmp_path)
    assert caught.value.code == "archive.damaged"
    assert [path.name for path in tmp_path.iterdir()] == ["m.ifczip"]


def test_a_large_directory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(zipped({"m.ifc": step()}))
    read: list[object] = []
    monkeypatch.setattr(zipfile, "ZipFile", lambda *anything: read.append(anything))
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = b"\xff\xff\xff\xff"  # entries
    with pytest.raises(Refused, match="more than 1000 files"):
        taken(bytes(data), tmp_path)
    data[end + 8 : end + 12] = b"\x01\0\x01\0"
    data[end + 12 : end + 16] = (500_000_000).to_bytes(4, "little")  # bytes of the directory
    with pytest.raises(Refused, match="more than 1000 files"):
        taken(bytes(data), tmp_path)
    assert read == []


@pytest.mark.parametrize("keep", [30, 200, 700])
def test_a_cut_archive(keep: int, tmp_path: Path) -> None:
    data = zipped({"m.ifc": step()})
    with pytest.raises(Refused) as caught:
        taken(data[:keep], tmp_path)
    assert caught.value.code == "archive.damaged"


def test_zip64_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.ifczip"
    with zipfile.ZipFile(path, "w") as target, target.open("m.ifc", "w", force_zip64=True) as entry:
        entry.write(step().encode())
    (item,) = receive(path, tmp_path)
    assert item.bytes == len(step())


def test_a_full_disk_is_not_blamed_on_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*anything: object, **more: object) -> Received:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive, "keep", full)
    with pytest.raises(OSError, match="No space left"):
        taken(zipped({"m.ifc": step()}), tmp_path)


def test_damaged_archives_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    whole = zipped({"a/建筑.ifc": step(), "b.ifc": DOOR, "x.txt": "hello"})
    inside = tmp_path / "inside"
    inside.mkdir()
    path = tmp_path / "m.ifczip"
    outcomes = set()
    for seed in range(500):
        random = Random(seed)
        data = bytearray(whole[: random.randrange(len(whole))] if seed % 5 == 0 else whole)
        for _ in range(random.choice((1, 1, 2, 4))):
            if data:
                data[random.randrange(len(data))] = random.randrange(256)
        path.write_bytes(data)
        try:
            for item in receive(path, inside):
                outcomes.add("taken")
                item.path.unlink()
        except Refused as refused:
            outcomes.add(refused.code)
        assert list(inside.iterdir()) == []
    assert {"taken", "archive.damaged"} < outcomes
