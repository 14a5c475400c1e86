"""Radio links: carriers, signal and noise per resource element, SINR, throughput, probability of coverage.

``data/carriers.csv`` lists the carriers; a file of that name in the home folder
replaces it. Powers are dBm, all functions are numpy with broadcasting.

SS-RSRP is the power of one resource element (RE, one subcarrier) of the
synchronisation signal: the sector's power is taken to be spread evenly over the
12 N_PRB subcarriers of the carrier, without a boost of the SSB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from layers import Text
from twin.analysis._csv_table import Table, own_or
from twin.errors import InputError, UnknownName
from twin.settings import ROOT

Numbers = npt.ArrayLike
F64 = NDArray[np.float64]
Method = Literal["cqi", "shannon"]
Verification = Literal["yes", "by_source", "no"]

TABLE = ROOT / "data" / "carriers.csv"

THERMAL_NOISE_DBM_HZ = -174.0
SYMBOLS_PER_SLOT = 14
BEST_EFFICIENCY = 8 * 948 / 1024
"""Bits of one symbol of one layer at most: 256QAM at code rate 948/1024 (TS 38.306 4.1.2)."""

SHANNON_SHARE = 0.65
"""Share of Shannon's capacity that the truncated form credits (.6 to .75 in the literature)."""
LEAST_SHANNON_SINR_DB = -10.0

N_PRB: Mapping[int, Mapping[float, int]] = MappingProxyType(
    {
        15: {5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 35: 188, 40: 216, 45: 242, 50: 270},
        30: {
            5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119,
            50: 133, 60: 162, 70: 189, 80: 217, 90: 245, 100: 273,
        },
    }
)  # fmt: skip
"""Resource blocks by subcarrier spacing (kHz) and bandwidth (MHz), TS 38.101-1 Table 5.3.2-1."""


@dataclass(frozen=True, slots=True)
class Cqi:
    """One row of TS 38.214 Table 5.2.2.1-3 (256QAM) and the SINR from which it is taken to be reached."""

    index: int
    bits_per_symbol: int
    rate_x1024: int
    sinr_db: float

    @property
    def efficiency(self) -> float:
        """Bits per symbol and layer."""
        return self.bits_per_symbol * self.rate_x1024 / 1024


CQI: tuple[Cqi, ...] = tuple(
    Cqi(index, *row)
    for index, row in enumerate(
        (
            (2, 78, -1.89), (2, 193, -0.82), (2, 449, 0.95), (4, 378, 2.95), (4, 490, 4.9),
            (4, 616, 7.39), (6, 466, 8.89), (6, 567, 11.02), (6, 666, 13.32), (6, 772, 14.68),
            (6, 873, 16.62), (8, 711, 18.91), (8, 797, 21.58), (8, 885, 24.88), (8, 948, 29.32),
        ),
        start=1,
    )
)  # fmt: skip
"""The efficiencies are the standard's. The SINRs are not: they are those of the AIMM/CRRM simulator
(90 % of the throughput in a fading channel), which is cautious at the low end."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier as the sectors of a band send it.

    Parameters
    ----------
    scs_khz
        Subcarrier spacing.
    n_prb
        Resource blocks of 12 subcarriers.
    duty
        Share of symbols that go down; 1 for FDD.
    layers
        Most layers (spatial streams) a receiver gets, each as good as the SINR of one antenna says:
        as many receiving antennas are assumed.
    """

    id: str
    title: Text
    frequency_ghz: float
    bandwidth_mhz: float
    scs_khz: int
    n_prb: int
    duplex: Literal["fdd", "tdd"]
    duty: float
    layers: int
    source: str
    verification: Verification

    @property
    def verified(self) -> bool:
        """Whether a document or a named source states every value of the row."""
        return self.verification != "no"

    @property
    def subcarriers(self) -> int:
        """Number of subcarriers, 12 to a block."""
        return 12 * self.n_prb

    @property
    def symbols_per_second(self) -> float:
        """Symbols of all subcarriers a second, both ways: 14 to a slot of 15 / SCS ms."""
        return self.subcarriers * SYMBOLS_PER_SLOT * 1000.0 * self.scs_khz / 15.0

    def with_bandwidth(self, bandwidth_mhz: float) -> Carrier:
        """The same carrier over another bandwidth; :class:`twin.errors.InputError` where TS 38.101-1 has none."""
        if bandwidth_mhz == self.bandwidth_mhz:
            return self
        blocks = N_PRB[self.scs_khz]
        if bandwidth_mhz not in blocks:
            known = ", ".join(f"{width:g}" for width in blocks)
            raise InputError(
                f"子载波间隔 {self.scs_khz} kHz 没有 {bandwidth_mhz:g} MHz 的带宽，可用：{known} MHz。",
                f"there is no bandwidth of {bandwidth_mhz:g} MHz at a subcarrier spacing of "
                f"{self.scs_khz} kHz; known are {known} MHz.",
            )
        return dataclasses.replace(self, bandwidth_mhz=bandwidth_mhz, n_prb=blocks[bandwidth_mhz])


