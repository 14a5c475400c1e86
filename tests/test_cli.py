"""The command line: one JSON document, one plain sentence, exit codes, work through a running server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import city
from tests.serving import serving
from twin import cli
from twin.settings import ROOT, Settings
from twin.store import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "home") as store:
        city.put(store, {"building": city.buildings(30), "town": city.towns()}, name="one")
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_layers_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "layers", "--home", str(home), "--json")
    assert (code, err) == (0, "")
    rows = {row["id"]: row for row in json.loads(out)["layers"]}
    assert rows["building"] | {"rows": 30, "generation": 1, "origin": "real"} == rows["building"]


def test_layers_for_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "layers", "--home", str(home))
    assert code == 0
    assert "building" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "wrong use"),
        (["import", "no-such-file.csv"], "there is no file"),
        (["export", "nothing", "a.csv"], "there is no layer"),
        (["export", "building", "a.exe"], "cannot export"),
        (["export", "building", "no-folder/a.csv"], "no folder"),
        (["export", "water", "a.csv"], "holds no data"),
        (["demo", "--scale", "7"], "between 0.01 and 1"),
        (["demo", "--scale", "x"], "wrong use"),
        (["restore", "no-such.zip"], "already holds"),
    ],
)
def test_bad_use_is_one_sentence(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments, "--home", str(home))
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_hopeless_file_changes_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.geojson"
    bad.write_text("{")
    code, _, err = run(capsys, "import", str(bad), "--home", str(home))
    assert (code, err.count("\n")) == (2, 1)
    with Store.open(home) as store:
        assert store.generation("building").number == 1


def test_a_setting_that_does_not_parse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWIN_PORT", "many")
    code, _, err = run(capsys, "layers")
    assert (code, "TWIN_PORT" in err) == (2, True)


def test_undo_export_backup_restore(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "export", "building", str(tmp_path / "b.parquet"), "--home", str(home))[0] == 0
    assert run(capsys, "backup", str(tmp_path / "b.zip"), "--home", str(home))[0] == 0
    assert run(capsys, "undo", "--home", str(home))[0] == 0
    assert json.loads(run(capsys, "layers", "--home", str(home), "--json")[1]) == {"layers": []}
    assert run(capsys, "restore", str(tmp_path / "b.zip"), "--home", str(tmp_path / "new"))[0] == 0
    rows = json.loads(run(capsys, "layers", "--home", str(tmp_path / "new"), "--json")[1])["layers"]
    assert {row["id"]: row["rows"] for row in rows} == {"building": 30, "town": 2}


def test_an_export_can_be_imported_again(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for suffix in ("parquet", "gpkg", "geojson", "fgb", "csv"):
        out = tmp_path / f"building.{suffix}"
        assert run(capsys, "export", "building", str(out), "--home", str(home))[0] == 0
        code, told, err = run(
            capsys,
            "import",
            str(out),
            "--layer",
            "building",
            "--crs",
            "EPSG:4326",
            "--home",
            str(tmp_path / suffix),
            "--json",
        )
        assert code == 0, err
        assert [(item["accepted"], item["rejected"]) for item in json.loads(told)["datasets"]] == [(30, 0)]


def test_commands_go_through_a_running_server(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "lockers.csv"
    table.write_text("经度,纬度,格口数\n121.2001,31.3001,40\n", encoding="utf-8")
    with serving(home, monkeypatch):
        arguments = ("--home", str(home), "--json")
        code, out, err = run(
            capsys, "import", str(table), "--layer", "parcel_locker", "--crs", "EPSG:4326", *arguments
        )
        assert code == 0, err
        assert json.loads(out)["datasets"][0]["accepted"] == 1
        rows = {row["id"]: row["rows"] for row in json.loads(run(capsys, "layers", *arguments)[1])["layers"]}
        assert rows["parcel_locker"] == 1
        assert run(capsys, "export", "parcel_locker", str(tmp_path / "out.csv"), *arguments)[0] == 0
        assert "121.2001" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
        assert run(capsys, "backup", str(tmp_path / "b.zip"), *arguments)[0] == 0
        assert json.loads(run(capsys, "undo", *arguments)[1]) == {"layers": ["parcel_locker"]}
        code, _, err = run(capsys, "import", str(tmp_path / "out.csv"), "--layer", "nothing", *arguments)
        assert (code, err.count("\n")) == (2, 1)
        code, _, err = run(capsys, "demo", *arguments)
        assert (code, "stop it" in err) == (2, True)
    assert not (home / "server.json").exists()


def test_doctor_checks_and_prints_settings(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor", "--home", str(home), "--json")
    told = json.loads(out)
    assert code == 0
    names = {item["name"] for item in told["checks"]}
    assert {"python", "duckdb", "duckdb-extension-spatial", "browser_files", "home", "disk"} <= names
    assert {f"setting:{name}" for name in Settings.__dataclass_fields__} <= names


def test_as_a_process(home: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "twin", "layers", "--home", str(home), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert len(json.loads(outcome.stdout)["layers"]) == 2
