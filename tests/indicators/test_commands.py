"""The command and the routes: one JSON document, one sentence, the same through a server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import city
from tests.indicators import town
from tests.serving import Client, serving
from twin import cli
from twin.store import Store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("commands") / "home"
    frames = town.layers()
    with Store.open(path) as store:
        city.put(
            store, {name: frames[name] for name in ("town", "site_5g", "centre", "bus_stop")}, synthetic=True
        )
    return path


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch, serving(home, patch) as running:
        yield running


def run(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["indicators", *arguments, "--home", str(home)])
    out, err = capsys.readouterr()
    return code, out, err


def told(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> Any:
    code, out, err = run(capsys, home, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_the_json_contract(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, home)
    rows = document["indicators"]
    assert [row["no"] for row in rows] == list(range(1, 36))
    for row in rows:
        assert {"no", "value", "unit", "target", "status", "as_of", "evidence"} <= set(row)
    assert (rows[2]["value"], rows[2]["target"], rows[2]["unit"], rows[2]["status"]) == (
        4,
        3500,
        "个",
        "short",
    )
    assert "text" not in document
    assert sum(document["counts"].values()) == 35


def test_for_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, home)
    assert code == 0
    assert len(out.splitlines()) == 36
    assert "合成 synthetic" in next(line for line in out.splitlines() if "5G基站" in line)
    code, out, _ = run(capsys, home, "3")
    assert "by hand" in out
    assert "第 3 项" in out


def test_a_value_is_entered_and_corrected(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = told(
        capsys,
        home,
        "set",
        "32",
        "81.5%",
        "--date",
        "2023-06-30",
        "--source",
        "区行政服务中心",
        "--note",
        "半年",
    )
    assert (row["value"], row["status"], row["as_of"]) == (81.5, "met", "2023-06-30")
    told(
        capsys,
        home,
        "set",
        "32",
        "79",
        "--date",
        "2023-06-30",
        "--source",
        "区行政服务中心",
        "--author",
        "李四",
    )
    row = told(capsys, home, "32")
    assert [(item["value"], item["holds"], item["note"]) for item in row["history"]["entered"]] == [
        (79.0, True, ""), (81.5, False, "半年"),
    ]  # fmt: skip
    assert row["entered"]["author"] == "李四"
    code, out, _ = run(capsys, home, "32")
    assert (code, "已更正" in out) == (0, True)
    row = told(capsys, home, "set", "32", "none", "--date", "2023-06-30", "--source", "撤回")
    assert row["status"] == "no_data"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["set", "7"], "use: indicators"),
        (["set", "7", "50", "--date", "2023-12-31"], "use: indicators"),
        (["set", "7", "50", "--source", "x"], "use: indicators"),
        (["set", "7", "x", "--date", "2023-12-31", "--source", "x"], "not a number"),
        (["set", "7", "nan", "--date", "2023-12-31", "--source", "x"], "not a number"),
        (["set", "7", "140", "--date", "2023-12-31", "--source", "x"], "from 0 to 100"),
        (["set", "7", "50", "--date", "31.12.2023", "--source", "x"], "write it as"),
        (["set", "99", "50", "--date", "2023-12-31", "--source", "x"], "there is no indicator 99"),
        (["99"], "there is no indicator 99"),
        (["seven"], "is no indicator"),
        (["1", "2"], "use: indicators"),
        (["--note", "x"], "goes with a value"),
        (["--scenario", "none"], "no such scenario"),
        (["--nothing"], "wrong use"),
    ],
)
def test_bad_use_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    code, out, err = run(capsys, home, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_routes(client: Client) -> None:
    document = client.get("/api/indicators?wait=1").json
    assert [row["no"] for row in document["indicators"]] == list(range(1, 36))
    row = client.get("/api/indicators/20").json
    assert (row["value"], row["origin"], row["history"]["entered"]) == (1, "synthetic", [])
    assert row["history"]["computed"][0]["evidence"]["datasets"][0]["layer"] == "centre"
    made = client.post("/api/indicators/9", {"value": 6, "date": "2023-12-31", "source": "区经委"})
    assert (made.status, made.json["value"], made.json["status"]) == (201, 6, "met")
    assert client.get("/api/indicators/9").json["history"]["entered"][0]["source"] == "区经委"
    assert client.get("/api/openapi.json").json["paths"]["/api/indicators/{no}"]["post"]["summary"]


def test_an_answer_is_sent_again_only_when_it_changed(client: Client) -> None:
    first = client.get("/api/indicators")
    for _ in range(600):  # what is asked of the ledger may still come in between
        again = client.get("/api/indicators", if_none_match=first.headers["etag"])
        if again.status == 304:
            break
        first = again
        time.sleep(0.05)
    assert (again.status, again.body) == (304, b"")
    client.post("/api/indicators/11", {"value": 2, "date": "2023-12-31", "source": "区经委"})
    assert client.get("/api/indicators", if_none_match=first.headers["etag"]).status == 200


def test_one_is_computed_now(client: Client) -> None:
    task = client.post("/api/indicators/20/compute").json["id"]
    for _ in range(600):
        state = client.get(f"/api/tasks/{task}").json
        if state["status"] not in ("waiting", "running"):
            break
        time.sleep(0.05)
    assert (state["status"], state["result"]["value"]) == ("done", 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/indicators/36", None, 404),
        ("GET", "/api/indicators/x", None, 400),
        ("GET", "/api/indicators/-1", None, 400),
        ("GET", "/api/indicators?scenario=none", None, 404),
        ("POST", "/api/indicators", {}, 405),
        ("POST", "/api/indicators/36", {"value": 1, "date": "2023-12-31", "source": "x"}, 404),
        ("POST", "/api/indicators/9/compute", {}, 400),
        ("POST", "/api/indicators/36/compute", {}, 404),
        ("POST", "/api/indicators/9", {"date": "2023-12-31", "source": "x"}, 400),
        ("POST", "/api/indicators/9", {"value": "1", "date": "2023-12-31", "source": "x"}, 400),
        ("POST", "/api/indicators/9", {"value": 1, "date": "2023-12-31"}, 400),
        ("POST", "/api/indicators/9", {"value": 1, "date": 20231231, "source": "x"}, 400),
        ("POST", "/api/indicators/9", {"value": 1, "date": "2023-12-31", "source": "x", "more": 1}, 400),
        ("POST", "/api/indicators/9", {"value": 10**400, "date": "2023-12-31", "source": "x"}, 400),
    ],
)
def test_bad_requests_are_problems(client: Client, method: str, path: str, body: Any, status: int) -> None:
    answer = client.ask(method, path, None if body is None else json.dumps(body).encode())
    assert answer.status == status, answer.body
    assert answer.json["detail"]["zh"]


def test_the_command_goes_through_the_server(
    client: Client, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = told(capsys, home, "set", "10", "8", "--date", "2023-09-30", "--source", "区商务委")
    assert (row["value"], row["status"]) == (8, "short")
    assert client.get("/api/indicators/10").json["value"] == 8
    assert told(capsys, home)["indicators"] == client.get("/api/indicators?wait=1").json["indicators"]
    code, _, err = run(capsys, home, "set", "10", "8.5", "--date", "2023-09-30", "--source", "区商务委")
    assert (code, err.count("\n"), "whole number" in err) == (2, 1, True)
