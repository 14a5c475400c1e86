"""Jobs of pictures: one token, one answer a view; browsers that are missing, die, cannot draw or are stopped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.report.conftest import HEIGHT, WIDTH, png
from twin import browsers
from twin.errors import Cancelled, InputError, UnknownName
from twin.report import browser, pictures
from twin.report.pictures import Darkroom

VIEWS = [{"key": f"view-0{n}", "title": f"视点{n}", "viewpoint": {}} for n in (1, 2)]


def test_a_job_is_taken_once_and_each_picture_given_once(tmp_path: Path) -> None:
    darkroom = Darkroom()
    with darkroom.job(tmp_path, "zh", VIEWS) as job:
        with pytest.raises(UnknownName):
            darkroom.get(job.token).put("view-01", png())  # before it was taken
        told = darkroom.get(job.token).take()
        assert [view["key"] for view in told["views"]] == ["view-01", "view-02"]
        assert (told["width"] * told["scale"], told["height"] * told["scale"]) == (WIDTH, HEIGHT)
        with pytest.raises(UnknownName):
            job.take()
        job.put("view-01", png())
        assert (tmp_path / "view-01.png").is_file()
        with pytest.raises(InputError, match="before"):
            job.put("view-01", png())
        with pytest.raises(UnknownName):
            job.put("../view-03", png())
        job.lack("view-02", {"zh": "无", "en": "none"})
        assert job.done == 2
    with pytest.raises(UnknownName):
        darkroom.get(job.token)


def test_the_picture_of_another_job_is_not_taken(tmp_path: Path) -> None:
    darkroom = Darkroom()
    with darkroom.job(tmp_path, "zh", VIEWS) as first, darkroom.job(tmp_path, "zh", VIEWS) as second:
        assert first.token != second.token
        first.take()
        with pytest.raises(UnknownName):
            second.put("view-01", png())
        with pytest.raises(UnknownName):
            darkroom.get(first.token[:-1])


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a" + bytes(40), png(width=100), png()[:20], b"\x89PNG\r\n\x1a\n" + bytes(30)]
)
def test_what_is_no_picture_of_the_size_is_refused(tmp_path: Path, data: bytes) -> None:
    with Darkroom().job(tmp_path, "zh", VIEWS) as job:
        job.take()
        with pytest.raises(InputError, match="PNG"):
            job.put("view-01", data)
        assert not list(tmp_path.iterdir())


def stand_in(tmp_path: Path, body: str) -> Path:
    """A program in a browser's place: it is given the address of the page as its last argument."""
    script = tmp_path / "browser.py"
    script.write_text(
        f"import json, subprocess, sys, time, urllib.request\naddress = sys.argv[-1]\n{body}\n",
        encoding="utf-8",
    )
    path = tmp_path / ("browser.cmd" if sys.platform == "win32" else "browser")
    if sys.platform == "win32":
        path.write_text(f'@"{sys.executable}" "{script}" %*\n', encoding="utf-8")
    else:
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
        path.chmod(0o755)
    return path


@pytest.fixture
def darkroom_server() -> Any:
    """The darkroom behind its routes' addresses, as the page of pictures meets it."""
    darkroom = Darkroom()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            _, _, _, _, token, key = self.path.split("/")
            data = self.rfile.read(int(self.headers["Content-Length"]))
            job = darkroom.get(token)
            if key == "-":
                job.fail(data.decode())
            elif key == "take":
                job.take()
            else:
                job.put(key, data)
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield darkroom, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


_POST = """
token = address.split("job=")[1]
base = address.split("/picture")[0] + "/api/report/pictures/" + token
def post(key, data=b""):
    urllib.request.urlopen(urllib.request.Request(f"{base}/{key}", data=data, method="POST"))
"""


def draw(
    server: tuple[Darkroom, str],
    folder: Path,
    named: Path | str,
    report: Callable[[int, int], None] = lambda *_: None,
) -> pictures.Drawn:
    darkroom, address = server
    return pictures.draw(
        darkroom, VIEWS, server=address, folder=folder, language="zh", named_browser=str(named), report=report
    )  # fmt: skip


def test_pictures_come_in_and_progress_is_told(darkroom_server: Any, tmp_path: Path) -> None:
    (tmp_path / "grey.png").write_bytes(png())
    grey = tmp_path / "grey.png"
    body = f"""{_POST}
post('take')
for key in ('view-01', 'view-02'):
    post(key, open({str(grey)!r}, 'rb').read())
time.sleep(60)"""
    told: list[tuple[int, int]] = []
    drawn = draw(darkroom_server, tmp_path, stand_in(tmp_path, body), lambda *share: told.append(share))
    assert drawn.files == {"view-01": "view-01.png", "view-02": "view-02.png"}
    assert (drawn.failure, drawn.reasons) == (None, {})
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)


def test_no_browser_on_the_machine(
    darkroom_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find", lambda _named="": None)
    drawn = draw(darkroom_server, tmp_path, "")
    assert drawn.failure is not None
    assert "Edge" in drawn.failure["zh"]
    assert set(drawn.reasons) == {"view-01", "view-02"}


def test_the_browser_named_is_not_there(darkroom_server: Any, tmp_path: Path) -> None:
    drawn = draw(darkroom_server, tmp_path, tmp_path / "nothing")
    assert drawn.failure is not None
    assert browser.VARIABLE in drawn.failure["en"]


def test_a_browser_that_ends_by_itself(darkroom_server: Any, tmp_path: Path) -> None:
    drawn = draw(darkroom_server, tmp_path, stand_in(tmp_path, "sys.exit(3)"))
    assert drawn.failure is not None
    assert "ended" in drawn.failure["en"]


def test_without_graphics_the_processor_is_tried(darkroom_server: Any, tmp_path: Path) -> None:
    body = f"""{_POST}
with open({str(tmp_path / "tries")!r}, "a") as file:
    file.write("software\\n" if "--use-angle=swiftshader" in sys.argv else "usual\\n")
post('-', b'graphics')
time.sleep(60)"""
    drawn = draw(darkroom_server, tmp_path, stand_in(tmp_path, body))
    assert drawn.failure is not None
    assert "WebGL" in drawn.failure["zh"]
    assert (tmp_path / "tries").read_text().split() == ["usual", "software"]


def test_stopping_ends_the_browser_and_all_it_started(darkroom_server: Any, tmp_path: Path) -> None:
    body = f"""
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open({str(tmp_path / "pid")!r}, "w") as file: file.write(str(child.pid))
time.sleep(600)"""

    def report(_done: int, _total: int) -> None:
        if (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text():
            raise Cancelled("已取消。", "cancelled.")

    with pytest.raises(Cancelled):
        draw(darkroom_server, tmp_path, stand_in(tmp_path, body), report)
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_browser_of_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "_places", lambda: iter([tmp_path / "gone", tmp_path / "here"]))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find() is None
    (tmp_path / "here").write_text("", encoding="utf-8")
    assert browser.find() == tmp_path / "here"
    with pytest.raises(InputError, match="does not exist"):
        browser.find(str(tmp_path / "gone"))
