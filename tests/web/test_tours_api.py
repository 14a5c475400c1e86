"""Tours over HTTP: kept, edited by several at once, refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import city
from tests.serving import Answer, Client, serving
from twin.store import Store

POINT: dict[str, Any] = {"title": "远香湖", "longitude": 121.26, "latitude": 31.34, "zoom": 14.5}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("tours") / "home"
    with Store.open(home) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def put(client: Client, tour: str, body: object) -> Answer:
    return client.ask("PUT", f"/api/tours/{tour}", json.dumps(body).encode())


def test_the_built_in_tour_is_always_there(client: Client) -> None:
    first = client.get("/api/tours").json["tours"][0]
    assert (first["id"], first["builtin"], first["name"]) == ("standard", True, "标准巡览")
    assert first == client.get("/api/tours/standard").json
    assert [item["title"] for item in first["viewpoints"]] == ["嘉定全区", "行动方案指标"]


def test_made_edited_shared_and_deleted(client: Client) -> None:
    made = client.post(
        "/api/tours", {"name": "周一", "author": "规划科", "viewpoints": [POINT, POINT | {"title": "二"}]}
    )
    assert made.status == 201
    tour = made.json
    assert [item["title"] for item in tour["viewpoints"]] == ["远香湖", "二"]
    assert len({item["id"] for item in tour["viewpoints"]}) == 2

    longer = client.post(f"/api/tours/{tour['id']}/viewpoints", POINT | {"title": "三", "caption": "说明"})
    assert (longer.status, longer.json["viewpoints"][-1]["caption"]) == (201, "说明")

    late = put(client, tour["id"], {"changed": tour["changed"], "viewpoints": []})
    assert (late.status, late.json["code"]) == (409, "outdated")

    tour = longer.json
    turned = put(
        client,
        tour["id"],
        {"changed": tour["changed"], "name": "周二", "viewpoints": tour["viewpoints"][::-1]},
    )
    assert turned.status == 200
    assert [item["title"] for item in turned.json["viewpoints"]] == ["三", "二", "远香湖"]
    assert client.get(f"/api/tours/{tour['id']}").json == turned.json
    assert client.get("/api/tours/%E5%91%A8%E4%BA%8C").json["id"] == tour["id"]

    assert client.ask("DELETE", f"/api/tours/{tour['id']}").json == {"deleted": tour["id"]}
    assert client.get(f"/api/tours/{tour['id']}").status == 404
    assert put(client, tour["id"], {"changed": turned.json["changed"]}).status == 404


def test_the_built_in_tour_is_copied(client: Client) -> None:
    copy = client.post("/api/tours", {"copy": "standard", "name": "我的汇报"})
    assert (copy.status, copy.json["builtin"]) == (201, False)
    standard = client.get("/api/tours/standard").json
    assert [item["title"] for item in copy.json["viewpoints"]] == [
        item["title"] for item in standard["viewpoints"]
    ]
    for answer in (
        put(client, "standard", {"changed": standard["changed"]}),
        client.ask("DELETE", "/api/tours/standard"),
    ):
        assert answer.status == 400
        assert "复制" in answer.json["detail"]["zh"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "a tour needs a name"),
        ({"name": 3}, "no text 'name'"),
        ({"name": "甲", "colour": "red"}, "no text 'colour'"),
        ({"name": "甲", "viewpoints": {}}, "must be a list"),
        ({"name": "甲", "viewpoints": [POINT, {}]}, "number 2: a viewpoint needs its title"),
        ({"name": "甲", "viewpoints": [None]}, "number 1: a viewpoint must be a JSON object"),
        ({"name": "甲", "viewpoints": [POINT | {"title": "\ud800"}]}, "number 1: the viewpoint"),
        ({"name": "\ud800"}, "name of a tour is not valid"),
        ({"copy": 3}, "no text 'copy'"),
        ({"copy": "standard", "note": "x"}, "no text 'note'"),
    ],
)
def test_what_is_wrong_is_said(client: Client, body: object, said: str) -> None:
    before = client.get("/api/tours").json
    answer = client.post("/api/tours", body)
    assert answer.status == 400
    assert said in answer.json["title"]
    assert client.get("/api/tours").json == before


def test_what_is_not_there_is_said(client: Client) -> None:
    assert client.post("/api/tours", {"copy": "nonsense"}).status == 404
    assert client.post("/api/tours/nonsense/viewpoints", POINT).status == 404
    assert client.ask("DELETE", "/api/tours/nonsense").status == 404
    assert client.post("/api/tours", b"[1]").status == 400
    assert client.post("/api/tours", b"{").status == 400
    made = client.post("/api/tours", {"name": "待改"}).json
    assert "changed" in put(client, made["id"], {"name": "改"}).json["title"]
    assert client.ask("PATCH", f"/api/tours/{made['id']}").status == 405