def carriers_path(home: Path) -> Path:
    """The table of carriers in force for ``home``: the user's own when there is one."""
    return own_or(home, TABLE)


def read(path: Path = TABLE) -> Mapping[str, Carrier]:
    """Carriers by id, in the table's order; :class:`twin.errors.InputError` tells every fault of it."""
    found = path.stat() if path.is_file() else None
    return _read(path, (found.st_mtime_ns, found.st_size) if found else (0, 0))


# ``changed`` makes the cache forget a table that was edited while the server runs.
@lru_cache(maxsize=8)
def _read(path: Path, changed: tuple[int, int]) -> Mapping[str, Carrier]:  # noqa: ARG001
    columns = (
        "id", "title_zh", "title_en", "frequency_ghz", "bandwidth_mhz", "scs_khz", "n_prb", "duplex", "duty",
        "layers", "source", "verified",
    )  # fmt: skip
    table = Table(path, columns)
    found: dict[str, Carrier] = {}
    for row in table:
        name = row.text("id")
        if name in found:
            row.fault("id", "重复", "is there twice")
        carrier = Carrier(
            id=name,
            title=Text(row.text("title_zh"), row.text("title_en")),
            frequency_ghz=row.number("frequency_ghz", 0.4, 7.125),
            bandwidth_mhz=row.number("bandwidth_mhz", 5, 100),
            scs_khz=int(row.choice("scs_khz", ("15", "30"))),
            n_prb=int(row.number("n_prb", 11, 273)),
            duplex=cast("Literal['fdd', 'tdd']", row.choice("duplex", ("fdd", "tdd"))),
            duty=row.number("duty", 0.01, 1.0),
            layers=int(row.number("layers", 1, 8)),
            source=row.text("source"),
            verification=cast("Verification", row.choice("verified", ("no", "yes", "by_source"))),
        )
        blocks = N_PRB[carrier.scs_khz].get(carrier.bandwidth_mhz)
        if carrier.n_prb != blocks:
            row.fault(
                "n_prb",
                f"TS 38.101-1 表 5.3.2-1 在此带宽和子载波间隔下为 {blocks}",
                f"does not fit the bandwidth and spacing, for which TS 38.101-1 Table 5.3.2-1 has {blocks}",
            )
        found[name] = carrier
    table.close()
    return MappingProxyType(found)


CARRIERS: Mapping[str, Carrier] = read()
"""The carriers that come with the twin."""


def carrier(
    frequency_ghz: float, bandwidth_mhz: float | None = None, *, among: Mapping[str, Carrier] = CARRIERS
) -> Carrier:
    """The carrier nearest to ``frequency_ghz``, over ``bandwidth_mhz`` when that is given.

    Raises
    ------
    twin.errors.UnknownName
        No carrier within 0.1 GHz, or 6 % above 1.7 GHz, of the frequency (1.8 GHz, say).
    twin.errors.InputError
        A bandwidth that the carrier cannot have.
    """
    nearest = min(among.values(), key=lambda known: abs(known.frequency_ghz - frequency_ghz))
    off = abs(nearest.frequency_ghz - frequency_ghz)
    if not off <= max(0.1, 0.06 * nearest.frequency_ghz):  # also when it is nan
        known = ", ".join(f"{one.frequency_ghz:g}" for one in among.values())
        raise UnknownName(
            f"没有 {frequency_ghz:g} GHz 的载波，可用：{known} GHz；也可在 carriers.csv 中添加。",
            f"there is no carrier at {frequency_ghz:g} GHz; known are {known} GHz, more go into carriers.csv.",
        )
    return nearest if bandwidth_mhz is None else nearest.with_bandwidth(bandwidth_mhz)


def re_power_dbm(power_dbm: Numbers, carrier: Carrier) -> F64:
    """Power of one resource element of a sector that sends ``power_dbm`` in all."""
    return np.asarray(np.asarray(power_dbm, dtype=float) - 10 * np.log10(carrier.subcarriers))


def rsrp_dbm(
    power_dbm: Numbers, carrier: Carrier, gain_dbi: Numbers, feeder_db: Numbers, path_loss_db: Numbers
) -> F64:
    """SS-RSRP, dBm: RE power + antenna gain towards the receiver - feeder - path loss (and walls, if added)."""
    gain = np.asarray(gain_dbi, dtype=float) - np.asarray(feeder_db, dtype=float)
    return np.asarray(re_power_dbm(power_dbm, carrier) + gain - np.asarray(path_loss_db, dtype=float))


def noise_dbm(carrier: Carrier, nf_db: float = 7.0) -> float:
    """Noise of a receiver in one resource element, dBm; ``nf_db`` is its noise figure."""
    return float(THERMAL_NOISE_DBM_HZ + 10 * np.log10(carrier.scs_khz * 1e3) + nf_db)


