"""What is kept of models: versions that never change, places that are remembered, backups, what a crash leaves."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bim.georeference import Placement
from tests.models import office
from twin.backup import backup, restore
from twin.errors import InputError, UnknownName
from twin.models import folders, register
from twin.settings import ROOT
from twin.store import Store

PLACE = Placement(121.25, 31.38, 4.0, 30.0, source="by hand")


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_versions_are_numbered_kept_and_stepped_back_to(store: Store, versions: tuple[Path, Path]) -> None:
    first = office.kept(store, versions[0])
    assert (first.version, first.current.schema, first.current.file_name) == (
        1,
        "IFC4",
        "jiading_office_cn_v1.ifc",
    )
    before = contents(folders.version(store.home, first.id, 1))
    second = office.kept(store, versions[1], model=first.id)
    assert (second.id, second.version, [item.number for item in second.versions]) == (first.id, 2, [1, 2])
    assert second.current.storeys == first.current.storeys + 1
    assert contents(folders.version(store.home, first.id, 1)) == before
    back = register.show(store, first.id, 1)
    assert (back.version, len(back.versions)) == (1, 2)
    third = office.kept(store, versions[1], model=first.id)
    assert third.version == 3
    with pytest.raises(UnknownName):
        register.show(store, first.id, 9)
    with pytest.raises(UnknownName):
        office.kept(store, versions[1], model="0123456789ab")


def test_what_browsers_fetch_is_packed_beside_it(store: Store, wall: Path) -> None:
    import gzip

    entry = office.kept(store, wall)
    folder = folders.version(store.home, entry.id, 1)
    packed = {path.name.removesuffix(".gz") for path in folder.glob("*.gz")}
    assert {"tree.json", "instances.json"} <= packed
    for name in packed:
        assert gzip.decompress((folder / f"{name}.gz").read_bytes()) == (folder / name).read_bytes()
    assert not (folder / "source.ifc.gz").exists()
    assert (folder / "source.ifc").is_file()


def test_the_next_version_stands_where_the_last_stood(store: Store, wall: Path, tmp_path: Path) -> None:
    entry = office.kept(store, wall)
    assert register.placement(store, entry) is None
    entry = register.place(store, entry.id, PLACE)
    one = office.document(wall)
    # The next version is larger, so that its drawing origin is another point of the same axes.
    shutil.copytree(wall, tmp_path / "next")
    two = replace(one, origin_m=(one.origin_m[0] + 12.5, one.origin_m[1] - 40.0, one.origin_m[2] - 3.6))
    two.write(tmp_path / "next")
    entry = office.kept(store, tmp_path / "next", model=entry.id)
    now = register.placement(store, entry)
    assert now is not None
    # A point of the model's own axes lies where it lay, to a tenth of a millimetre.
    points = [[0.0, 0.0, 0.0], [30.0, 12.0, 7.5]]
    then_there = PLACE.to_lonlat(points, one.origin_m)
    now_there = now.to_lonlat(points, two.origin_m)
    np.testing.assert_allclose(now_there[:, :2], then_there[:, :2], atol=1e-9)
    np.testing.assert_allclose(now_there[:, 2], then_there[:, 2], atol=1e-6)
    assert (now.rotation_deg, now.source) == (30.0, "by hand")
    assert register.placement(store, entry, 1) == PLACE


def test_places_have_a_history(store: Store, wall: Path) -> None:
    entry = office.kept(store, wall)
    register.place(store, entry.id, PLACE)
    register.place(store, entry.id, Placement(121.26, 31.39))
    entry = register.place(store, entry.id, None)
    assert entry.placed is None
    assert [(item.version, item.placement.lon) for item in register.history(store, entry.id)] == [
        (1, 121.26),
        (1, 121.25),
    ]


def test_names_and_buildings_are_checked(store: Store, wall: Path) -> None:
    entry = office.kept(store, wall)
    assert register.rename(store, entry.id, " 一号楼 ").name == "一号楼"
    for wrong in ("", "  ", "长" * 121, "a\nb"):
        with pytest.raises(InputError):
            register.rename(store, entry.id, wrong)
    with pytest.raises(UnknownName):
        register.link(store, entry.id, 7)
    with pytest.raises(UnknownName):
        register.get(store, "../../etc")


def test_a_deleted_model_leaves_nothing(store: Store, wall: Path) -> None:
    entry = office.kept(store, wall)
    other = office.kept(store, wall)
    register.place(store, entry.id, PLACE)
    register.delete(store, entry.id)
    assert [item.id for item in register.listed(store)] == [other.id]
    assert [path.name for path in (store.home / "models").iterdir()] == [other.id]
    for table in ("model", "model_version", "placement"):
        assert store.cursor().execute(f"SELECT count(*) FROM twin.{table}").fetchone()[0] <= 1
    with pytest.raises(UnknownName):
        register.delete(store, entry.id)


def test_models_survive_a_backup(tmp_path: Path, wall: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        entry = register.place(store, office.kept(store, wall).id, PLACE)
        # What the catalogue does not name is not saved.
        (folders.root(store.home) / ".staged-x").mkdir()
        (folders.root(store.home) / ".staged-x" / "part.glb").write_bytes(b"half")
        before = contents(folders.version(store.home, entry.id, 1))
        backup(store, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "copy")
    with Store.open(tmp_path / "copy") as store:
        assert register.get(store, entry.id) == entry
        assert contents(folders.version(store.home, entry.id, 1)) == before
        assert [path.name for path in folders.root(store.home).iterdir()] == [entry.id]


@pytest.mark.parametrize(
    "name",
    ["models/../x", "models/a/1/x.glb", "models/0123456789ab/x/y.glb", "models/0123456789ab/1/../../x", "models/x",
     "models/0123456789ab/1/.hidden", "models/0123456789ab/1/a/b"],
)  # fmt: skip
def test_a_backup_with_other_names_is_refused(tmp_path: Path, name: str) -> None:
    import zipfile

    with Store.open(tmp_path / "home") as store:
        backup(store, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(InputError):
        restore(tmp_path / "b.zip", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_opening_a_home_sweeps_what_a_crash_left(tmp_path: Path, wall: Path) -> None:
    home = tmp_path / "home"
    with Store.open(home) as store:
        entry = office.kept(store, wall)
    models = folders.root(home)
    for orphan in (models / ".staged-1" / "model", models / entry.id / "2", models / "0123456789ab" / "1"):
        orphan.mkdir(parents=True)
        (orphan / "model.json").write_text("{")
    (models / "stray.txt").write_text("x")
    with Store.open(home) as store:
        assert [path.name for path in models.iterdir()] == [entry.id]
        assert [path.name for path in (models / entry.id).iterdir()] == ["1"]
        assert register.get(store, entry.id).current.number == 1


_KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from twin.models import folders, register
from twin.store import Store
home, converted, model, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None, sys.argv[4]
store = Store.open(home)
staged = folders.stage(home)
shutil.copytree(converted, staged / "model")
def dies(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if at == "before": folders.settle = dies
elif at == "after":
    settle = folders.settle
    def settled(*arguments): settle(*arguments); dies()
    folders.settle = settled
register.add(store, staged / "model", model=model)
if at == "committed": dies()
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(("at", "expected"), [("before", 1), ("after", 1), ("committed", 2)])
def test_killed_while_a_version_comes_in(tmp_path: Path, wall: Path, at: str, expected: int) -> None:
    home = tmp_path / "home"
    with Store.open(home) as store:
        entry = office.kept(store, wall)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home), str(wall), entry.id, at], cwd=ROOT, check=False
    )
    assert done.returncode == -9
    with Store.open(home) as store:
        found = register.get(store, entry.id)
        assert [item.number for item in found.versions] == list(range(1, expected + 1))
        assert sorted(path.name for path in folders.root(home).iterdir()) == [entry.id]
        numbers = sorted(path.name for path in (folders.root(home) / entry.id).iterdir())
        assert numbers == [str(number) for number in range(1, expected + 1)]
        # And goes on as if nothing had been.
        assert office.kept(store, wall, model=entry.id).version == expected + 1
    shutil.rmtree(home)
