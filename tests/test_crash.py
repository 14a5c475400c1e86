"""SIGKILL of the server in the middle of imports: nothing finished is lost, and it starts again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.serving import free_port
from twin.settings import ROOT

ROUNDS = 20
_SERVER = """
import sys, uvicorn
from starlette.applications import Starlette
from twin.web import server
app = Starlette(routes=server.routes(), middleware=server.middleware(), lifespan=server.lifespan)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", ws="none")
"""


def _start(home: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"TWIN_HOME": str(home), "TWIN_PORT": str(port), "TWIN_KEEP_GENERATIONS": "3"}
    process = subprocess.Popen([sys.executable, "-c", _SERVER, str(port)], cwd=ROOT, env=environment)
    for _ in range(600):
        assert process.poll() is None, "the server did not start again"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return process
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError("the server never answered")


def _ask(port: int, path: str, data: bytes | None = None) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data=data, timeout=60) as answer:
        return json.load(answer)


def _table(number: int, rows: int = 4000) -> bytes:
    lines = [
        f"{number}-{row},{121.2 + row % 100 / 1e4:.4f},{31.3 + row // 100 / 1e4:.4f},{number}"
        for row in range(rows)
    ]
    return ("运营商,经度,纬度,格口数\n" + "\n".join(lines)).encode()


def _lockers(port: int) -> int:
    rows = {row["id"]: row["rows"] for row in _ask(port, "/api/layers")["layers"]}
    return rows.get("parcel_locker", 0)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_killing_the_server_during_imports_loses_nothing_finished(tmp_path: Path) -> None:
    home, port, draw = tmp_path / "home", free_port(), random.Random(20)
    process = _start(home, port)
    finished = 0
    for number in range(ROUNDS):
        # One import that ends well, so that there is something to lose ...
        name = f"name=t{number}.csv&layer=parcel_locker&crs=EPSG:4326&now=1"
        job = _ask(port, f"/api/imports?{name}", _table(number, 50))
        while (state := _ask(port, f"/api/imports/{job['id']}"))["status"] not in ("done", "failed"):
            time.sleep(0.02)
        assert state["status"] == "done", state
        finished += 50
        # ... and one that the kill meets anywhere between its first byte and its last.
        _ask(
            port,
            f"/api/imports?name=killed{number}.csv&layer=parcel_locker&crs=EPSG:4326&now=1",
            _table(1000 + number),
        )
        time.sleep(draw.uniform(0.0, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process = _start(home, port)
        there = _lockers(port)
        assert there in (finished, finished + 4000), "an import is in wholly or not at all"
        finished = there
    process.terminate()
    process.wait(30)
