"""A whole server, pages included, in a process of its own: what browser tests open."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import city
from tests.serving import free_port
from twin.settings import ROOT
from twin.store import Store


@contextmanager
def whole_server(home: Path, port: int | None = None) -> Iterator[str]:
    """The server on ``home``, on a free port unless one is given; yields its address without a slash at the end.

    What goes wrong inside the server fails the tests, whatever the browser made of it.
    """
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWIN_")}
    log = home.with_name(f"{home.name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "twin", "serve", "--home", str(home), "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    told = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-4000:]


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer: {log.read_text(encoding='utf-8', errors='replace')}")


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the hand-made city of :mod:`tests.city`, in a fresh home."""
    home = tmp_path_factory.mktemp("live") / "home"
    with Store.open(home) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
        city.put(store, {"site_5g": city.sites()}, name="plan", synthetic=True)
    with whole_server(home) as address:
        yield address
