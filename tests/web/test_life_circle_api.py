"""The analyses over HTTP, and the command line through a running server and without one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import life_city
from tests.life_city import place
from tests.serving import Client, serving
from twin.cli import main
from twin.store import Store


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("circle") / "home"
    with Store.open(home) as store:
        life_city.put(store)
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def finished(client: Client, task: str) -> dict[str, Any]:
    for _ in range(600):
        told = client.get(f"/api/tasks/{task}").json
        if told["status"] not in ("waiting", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError(f"the task never ended: {told}")


def people(told: dict[str, Any]) -> dict[str, float]:
    return {row["id"]: row["rates"]["people"] for row in told["areas"]}


def scenario(client: Client, *edits: dict[str, Any]) -> str:
    made = client.post("/api/scenarios", {"name": "试"})
    assert made.status == 201
    for edit in edits:
        answer = client.post(f"/api/scenarios/{made.json['id']}/edits", edit)
        assert answer.status == 200, answer.body
    return made.json["id"]


def added(x: float, y: float) -> dict[str, Any]:
    lon, lat = place(x, y)
    return {"kind": "add", "layer": "centre", "lon": lon, "lat": lat, "values": {"name": "新"}}


def test_options_name_what_can_be_chosen(client: Client) -> None:
    told = client.get("/api/life-circle/options").json
    assert told["defaults"] == {"group": "adult", "measure": "fifteen", "standard": "shanghai-2024-draft"}
    assert {"gb50180-2018", "shanghai-2016", "shanghai-2024-draft"} <= {
        item["id"] for item in told["standards"]
    }
    assert [item["id"] for item in told["groups"]][:2] == ["adult", "elderly"]
    assert told["categories"][-1]["id"] == "centre"


def test_rates_before_and_after_a_scenario(client: Client) -> None:
    base = client.get("/api/life-circle").json
    assert people(base)["district"] == pytest.approx(1 / 6)
    assert "base" not in base["areas"][0]
    made = scenario(client, added(1700, 20))
    after = client.get(f"/api/life-circle?scenario={made}").json
    assert people(after)["district"] == pytest.approx(2 / 6)
    assert after["areas"][0]["base"]["people"] == pytest.approx(1 / 6)
    client.ask("DELETE", f"/api/scenarios/{made}/edits/1")
    assert people(client.get(f"/api/life-circle?scenario={made}").json)["district"] == pytest.approx(1 / 6)


def test_interval_is_told_once_it_was_computed(client: Client) -> None:
    told = client.get("/api/life-circle/interval").json
    low, high = told["areas"][0]["interval"]
    assert low <= 1 / 6 + 1e-9 <= high + 2e-9
    assert client.get("/api/life-circle").json["areas"][0]["interval"] == [low, high]
    assert len(told["variants"]) >= 9


def test_octets_cells_explanation_and_isochrones(client: Client) -> None:
    answer = client.get("/api/life-circle/values?value=bottleneck")
    assert (len(answer.body), answer.headers["x-generation"]) == (6, "1")
    assert len(client.get("/api/life-circle/cells").json["cells"]) == 6
    fid = client.get("/api/search?q=north").json["results"][0]["fid"]
    told = client.get(f"/api/life-circle/explain/{fid}").json
    assert (told["complete"], told["bottleneck"]) == (False, "centre")
    centre = client.get("/api/search?q=xilinlizhongxin").json["results"][0]["fid"]
    rings = client.get(f"/api/life-circle/isochrones?layer=centre&fid={centre}&minutes=5,15").json
    assert [item["properties"]["minutes"] for item in rings["features"]] == [15, 5]
    lon, lat = place(4100, 0)
    island = client.get(f"/api/life-circle/isochrones?lon={lon}&lat={lat}&minutes=15").json["features"][0]
    west = min(point[0] for ring in island["geometry"]["coordinates"] for line in ring for point in line)
    assert west > place(3800, 0)[0]  # the mainland is near and not reached


def test_siting_finds_the_best_clicked_place_and_proves_it(client: Client) -> None:
    places = [list(place(1700, 20)), list(place(2500, 10)), list(place(4200, 10))]
    body = {"category": "centre", "p": 1, "candidates": places}
    told = finished(client, client.post("/api/life-circle/sites", body).json["id"])
    assert told["status"] == "done", told
    [site] = told["result"]["chosen"]
    # From (2500, 10) both "same" and "east" are within 1080 m.
    assert (site["lon"], site["gain_people"], told["result"]["method"]) == (places[1][0], 200, "exact")
    assert told["result"]["bound"] == pytest.approx(told["result"]["value"]) == pytest.approx(3 / 6)


def test_missing_links_find_the_bridge(client: Client) -> None:
    made = scenario(client, added(1700, 20))
    body = {"scenario": made, "longest_m": 450}
    told = finished(client, client.post("/api/life-circle/links", body).json["id"])
    assert told["status"] == "done", told
    best = told["result"]["links"][0]
    assert (best["kind"], best["gain_people"]) == ("bridge", 100)


def test_service_radius_straight_and_on_the_network(client: Client) -> None:
    told = client.get("/api/service-radius?layer=centre&distance_m=500").json
    assert told["areas"][0]["straight"]["people"] == pytest.approx(1 / 6)
    assert told["areas"][0]["network"]["people"] == pytest.approx(1 / 6)
    far = client.get("/api/service-radius?layer=facility&distance_m=500").json["areas"][0]
    assert far["straight"]["people"] > far["network"]["people"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/life-circle?measure=near",
        "/api/life-circle?standard=x",
        "/api/life-circle?group=birds",
        "/api/life-circle?speed_mps=-1",
        "/api/life-circle?speed_mps=nan",
        "/api/life-circle?snap_cap_m=1e99",
        "/api/life-circle?scenario=none",
        "/api/life-circle/values?value=colour",
        "/api/life-circle/values?value=minutes&category=x",
        "/api/life-circle/explain/1",
        "/api/life-circle/explain/x",
        "/api/life-circle/isochrones?layer=centre&fid=1",
        "/api/life-circle/isochrones?lon=x&lat=1",
        "/api/life-circle/isochrones?lon=nan&lat=1",
        "/api/life-circle/isochrones?lon=121&lat=31&minutes=0",
        "/api/life-circle/export.exe",
        "/api/service-radius?layer=moon",
        "/api/service-radius?distance_m=-3",
        "/api/tasks/none",
        "/api/scenarios/none",
    ],
)
def test_wrong_questions_are_problems(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status in (400, 404)
    assert set(answer.json["detail"]) == {"zh", "en"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/life-circle/sites", {"p": 0}),
        ("/api/life-circle/sites", {"p": "many"}),
        ("/api/life-circle/sites", {"candidates": [[1]]}),
        ("/api/life-circle/sites", {"objective": "fame"}),
        ("/api/life-circle/links", {"count": -1}),
        ("/api/scenarios", {"name": ""}),
        ("/api/scenarios", {"name": 3}),
        ("/api/scenarios", {"format": "x"}),
    ],
)
def test_wrong_bodies_are_problems(client: Client, path: str, body: dict[str, Any]) -> None:
    assert client.post(path, body).status == 400


def test_far_places_are_said_in_a_failed_task(client: Client) -> None:
    told = finished(client, client.post("/api/life-circle/sites", {"category": "pub"}).json["id"])
    assert (told["status"], told["error"]["code"]) == ("failed", "bad_input")


def test_command_line_says_what_the_page_says(client: Client, tmp_path: Path, capsys: Any) -> None:
    page = client.get("/api/life-circle?interval=1").json
    import os

    home = os.environ["TWIN_HOME"]
    assert main(["life-circle", "--json", "--home", home]) == 0
    assert json.loads(capsys.readouterr().out)["areas"] == page["areas"]
    assert main(["service-radius", "centre", "--distance", "500", "--home", home]) == 0
    assert "16.7%" in capsys.readouterr().out
    assert main(["site", "-p", "1", "--candidates", "buildings", "--home", home]) == 2
    assert "候选" in capsys.readouterr().err
    out = tmp_path / "t.csv"
    assert main(["life-circle", "--no-interval", "--out", str(out), "--home", home]) == 0
    assert "试验镇" in out.read_text(encoding="utf-8-sig")


def test_command_line_without_a_server(tmp_path: Path, capsys: Any) -> None:
    home = tmp_path / "home"
    with Store.open(home) as store:
        life_city.put(store)
    assert main(["life-circle", "--measure", "centre", "--json", "--home", str(home)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert people(told)["310114199"] == pytest.approx(1 / 6)
    assert told["areas"][0]["interval"][0] <= 1 / 6 + 1e-9
    assert main(["life-circle", "--measure", "near", "--home", str(home)]) == 2
    assert main(["life-circle", "--out", str(tmp_path / "x.doc"), "--home", str(home)]) == 2
    assert main(["life-circle", "--home", str(tmp_path / "empty")]) == 2
    assert "导入" in capsys.readouterr().err
