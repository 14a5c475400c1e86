"""The mean downlink rate of residents, from a judged run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.analysis.coverage_5g import _kernels, radio, tables
from twin.analysis.coverage_5g.tables import Assessment


@dataclass(frozen=True, slots=True)
class MeanRate:
    """Mean rate of the first area (the district), Mbps: over its ``people``, of whom ``served`` have a signal.

    Whoever has none counts with 0.
    """

    mbps: float
    people: float
    served: float


def mean_downlink(found: Assessment) -> MeanRate:
    """The modelled rate of a single user in front of every home's wall, weighted by residents.

    The rate is that of TS 38.214's CQI steps at the SINR of data, as in :attr:`result.Coverage.throughput_mbps`
    without any wall; NaN where nobody lives.
    """
    run, homes = found.run, found.zones.homes
    here = found.zones.member[0][homes.atom[homes.home]] & found.homes[homes.home]
    best, loaded = tables.at_cells(run, homes.cell[here], (_kernels.BEST, _kernels.LOADED))
    heard = best > _kernels.NOTHING_DBM
    sinr = best[heard] - np.float32(10) * np.log10(loaded[heard] + tables.noise_mw(run))
    rate = np.zeros(len(best))
    rate[heard] = radio.throughput_mbps(sinr, run.carrier)
    weight = homes.people_at[here]
    people = float(weight.sum())
    mean = float(rate @ weight) / people if people > 0 else float("nan")
    return MeanRate(mean, people, float(weight[heard].sum()))
