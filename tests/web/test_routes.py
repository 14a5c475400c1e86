"""The routes over a real socket: tiles, API, imports, guard, and 5,000 malformed requests."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests import city
from tests.serving import Client, serving
from twin import tiles
from twin.store import Store
from twin.web.server import PAGES, ROUTES


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with Store.open(folder) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
        city.put(store, {"site_5g": city.sites()}, name="demo", synthetic=True)
    return folder


@pytest.fixture(scope="module")
def client(home: Path):
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


Z = 15
X, Y = tiles.tile_of(city.WEST + 0.002, city.SOUTH + 0.002, Z)
LOCKERS = (
    "名称,经度,纬度,格口数\n一号,121.2001,31.3001,40\n二号,121.2011,31.3011,60\n三号,坏,31.3,10\n".encode()
)


def test_health(client: Client) -> None:
    assert client.get("/healthz").json["status"] == "ok"


def test_script_of_the_pages_stands_alone() -> None:
    # Streamlit puts its folder first on the import path: a coverage.py there once stood in for the package.
    assert [path.name for path in PAGES.parent.glob("*.py")] == ["main.py"]


def test_tile_is_ready_compressed_and_cached_by_its_generation(client: Client) -> None:
    answer = client.get(f"/tiles/building/{Z}/{X}/{Y}.mvt?g=1")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert b"building" in gzip.decompress(answer.body)
    again = client.get(f"/tiles/building/{Z}/{X}/{Y}.mvt?g=1", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    unpinned = client.get(f"/tiles/building/{Z}/{X}/{Y}.mvt")
    assert "must-revalidate" in unpinned.headers["cache-control"]


def test_an_empty_tile_has_no_content(client: Client) -> None:
    assert client.get(f"/tiles/building/{Z}/1/1.mvt").status == 204
    assert client.get(f"/tiles/water/{Z}/{X}/{Y}.mvt").status == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/nothing/1/0/0.mvt", 404),
        ("/tiles/building/1/5/0.mvt", 404),
        ("/tiles/building/99/0/0.mvt", 404),
        ("/tiles/building/-1/0/0.mvt", 400),
        ("/tiles/building/a/b/c.mvt", 400),
        ("/tiles/building/%EF%BC%91/0/0.mvt", 400),
        ("/tiles/building/1_0/0/0.mvt", 400),
        ("/tiles/building/1/0/0.png", 404),
        ("/tiles", 404),
        ("/api", 404),
        ("/api/nothing", 404),
        ("/api/layers/nothing/features/1", 404),
        ("/api/layers/building/features/abc", 400),
        ("/api/layers/building/features/99999999999999999999", 400),
        ("/api/layers/building/rows/7/1", 404),
        ("/api/layers/building/summary?column=nothing", 404),
        ("/api/scene?view=nothing", 400),
        ("/api/scene?theme=pink", 400),
        ("/api/search?limit=1000", 400),
        ("/api/export/building.exe", 400),
        ("/api/export/nothing.csv", 404),
        ("/api/export/water.csv", 404),
        ("/api/imports/none", 404),
        ("/api/datasets/0/faults.csv", 400),
        ("/id/nonsense", 400),
        ("/id/BLD-310114103-0000001-A", 400),
        ("/assets/../settings.py", 404),
        ("/assets/vendor/..%2f..%2fsettings.py", 404),
        ("/assets/text/none.json", 404),
        ("/ogc/anything", 404),
    ],
)
def test_bad_addresses_get_a_problem(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status == status
    told = answer.json
    assert told["status"] == status
    assert told["detail"]["zh"]
    assert told["detail"]["en"]


def test_wrong_method(client: Client) -> None:
    assert client.post("/api/twin").status == 405
    assert client.ask("DELETE", f"/tiles/building/{Z}/{X}/{Y}.mvt").status == 405


def test_card_by_row_and_by_number(client: Client) -> None:
    by_row = client.get("/api/layers/building/rows/1/1").json
    by_number = client.get(f"/api/layers/building/features/{by_row['fid']}").json
    assert by_row == by_number
    assert client.get(f"/id/{by_row['identifier']}").json == by_row
    led = client.get(f"/id/{by_row['identifier']}", Accept="text/html,*/*")
    assert (led.status, led.headers["location"]) == (303, f"/?select=building:{by_row['fid']}")


def test_scene_and_legends(client: Client) -> None:
    told = client.get("/api/scene?view=building:use:height_m,site_5g&theme=light").json
    assert [layer["id"] for layer in told["deck"]["layers"]] == ["building", "site_5g"]
    assert told["deck"]["layers"][0]["data"] == "/tiles/building/{z}/{x}/{y}.mvt?g=1"
    assert told["legends"]["building"][0]["zh"] == "住宅"


def test_the_api_describes_itself(client: Client) -> None:
    told = client.get("/api/openapi.json").json
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert described == {(method, path.replace(":path", "")) for method, path, _ in ROUTES}
    assert all(item["summary"] for methods in told["paths"].values() for item in methods.values())


@pytest.mark.parametrize("suffix", ["parquet", "gpkg", "geojson", "fgb", "csv", "pmtiles"])
def test_export(client: Client, tmp_path: Path, suffix: str) -> None:
    import geopandas as gpd
    import pandas as pd
    from pmtiles.reader import MmapSource, Reader

    answer = client.get(f"/api/export/site_5g.{suffix}")
    assert answer.status == 200
    path = tmp_path / f"site_5g.{suffix}"
    path.write_bytes(answer.body)
    if suffix == "pmtiles":
        with path.open("rb") as file:
            assert Reader(MmapSource(file)).header()["addressed_tiles_count"] > 0
        return
    if suffix == "csv":
        table = pd.read_csv(path)
    elif suffix == "parquet":
        table = gpd.read_parquet(path)
    else:
        table = gpd.read_file(path)
    assert sorted(table["name"]) == ["叶城路站", "白银路站"]
    sectors = table.set_index("name")["sectors"]["白银路站"]
    sectors = json.loads(sectors) if isinstance(sectors, str) else list(sectors)
    assert [sector["azimuth_deg"] for sector in sectors] == [0.0, 120.0, 240.0]


def _send(client: Client, data: bytes, query: str = "name=lockers.csv&layer=parcel_locker") -> dict[str, Any]:
    answer = client.post(f"/api/imports?{query}", data)
    assert answer.status == 202, answer.body
    return answer.json


def test_import_is_inspected_corrected_and_taken_back(client: Client) -> None:
    job = _send(client, LOCKERS)
    ready = client.finished(job["id"], "ready")
    assert ready["status"] == "ready", ready["error"]
    dataset = ready["inspection"]["datasets"][0]
    assert dataset["layer"] == "parcel_locker"
    assert dataset["mapping"]["compartments"] == "格口数"
    preview = client.get(f"/api/imports/{job['id']}/preview/0").json
    assert len(preview["features"]) == 2
    before = {row["id"]: row["rows"] for row in client.get("/api/layers").json["layers"]}
    assert "parcel_locker" not in before
    choice = {"layer": "parcel_locker", "crs": "EPSG:4326", "mapping": {**dataset["mapping"]}}
    assert (
        client.post(f"/api/imports/{job['id']}/commit", {"datasets": [choice], "source": "手工"}).status
        == 202
    )
    done = client.finished(job["id"])
    assert done["status"] == "done", done["error"]
    assert [(item["layer"], item["accepted"], item["rejected"]) for item in done["datasets"]] == [
        ("parcel_locker", 2, 1)
    ]
    faults = client.get(f"/api/datasets/{done['datasets'][0]['id']}/faults.csv")
    assert faults.body.decode("utf-8-sig").count("\n") >= 2
    assert client.post("/api/undo").json == {"layers": ["parcel_locker"]}
    assert {row["id"]: row["rows"] for row in client.get("/api/layers").json["layers"]} == before


def test_import_can_be_cancelled(client: Client) -> None:
    job = _send(client, LOCKERS)
    client.finished(job["id"], "ready")
    assert client.ask("DELETE", f"/api/imports/{job['id']}").json["status"] == "cancelled"
    assert client.post(f"/api/imports/{job['id']}/commit", {"datasets": [{}]}).status == 400


def test_a_hopeless_file_changes_nothing(client: Client, home: Path) -> None:
    before = client.get("/api/layers").json
    for name, data in (
        ("a.csv", b"\x00\xff" * 100),
        ("a.gpkg", b"SQLite"),
        ("a.zip", b"PK"),
        ("a.exe", b"MZ"),
        ("a.json", b"{}"),
    ):
        told = client.finished(_send(client, data, f"name={name}&now=1")["id"])
        assert told["status"] == "failed"
        assert told["error"]["zh"]
        assert told["error"]["code"] != "fault", told
    assert client.get("/api/layers").json == before


@pytest.mark.parametrize("query", ["", "name=", "name=..", "name=%2F", "name=a%00b.csv", "name=" + "x" * 300])
def test_a_file_needs_a_name(client: Client, query: str) -> None:
    assert client.post(f"/api/imports?{query}", b"1").status == 400


def test_an_empty_file_is_refused(client: Client) -> None:
    assert client.post("/api/imports?name=a.csv", b"").status == 400


def test_foreign_sites_are_kept_out(client: Client) -> None:
    assert client.get("/api/twin", Host="evil.example").status == 403
    assert client.post("/api/undo", Origin="http://evil.example").status == 403
    assert client.get("/api/twin", Origin="http://evil.example").status == 200
    own = f"http://127.0.0.1:{client.port}"
    assert client.post("/api/undo/none", Origin=own).status == 404


def test_answers_carry_protective_headers(client: Client) -> None:
    headers = client.get("/api/twin").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_backup_is_the_whole_home(client: Client, tmp_path: Path) -> None:
    from twin.backup import restore

    (tmp_path / "backup.zip").write_bytes(client.post("/api/backup").body)
    restore(tmp_path / "backup.zip", tmp_path / "copy")
    with Store.open(tmp_path / "copy") as copy:
        assert copy.generation("building").rows == 400


def _malformed(draw: random.Random, count: int) -> list[tuple[str, str, bytes | None]]:
    """Requests no client should send: bad tiles, identifiers, numbers, names, bodies."""
    odd = [
        "-1",
        "1e9",
        "0x10",
        "NaN",
        "%00",
        "%EF%BC%91",
        "..",
        "%2e%2e%2f",
        "'",
        "%27%3B--",
        "9" * 25,
        "",
        " ",
        "%20",
        "é",
        "%ff",
        "None",
        "*",
    ]
    layers = [
        "building",
        "nothing",
        "BUILDING",
        "building;drop",
        "%2e%2e",
        "__init__",
        "g_building_1",
        "twin.dataset",
    ]
    kinds = []
    for _ in range(count):
        pick = draw.random()
        part = lambda: draw.choice([*odd, str(draw.randrange(-5, 2**33))])  # noqa: E731 - a word for the lines below
        if pick < 0.35:
            kinds.append(("GET", f"/tiles/{draw.choice(layers)}/{part()}/{part()}/{part()}.mvt", None))
        elif pick < 0.5:
            code = "".join(draw.choice("ABD-0123456789xyz%'") for _ in range(draw.randrange(0, 40))).replace(
                "%", "%25"
            )
            kinds.append(("GET", f"/id/{code}", None))
        elif pick < 0.65:
            kinds.append(
                (
                    "GET",
                    f"/api/layers/{draw.choice(layers)}/{draw.choice(['features', 'rows/1', 'summary?column='])}/{part()}",
                    None,
                )
            )
        elif pick < 0.75:
            kinds.append(
                ("GET", f"/api/scene?view={part()}:{part()},{draw.choice(layers)}&theme={part()}", None)
            )
        elif pick < 0.8:
            kinds.append(("GET", f"/api/export/{draw.choice(layers)}.{part()}", None))
        elif pick < 0.9:
            body = draw.choice(
                [
                    b"",
                    b"{",
                    b"[]",
                    b"null",
                    b'{"datasets": 1}',
                    b'{"datasets":[{"mapping":[]}]}',
                    bytes(draw.randrange(256) for _ in range(30)),
                    b"[" * 5000,
                ]
            )
            kinds.append(
                ("POST", f"/api/imports/{part()}/{draw.choice(['commit', 'inspect', 'nothing'])}", body)
            )
        else:
            name = draw.choice(["", "..", "a%00", "%2f%2f", "x" * 400])
            kinds.append(
                ("POST", f"/api/imports?name={name}&layer={part()}&crs={part()}&mode={part()}", b"data")
            )
    return [
        (method, path.replace(" ", "%20").encode("ascii", "ignore").decode(), body)
        for method, path, body in kinds
    ]


def test_five_thousand_malformed_requests_break_nothing(client: Client, home: Path) -> None:
    before = client.get("/api/layers").json
    files = sorted(path.relative_to(home) for path in home.rglob("*") if path.is_file())
    statuses: dict[int, int] = {}
    for method, path, body in _malformed(random.Random(5), 5000):
        answer = client.ask(method, path, body)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        assert answer.status < 500, (method, path, body, answer.body)
        assert b"Traceback" not in answer.body
    assert statuses.get(400, 0) > 1000
    assert statuses.get(404, 0) > 500
    assert client.get("/api/layers").json == before
    time.sleep(0.2)
    after = sorted(path.relative_to(home) for path in home.rglob("*") if path.is_file())
    assert after == files
