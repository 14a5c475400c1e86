"""``/api/scenarios``: kept, copied, imported, and compared indicator by indicator with queries made here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests import city
from tests.indicators import town
from tests.life_city import place
from tests.radio_city import sector
from tests.serving import Client, serving
from twin.store import Store

AFFECTED = [2, 3, 4, 20, 21, 25]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("scenarios") / "home"
    with Store.open(home) as store:
        city.put(store, town.layers(), name="town", synthetic=True)
    patch = pytest.MonkeyPatch()
    with serving(home, patch) as served:
        yield served
    patch.undo()


def make(client: Client, name: str, *edits: dict[str, Any]) -> str:
    made = client.post("/api/scenarios", {"name": name, "author": "规划科", "note": "试算"})
    assert made.status == 201
    for edit in edits:
        assert client.post(f"/api/scenarios/{made.json['id']}/edits", edit).status == 200, edit
    return str(made.json["id"])


def add(layer: str, x: float, y: float, **values: Any) -> dict[str, Any]:
    lon, lat = place(x, y)
    return {"kind": "add", "layer": layer, "lon": lon, "lat": lat, "values": values}


def tower(x: float, y: float, people: int, half: float = 12) -> dict[str, Any]:
    ring = [place(x + dx, y + dy) for dx, dy in ((-half, -half), (half, -half), (half, half), (-half, half))]
    return {
        "kind": "build",
        "footprint": [ring],
        "height_m": 60,
        "use": "residential",
        "people": people,
        "name": "高层",
    }


def found(client: Client, layer: str, name: str) -> int:
    """Feature number of a named object."""
    results = client.get(f"/api/search?q={quote(name)}").json["results"]
    return next(int(item["fid"]) for item in results if item["layer"] == layer and item["name"] == name)


def move(layer: str, fid: int, x: float, y: float) -> dict[str, Any]:
    lon, lat = place(x, y)
    return {"kind": "move", "layer": layer, "fid": fid, "lon": lon, "lat": lat}


def the_case(client: Client) -> tuple[dict[str, Any], ...]:
    """Three centres, two sites, a centre moved, a planned tower; a sensor and a parcel locker beside them."""
    three = [sector(angle) for angle in (0.0, 120.0, 240.0)]
    return (
        add("centre", 1700, 20, name="一"),
        add("centre", 2700, 20, name="二", status="planned"),
        add("centre", 1700, 410, name="三"),
        add("site_5g", 1700, 60, name="新站", height_m=30.0, sectors=three),
        add("site_5g", 2700, 60, name="又一站", height_m=30.0, sectors=three),
        move("centre", found(client, "centre", "甲"), 2850, 20),
        tower(1900, -40, 300),
        add("sensor", 500, 20, kind="smoke"),
        add("parcel_locker", 1180, -320),
    )


def compared(client: Client, a: str = "", b: str = "") -> dict[int, dict[str, Any]]:
    told = client.get(f"/api/scenarios/compare?a={a}&b={b}")
    assert told.status == 200, told.body
    assert [row["no"] for row in told.json["indicators"]] == list(range(1, 36))
    return {row["no"]: row for row in told.json["indicators"]}


def test_every_affected_indicator_before_and_after(client: Client) -> None:
    before = compared(client)
    scenario = make(client, "提升", *the_case(client))
    rows = compared(client, "", scenario)
    assert [no for no, row in rows.items() if row["affected"]] == AFFECTED
    # Counted here from what the layers and the edits say.
    assert (rows[20]["a"], rows[20]["b"], rows[20]["change"]) == (1, 4, 3)
    assert (rows[3]["a"], rows[3]["b"]) == (4, 6)
    assert (rows[4]["a"], rows[4]["b"]) == (5, 6)
    # Of the 400 residents of the central town only "west" reached a centre, which moves off; now "same", "north" and
    # 300 in the tower do.
    assert rows[21]["a"] == pytest.approx(25.0)
    assert rows[21]["b"] == pytest.approx(100 * 500 / 700)
    assert (rows[25]["a"], rows[25]["b"], rows[25]["edits_b"]) == (100.0, 100.0, [7, 9])
    assert rows[21]["edits_b"] == [1, 2, 3, 6, 7]
    for no, row in rows.items():
        assert row["evidence_a"]["value"] == row["a"]
        assert row["evidence_b"]["value"] == row["b"]
        assert row["evidence_a"]["method"]["zh"], no
        if no not in AFFECTED:
            assert (row["a"], row["b"], row["change"]) == (
                before[no]["a"],
                before[no]["a"],
                0 if row["a"] is not None else None,
            )
    assert rows[21]["evidence_b"]["parameters"]["scenario"]["name"] == "提升"
    assert "scenario" not in rows[21]["evidence_a"]["parameters"]
    # The other way round, and against itself.
    back = compared(client, scenario, "")
    assert back[20]["change"] == -3
    assert back[20]["edits_a"] == [1, 2, 3]
    assert {row["change"] for row in compared(client, scenario, scenario).values()} == {0, None}
    assert client.ask("DELETE", f"/api/scenarios/{scenario}").status == 200
    assert compared(client) == before
    assert client.get(f"/api/scenarios/compare?b={scenario}").status == 404


def test_parcel_lockers_follow_edits_of_lockers_and_homes(client: Client) -> None:
    locker = client.get("/api/layers/parcel_locker/rows/1/1").json["fid"]
    away = make(client, "移柜", move("parcel_locker", locker, 905, -100))
    row = compared(client, "", away)[25]
    # From the home in the estate to the lane is 630 m; 300 m serve.
    assert (row["a"], row["b"], row["edits_b"]) == (100.0, 0.0, [1])
    # Most residents of the estate live in a new tower near its gate, 240 m away.
    assert client.post(f"/api/scenarios/{away}/edits", tower(1030, -212, 300, half=8)).status == 200
    assert compared(client, "", away)[25]["b"] == 100.0
    gone = make(client, "撤柜", {"kind": "remove", "layer": "parcel_locker", "fid": locker})
    row = compared(client, away, gone)[25]
    assert (row["a"], row["b"]) == (100.0, 0.0)
    assert row["evidence_b"]["parameters"]["scenario"]["name"] == "撤柜"
    for identity in (away, gone):
        client.ask("DELETE", f"/api/scenarios/{identity}")


def test_the_5g_rate_is_computed_by_a_task(client: Client) -> None:
    scenario = make(client, "基站", *the_case(client))
    told = client.get(f"/api/scenarios/compare?b={scenario}").json
    assert told["coverage_missing"] is True
    assert (told["indicators"][1]["b"], told["indicators"][1]["change"]) == (None, None)
    assert "尚未计算" in told["indicators"][1]["reason_b"]["zh"]
    task = client.post("/api/scenarios/compare", {"b": scenario})
    assert task.status == 202
    state = task.json
    for _ in range(600):
        if state["status"] not in ("waiting", "running"):
            break
        time.sleep(0.1)
        state = client.get(f"/api/tasks/{state['id']}").json
    assert state["status"] == "done", state
    rate = state["result"]["indicators"][1]
    assert rate["b"] > rate["a"] > 0
    assert rate["change"] == rate["b"] - rate["a"]
    # From then on it is at hand, with nothing to wait for.
    again = client.get(f"/api/scenarios/compare?b={scenario}").json
    assert again["coverage_missing"] is False
    assert again["indicators"][1]["b"] == rate["b"]
    assert client.post("/api/scenarios/compare", {"a": "nonsense"}).status == 404
    client.ask("DELETE", f"/api/scenarios/{scenario}")


def test_two_scenarios_against_each_other(client: Client) -> None:
    one = make(client, "一", add("centre", 1700, 20))
    two = make(
        client,
        "二",
        add("centre", 1700, 20),
        add("centre", 2700, 20),
        add("bus_stop", 100, 10, realtime_board=True),
    )
    rows = compared(client, one, two)
    assert (rows[20]["a"], rows[20]["b"], rows[20]["change"]) == (2, 3, 1)
    assert (rows[22]["a"], rows[22]["b"]) == (50.0, 60.0)
    assert (rows[22]["edits_a"], rows[22]["edits_b"]) == ([], [3])
    assert [no for no, row in rows.items() if row["affected"]] == [20, 21, 22]
    for identity in (one, two):
        client.ask("DELETE", f"/api/scenarios/{identity}")


def test_a_copy_keeps_author_note_and_edits_and_a_file_comes_back(client: Client) -> None:
    one = make(client, "原", add("centre", 1700, 20, name="新"), add("sensor", 1, 1, kind="smoke"))
    copy = client.post("/api/scenarios", {"name": "副本", "copy": one}).json
    assert (copy["name"], copy["author"], copy["note"]) == ("副本", "规划科", "试算")
    assert [edit["values"] for edit in copy["edits"]] == [{"name": "新"}, {"kind": "smoke"}]
    file = client.get(f"/api/scenarios/{one}/export")
    assert "attachment" in file.headers["content-disposition"]
    back = client.post("/api/scenarios", file.body).json
    assert back["edits"] == client.get(f"/api/scenarios/{one}").json["edits"]
    assert back["id"] != one
    bad = client.post("/api/scenarios", {"format": "other", "edits": []})
    assert bad.status == 400
    assert "情景文件" in bad.json["detail"]["zh"]
    for identity in (one, copy["id"], back["id"]):
        client.ask("DELETE", f"/api/scenarios/{identity}")
