"""The demonstration city as it stands in a home: the plan's numbers, labelled synthetic everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twin import cli, describe, features
from twin.demo.install import install
from twin.settings import Settings
from twin.store import Store


def test_a_small_city_replaces_itself_and_keeps_its_identifiers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with Store.open(tmp_path) as store:
        install(store, settings, seed=7, scale=0.02)
        first = {row["id"]: (row["rows"], row["checksum"]) for row in describe.layers_table(store)}
        assert len(first) == 19
        told = describe.twin(store)
        assert told["origin"] == "synthetic"
        assert {layer["origin"] for layer in told["layers"]} == {"synthetic"}
        assert [place["name"] for place in told["places"]]
        row = features.search(store, "安亭镇")[0]
        assert features.card(store, row["layer"], row["fid"])["synthetic"] is True
        install(store, settings, seed=7, scale=0.02)
        second = {row["id"]: (row["rows"], row["checksum"]) for row in describe.layers_table(store)}
    assert second == first


@pytest.mark.slow
def test_the_whole_city_has_the_plan_s_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--home", str(tmp_path), "--json"]) == 0
    capsys.readouterr()
    assert cli.main(["layers", "--home", str(tmp_path), "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["layers"]}
    assert rows["site_5g"]["rows"] == 3500
    assert rows["sensor"]["rows"] == 220_000
    assert rows["centre"]["rows"] >= 50
    assert rows["building"]["rows"] >= 150_000
    assert rows["building"]["people"] == rows["town"]["people"] == 1_834_000
    assert {row["origin"] for row in rows.values()} == {"synthetic"}
    with Store.open(tmp_path) as store:
        cursor = store.cursor()
        sectors = cursor.execute(
            f"SELECT min(len(sectors)), max(len(sectors)) FROM {store.generation('site_5g').relation}"
        )
        assert sectors.fetchone() == (3, 3)
        kinds = cursor.execute(
            f"SELECT count(DISTINCT kind) FROM {store.generation('sensor').relation}"
        ).fetchone()
        assert kinds is not None
        assert kinds[0] >= 12
        categories = cursor.execute(
            f"SELECT count(DISTINCT category) FROM {store.generation('facility').relation}"
        )
        assert categories.fetchone() == (21,)
