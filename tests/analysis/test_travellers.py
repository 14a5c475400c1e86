from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.analysis import travellers
from twin.analysis.travellers import TRAVELLERS, get, read, tobler
from twin.errors import InputError, UnknownName


def test_the_table_has_the_groups_of_the_life_circle() -> None:
    assert list(TRAVELLERS) == ["adult", "elderly", "child_with_carer", "wheelchair", "cycle", "e_bike"]
    assert [TRAVELLERS[name].speed_mps for name in ("adult", "elderly", "cycle")] == [1.2, 0.8, 3.6]
    assert [name for name, item in TRAVELLERS.items() if item.steps_allowed] == ["adult", "elderly"]
    assert {item.mode for name, item in TRAVELLERS.items() if "e" in name[:2]} == {"foot", "cycle"}
    assert all(
        item.source.zh and item.source.en and item.title.zh and item.title.en for item in TRAVELLERS.values()
    )


def test_get_names_the_known_groups() -> None:
    assert get("adult").title.zh == "成年人步行"
    with pytest.raises(UnknownName, match="known are adult, elderly"):
        get("horse")


def test_replace_changes_one_value_and_the_key() -> None:
    slow = get("adult").replace(speed_mps=0.5)
    assert (slow.speed_mps, slow.id, slow.crossing_s) == (0.5, "adult", get("adult").crossing_s)
    assert slow.key != get("adult").key
    assert slow == get("adult").replace(speed_mps=0.5)


@pytest.mark.parametrize("change", [{"speed_mps": 0.0}, {"speed_mps": float("nan")}, {"crossing_s": -1.0}])
def test_replace_refuses_what_is_not_sensible(change: dict[str, float]) -> None:
    with pytest.raises(InputError, match="not sensible"):
        get("adult").replace(**change)


def test_tobler_is_relative_to_level_ground() -> None:
    # 5 % up at 4.228 km/h, 5 % down at 6 km/h, where level ground is walked at 6 exp(-0.175) km/h.
    level_kmh = 6 * np.exp(-0.175)
    up, level, down = level_kmh / tobler(np.array([0.05, 0.0, -0.05]))
    assert up == pytest.approx(4.228128538312281)
    assert level == pytest.approx(level_kmh)
    assert down == pytest.approx(6.0)


def test_tobler_cuts_off_errors_of_the_terrain() -> None:
    assert tobler(np.array([3.0]))[0] == tobler(np.array([travellers.STEEPEST]))[0] < 4


def test_slopes_do_not_count_for_cycles() -> None:
    assert get("cycle").pace(np.array([0.1, -0.1])).tolist() == [1.0, 1.0]


def test_every_fault_of_an_edited_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    text = travellers.TABLE.read_text(encoding="utf-8")
    path.write_text(text.replace("foot,1.2,yes", "hover,fast,yes").replace("elderly,", "adult,"), "utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    for part in ("mode='hover'", "speed_mps='fast'", "id='adult' is there twice"):
        assert part in caught.value.en
