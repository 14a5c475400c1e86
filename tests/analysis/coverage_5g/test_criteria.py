"""Criteria of coverage: the profiles and their evidence, a user's own table, the eleven kinds of key places."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import layers
from twin.analysis.coverage_5g import criteria
from twin.errors import InputError, UnknownName


def test_profiles_and_their_thresholds() -> None:
    found = {
        name: (profile.minimum("ss_rsrp_dbm"), profile.minimum("ss_sinr_db"))
        for name, profile in criteria.profiles().items()
    }
    assert found == {
        "sa-standard": (-105, -3),
        "sa-basic": (-110, -3),
        "sa-good": (-100, -3),
        "sa-strong": (-96, -3),
        "sa-clean": (-96, 0),
        "signal-upgrade-2024": (-105, -3),
        "signal-upgrade-2025": (-105, -3),
    }


def test_targets_of_the_programme() -> None:
    shares = ("downlink_mbps", "uplink_mbps", "rate_share", "line_share", "key_point_share")
    values = {
        year: [criteria.load(f"signal-upgrade-{year}").minimum(metric) for metric in shares]
        for year in (2024, 2025)
    }
    assert values == {2024: [200, 40, 0.9, 0.95, 1], 2025: [220, 45, 0.95, 0.95, 1]}
    assert criteria.load("signal-upgrade-2025").unpredicted == ("uplink_mbps",)


def test_nothing_is_said_to_be_verified_that_is_not() -> None:
    for profile in criteria.profiles().values():
        assert profile.title.zh
        assert profile.title.en
        assert not profile.verified
        for criterion in profile.criteria:
            assert criterion.citation.zh
            assert criterion.citation.en
            assert criterion.verification != "yes"
            assert bool(criterion.source) == (criterion.verification == "by_source")
            assert criterion.note.zh
            assert criterion.note.en
    upgrade = criteria.load("signal-upgrade-2025")
    assert upgrade["downlink_mbps"].verification == "by_source"
    assert "〔2023〕257号" in upgrade["downlink_mbps"].citation.zh
    assert upgrade["ss_rsrp_dbm"].verification == "no"
    assert len(upgrade.citations) == 2


def test_covered_needs_level_and_quality_inclusively() -> None:
    profile = criteria.load()
    level = np.array([-105.0, -105.1, -90.0, -90.0, np.nan, -90.0])
    quality = np.array([-3.0, 10.0, -3.1, 20.0, 20.0, np.nan])
    assert profile.covered(level, quality).tolist() == [True, False, False, True, False, False]
    assert profile.covered([[-100.0]], [0.0, -9.0]).tolist() == [[True, False]]


def test_unknown_names_are_told() -> None:
    with pytest.raises(UnknownName, match="sa-standard"):
        criteria.load("best")
    with pytest.raises(UnknownName, match="ss_rsrp_dbm"):
        criteria.load()["downlink_mbps"]
    assert criteria.load().minimum("downlink_mbps") is None


def edited(folder: Path, change: dict[int, dict[str, str]], encoding: str = "utf-8") -> Path:
    """A copy of the shipped table with some cells of some lines (2 is the first row) changed."""
    with criteria.TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for line, cells in change.items():
        rows[line - 2].update(cells)
    path = folder / criteria.TABLE.name
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_home_has_its_own_table(tmp_path: Path) -> None:
    assert criteria.criteria_path(tmp_path) == criteria.TABLE
    edited(tmp_path, {2: {"minimum": "-108"}}, "gb18030")
    own = criteria.criteria_path(tmp_path)
    assert criteria.load(path=own).minimum("ss_rsrp_dbm") == -108
    assert criteria.load().minimum("ss_rsrp_dbm") == -105


def test_faults_of_a_table_are_all_told(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        {
            2: {"minimum": "-1050"},
            3: {"metric": "ss_rsrp_dbm"},
            4: {"metric": "rsrq"},
            6: {"verified": "by_source"},
            7: {"title_zh": "别的名字"},
            8: {"minimum": "strong"},
        },
    )
    with pytest.raises(InputError) as caught:
        criteria.profiles(path)
    for told in (
        "line 2, minimum='-1050'",
        "line 3, metric='ss_rsrp_dbm' is there twice",
        "line 4, metric='rsrq'",
        "line 6, source=''",
        "line 7, title_zh=",
        "line 8, minimum='strong'",
    ):
        assert told in caught.value.en


def test_the_eleven_kinds_of_places() -> None:
    assert [scene.title.zh for scene in criteria.SCENES] == [
        "政务中心", "文旅景区", "医疗机构", "高等学校", "交通枢纽", "城市地铁", "公路铁路水路",
        "重点商超", "住宅小区", "商务楼宇", "乡镇农村",
    ]  # fmt: skip
    assert [scene.id for scene in criteria.SCENES if scene.shape == "line"] == ["metro", "transport_line"]


def test_every_kind_is_found_in_the_layers() -> None:
    for scene in criteria.SCENES:
        assert scene.selections
        for selection in scene.selections:
            spec = layers.get(selection.layer)
            if selection.column is None:
                continue
            column = next(c for c in spec.columns if c.name == selection.column)
            assert set(selection.values) <= {choice.value for choice in column.choices}, scene.id
            assert selection.values
