"""The rules table: what each standard asks for, where that comes from, and how a user's own table is read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from twin.analysis import rules
from twin.errors import InputError, UnknownName, UnreadableFile


def edited(tmp_path: Path, change: dict[int, dict[str, str]], encoding: str = "utf-8") -> Path:
    """A copy of the shipped table with some cells of some lines (2 is the first row) changed."""
    with rules.RULES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for line, cells in change.items():
        rows[line - 2].update(cells)
    path = tmp_path / rules.RULES.name
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_profiles_are_the_three_standards() -> None:
    found = {profile.id: profile for profile in rules.profiles()}
    assert list(found) == ["gb50180-2018", "shanghai-2016", "shanghai-2024-draft"]
    assert [profile.required for profile in found.values()] == [13, 6, 1]
    assert found["shanghai-2024-draft"].town_types == ("main_city", "new_city", "new_town")
    assert all(profile.title.zh and profile.title.en for profile in found.values())


def test_gb50180_radii_by_tier() -> None:
    national = rules.load("gb50180-2018", "new_city")
    radius = {rule.category: rule.radius_m for rule in national.required}
    assert {c for c, r in radius.items() if r == 1000} == {
        "middle_school", "health_centre", "culture_centre", "post",
    }  # fmt: skip
    assert {c for c, r in radius.items() if r == 500} == {"primary_school", "market", "sports_ground"}
    assert {c for c, r in radius.items() if r == 300} == {
        "kindergarten", "childcare", "elderly_day_care", "health_station", "service_station", "shop",
    }  # fmt: skip
    assert all(rule.minutes == rule.tier for rule in national)
    assert national["market"].limit_s == 600.0


def test_an_upper_tier_is_a_rule_of_its_own() -> None:
    national = rules.load("gb50180-2018")
    assert national["health_centre"].tier == 15
    assert national["health_station"].tier == 5
    assert national["health_station"].required


def test_the_draft_depends_on_the_town() -> None:
    radius, mode = {}, {}
    for kind in ("main_city", "new_city", "new_town"):
        draft = rules.load("shanghai-2024-draft", kind)
        assert [rule.category for rule in draft.required] == ["centre"]
        radius[kind], mode[kind] = draft["centre"].radius_m, draft.mode
    assert radius == {"main_city": 1000, "new_city": 1500, "new_town": 5000}
    assert mode == {"main_city": "walk", "new_city": "walk_or_cycle", "new_town": "walk_or_cycle"}


def test_nothing_unknown_is_required_and_every_value_says_where_it_is_from() -> None:
    for rule in rules.read():
        assert rule.citation.zh and rule.citation.en, rule
        assert rule.note.zh and rule.note.en, rule
        assumed = rule.citation.en == "Project assumption"
        assert not (assumed and (rule.required or rule.verified)), rule
        assert rule.verified <= bool(rule.source), rule


def test_every_profile_has_every_category() -> None:
    for profile in rules.profiles():
        for kind in profile.town_types:
            found = rules.load(profile.id, kind)
            assert tuple(rule.category for rule in found) == rules.CATEGORY_IDS


def test_verification_is_that_of_the_weakest_required_value() -> None:
    assert rules.load("shanghai-2024-draft", "new_city").verification == "by_source"
    assert rules.load("gb50180-2018").verification == "no"
    assert [profile.verified for profile in rules.profiles()] == [False, False, True]


def test_differences_between_standards() -> None:
    national, guide = rules.load("gb50180-2018"), rules.load("shanghai-2016")
    assert rules.differences(national, national) == ()
    found = {(d.category, d.field): (d.a, d.b) for d in rules.differences(national, guide)}
    assert found["childcare", "minutes"] == (5.0, 10.0)
    assert found["childcare", "radius_m"] == (300.0, 500.0)
    assert found["elderly_care", "tier"] == (15, 5)
    assert found["elderly_care", "required"] == (False, True)
    assert found["post", "required"] == (True, False)
    assert ("health_centre", "minutes") not in found


def test_differences_show_a_missing_category() -> None:
    national = rules.load("gb50180-2018")
    fewer = rules.Rules(national.profile, "any", tuple(r for r in national if r.category != "park"))
    found = {d.field: (d.a, d.b) for d in rules.differences(national, fewer)}
    assert found == {
        "required": (False, None),
        "tier": (5, None),
        "minutes": (5.0, None),
        "mode": ("walk", None),
    }


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="gb50180-2018, shanghai-2016"):
        rules.load("gb50180")
    with pytest.raises(UnknownName, match="main_city, new_city, new_town"):
        rules.load("shanghai-2024-draft", "any")
    with pytest.raises(UnknownName, match="no category 'casino'"):
        rules.load("gb50180-2018")["casino"]
    assert "casino" not in rules.load("gb50180-2018")


def test_the_target_is_indicator_21(shared: Path) -> None:
    with (shared / "plan" / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["no"] == str(rules.TARGET.indicator))
    assert float(row["target"]) / 100 == rules.TARGET.share
    assert "生活圈" in row["name_zh"]


def test_own_table_replaces_the_shipped_one(tmp_path: Path) -> None:
    assert rules.rules_path(tmp_path) == rules.RULES
    path = edited(tmp_path, {2: {"minutes": "8"}}, encoding="gb18030")
    assert rules.rules_path(tmp_path) == path
    assert rules.load("gb50180-2018", path=path)["kindergarten"].minutes == 8
    path.write_bytes(path.read_bytes().replace(b"walk,8,", b"walk,12,"))
    assert rules.load("gb50180-2018", path=path)["kindergarten"].minutes == 12


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        {
            2: {"minutes": "quick"},
            3: {"category": "casino"},
            4: {"verified": "by_source", "source": ""},
            5: {"required": "perhaps", "citation_en": ""},
            6: {"minutes": "0", "tier": "20"},
            8: {"category": "health_station"},
            9: {"radius_m": "nan"},
        },
    )
    with pytest.raises(InputError) as caught:
        rules.read(path)
    text = str(caught.value)
    assert "has 9 faults" in text
    for part in (
        "line 2, minutes='quick'", "line 3, category='casino'", "line 4, source=''", "line 5, required='perhaps'",
        "line 5, citation_en=''", "line 6, minutes='0'", "line 6, tier='20'",
        "line 8, category='health_station' repeats line 7", "line 9, radius_m='nan'",
    ):  # fmt: skip
        assert part in text
    assert "有 9 处错误" in caught.value.zh


def test_a_long_list_of_faults_is_cut(tmp_path: Path) -> None:
    path = edited(tmp_path, {line: {"mode": "fly"} for line in range(2, 32)})
    with pytest.raises(InputError, match=r"has 30 faults .*; and 10 more\.$"):
        rules.read(path)


def test_files_that_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    with pytest.raises(UnreadableFile, match="cannot read"):
        rules.read(path)
    path.write_text("standard,version\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="lacks the columns town_type, category"):
        rules.read(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="has no rows"):
        rules.read(path)
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(UnreadableFile, match="neither UTF-8 nor GB 18030"):
        rules.read(path)


def test_every_town_has_a_type_and_four_are_central() -> None:
    with (rules.TOWN_TYPES.parent / "towns.csv").open(encoding="utf-8", newline="") as file:
        names = {int(row["code"]): row["name"] for row in csv.DictReader(file)}
    found = rules.town_types()
    assert set(found) == set(names)
    assert {names[t.code] for t in found.values() if t.central} == {
        "嘉定镇街道", "新成路街道", "菊园街道", "马陆镇",
    }  # fmt: skip
    assert not any(town.verified for town in found.values())
    assert {names[t.code] for t in found.values() if t.kind == "main_city"} == {"真新街道", "江桥镇"}
    assert found[310114102].kind == "new_city"
    assert all(town.note.zh and town.note.en for town in found.values())


def test_faults_of_town_types(tmp_path: Path) -> None:
    path = tmp_path / "town_types.csv"
    path.write_text(
        "code,type,central,verified,note_zh,note_en\n"
        "310114001,new_city,yes,no,,\n310114001,new_city,yes,no,,\nx,city,yes,no,,\n\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        rules.town_types(path)
    assert "has 3 faults" in str(caught.value)
    assert "from 100000000 to 999999999" in str(caught.value)
