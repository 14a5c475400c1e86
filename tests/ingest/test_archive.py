from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from tests.ingest.files import buildings, zipped
from twin.errors import InputError, UnreadableFile
from twin.ingest import archive, inspect


def packed(path: Path, entries: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", options.get("compression", zipfile.ZIP_STORED)) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["../evil.shp", "/etc/evil.shp", "a/../../evil.shp", "C:\\evil.shp", "..\\evil.shp"]
)
def test_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="leads outside"):
        inspect(packed(tmp_path / "a.zip", {name: b"x"}))
    assert not (tmp_path.parent / "evil.shp").exists()


def test_links_bombs_and_crowds(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as target:
        target.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="symbolic link"):
        inspect(tmp_path / "link.zip")
    bomb = packed(tmp_path / "bomb.zip", {"a.geojson": bytes(30_000_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="ratio is over 100"):
        inspect(bomb)
    crowd = packed(tmp_path / "crowd.zip", {f"{number}.txt": b"" for number in range(1001)})
    with pytest.raises(InputError, match="more than 1000"):
        inspect(crowd)


def test_a_forged_size_does_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_check", lambda entries, name: None)
    bomb = packed(tmp_path / "bomb.zip", {"a.geojson": bytes(30_000_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="far more than it declares"):
        inspect(bomb)


def test_archives_in_archives_and_without_data(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"a.txt": b"x"})
    with pytest.raises(UnreadableFile, match="another archive"):
        inspect(packed(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()}))
    with pytest.raises(UnreadableFile, match="no file that can be imported"):
        inspect(inner)
    (tmp_path / "cut.zip").write_bytes(inner.read_bytes()[:30])
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        inspect(tmp_path / "cut.zip")


def test_several_shapefiles_and_names_from_chinese_windows(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    buildings().to_file(folder / "建筑.shp", encoding="GBK")
    buildings().to_file(folder / "工地.shp", encoding="UTF-8")
    # Windows writes names in GBK without a flag; zipfile cannot, so the bytes are exchanged afterwards.
    stand_ins = {"建筑": "AAAA", "工地": "BBBB"}
    path = packed(
        tmp_path / "plain.zip",
        {f"data/{stand_ins[item.stem]}{item.suffix}": item.read_bytes() for item in folder.iterdir()},
    )
    data = path.read_bytes()
    for name, stand_in in stand_ins.items():
        data = data.replace(f"data/{stand_in}".encode(), b"data/" + name.encode("gbk"))
    (tmp_path / "两层.zip").write_bytes(data)
    with inspect(tmp_path / "两层.zip") as inspection:
        assert sorted((item.layer or "") for item in inspection.datasets) == ["building", "construction_site"]
        assert all(item.rows == 6 for item in inspection.datasets)


def test_unpacked_files_vanish(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    buildings().to_file(folder / "建筑.shp", encoding="UTF-8")
    unpacked = archive.unpack(zipped(folder, tmp_path / "a.zip"), "a.zip")
    place = Path(unpacked.name)
    assert (place / "建筑.shp").is_file()
    unpacked.cleanup()
    assert not place.exists()
