"""Reports over the routes and from the command line: asked for, followed, fetched, cancelled, refused."""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation

from tests.report.conftest import png
from tests.serving import Client, serving
from twin import cli
from twin.report import browser, files
from twin.web import state


@pytest.fixture(scope="module")
def home(town_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of the server's own: what a server does beside its requests may outlast it a little in this process."""
    return Path(shutil.copytree(town_home, tmp_path_factory.mktemp("served") / "home"))


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def finished(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/api/report", body)
    assert answer.status == 202, answer.body
    task = answer.json
    for _ in range(2400):
        if task["status"] not in ("waiting", "running"):
            return dict(task)
        time.sleep(0.05)
        task = client.get(f"/api/tasks/{task['id']}").json
    raise AssertionError(f"never ended: {task}")


def test_a_report_is_made_kept_and_fetched(client: Client, tmp_path: Path) -> None:
    task = finished(client, {"tour": "季度汇报", "pictures": False})
    assert task["status"] == "done", task["error"]
    made = task["result"]
    answer = client.get(made["address"])
    assert answer.status == 200
    assert answer.headers["content-type"] == files.MEDIA_TYPES[".pptx"]
    (tmp_path / "r.pptx").write_bytes(answer.body)
    assert len(Presentation(str(tmp_path / "r.pptx")).slides) == made["pages"]
    listed = client.get("/api/report/options").json["reports"]
    assert listed[0]["file"] == made["file"]
    assert listed[0]["title"] == "季度汇报"


def test_without_a_browser_the_report_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find", lambda _named="": None)
    told = client.get("/api/report/options").json["browser"]
    assert (told["ready"], "Edge" in told["text"]["zh"]) == (False, True)
    made = finished(client, {"tour": "季度汇报", "lang": "en"})["result"]
    assert (made["pictures"], made["views"]) == (0, 2)
    assert "Edge" in made["notes"][0]["en"]


def test_cancelling_ends_a_report(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from twin.web.routes import report as routes

    def draw(*_: Any, report: Any, **__: Any) -> Any:
        while True:
            report(0, 2)
            time.sleep(0.02)

    monkeypatch.setattr(routes.pictures, "draw", draw)
    task = client.post("/api/report", {"tour": "季度汇报"}).json
    client.ask("DELETE", f"/api/tasks/{task['id']}")
    for _ in range(1200):
        told = client.get(f"/api/tasks/{task['id']}").json
        if told["status"] == "cancelled":
            break
        time.sleep(0.05)
    assert told["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tour": "none"}, 404),
        ({"tour": "季度汇报", "template": "none"}, 404),
        ({"tour": "季度汇报", "template": "../../etc/passwd"}, 404),
        ({"tour": "季度汇报", "scenario": "beef"}, 404),
        ({"tour": "季度汇报", "format": "exe"}, 400),
        ({"tour": 5}, 400),
        ({}, 400),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(client: Client, body: dict[str, Any], status: int) -> None:
    answer = client.post("/api/report", body)
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.json["detail"]["zh"]


@pytest.mark.parametrize("name", ["none.pptx", "20260101-000000-00000000.pptx", "..%2Fserver.json", "x.json"])
def test_only_reports_are_fetched(client: Client, name: str) -> None:
    assert client.get(f"/api/report/files/{name}").status == 404


def test_pictures_are_taken_for_their_job_only(client: Client, tmp_path: Path) -> None:
    views = [{"key": "view-01", "title": "一", "viewpoint": {}}]
    assert client.get("/api/report/pictures/none").status == 404
    assert client.post("/api/report/pictures/none/view-01", png()).status == 404
    with state.current().darkroom.job(tmp_path, "zh", views) as job:
        base = f"/api/report/pictures/{job.token}"
        assert client.get(base).json["views"] == views
        assert client.get(base).status == 404
        assert client.post(f"{base}/view-01", b"no picture").status == 400
        assert client.post(f"{base}/view-02", png()).status == 404
        assert client.post(f"{base}/view-01", png()).json == {"done": 1}
        assert client.post(f"{base}/view-01", png()).status == 400
    assert client.post(f"{base}/view-01", png()).status == 404


def test_the_command_goes_through_the_server(client: Client, home: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "r.pptx"
    code = cli.main(
        [
            "report",
            "--home",
            str(home),
            "--out",
            str(out),
            "--tour",
            "季度汇报",
            "--no-pictures",
            "--json",
        ]
    )
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["file"] == str(out)
    assert told["bytes"] == out.stat().st_size
    assert told["pages"] == len(Presentation(str(out)).slides)


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    for number in range(files.KEPT + 3):
        made = tmp_path / "made.pdf"
        made.write_bytes(b"%PDF-")
        files.keep(tmp_path, made, {"name": str(number)})
    listed = files.listed(tmp_path)
    assert len(listed) == files.KEPT
    assert len(list(files.folder(tmp_path).iterdir())) == 2 * files.KEPT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "r.docx"], ".docx"),
        (["--out", "none/of/r.pptx"], "folder"),
        (["--out", "r.pptx", "--indicators", "a"], "--indicators"),
    ],
)
def test_the_command_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", "--home", str(tmp_path / "home"), *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_the_command_without_a_server(tmp_path: Path, town_home: Path, capsys: Any) -> None:

    from twin.report import document

    if not document.fonts():
        pytest.skip("no Chinese font on this machine")
    home = tmp_path / "home"
    shutil.copytree(town_home, home, ignore=shutil.ignore_patterns("server.json", "reports"))
    out = tmp_path / "pages"
    code = cli.main(["report", "--home", str(home), "--out", str(out), "--tour", "季度汇报", "--no-pictures"])
    assert code == 0, capsys.readouterr().err
    assert len(list((out / "pages").glob("*.png"))) >= 8
    assert not (home / "server.json").exists()
    (kept,) = files.listed(home)
    with zipfile.ZipFile(files.folder(home) / kept["file"]) as archive:
        assert all(name.startswith("pages/") for name in archive.namelist())
