"""Carriers and links: the standards' rates and efficiencies, powers, SINR, probabilities, a user's own table."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from twin.analysis.coverage_5g import radio
from twin.analysis.coverage_5g.radio import CARRIERS
from twin.errors import InputError, UnknownName

N78 = CARRIERS["n78"]


def cases(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "cases" / "coverage" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_peak_rates_are_those_of_ts_38306(shared: Path) -> None:
    for row in cases(shared, "nr_peak_rate_ts38306.csv"):
        carrier = CARRIERS[row["band"].split("/")[0]]
        assert carrier.n_prb == int(row["n_prb"])
        assert carrier.layers == int(row["layers"])
        assert carrier.duty == float(row["dl_duty"])
        tolerance = float(row["tolerance_mbps"])
        assert radio.peak_mbps(carrier, float(row["oh"])) == pytest.approx(
            float(row["peak_mbps_dl"]), abs=tolerance
        )
        assert radio.peak_mbps(carrier) / carrier.duty == pytest.approx(
            float(row["peak_mbps_fdd_equiv"]), abs=tolerance
        )


def test_efficiencies_are_those_of_ts_38214(shared: Path) -> None:
    rows = cases(shared, "nr_cqi_256qam_ts38214.csv")
    assert len(rows) == len(radio.CQI) == 15
    for row, cqi in zip(rows, radio.CQI, strict=True):
        assert (cqi.index, cqi.bits_per_symbol, cqi.rate_x1024) == (
            int(row["cqi"]), int(row["qm"]), int(row["rate_x1024"]),
        )  # fmt: skip
        assert cqi.efficiency == pytest.approx(float(row["spectral_efficiency"]), abs=1e-4)
        assert cqi.sinr_db == float(row["sinr90pc_db_crrm"])


def test_carriers_are_the_five_bands() -> None:
    assert {c.id: c.frequency_ghz for c in CARRIERS.values()} == {
        "n28": 0.7, "n1": 2.1, "n41": 2.6, "n78": 3.5, "n79": 4.9,
    }  # fmt: skip
    assert N78.subcarriers == 3276
    assert N78.symbols_per_second == pytest.approx(91.728e6)
    assert all(c.source and not c.verified for c in CARRIERS.values())


def test_carrier_of_a_frequency() -> None:
    assert radio.carrier(3.4) is N78
    assert radio.carrier(0.763) is CARRIERS["n28"]
    assert radio.carrier(4.9, 60).n_prb == 162
    assert radio.carrier(3.5, 100) is N78
    for wrong in (1.8, 28.0, math.nan):
        with pytest.raises(UnknownName, match="no carrier"):
            radio.carrier(wrong)
    with pytest.raises(InputError, match="no bandwidth of 55 MHz"):
        radio.carrier(3.5, 55)


def test_power_of_a_resource_element() -> None:
    assert radio.re_power_dbm(53, N78) == pytest.approx(17.8466, abs=1e-4)
    assert radio.re_power_dbm(0, CARRIERS["n28"]) == pytest.approx(-32.833, abs=1e-3)
    assert radio.re_power_dbm(0, CARRIERS["n1"]) == pytest.approx(-34.1364, abs=1e-4)
    found = radio.rsrp_dbm(53, N78, [17.5, -5.0], 0.5, [[110.0], [120.0]])
    assert found == pytest.approx(np.array([[-75.1534, -97.6534], [-85.1534, -107.6534]]), abs=1e-4)


def test_noise_of_a_resource_element() -> None:
    assert radio.noise_dbm(CARRIERS["n28"]) == pytest.approx(-125.2391, abs=1e-4)
    assert radio.noise_dbm(N78) == pytest.approx(-122.2288, abs=1e-4)
    assert radio.noise_dbm(N78, 9) - radio.noise_dbm(N78) == pytest.approx(2)


def test_sinr() -> None:
    assert radio.sinr_db(-90, -np.inf, -122) == pytest.approx(32)
    assert radio.sinr_db(-90, -90, -122) == pytest.approx(-0.0027, abs=1e-4)
    assert radio.sinr_db([-90, -100], -100, -100) == pytest.approx([6.9897, -3.0103], abs=1e-4)


def test_total_power_by_load() -> None:
    assert radio.total_dbm([-90, -90]) == pytest.approx(-86.9897, abs=1e-4)
    assert radio.total_dbm([-90, -90], [0.5, 0.5]) == pytest.approx(-90)
    assert radio.total_dbm([-90.0], [0.0]) == -np.inf


def test_throughput_by_cqi() -> None:
    sinr = np.array([-5.0, -1.89, 0.0, 7.39, 29.32, 60.0, np.nan])
    rate = radio.throughput_mbps(sinr, N78)
    per_bit = 4 * 91.728 * 0.86 * 0.643
    assert rate[:4] == pytest.approx([0, 0.15234 * per_bit, 0.37695 * per_bit, 2.40625 * per_bit], rel=1e-4)
    assert rate[4:6] == pytest.approx([1502.691] * 2, abs=0.05)
    assert np.isnan(rate[6])
    assert radio.throughput_mbps(60, N78, overhead=0.0) == pytest.approx(1502.691 / 0.86, abs=0.05)


def test_throughput_by_shannon() -> None:
    assert radio.spectral_efficiency([-10.1, 0.0, 90.0], "shannon") == pytest.approx([0, 0.65, 7.40625])
    assert radio.throughput_mbps(90, N78, method="shannon") == pytest.approx(1502.691, abs=0.05)
    assert radio.throughput_mbps(-3, N78, method="shannon") > 0


def test_rates_never_fall_with_sinr() -> None:
    sinr = np.linspace(-20, 50, 701)
    for method in ("cqi", "shannon"):
        assert np.all(np.diff(radio.throughput_mbps(sinr, N78, method=method)) >= 0)


def test_unknown_models_and_shares_are_told() -> None:
    with pytest.raises(InputError, match="mcs"):
        radio.throughput_mbps(0, N78, method="mcs")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="overhead"):
        radio.throughput_mbps(0, N78, overhead=1.0)


def test_probability_of_coverage() -> None:
    assert radio.coverage_probability(-105, -105, 6) == 0.5
    assert radio.coverage_probability(-105 + 1.645 * 6, -105, 6) == pytest.approx(0.95, abs=1e-4)
    assert radio.coverage_probability([-104, -105, -106], -105, 0).tolist() == [1, 1, 0]
    assert np.isnan(radio.coverage_probability(np.nan, -105, [0, 6])).all()
    assert radio.fade_margin_db(0.95, 6) == pytest.approx(9.869, abs=1e-3)
    assert radio.sigma_db(6, 6.5) == pytest.approx(8.846, abs=1e-3)
    with pytest.raises(InputError, match="negative"):
        radio.coverage_probability(-100, -105, -1)
    with pytest.raises(InputError, match="between 0 and 1"):
        radio.fade_margin_db(1.0, 6)


def test_a_home_has_its_own_carriers(tmp_path: Path) -> None:
    assert radio.carriers_path(tmp_path) == radio.TABLE
    own = tmp_path / "carriers.csv"
    own.write_text(radio.TABLE.read_text(encoding="utf-8").replace("0.643", "0.75"), encoding="utf-8")
    table = radio.read(radio.carriers_path(tmp_path))
    assert radio.carrier(3.5, among=table).duty == 0.75
    own.write_text(own.read_text(encoding="utf-8").replace(",0.75,", ",0.8,"), encoding="utf-8")
    assert radio.read(own)["n78"].duty == 0.8


def test_faults_of_a_table_are_all_told(tmp_path: Path) -> None:
    own = tmp_path / "carriers.csv"
    text = radio.TABLE.read_text(encoding="utf-8")
    text = (
        text.replace("n28,", "n1,")
        .replace(",160,", ",161,")
        .replace("0.643", "64.3")
        .replace(",tdd,0.743", ",x,0.743")
    )
    own.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        radio.read(own)
    for told in (
        "line 2, n_prb='161'",
        "line 3, id='n1'",
        "line 4, duplex='x'",
        "line 5, duty='64.3'",
        "line 6, duplex",
    ):
        assert told in caught.value.en
