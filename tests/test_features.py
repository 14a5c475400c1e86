"""Cards, identifiers, search, labels, summaries, completeness, evidence, description."""

from __future__ import annotations

import pytest

from tests import city
from twin import catalogue, describe, features
from twin.errors import InputError, UnknownName
from twin.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    with Store.open(tmp_path_factory.mktemp("home")) as opened:
        city.put(opened, {"town": city.towns(), "building": city.buildings()}, name="survey")
        city.put(opened, {"site_5g": city.sites()}, name="demo", synthetic=True)
        yield opened


def _fid(store: Store, key: str, layer: str = "building") -> int:
    relation = store.generation(layer).relation
    return store.cursor().execute(f"SELECT fid FROM {relation} WHERE source_key = ?", [key]).fetchone()[0]


def test_a_card_tells_what_is_known_and_from_where(store: Store) -> None:
    card = features.card(store, "building", _fid(store, "survey/way/50"))
    assert card["name"] == "塔城路50号楼"
    assert card["town"] == "外冈镇"
    facts = {fact["column"]: fact for fact in card["facts"]}
    assert (facts["height_m"]["value"], facts["height_m"]["unit"]) == (13.0, "m")
    assert facts["use"]["choice"]["zh"] == "办公"
    assert card["measure"]["kind"] == "area"
    assert card["geometry"]["type"] == "Polygon"
    assert card["evidence"]["origin"] == "real"
    assert card["evidence"]["datasets"][0]["source"] == "by hand"
    assert card["evidence"]["as_of"] == "2026-01-01"


def test_records_keep_their_fields(store: Store) -> None:
    card = features.card(store, "site_5g", _fid(store, "demo/s1", "site_5g"))
    sectors = next(item for item in card["attributes"] if item["column"] == "sectors")
    assert [item["azimuth_deg"] for item in sectors["value"]] == [0.0, 120.0, 240.0]
    assert sectors["fields"][1]["unit"] == "°"
    assert card["synthetic"] is True


@pytest.mark.parametrize(("layer", "fid"), [("nothing", 1), ("water", 1), ("building", 1)])
def test_what_is_not_there_is_said(store: Store, layer: str, fid: int) -> None:
    with pytest.raises(UnknownName):
        features.card(store, layer, fid)


def test_an_identifier_leads_to_its_object(store: Store) -> None:
    fid = _fid(store, "survey/way/7")
    code = features.identifier_of("building", fid)
    assert features.resolve(store, code) == ("building", fid)
    assert features.resolve(store, f" {code.lower()} ") == ("building", fid)
    with pytest.raises(InputError, match="not a city identifier"):
        features.resolve(store, code[:-1] + ("A" if code[-1] != "A" else "B"))
    with pytest.raises(UnknownName):
        features.resolve(store, str(features.from_fid("BLD", fid + 5_000_000)))


@pytest.mark.parametrize("query", ["安亭", "anting", "ANTING", "at", "antingzhen"])
def test_search_knows_chinese_pinyin_initials_and_english(store: Store, query: str) -> None:
    assert features.search(store, query)[0]["name"] == "安亭镇"


def test_a_hit_says_which_town_it_is_in(store: Store) -> None:
    assert features.search(store, "塔城路0号楼")[0]["town_name"] == "安亭镇"
    assert features.search(store, "安亭镇")[0]["town_name"] is None


def test_search_by_identifier_comes_first(store: Store) -> None:
    fid = _fid(store, "survey/way/8")
    assert features.search(store, features.identifier_of("building", fid))[0]["fid"] == fid


def test_search_limits_and_odd_queries(store: Store) -> None:
    assert len(features.search(store, "塔城路", limit=3)) == 3
    assert features.search(store, "  ") == []
    assert features.search(store, "'; DROP TABLE twin.dataset; --") == []
    assert features.search(store, "%_%") == []


def test_labels_are_placed_and_translated(store: Store) -> None:
    labels = features.labels(store)
    assert {label["en"] for label in labels if label["layer"] == "town"} == {"Anting", "Waigang"}
    assert all(121 < label["position"][0] < 122 for label in labels)


def test_summaries_add_up(store: Store) -> None:
    uses = features.summary(store, "building", "use")["counts"]
    assert uses == {"office": 200, "residential": 200}
    heights = features.summary(store, "building", "height_m")
    assert (heights["min"], heights["max"], heights["sum"]) == (3.0, 42.0, 9000.0)
    # Heights 3..42, ten of each; breaks 6, 12, 24, 36, 60, 100.
    assert heights["classes"] == [30, 60, 120, 120, 70, 0, 0]
    with pytest.raises(UnknownName, match="no column"):
        features.summary(store, "building", "colour")


def test_completeness_counts_what_is_filled(store: Store) -> None:
    shares = features.completeness(store, "building")
    assert shares["height_m"] == 1.0
    assert shares["name"] == 8 / 400
    assert shares["year"] == 0.0


def test_evidence_says_the_worst_of_its_inputs(store: Store) -> None:
    method = {"zh": "计数", "en": "A count"}
    real = catalogue.evidence(store, [store.generation("building")], method)
    mixed = catalogue.evidence(store, [store.generation("building"), store.generation("site_5g")], method)
    assert (real.origin, mixed.origin) == ("real", "mixed")
    assert {item["generation"] for item in mixed.datasets} == {1}
    assert mixed.as_of == "2026-01-01"


def test_the_twin_describes_itself(store: Store) -> None:
    told = describe.twin(store)
    assert told["origin"] == "mixed"
    by_id = {layer["id"]: layer for layer in told["layers"]}
    assert (by_id["building"]["rows"], by_id["building"]["origin"]) == (400, "real")
    assert (by_id["site_5g"]["rows"], by_id["site_5g"]["origin"]) == (2, "synthetic")
    assert (by_id["water"]["rows"], by_id["water"]["generation"]) == (0, None)
    table = {row["id"]: row for row in describe.layers_table(store)}
    assert table["building"]["people"] == 800
    assert set(table) == {"town", "building", "site_5g"}
    assert describe.bounds(store)[0] == pytest.approx(city.WEST)
