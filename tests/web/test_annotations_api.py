"""The routes of annotations over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests import city
from tests.serving import Client, serving
from twin.store import Store

PLACE = {"lon": city.WEST + 0.001, "lat": city.SOUTH + 0.001}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("annotations") / "home"
    with Store.open(home) as store:
        city.put(store, {"town": city.towns(), "site_5g": city.sites()})
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def put(client: Client, identity: str, **body: str) -> int:
    return client.ask("PUT", f"/api/annotations/{identity}", json.dumps(body).encode()).status


def test_a_thread_from_its_first_word_to_its_end(client: Client) -> None:
    made = client.post("/api/annotations", {"text": "缺过街", "author": "王工", **PLACE})
    assert made.status == 201
    identity = made.json["id"]
    assert made.json["created"].endswith("Z")
    assert (
        client.post(f"/api/annotations/{identity}/replies", {"text": "已列入", "author": "李工"}).status
        == 201
    )
    assert put(client, identity, text="缺两处过街", author="王工") == 200
    assert put(client, identity, text="不缺", author="李工") == 400
    assert put(client, identity, status="resolved", author="李工") == 200
    told = client.get(f"/api/annotations/{identity}").json
    assert (told["text"], told["status"], told["resolved"]["by"]) == ("缺两处过街", "resolved", "李工")
    assert [answer["text"] for answer in told["replies"]] == ["已列入"]
    assert put(client, identity, status="open") == 200
    assert client.get("/api/annotations?status=open").json["annotations"][0]["resolved"] is None
    assert client.ask("DELETE", f"/api/annotations/{identity}").json == {"deleted": identity}
    assert client.get(f"/api/annotations/{identity}").status == 404


def test_of_a_scenario_until_it_is_deleted(client: Client) -> None:
    plan = client.post("/api/scenarios", {"name": "新城"}).json["id"]
    [site] = client.get("/api/search?q=" + "%E7%99%BD%E9%93%B6").json["results"]
    pinned = {"text": "高了", "author": "王工", "layer": "site_5g", "fid": site["fid"], "scenario": plan}
    made = client.post("/api/annotations", pinned).json
    assert made["object"]["name"] == "白银路站"
    city_one = client.post("/api/annotations", {"text": "甲", "author": "王工", **PLACE}).json["id"]
    ids = [item["id"] for item in client.get(f"/api/annotations?scenario={plan}").json["annotations"]]
    assert ids == [made["id"]]
    told = client.get(f"/api/annotations?scenario={plan}&city=1").json
    assert [item["id"] for item in told["annotations"]] == [city_one, made["id"]]
    assert told["counts"] == {"": {"open": 1, "resolved": 0}, plan: {"open": 1, "resolved": 0}}
    client.ask("DELETE", f"/api/scenarios/{plan}")
    assert [item["id"] for item in client.get("/api/annotations").json["annotations"]] == [city_one]
    client.ask("DELETE", f"/api/annotations/{city_one}")


def test_files(client: Client) -> None:
    identity = client.post("/api/annotations", {"text": "缺过街", "author": "王工", **PLACE}).json["id"]
    table = client.get("/api/annotations/export.csv?status=open")
    assert table.headers["content-type"].startswith("text/csv")
    assert identity in table.body.decode("utf-8-sig")
    assert client.get("/api/annotations/export.json").json["annotations"][0]["id"] == identity
    client.ask("DELETE", f"/api/annotations/{identity}")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/annotations?bbox=1,2,3", None, 400),
        ("GET", "/api/annotations?status=done", None, 400),
        ("GET", "/api/annotations?layer=nothing", None, 404),
        ("GET", "/api/annotations?fid=abc", None, 400),
        ("GET", "/api/annotations?colour=red", None, 400),
        ("GET", "/api/annotations/none", None, 404),
        ("GET", "/api/annotations/export.xlsx", None, 400),
        ("POST", "/api/annotations", {"text": "甲", "author": "王"}, 400),
        ("POST", "/api/annotations", {"text": "甲", "author": "王", "lon": "121", "lat": 31}, 400),
        ("POST", "/api/annotations", {"text": "\ud800", "author": "王", "lon": 121, "lat": 31}, 400),
        ("POST", "/api/annotations", [], 400),
        ("POST", "/api/annotations/none/replies", {"text": "甲", "author": "王"}, 404),
        ("POST", "/api/annotations/none/replies", {"text": "甲"}, 400),
        ("PUT", "/api/annotations/none", {"author": "王", "text": "甲"}, 404),
        ("PUT", "/api/annotations/none", {"author": "王", "status": "done"}, 400),
        ("PUT", "/api/annotations/none", {"author": "王", "status": "open", "text": "甲"}, 400),
        ("PUT", "/api/annotations/none", {"author": 5}, 400),
        ("DELETE", "/api/annotations/none", None, 404),
    ],
)
def test_bad_requests_get_a_sentence(
    client: Client, method: str, path: str, body: object, status: int
) -> None:
    answer = client.ask(method, path, None if body is None else json.dumps(body).encode())
    assert answer.status == status
    assert answer.json["detail"]["zh"]
    assert answer.json["detail"]["en"]
