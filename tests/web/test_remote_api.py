"""The remote over HTTP: streams, the guard in front of it, and a server that stops while they are open."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests import city
from tests.serving import Client, free_port, serving
from twin.settings import ROOT
from twin.store import Store
from twin.web import state
from twin.web.routes import remote
from twin.web.security import Guard


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("remote") / "home"
    with Store.open(made) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
    return made


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ADDRESS", "0.0.0.0")
        with serving(home, patch) as running:
            yield running


@contextmanager
def stream(port: int, path: str, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a stream; heartbeats are left out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    reply = connection.getresponse()
    assert reply.status == 200, reply.read()
    assert reply.getheader("content-type", "").startswith("text/event-stream")

    def events() -> Iterator[dict[str, Any]]:
        kind = ""
        while line := reply.readline():
            if line.startswith(b"event: "):
                kind = line[7:].decode().strip()
            elif line.startswith(b"data: ") and kind != "alive":
                yield json.loads(line[6:])
            elif line == b"\n":
                kind = ""

    try:
        yield events()
    finally:
        reply.close()
        connection.close()


def events_of(wall: dict[str, Any], after: int | None = None) -> str:
    return f"/api/walls/{wall['wall']}/events?secret={wall['secret']}" + (
        "" if after is None else f"&after={after}"
    )


def tell(client: Client, wall: dict[str, Any], **state: Any) -> int:
    address = f"/api/walls/{wall['wall']}/state?secret={wall['secret']}"
    return client.ask("PUT", address, json.dumps(state).encode()).status


def test_a_phone_drives_a_wall(client: Client) -> None:
    wall = client.post("/api/walls").json
    assert wall["expires_s"] == 300
    with stream(client.port, events_of(wall)) as commands:
        assert tell(client, wall, tour="standard", index=1, layers={"building": True}) == 200
        paired = client.post("/api/remote/pair", {"code": wall["code"]})
        assert (paired.status, paired.json["wall"], paired.json["tour"]) == (200, wall["wall"], "standard")
        assert next(commands) == {"serial": 1, "do": "paired", "phones": 1}
        token = paired.json["token"]
        with stream(client.port, f"/api/remote/state?token={token}") as told:
            tour, layers, first = next(told), next(told), next(told)
            assert [item["title"] for item in tour["viewpoints"]] == ["嘉定全区", "行动方案指标"]
            assert layers["names"]["building"]["zh"] == "建筑"
            assert (first["kind"], first["index"], first["connected"]) == ("state", 1, True)
            sent = client.post("/api/remote/command", {"token": token, "do": "next"})
            assert (sent.status, sent.json) == (202, {"serial": 2})
            assert next(commands) == {"serial": 2, "do": "next"}
            assert tell(client, wall, tour="standard", index=0, paused=True, layers={"building": True}) == 200
            second = next(told)
            assert (second["kind"], second["index"], second["paused"]) == ("state", 0, True)
            # Another of these would not be paired: its code is used up.
            assert client.post("/api/remote/pair", {"code": wall["code"]}).status == 400
            assert client.post("/api/remote/end", {"token": token}).json == {"ended": True}
            assert next(told) == {"kind": "end"}
        assert client.post("/api/remote/command", {"token": token, "do": "next"}).status == 404


def test_what_was_missed_between_two_connections_comes_after(client: Client) -> None:
    wall = client.post("/api/walls").json
    with stream(client.port, events_of(wall)) as commands:
        token = client.post("/api/remote/pair", {"code": wall["code"]}).json["token"]
        assert next(commands)["serial"] == 1
    client.post("/api/remote/command", {"token": token, "do": "next"})
    with stream(client.port, events_of(wall, after=1)) as commands:
        assert next(commands) == {"serial": 2, "do": "next"}
    with stream(client.port, events_of(wall), last_event_id="1") as commands:
        assert next(commands) == {"serial": 2, "do": "next"}


def test_a_wrong_code_does_nothing(client: Client) -> None:
    wall = client.post("/api/walls").json
    wrong = "000000" if wall["code"] != "000000" else "000001"
    for body in ({"code": wrong}, {"code": ""}, {"code": 123456}, {}, {"code": "1" * 300}):
        answer = client.post("/api/remote/pair", body)
        assert answer.status == 400, body
    assert "不对或已过期" in client.post("/api/remote/pair", {"code": "x"}).json["detail"]["zh"]
    with stream(client.port, events_of(wall)) as commands:
        token = client.post("/api/remote/pair", {"code": wall["code"]}).json["token"]
        assert token
        assert next(commands) == {"serial": 1, "do": "paired", "phones": 1}


def test_guessing_is_stopped(client: Client) -> None:
    before = remote.pairings
    remote.pairings = remote.Pairings()
    try:
        wall = client.post("/api/walls").json
        wrong = "000000" if wall["code"] != "000000" else "000001"
        statuses = [client.post("/api/remote/pair", {"code": wrong}).status for _ in range(7)]
        assert statuses == [400] * 5 + [429] * 2
    finally:
        remote.pairings = before


def test_the_qr_code_leads_a_phone_to_this_server(client: Client) -> None:
    wall = client.post("/api/walls", Host=f"10.1.2.3:{client.port}").json
    assert wall["address"] == f"http://10.1.2.3:{client.port}/remote?code={wall['code']}"
    drawn = client.get(
        f"/api/walls/{wall['wall']}/qr.svg?secret={wall['secret']}", Host=f"10.1.2.3:{client.port}"
    )
    assert drawn.status == 200
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.body.startswith(b"<svg")
    fresh = client.post(f"/api/walls/{wall['wall']}/code", {"secret": wall["secret"]}).json
    assert fresh["code"] != wall["code"]
    again = client.get(
        f"/api/walls/{wall['wall']}/qr.svg?secret={wall['secret']}", Host=f"10.1.2.3:{client.port}"
    )
    assert again.body != drawn.body
    assert client.get(f"/api/walls/{wall['wall']}/qr.svg?secret=x").status == 404


def test_a_server_for_this_machine_only_says_how_to_open_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = state.current()
    monkeypatch.setattr(current, "settings", replace(current.settings, address="127.0.0.1"))
    wall = client.post("/api/walls").json
    assert (wall["address"], wall["page"]) == ("", "")
    assert "TWIN_ADDRESS" in wall["why"]["zh"]
    assert "TWIN_ADDRESS" in wall["why"]["en"]
    drawn = client.get(f"/api/walls/{wall['wall']}/qr.svg?secret={wall['secret']}")
    assert drawn.status == 404
    assert "TWIN_ADDRESS" in drawn.json["title"]
    # The code works nevertheless, for a browser on this machine.
    assert client.post("/api/remote/pair", {"code": wall["code"]}).status == 200


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        ("192.168.1.5", "192.168.1.5:8501", "http://192.168.1.5:8501"),
        ("192.168.1.5", "localhost:8501", "http://192.168.1.5:9000"),
        ("fd00::5", "[::1]:8501", "http://[fd00::5]:9000"),
        ("0.0.0.0", "10.0.0.9:8501", "http://10.0.0.9:8501"),
    ],
)
def test_the_address_is_one_that_a_phone_can_reach(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str, host: str, origin: str
) -> None:
    current = state.current()
    monkeypatch.setattr(current, "settings", replace(current.settings, address=address, port=9000))
    assert remote.phone_origin("http", host) == (origin, None)


def test_streams_of_strangers_are_refused(client: Client) -> None:
    wall = client.post("/api/walls").json
    for path in (
        f"/api/walls/{wall['wall']}/events",
        f"/api/walls/{wall['wall']}/events?secret=x",
        "/api/walls/none/events?secret=x",
        "/api/remote/state",
        "/api/remote/state?token=x",
    ):
        assert client.get(path).status == 404, path
    assert client.get(events_of(wall) + "&after=x").status == 400
    assert tell(client, wall, colour="red") == 400


def test_the_phone_page_is_a_document_of_its_own(client: Client) -> None:
    page = client.get("/remote?code=123456", Accept="text/html")
    assert page.status == 200
    assert b"/assets/remote/phone.js" in page.body
    assert client.get("/assets/remote/phone.js").status == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]


# -- who may ask ---------------------------------------------------------------


def refused(
    path: str, *, client: str, host: str = "192.168.1.5:8501", visitors: str = "remote", **more: Any
) -> bool:
    """Whether the guard of a server on 0.0.0.0 keeps a request out."""
    import anyio

    reached = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        del message

    headers = [(b"host", host.encode()), *((key.encode(), value.encode()) for key, value in more.items())]
    scope = {
        "type": "http", "method": "POST" if more else "GET", "path": path, "headers": headers,
        "client": (client, 5), "server": ("192.168.1.5", 8501),
    }  # fmt: skip
    anyio.run(Guard(app, address="0.0.0.0", visitors=visitors), scope, receive, send)
    return not reached


def test_other_machines_use_the_remote_and_nothing_else() -> None:
    for path in ("/remote", "/api/remote/pair", "/api/remote/state", "/assets/remote/phone.js"):
        assert not refused(path, client="192.168.1.77"), path
    for path in (
        "/",
        "/remotely",
        "/wall",
        "/api/twin",
        "/api/walls",
        "/api/walls/x/state",
        "/tiles/a/1/1/1.mvt",
    ):
        assert refused(path, client="192.168.1.77"), path
        assert not refused(path, client="192.168.1.77", visitors="all"), path
        assert not refused(path, client="192.168.1.5"), path
        assert not refused(path, client="127.0.0.1", host="localhost:8501"), path
        assert not refused(path, client="::1", host="[::1]:8501"), path


def test_foreign_names_and_origins_stay_out() -> None:
    assert refused("/remote", client="192.168.1.77", host="evil.example:8501")
    assert refused("/api/remote/pair", client="192.168.1.77", origin="http://evil.example")
    assert not refused("/api/remote/pair", client="192.168.1.77", origin="http://192.168.1.5:8501")


# -- stopping ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a console signal needs a console of its own there")
def test_open_streams_do_not_hold_up_the_end_of_the_server(home: Path, tmp_path: Path) -> None:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWIN_")}
    command = [sys.executable, "-m", "twin", "serve", "--home", str(tmp_path / "home"), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                    break
                except OSError:
                    assert server.poll() is None
                    time.sleep(0.1)
            running = Client(port)
            wall = running.post("/api/walls").json
            with stream(port, events_of(wall)) as commands:
                token = running.post("/api/remote/pair", {"code": wall["code"]}).json["token"]
                assert next(commands)["do"] == "paired"
                with stream(port, f"/api/remote/state?token={token}") as told:
                    assert next(told)["kind"] == "tour"
                    server.send_signal(signal.SIGTERM)
                    assert list(commands) == []  # the stream ends, it is not cut
                    assert server.wait(20) is not None
        finally:
            if server.poll() is None:
                server.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