def sinr_db(signal_dbm: Numbers, interference_dbm: Numbers, noise_dbm: Numbers) -> F64:
    """SINR, dB, of powers in the same bandwidth.

    ``interference_dbm`` is the sum of all others weighted by their load (:func:`total_dbm`),
    -inf for none.
    """
    others = 10 ** (np.asarray(interference_dbm, dtype=float) / 10)
    others = others + 10 ** (np.asarray(noise_dbm, dtype=float) / 10)
    return np.asarray(np.asarray(signal_dbm, dtype=float) - 10 * np.log10(others))


def total_dbm(power_dbm: Numbers, load: Numbers = 1.0, axis: int = 0) -> F64:
    """Sum of powers along ``axis``, each times its ``load`` (0 to 1); -inf when nothing is sent."""
    watts = 10 ** (np.asarray(power_dbm, dtype=float) / 10) * np.asarray(load, dtype=float)
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(watts.sum(axis=axis)))


def spectral_efficiency(sinr_db: Numbers, method: Method = "cqi") -> F64:
    """Bits per symbol and layer at a SINR.

    ``"cqi"``: the step of :data:`CQI` reached, 0 below the first (-1.89 dB). ``"shannon"``:
    min(0.65 log2(1 + SINR), 7.4063), 0 below -10 dB.
    """
    sinr = np.asarray(sinr_db, dtype=float)
    if method == "cqi":
        steps = np.array([0.0, *(row.efficiency for row in CQI)])
        reached = np.searchsorted([row.sinr_db for row in CQI], sinr, side="right")
        return np.asarray(np.where(np.isnan(sinr), np.nan, steps[reached]))
    if method == "shannon":
        bits = np.minimum(SHANNON_SHARE * np.log2(1 + 10 ** (sinr / 10)), BEST_EFFICIENCY)
        return np.asarray(np.where(sinr < LEAST_SHANNON_SINR_DB, 0.0, bits))
    raise InputError(
        f"没有速率模型 {method!r}，请从 cqi、shannon 中选择。",
        f"there is no model of throughput {method!r}; choose cqi or shannon.",
    )


def throughput_mbps(
    sinr_db: Numbers, carrier: Carrier, overhead: float = 0.14, *, method: Method = "cqi"
) -> F64:
    """Downlink rate of a single user who gets the whole carrier, Mbps; divide by the users of a busy cell.

    Efficiency x layers x symbols a second x (1 - overhead) x duty, never above :func:`peak_mbps`.
    ``overhead`` is the share of control and reference signals, 0.14 in TS 38.306 for FR1 downlink.
    """
    per_layer = carrier.symbols_per_second * (1 - _share(overhead, "overhead")) * carrier.duty / 1e6
    rate = spectral_efficiency(sinr_db, method) * (carrier.layers * per_layer)
    return np.asarray(np.minimum(rate, peak_mbps(carrier, overhead)))


def peak_mbps(carrier: Carrier, overhead: float = 0.14) -> float:
    """Most that the carrier can carry downlink, Mbps (TS 38.306 4.1.2, 256QAM, scaling 1), times its duty."""
    rate = carrier.layers * BEST_EFFICIENCY * carrier.symbols_per_second * (1 - _share(overhead, "overhead"))
    return rate * carrier.duty / 1e6


def sigma_db(shadow_db: Numbers, wall_db: Numbers = 0.0) -> F64:
    """Standard deviation of shadow fading and wall loss together, which are independent."""
    return np.asarray(np.hypot(np.asarray(shadow_db, dtype=float), np.asarray(wall_db, dtype=float)))


def coverage_probability(median_dbm: Numbers, threshold_dbm: Numbers, sigma_db: Numbers) -> F64:
    """Probability that a log-normal signal reaches the threshold: Q((threshold - median) / sigma).

    With a sigma of 0 it is 1 at or above the threshold and 0 below.
    """
    from scipy.special import ndtr

    margin = np.asarray(median_dbm, dtype=float) - np.asarray(threshold_dbm, dtype=float)
    sigma = np.asarray(sigma_db, dtype=float)
    if np.any(sigma < 0):
        raise InputError("标准差不能为负。", "a standard deviation must not be negative.")
    spread = np.where(sigma > 0, sigma, 1.0)
    return np.asarray(
        np.where(sigma > 0, ndtr(margin / spread), np.where(np.isnan(margin), np.nan, margin >= 0))
    )


def fade_margin_db(probability: float, sigma_db: Numbers) -> F64:
    """Margin over the threshold that gives ``probability``: 1.645 sigma for 95 %."""
    from scipy.special import ndtri

    if not 0 < probability < 1:  # also when it is nan
        raise InputError(
            f"概率 {probability} 应在 0 与 1 之间。",
            f"the probability {probability} must lie between 0 and 1.",
        )
    return np.asarray(ndtri(probability) * np.asarray(sigma_db, dtype=float))


def _share(value: float, name: str) -> float:
    if not 0 <= value < 1:  # also when it is nan
        raise InputError(f"{name}={value} 应在 0 与 1 之间。", f"{name}={value} must lie between 0 and 1.")
    return value
