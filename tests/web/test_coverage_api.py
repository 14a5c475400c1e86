"""5G coverage over HTTP and on the command line, over the city of :mod:`tests.radio_city`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from tests import radio_city
from tests.life_city import place
from tests.serving import Client, serving
from twin.cli import main
from twin.store import Store

QUERY = "resolution_m=10&radius_m=1000"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("radio") / "home"
    with Store.open(home) as store:
        radio_city.put(store)
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def finished(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    task = client.post(path, body).json["id"]
    for _ in range(1200):
        told = client.get(f"/api/tasks/{task}").json
        if told["status"] not in ("waiting", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError(f"the task never ended: {told}")


def rate(told: dict[str, Any], name: str = "area") -> float:
    return told["areas"][0]["rates"][name]


def raster(client: Client, metric: str, extra: str = "") -> np.ndarray:
    answer = client.get(f"/api/coverage/values?{QUERY}&metric={metric}{extra}")
    assert answer.status == 200, answer.body
    shape = int(answer.headers["x-height"]), int(answer.headers["x-width"])
    stored = np.frombuffer(answer.body, "<i2").reshape(shape).astype(float)
    stored[stored == int(answer.headers["x-nodata"])] = np.nan
    assert len(json.loads(answer.headers["x-corners"])) == 4
    return stored * float(answer.headers["x-scale"])


def test_options(client: Client) -> None:
    told = client.get("/api/coverage/options").json
    assert {item["id"]: item["sectors"] for item in told["bands"]}["n78"] == 6
    assert "sa-standard" in {item["id"] for item in told["profiles"]}
    assert {"rsrp_dbm", "sinr_db", "server", "probability"} <= {item["id"] for item in told["metrics"]}


def test_a_run_with_progress_then_rates(client: Client) -> None:
    assert finished(client, "/api/coverage/run", {"resolution_m": 10})["result"] == {"ready": True}
    told = client.get(f"/api/coverage?{QUERY}").json
    assert [row["kind"] for row in told["areas"]][:2] == ["district", "central"]
    assert 0 < rate(told) < 1
    assert len(told["scenes"]) == 11
    assert told["evidence"]["parameters"]["release"] == 18


def test_rasters_are_those_of_the_run(client: Client) -> None:
    rsrp = raster(client, "rsrp_dbm")
    probability = raster(client, "probability")
    assert np.nanmax(rsrp) < 0
    known = ~np.isnan(rsrp) & ~np.isnan(probability)
    assert (probability[known & (rsrp > -95)] > 0.5).all()
    assert set(np.unique(raster(client, "overlap")[known])) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_a_place_is_explained_by_a_budget_that_adds_up(client: Client) -> None:
    lon, lat = place(900, 520)
    told = client.get(f"/api/coverage/explain?{QUERY}&lon={lon}&lat={lat}").json
    best = told["servers"][0]
    assert sum(line["value"] for line in best["lines"]) == pytest.approx(best["rsrp_dbm"], abs=1e-6)
    assert best["rsrp_dbm"] == pytest.approx(told["rsrp_dbm"], abs=0.1)
    assert told["profile"]["distance_m"][0] == 0


def test_a_scenario_moves_adds_and_removes_sites(client: Client) -> None:
    lon, lat = place(2100, 500)
    made = client.post("/api/scenarios", {"name": "加站"}).json["id"]
    values = {
        "name": "新站",
        "height_m": 30.0,
        "sectors": [radio_city.sector(a) for a in (0.0, 120.0, 240.0)],
    }
    edit = {"kind": "add", "layer": "site_5g", "lon": lon, "lat": lat, "values": values}
    assert client.post(f"/api/scenarios/{made}/edits", edit).status == 200
    told = client.get(f"/api/coverage?{QUERY}&scenario={made}").json
    assert rate(told) > told["areas"][0]["base"]["area"]
    listed = client.get(f"/api/coverage/sites?{QUERY}&scenario={made}").json["sites"]
    assert "新站" in {site["name"] for site in listed if site["on"]}
    first = next(site for site in listed if site["on"] and site["name"] != "新站")
    gone = {"kind": "remove", "layer": "site_5g", "fid": first["fid"]}
    client.post(f"/api/scenarios/{made}/edits", gone)
    after = client.get(f"/api/coverage?{QUERY}&scenario={made}").json
    assert rate(after) < rate(told)


def test_next_sites_outages_and_sleep(client: Client) -> None:
    places = [list(place(1900, 700)), list(place(300, 500))]
    told = finished(client, "/api/coverage/sites", {"p": 1, "candidates": places, "resolution_m": 10})
    assert told["status"] == "done", told
    assert told["result"]["chosen"][0]["lon"] == pytest.approx(places[0][0])
    lost = finished(client, "/api/coverage/outage", {"resolution_m": 10})
    assert lost["result"]["outages"][0]["people_lost"] > 0
    assert finished(client, "/api/coverage/sleep", {"resolution_m": 10})["status"] == "done"


def test_files(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "c.tif"
    path.write_bytes(client.get(f"/api/coverage/export.tif?{QUERY}&metric=sinr_db").body)
    with rasterio.open(path) as file:
        assert (file.dtypes, file.nodata, file.scales) == (("int16",), -32768, (0.01,))
        assert file.crs.to_epsg() == 4549
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert client.get(f"/api/coverage/export.csv?{QUERY}").body.startswith(b"\xef\xbb\xbf")
    assert "38.901" in client.get(f"/api/coverage/export.md?{QUERY}").body.decode()


def test_a_drive_test_beside_the_run(client: Client) -> None:
    rng = np.random.default_rng(2)
    rows = ["经度,纬度,SS-RSRP(dBm)"]
    for x in np.linspace(100, 1100, 400):
        lon, lat = place(float(x), 520 + float(rng.normal(0, 5)))
        told = -80 - 0.02 * abs(x - 400) + rng.normal(0, 3)
        rows.append(f"{lon:.6f},{lat:.6f},{told:.1f}")
    rows.append("x,y,z")
    body = "\n".join(rows).encode()
    answer = client.post(f"/api/coverage/measurements?{QUERY}&name=路测.csv".replace("路测", "t"), body)
    assert answer.status == 409  # GPS or a shifted map: nobody said
    answer = client.post(f"/api/coverage/measurements?{QUERY}&name=t.csv&crs=WGS84", body)
    told = answer.json
    assert (told["samples"], told["rejected"]) == (400, 1)
    assert told["compared"] == told["thinned"] > 50
    assert told["summaries"]["all"][0]["points"] == told["compared"]
    assert len(told["points"][0]) == 4
    assert (told["calibration"] is None) != (told["calibration_refused"] is None)
    assert client.post(f"/api/coverage/measurements?{QUERY}&name=t.csv", b"").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/api/coverage?band=9",
        "/api/coverage?resolution_m=0",
        "/api/coverage?resolution_m=x",
        "/api/coverage?profile=none",
        "/api/coverage?scenario=none",
        "/api/coverage/values?metric=taste",
        "/api/coverage/explain?lon=x&lat=1",
        "/api/coverage/explain?lon=0&lat=0",
        "/api/coverage/explain?lon=121.25&lat=31.38&sector=x",
        "/api/coverage/sites?bbox=1,2,3",
        "/api/coverage/export.exe",
    ],
)
def test_wrong_questions_are_problems(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status in (400, 404), answer.body
    assert set(answer.json["detail"]) == {"zh", "en"}


def test_the_command_says_what_the_page_says(client: Client, tmp_path: Path, capsys: Any) -> None:
    home = os.environ["TWIN_HOME"]
    page = client.get(f"/api/coverage?{QUERY}").json
    out = tmp_path / "r.tif"
    assert main(["coverage", "--resolution", "10", "--out", str(out), "--json", "--home", home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["areas"], told["files"]) == (page["areas"], [str(out)])
    assert main(["coverage", "--out", str(tmp_path / "x.png"), "--home", home]) == 2


def test_the_command_without_a_server(tmp_path: Path, capsys: Any) -> None:
    home = tmp_path / "home"
    with Store.open(home) as store:
        radio_city.put(store)
    out = tmp_path / "t.csv"
    assert main(["coverage", "--band", "n78", "--out", str(out), "--home", str(home)]) == 0
    assert "西镇" in capsys.readouterr().out
    assert "西镇" in out.read_text(encoding="utf-8-sig")
    assert main(["coverage", "--band", "77", "--home", str(home)]) == 2
    assert main(["coverage", "--home", str(tmp_path / "empty")]) == 2
    assert "工参" in capsys.readouterr().err
