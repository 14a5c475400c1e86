"""Building models over HTTP: a file in, its job, what is in it, where it stands, and 400 hostile requests."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import city
from tests.bim.cases import step
from tests.serving import Answer, Client, free_port, serving
from twin.settings import ROOT
from twin.store import Store

WALL = step().encode()
SECOND = step(changed={"'W1'": "'W2'"}).encode()
ENDED = ("done", "failed", "cancelled", "choosing")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with Store.open(folder) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
    return folder


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_BIM_MAX_MB", "5")
        with serving(home, patch) as running:
            yield running


def ended(client: Client, job: dict[str, Any], *more: str) -> dict[str, Any]:
    for _ in range(3000):
        told = client.get(f"/api/bim/jobs/{job['id']}").json
        if told["status"] in (*ENDED, *more):
            return told
        time.sleep(0.05)
    raise AssertionError(f"the job never ended: {told}")


def sent(client: Client, name: str, data: bytes, query: str = "") -> dict[str, Any]:
    answer = client.post(f"/api/bim?name={name}{query}", data)
    assert answer.status == 202, answer.body
    return answer.json


@pytest.fixture(scope="module")
def model(client: Client) -> str:
    """A model of two versions, the second with another name of its wall."""
    first = ended(client, sent(client, "wall.ifc", WALL))
    assert (first["status"], first["version"], first["progress"]) == ("done", 1, 1.0), first
    second = ended(client, sent(client, "wall2.ifc", SECOND, f"&model={first['model']}"))
    assert (second["model"], second["version"]) == (first["model"], 2)
    return str(first["model"])


def put(client: Client, model: str, **body: Any) -> Answer:
    return client.ask("PUT", f"/api/bim/{model}", json.dumps(body).encode())


def test_a_model_is_listed_and_shown(client: Client, model: str) -> None:
    [row] = [row for row in client.get("/api/bim").json["models"] if row["id"] == model]
    assert (row["version"], row["versions"], row["schema"], row["storeys"]) == (2, 2, "IFC4", 1)
    told = client.get(f"/api/bim/{model}").json
    assert [item["name"] for item in told["versions"]] == ["wall2.ifc", "wall.ifc"]
    assert told["document"]["counts"]["IfcWall"] == 1
    assert told["placement"] is None
    older = client.get(f"/api/bim/{model}?version=1").json
    assert older["document"]["name"] == "wall.ifc"


def test_contents_are_served_packed_with_tags(client: Client, model: str) -> None:
    listed = client.get(f"/api/bim/{model}/elements")
    assert listed.json["name"] == ["W2"]
    again = client.get(f"/api/bim/{model}/elements", If_None_Match=listed.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert client.get(f"/api/bim/{model}/elements?version=1").json["name"] == ["W1"]
    card = client.get(f"/api/bim/{model}/elements/0").json
    assert (card["class"], card["tag"]) == ("IfcWall", "tag 1")
    assert client.get(f"/api/bim/{model}/search?q=w2").json["total"] == 1
    assert client.get(f"/api/bim/{model}/values?by=class").json["values"] == ["IfcWall"]
    assert client.get(f"/api/bim/{model}/properties").json["properties"][0]["by"] == "class"
    assert client.get(f"/api/bim/{model}/tree").status == 200
    change = client.get(f"/api/bim/{model}/compare?before=1&after=2").json
    assert (change["added"], change["removed"], [item["row"] for item in change["changed"]]) == ([], [], [0])
    page = client.get(f"/api/bim/{model}/report.html?lang=en")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get(f"/api/bim/{model}/report.json").status == 200
    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/bim/{model}/issues.bcf").body)) as archive:
        assert "bcf.version" in archive.namelist()


def test_files_of_a_version_never_change(client: Client, model: str) -> None:
    files = client.get(f"/api/bim/{model}").json["document"]["files"]
    name = next(name for name in files if name.endswith(".glb"))
    plain = client.get(f"/models/{model}/2/{name}")
    packed = client.get(f"/models/{model}/2/{name}", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert plain.body[:4] == b"glTF"
    assert "immutable" in packed.headers["cache-control"]
    again = client.get(f"/models/{model}/2/{name}", If_None_Match=packed.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/models/{model}/2/source.ifc", "/models/{model}/2/model.json", "/models/{model}/2/..%2f1%2ftree.json",
        "/models/{model}/../../twin.duckdb", "/models/{model}/9/tree.json", "/models/{model}/02/tree.json",
        "/models/0123456789ab/1/tree.json", "/models/..%2f..%2fetc/1/tree.json", "/models/{model}/2/tree.json.gz",
        "/models/{model}/-1/tree.json", "/models/{model}/2/storey-99999.glb", "/models/x", "/api/bim/none",
        "/api/bim/none/tree", "/api/bim/{model}/elements/7", "/api/bim/jobs/none", "/api/bim/{model}/report.pdf",
        "/api/bim/{model}/compare?before=1&after=9", "/api/bim/{model}/elements?version=9", "/api/bim/{model}/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(client: Client, model: str, path: str) -> None:
    answer = client.get(path.format(model=model))
    assert answer.status == 404
    assert answer.json["detail"]["zh"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/bim", WALL), ("POST", "/api/bim?name=..", WALL), ("POST", "/api/bim?name=a.ifc", b""),
        ("PUT", "/api/bim/{model}", {"placement": {"lon": 500, "lat": 1}}),
        ("PUT", "/api/bim/{model}", {"placement": {}, "hypothesis": "x"}), ("PUT", "/api/bim/{model}", {"nothing": 1}),
        ("PUT", "/api/bim/{model}", {"building": "x"}), ("PUT", "/api/bim/{model}", {"building": -5}),
        ("PUT", "/api/bim/{model}", {"version": "1"}), ("PUT", "/api/bim/{model}", {"name": ""}),
        ("PUT", "/api/bim/{model}", {"name": 7}), ("PUT", "/api/bim/{model}", [1]),
        ("GET", "/api/bim/{model}/values?by=nothing", None), ("GET", "/api/bim/{model}/elements/x", None),
        ("GET", "/api/bim/{model}/compare", None), ("GET", "/api/bim/{model}/report.html?lang=fr", None),
        ("GET", "/api/bim/placed?bbox=1,2,3", None), ("GET", "/api/bim/placed?bbox=nan,1,2,3", None),
        ("GET", "/api/bim/footprints", None), ("GET", "/api/bim/footprints?bbox=100,20,130,40", None),
        ("GET", "/api/bim/{model}/search?q=a&limit=0", None), ("POST", "/api/bim/{model}/control-points", {"points": [1]}),
        ("GET", "/api/bim/{model}/building", None), ("POST", "/api/bim/{model}/building", {"columns": "height_m"}),
        ("POST", "/api/bim/{model}/scenario", {"scenario": "x"}), ("GET", "/api/bim/{model}/corrected.ifc", None),
    ],
)  # fmt: skip
def test_bad_input_is_400(client: Client, model: str, method: str, path: str, body: Any) -> None:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    answer = client.ask(method, path.format(model=model), data)
    assert answer.status == 400, answer.body
    assert answer.json["detail"]["en"]


def test_a_file_too_large_is_refused_before_it_is_read(client: Client, home: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    connection.putrequest("POST", "/api/bim?name=big.ifc")
    connection.putheader("Content-Length", str(2_000_000_000))
    connection.endheaders()  # and not one byte of it
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert (answer.status, "5 MB" in told["detail"]["en"]) == (400, True)
    assert list((home / "inbox").iterdir()) == []


def test_a_file_that_lies_about_its_size_is_cut_off(client: Client, home: Path) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 100_000

    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    connection.request(
        "POST",
        "/api/bim?name=big.ifc",
        parts(),
        encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )
    assert connection.getresponse().status == 400
    connection.close()
    assert list((home / "inbox").iterdir()) == []


def test_a_file_that_is_no_model_fails_in_plain_words(client: Client, home: Path) -> None:
    before = len(client.get("/api/bim").json["models"])
    for data in (b"\x89PNG\r\n\x1a\n" + b"x" * 100, WALL[: len(WALL) // 2], b"PK\x03\x04 no archive"):
        told = ended(client, sent(client, "bad.ifc", data))
        assert told["status"] == "failed"
        assert told["error"]["zh"]
        assert told["error"]["code"] != "fault"
    assert len(client.get("/api/bim").json["models"]) == before
    assert [path.name for path in (home / "models").iterdir() if path.name.startswith(".")] == []
    assert list((home / "inbox").iterdir()) == []


def test_models_of_one_archive_are_offered(client: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ifc", WALL)
        archive.writestr("b/b.ifc", SECOND)
    told = ended(client, sent(client, "two.ifczip", packed.getvalue()))
    assert (told["status"], told["entries"]) == ("choosing", ["a.ifc", "b/b.ifc"])
    assert client.post(f"/api/bim/jobs/{told['id']}/choose", {"entries": ["c.ifc"]}).status == 400
    assert client.post(f"/api/bim/jobs/{told['id']}/choose", {"entries": []}).status == 400
    answer = client.post(f"/api/bim/jobs/{told['id']}/choose", {"entries": told["entries"]})
    assert answer.status == 202
    assert [job["name"] for job in answer.json["jobs"]] == ["a.ifc", "b.ifc"]
    done = [ended(client, job) for job in answer.json["jobs"]]
    assert [job["status"] for job in done] == ["done", "done"]
    names = [client.get(f"/api/bim/{job['model']}/elements").json["name"] for job in done]
    assert names == [["W1"], ["W2"]]
    assert client.post(f"/api/bim/jobs/{told['id']}/choose", {"entries": ["a.ifc"]}).status == 400
    for job in done:
        assert client.ask("DELETE", f"/api/bim/{job['model']}").status == 200


def test_a_conversion_can_be_cancelled(client: Client, home: Path) -> None:
    running = sent(client, "one.ifc", WALL)
    waiting = sent(client, "two.ifc", WALL)
    assert client.ask("DELETE", f"/api/bim/jobs/{waiting['id']}").json["status"] == "cancelled"
    while client.get(f"/api/bim/jobs/{running['id']}").json["status"] != "converting":
        time.sleep(0.01)
    client.ask("DELETE", f"/api/bim/jobs/{running['id']}")
    told = ended(client, running)
    assert told["status"] == "cancelled"
    assert told["model"] is None
    assert [path.name for path in (home / "models").iterdir() if path.name.startswith(".")] == []
    assert list((home / "inbox").iterdir()) == []


def test_place_link_and_take_over(client: Client, model: str) -> None:
    fid = client.get("/api/layers/building/rows/1/1").json["fid"]
    card = client.get(f"/api/layers/building/features/{fid}").json
    told = put(
        client, model, placement={"lon": card["lon"], "lat": card["lat"], "rotation_deg": 15.0}, building=fid
    )
    assert told.status == 200, told.body
    assert told.json["building"]["fid"] == fid
    assert told.json["building"]["row"] == 1
    assert told.json["placement"]["rotation_deg"] == 15.0
    [drawn] = client.get(
        f"/api/bim/placed?bbox={card['lon'] - 1},{card['lat'] - 1},{card['lon'] + 1},{card['lat'] + 1}"
    ).json["models"]
    assert (drawn["id"], drawn["version"], drawn["building"]["fid"]) == (model, 2, fid)
    assert drawn["files"]
    assert client.get("/api/bim/placed?bbox=10,10,11,11").json["models"] == []
    rows = {row["column"]: row for row in client.get(f"/api/bim/{model}/building").json["rows"]}
    assert rows["height_m"]["after"] == 3.0
    done = client.post(f"/api/bim/{model}/building", {"columns": ["height_m"]})
    assert (done.status, done.json["generation"]) == (200, 2)
    after = {
        item["column"]: item["value"]
        for item in client.get(f"/api/layers/building/features/{fid}").json["attributes"]
    }
    assert (after["height_m"], after["bim_model"]) == (3.0, model)
    assert client.post("/api/undo").status == 200
    scenario = client.post("/api/scenarios", {"name": "规划"}).json["id"]
    built = client.post(
        f"/api/bim/{model}/scenario", {"scenario": scenario, "people": 12, "use": "residential"}
    )
    assert built.status == 200, built.body
    [edit] = built.json["edits"]
    assert (edit["kind"], edit["people"], edit["replaces"], edit["model"]) == ("build", 12, [fid], model)
    assert put(client, model, version=1).json["version"] == 1
    assert put(client, model, version=2, placement=None, building=None).json["placement"] is None


def test_the_corrected_file_says_where_it_stands(client: Client, model: str, tmp_path: Path) -> None:
    import ifcopenshell

    put(client, model, placement={"lon": 121.2504, "lat": 31.3842, "height_m": 4.0, "rotation_deg": 15.0})
    answer = client.get(f"/api/bim/{model}/corrected.ifc")
    assert answer.status == 200, answer.body
    assert 'filename="wall2-placed.ifc"' in answer.headers["content-disposition"]
    (tmp_path / "corrected.ifc").write_bytes(answer.body)
    [conversion] = ifcopenshell.open(tmp_path / "corrected.ifc").by_type("IfcMapConversion")
    assert conversion.TargetCRS.Name == "EPSG:4549"
    assert conversion.Eastings == pytest.approx(618941, abs=20)


def test_hostile_requests_never_break_the_server(client: Client, model: str) -> None:
    draw = random.Random(7)
    words = [
        model,
        "jobs",
        "placed",
        "..",
        "%00",
        "0" * 300,
        "-1",
        "1e9",
        "%E5%A2%99",
        "{}",
        "null",
        "none",
        "1",
    ]
    tails = [
        "", "/tree", "/elements", "/elements/0", "/search?q=%00", "/values?by=%27%3B--", "/properties",
        "/compare?before=1&after=1", "/building", "/report.html", "/issues.bcf", "/control-points", "/scenario", "/choose",
    ]  # fmt: skip
    bodies = [
        b"", b"{", b"[]", b'{"points":[{"x_m":1e400}]}', b'{"columns":[null]}', b'{"name":{"a":1}}', b"\xff\xfe",
        b'{"placement":[]}', b'{"hypothesis":[]}', b'{"version":1e99}', b'{"scenario":{}}', b'{"entries":{}}',
    ]  # fmt: skip
    for _ in range(400):
        path = f"/api/bim/{draw.choice(words)}{draw.choice(tails)}"
        method = draw.choice(["GET", "POST", "PUT", "PATCH"])
        answer = client.ask(method, path, None if method == "GET" else draw.choice(bodies))
        assert answer.status < 500, (method, path, answer.body)
    assert client.get(f"/api/bim/{model}").status == 200


_SERVER = """
import sys, uvicorn
from starlette.applications import Starlette
from twin.web import server
app = Starlette(routes=server.routes(), middleware=server.middleware(), lifespan=server.lifespan)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", ws="none")
"""


def _start(home: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"TWIN_HOME": str(home), "TWIN_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-c", _SERVER, str(port)], cwd=ROOT, env=environment)
    for _ in range(1200):
        assert process.poll() is None, "the server did not start"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server never answered")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_killed_server_tells_what_it_cut_off(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    process = _start(home, port)
    try:
        client = Client(port)
        running, waiting = sent(client, "one.ifc", WALL), sent(client, "two.ifc", WALL)
        while client.get(f"/api/bim/jobs/{running['id']}").json["status"] != "converting":
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process = _start(home, port)
        told = {job["id"]: job for job in client.get("/api/bim/jobs").json["jobs"]}
        for job in (running, waiting):
            assert (told[job["id"]]["status"], told[job["id"]]["error"]["code"]) == ("failed", "interrupted")
        assert client.get("/api/bim").json["models"] == []
        assert list((home / "models").iterdir()) == []
        assert list((home / "inbox").iterdir()) == []
        assert ended(client, sent(client, "one.ifc", WALL))["status"] == "done"
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process = _start(home, port)
        assert client.get("/api/bim/jobs").json["jobs"] == []
        assert len(client.get("/api/bim").json["models"]) == 1
    finally:
        process.kill()
        process.wait(30)
