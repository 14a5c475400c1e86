"""Siting on a synthetic city: greedy, swap and exact, their times and proven gaps.

Run it with the project's own Python:

    .venv/bin/python -m tests.benchmarks.siting [--demand 150000] [--candidates 2000] [--sites 5 20 50]

Where ``spopt`` and ``pulp`` are installed, spopt's MCLP joins on a small cut of the
same city; its dense matrix does not reach the whole.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from twin.analysis import siting


def city(demand: int, candidates: int, seed: int = 7, reach_m: float = 1000.0) -> tuple[Any, np.ndarray]:
    """A district of 20 x 23 km: towns of different density, blocks of like buildings, reach by radius."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform([2000, 2000], [18000, 21000], (12, 2))
    spread = rng.uniform(900, 2500, 12)

    def places(n: int, share: float) -> np.ndarray:
        town = rng.choice(12, n, p=(sizes := rng.uniform(0.5, 2, 12)) / sizes.sum())
        near = towns[town] + rng.normal(size=(n, 2)) * spread[town, None]
        anywhere = rng.uniform([0, 0], [20000, 23000], (n, 2))
        return np.where(rng.random(n)[:, None] < share, near, anywhere)

    blocks = places(demand // 6, 0.8)
    home = np.sort(rng.integers(0, len(blocks), demand))
    at = blocks[home] + rng.normal(size=(demand, 2)) * 40
    site = places(candidates, 0.6)
    pairs = cKDTree(site).query_ball_point(at, reach_m * rng.uniform(0.7, 1.0))
    counts = np.array([len(found) for found in pairs])
    columns = np.concatenate([np.sort(np.array(found, dtype=np.int32)) for found in pairs])
    start = np.concatenate([[0], np.cumsum(counts)])
    cover = sparse.csr_array((np.ones(len(columns), dtype=bool), columns, start), shape=(demand, candidates))
    return cover, rng.gamma(1.2, 10.0, demand)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demand", type=int, default=150_000)
    parser.add_argument("--candidates", type=int, default=2_000)
    parser.add_argument("--sites", type=int, nargs="*", default=[5, 20, 50])
    parser.add_argument("--time-limit", type=float, default=60.0)
    options = parser.parse_args()
    started = time.perf_counter()
    siting.maximal_cover(*city(500, 20), 3)
    print(f"compiling or loading the loops: {time.perf_counter() - started:.1f} s")
    cover, weight = city(options.demand, options.candidates)
    merged = siting.size(cover, weight)
    print(
        f"{cover.shape[0]:,} x {cover.shape[1]:,}, {cover.nnz:,} pairs; merged to {merged[0]:,} rows, {merged[1]:,} pairs"
    )
    print("| p | method | covered | bound | gap | s |\n|---|---|---|---|---|---|")
    for p in options.sites:
        for method in ("greedy", "swap", "exact"):
            found = siting.maximal_cover(cover, weight, p, method=method, time_limit_s=options.time_limit)
            print(
                f"| {p} | {method} | {found.covered:,.0f} | {found.bound:,.0f} "
                f"| {100 * found.gap:.3f} % | {found.seconds:.2f} |",
                flush=True,
            )
    if importlib.util.find_spec("spopt") and importlib.util.find_spec("pulp"):
        beside_spopt(cover, weight)
    else:
        print("spopt and pulp are not installed: nothing beside us")


def beside_spopt(cover: Any, weight: np.ndarray) -> None:
    """spopt with PuLP's solver and our exact method on a fiftieth of the demand and a tenth of the candidates."""
    import pulp
    from spopt.locate import MCLP

    some = np.random.default_rng(1)
    rows = np.sort(some.choice(cover.shape[0], cover.shape[0] // 50, replace=False))
    columns = np.sort(some.choice(cover.shape[1], cover.shape[1] // 10, replace=False))
    part, load = cover[rows][:, columns], weight[rows]
    started = time.perf_counter()
    cost = np.where(part.toarray(), 0.0, 2.0)
    model = MCLP.from_cost_matrix(cost, load, service_radius=1.0, p_facilities=10)
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    theirs = time.perf_counter() - started
    ours = siting.maximal_cover(part, load, 10, method="exact")
    print(
        f"spopt on {part.shape[0]:,} x {part.shape[1]:,}, p = 10: "
        f"{pulp.value(model.problem.objective):,.1f} in {theirs:.2f} s; "
        f"ours {ours.covered:,.1f} in {ours.seconds:.2f} s"
    )


if __name__ == "__main__":
    main()
