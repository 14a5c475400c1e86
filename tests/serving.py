"""Our routes on a real socket, without Streamlit's pages: what API tests talk to."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from twin.web import server


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Plain HTTP to the server under test."""

    port: int

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
            )
            reply = connection.getresponse()
            return Answer(
                reply.status, {key.lower(): value for key, value in reply.getheaders()}, reply.read()
            )
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, value: object = None, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps({} if value is None else value).encode()
        return self.ask("POST", path, body, **headers)

    def finished(self, job: str, *states: str) -> dict[str, Any]:
        """The import ``job`` once it reached one of ``states`` (default: any final one)."""
        wanted = states or ("done", "failed", "cancelled")
        for _ in range(600):
            told = self.get(f"/api/imports/{job}").json
            if told["status"] in wanted or told["status"] in ("failed", "cancelled"):
                return told
            time.sleep(0.05)
        raise AssertionError(f"import {job} never ended: {told}")


@contextmanager
def serving(home: Path, monkeypatch: Any) -> Iterator[Client]:
    """Our routes over ``home`` on a free port of the loopback address."""
    port = free_port()
    monkeypatch.setenv("TWIN_HOME", str(home))
    monkeypatch.setenv("TWIN_PORT", str(port))
    app = Starlette(routes=server.routes(), middleware=server.middleware(), lifespan=server.lifespan)
    running = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="on", ws="none")
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield Client(port)
    finally:
        running.should_exit = True
        thread.join(30)
