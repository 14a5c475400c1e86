"""``bim inspect|add|list|diff``: on the home itself and through a running server, with exit codes and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import city
from tests.bim.cases import step
from tests.serving import serving
from twin import cli
from twin.store import Store

SECOND = {"'W1'": "'W2'"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Two versions of a model of one wall, and a file that is none."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "one.ifc").write_text(step(), encoding="ascii")
    (folder / "two.ifc").write_text(step(changed=SECOND), encoding="ascii")
    (folder / "bad.ifc").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    return folder / "one.ifc", folder / "two.ifc", folder / "bad.ifc"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, files: tuple[Path, Path, Path]) -> Path:
    """A home with one model in two versions, added from the command line."""
    folder = tmp_path_factory.mktemp("home")
    with Store.open(folder) as store:
        city.put(store, {"building": city.buildings(30)}, name="survey")
    code = cli.main(["bim", "add", str(files[0]), "--home", str(folder)])
    assert code == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    code = cli.main([*arguments, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out) if code == 0 else out, err


def model_of(home: Path) -> str:
    with Store.open(home) as store:
        row = store.cursor().execute("SELECT id FROM twin.model").fetchone()
    assert row is not None
    return str(row[0])


def test_inspect_keeps_nothing_and_makes_no_home(
    files: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, err = run(capsys, "bim", "inspect", str(files[0]), "--home", str(tmp_path / "none"))
    assert (code, err) == (0, "")
    assert told["outcome"] in ("accepted", "warning")
    assert (told["schema"], told["counts"]["IfcWall"], told["counts"]["IfcBuildingStorey"]) == ("IFC4", 1, 1)
    assert {"reason", "findings"} <= set(told)
    assert isinstance(told["georeference"]["hypotheses"], list)
    assert not (tmp_path / "none").exists()


def test_a_bad_file_is_a_rejected_report_but_cannot_be_added(
    files: tuple[Path, Path, Path], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, _ = run(capsys, "bim", "inspect", str(files[2]), "--home", str(home))
    assert (code, told["outcome"]) == (0, "rejected")
    assert told["reason"]["zh"]
    code, out, err = run(capsys, "bim", "add", str(files[2]), "--home", str(home))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "Traceback" not in err


def test_add_as_a_version_list_and_diff(
    files: tuple[Path, Path, Path], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_of(home)
    code, told, _ = run(
        capsys, "bim", "add", str(files[1]), "--model", model, "--accept", "--home", str(home)
    )
    assert (code, told["model"], told["version"]) == (0, model, 2)
    _, listed, _ = run(capsys, "bim", "list", "--home", str(home))
    assert [(row["id"], row["version"], row["storeys"]) for row in listed["models"]] == [(model, 2, 1)]
    for sides in ((f"{model}:1", model), (str(files[0]), str(files[1])), (str(files[0]), f"{model}:2")):
        code, told, _ = run(capsys, "bim", "diff", *sides, "--home", str(home))
        assert (code, told["added"], told["removed"]) == (0, [], []), sides
        [item] = told["changed"]
        assert (item["class"], item["what"][0]["aspect"], item["what"][0]["after"]) == (
            "IfcWall",
            "name",
            "W2",
        )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bim"], "wrong use"),
        (["bim", "paint"], "wrong use"),
        (["bim", "inspect", "none.ifc"], "there is no file"),
        (["bim", "add", "none.ifc"], "there is no file"),
        (["bim", "diff", "none", "0123456789ab"], "neither a file nor"),
        (["bim", "diff", "0123456789ab:1", "0123456789ab:2"], "no such building model"),
    ],
)
def test_bad_use_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    extra = ["--home", str(home)] if len(arguments) > 2 else []
    code = cli.main([*arguments, *extra])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.fixture
def served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with serving(home, monkeypatch):
        yield home


def test_commands_go_through_a_running_server(
    files: tuple[Path, Path, Path], served: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--home", str(served))
    code, told, err = run(capsys, "bim", "add", str(files[0]), *where)
    assert (code, err, told["version"]) == (0, "", 1)
    assert run(capsys, "bim", "add", str(files[1]), "--model", told["model"], *where)[1]["version"] == 2
    _, listed, _ = run(capsys, "bim", "list", *where)
    assert told["model"] in [row["id"] for row in listed["models"]]
    _, change, _ = run(capsys, "bim", "diff", f"{told['model']}:1", f"{told['model']}:2", *where)
    assert [item["class"] for item in change["changed"]] == ["IfcWall"]
    code, out, err = run(capsys, "bim", "add", str(files[2]), *where)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert run(capsys, "bim", "inspect", str(files[0]), *where)[1]["schema"] == "IFC4"
