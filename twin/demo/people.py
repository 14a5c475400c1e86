"""Where the residents live."""

from __future__ import annotations

import numpy as np

from twin.demo.geometry import Floats, Ints

CENSUS_2020 = 1_834_000
"""Residents of Jiading District, seventh national census."""


def spread(total: int, weights: Floats) -> Ints:
    """``total`` in whole numbers by ``weights``, summing exactly (largest remainder method)."""
    if total == 0 or weights.sum() <= 0:
        return np.zeros(len(weights), dtype=np.int64)
    exact: Floats = total * weights / weights.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def residents(total: int, home_m2: Floats, town: Ints, codes: Ints, shares: Floats) -> Ints:
    """Residents of each building: ``total`` by town ``shares``, within a town by home floor area.

    ``home_m2`` is 0 for buildings nobody lives in; ``town`` is each building's
    code out of ``codes``. A town without homes leaves its share to the others.
    """
    people = np.zeros(len(home_m2), dtype=np.int64)
    there = np.array([home_m2[town == code].sum() > 0 for code in codes])
    for code, part in zip(codes.tolist(), spread(total, shares * there).tolist(), strict=True):
        inside = np.flatnonzero(town == code)
        people[inside] = spread(part, home_m2[inside])
    return people
