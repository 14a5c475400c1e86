"""Times to facilities: the twin beside scipy, networkx and pandana on the same graph and facilities.

Run it with the project's own Python:

    .venv/bin/python -m tests.benchmarks.life_circle [--home DIR] [--pandana-python PATH] [--repeat 5]

``--home`` is a home with the demonstration city; without one a town of the same size is generated.
pandana (AGPL) is never a dependency of the twin: install it in an environment of its own and name that
environment's Python. It runs there as a separate program that shares nothing but a file of arrays:

    python3 -m venv pandana-env && pandana-env/bin/pip install pandana

Every engine runs in a fresh process and reads the same arrays. Each figure is the median of its runs
and leaves out what is done once a process: starting Python, reading the arrays, and compiling or
loading the twin's kernels (a warm-up call; the first ever takes some 20 s, later ones load machine code
from disk). Places lie on edges after an access leg. pandana knows places at nodes only, so it gets the
nearer end of their edges and answers a simpler question; scipy and networkx get exact legs by a virtual
source, but miss the direct stretch between two places on one edge. "Beyond 1 s" tells how many answers
differ from the twin's by more than that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

LIMIT_S = 900.0
SPEED_MPS = 1.2
CATEGORIES = 12
CENTRES = 50
SAMPLE = 20  # networkx counts every 20th facility
ROWS = {
    "build": "graph from arrays, ready to search",
    "nearest 900 s": f"all nearest, {CATEGORIES} categories, 900 s",
    "nearest": f"all nearest, {CATEGORIES} categories, no limit",
    "counts": "counts within 900 s, all categories",
    "counts and 2SFCA": "counts and 2SFCA from the pairs",
    "add": "add a centre: new times of all buildings",
    "isochrones": f"isochrones of {CENTRES} centres, 5, 10 and 15 min",
    "ground": "ground of the isochrones, once a city",
    "cold start": "streets and network from the store",
    "snapping": "buildings onto the streets",
    "study": "study of the residences, all categories",
    "what-if": "add a centre: new rates of district and towns",
}


class Stopwatch:
    """Seconds of each run by task."""

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat
        self.seconds: dict[str, list[float]] = {}

    def run(self, task: str, work: Callable[[], Any], times: int | None = None, scale: float = 1.0) -> Any:
        """The last result of ``work``; its median time, times ``scale``, is kept under ``task``."""
        spent = self.seconds.setdefault(task, [])
        result = None
        for _ in range(times or self.repeat):
            start = time.perf_counter()
            result = work()
            spent.append((time.perf_counter() - start) * scale)
        return result


class Case:
    """One city in arrays: nodes, edges (seconds both ways), origins and facilities on the edges."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as stored:
            self.arrays = {name: stored[name] for name in stored.files}
        self.x, self.y, self.u, self.v = (self.arrays[name] for name in "xyuv")
        self.forward, self.backward = self.arrays["forward"], self.arrays["backward"]
        self.category = self.arrays["facility_category"]

    def legs(self, kind: str) -> tuple[np.ndarray, ...]:
        """Ends u and v of the places' edges and the seconds to (origins) or from (facilities) them."""
        edge, t, access_m = (self.arrays[f"{kind}_{name}"] for name in ("edge", "t", "access_m"))
        to_u, to_v = (self.backward, self.forward) if kind == "origin" else (self.forward, self.backward)
        access_s = access_m / SPEED_MPS
        with np.errstate(invalid="ignore"):
            first = np.where(t > 0, t * to_u[edge], 0.0) + access_s
            second = np.where(t < 1, (1 - t) * to_v[edge], 0.0) + access_s
        return self.u[edge], self.v[edge], first, second

    def groups(self) -> Iterator[np.ndarray]:
        """Rows of the facilities of each category."""
        for category in range(CATEGORIES):
            yield np.flatnonzero(self.category == category)

    def arcs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """From, to and seconds of every open arc, the least of parallel ones."""
        start, end = np.r_[self.u, self.v], np.r_[self.v, self.u]
        seconds = np.r_[self.forward, self.backward]
        order = np.lexsort((seconds, end, start))
        order = order[np.isfinite(seconds[order]) & (start[order] != end[order])]
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(start[order]) != 0) | (np.diff(end[order]) != 0)
        kept = order[first]
        return start[kept], end[kept], seconds[kept]


# --- engines -------------------------------------------------------------------------------------


def twin(case: Case, watch: Stopwatch) -> np.ndarray:
    """The twin's own network."""
    import pandas as pd

    from twin.analysis import accessibility, network
    from twin.analysis.network import Network

    network.warm_up()
    nodes = pd.DataFrame({"x": case.x, "y": case.y})
    edges = pd.DataFrame({"u": case.u, "v": case.v, "length_m": 0.0})
    edges["seconds"], edges["seconds_back"] = case.forward, case.backward

    def build() -> Network:
        made = Network.from_frames(nodes, edges)
        made.graph(SPEED_MPS)
        return made

    made = watch.run("build", build)
    everything = {
        kind: pd.DataFrame({name: case.arrays[f"{kind}_{name}"] for name in ("edge", "t", "access_m")})
        for kind in ("origin", "facility")
    }
    origins = everything["origin"]
    groups = [everything["facility"].iloc[rows] for rows in case.groups()]
    speed = {"speed_mps": SPEED_MPS}
    found = watch.run(
        "nearest 900 s", lambda: made.nearest_each(origins, groups, limit_s=LIMIT_S, **speed)[0]
    )
    watch.run("nearest", lambda: made.nearest_each(origins, groups, **speed))
    watch.run("counts", lambda: [made.count(origins, group, limit_s=LIMIT_S, **speed) for group in groups])

    def catchments() -> None:
        for group in groups:
            pairs = made.pairs(origins, group, limit_s=LIMIT_S, **speed)
            table = accessibility.Pairs.of(
                pairs.origin, pairs.facility, pairs.seconds, origins=len(origins), facilities=len(group)
            )
            table.sum_by_origin(np.ones(len(pairs)))
            accessibility.two_step_fca(
                table, case.arrays["people"], np.ones(len(group)), accessibility.step(LIMIT_S)
            )

    watch.run("counts and 2SFCA", catchments)
    here = made.places(origins)
    made.pairs(here, groups[1].iloc[:1], limit_s=LIMIT_S, **speed)

    def add(facility: pd.DataFrame) -> np.ndarray:
        reached = made.pairs(here, facility, limit_s=LIMIT_S, **speed)
        seconds, row = found[0].copy(), reached.origin.to_numpy()
        seconds[row] = np.fmin(seconds[row], reached.seconds)
        return seconds

    for row in range(CENTRES):
        added = groups[1].iloc[[row % len(groups[1])]]
        watch.run("add", lambda added=added: add(added), times=1)
    return np.asarray(found)


def twin_home(home: Path, watch: Stopwatch) -> None:
    """What needs the store: cold start, isochrones, a study and its what-if."""
    from twin.analysis import isochrones, life_circle, network, snapping, streets, travellers, what_if
    from twin.analysis.city import City
    from twin.scenario import Add
    from twin.store import Store

    network.warm_up()
    with Store.open(home) as store:
        adult = travellers.get("adult")

        def cold() -> streets.Streets:
            read = streets.read(store)
            read.network(adult).graph(adult.speed_mps)
            return read

        read = watch.run("cold start", cold, times=3)
        lon, lat = building_points(store)
        watch.run("snapping", lambda: snapping.snap(read, read.to_metres(lon, lat), adult), times=2)

        city = City.read(store)
        parameters = life_circle.Parameters()
        city.travels(parameters.settled(city), cycle=True)
        base = watch.run("study", lambda: life_circle.study(city, parameters), times=3)
        base.rates()
        travel = base.travels[0]
        ground = watch.run("ground", lambda: city.ground(travel), times=1)
        rows = base.supply.rows_of(life_circle.CATEGORY_IDS.index("centre"))[:CENTRES]
        limits_s = [300.0, 600.0, 900.0]

        def reach() -> None:
            for row in rows:
                stop = travel.stops(base.supply, rows[rows == row])
                isochrones.isochrones(travel.network, ground, stop, limits_s, speed_mps=travel.speed_mps)

        reach()
        watch.run("isochrones", reach, times=3)
        for number, at in enumerate(np.linspace(0, len(lon) - 1, 20).astype(int)):
            new = Add(id=number + 1, layer="centre", lon=float(lon[at]), lat=float(lat[at]))
            watch.run("what-if", lambda new=new: what_if.with_edits(base, [new]).rates(), times=1)


def evaluated(case: Case, nodes: np.ndarray, legs: tuple[np.ndarray, ...]) -> np.ndarray:
    """Seconds of every building from those of the nodes, nan beyond the limit."""
    u, v, to_u, to_v = legs
    seconds = np.minimum(to_u + nodes[u], to_v + nodes[v])
    return np.where(seconds <= LIMIT_S, seconds, np.nan)


def scipy(case: Case, watch: Stopwatch) -> np.ndarray:
    """scipy.sparse.csgraph: a virtual source tied to the facilities' edge ends; nodes by category."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n = len(case.x)

    def build() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        end, start, seconds = case.arcs()  # against the direction of travel
        order = np.lexsort((end, start))
        return start[order], end[order], seconds[order]

    start, end, seconds = watch.run("build", build)
    origin_legs, (u, v, from_u, from_v) = case.legs("origin"), case.legs("facility")
    shape = (n + 1, n + 1)

    def field(rows: np.ndarray, limit: float) -> np.ndarray:
        ends, legs = np.r_[u[rows], v[rows]], np.r_[from_u[rows], from_v[rows]]
        order = np.lexsort((legs, ends))
        ends, first = np.unique(ends[order], return_index=True)
        open_ = np.isfinite(legs[order][first])
        indices = np.r_[end, ends[open_]]
        data = np.r_[seconds, legs[order][first][open_]]
        indptr = np.r_[0, np.cumsum(np.bincount(start, minlength=n)), len(data)]
        graph = csr_array((data, indices, indptr), shape=shape)
        return dijkstra(graph, indices=n, limit=limit)[:n]

    def nearest(limit: float) -> np.ndarray:
        return np.stack([evaluated(case, field(rows, limit), origin_legs) for rows in case.groups()])

    found = watch.run("nearest 900 s", lambda: nearest(LIMIT_S), times=3)
    watch.run("nearest", lambda: nearest(np.inf), times=3)

    graph = csr_array((seconds, end, np.r_[0, np.cumsum(np.bincount(start, minlength=n))]), shape=(n, n))

    def counts_and_catchments() -> None:
        for rows in case.groups():
            access = np.zeros(len(origin_legs[0]))
            count = np.zeros(len(access), np.int64)
            for some in np.array_split(rows, max(1, len(rows) // 32)):
                ends, back = np.unique(np.r_[u[some], v[some]], return_inverse=True)
                dist = dijkstra(graph, indices=ends, limit=LIMIT_S)
                for k, row in enumerate(some):
                    nodes = np.minimum(from_u[row] + dist[back[k]], from_v[row] + dist[back[len(some) + k]])
                    within = np.flatnonzero(np.isfinite(evaluated(case, nodes, origin_legs)))
                    count[within] += 1
                    access[within] += 1 / max(case.arrays["people"][within].sum(), 1e-9)

    watch.run("counts and 2SFCA", counts_and_catchments, times=1)
    centres = next(case.groups())
    before = found[0]
    watch.run("add", lambda: np.fmin(before, evaluated(case, field(centres[:1], LIMIT_S), origin_legs)))
    return found


def networkx(case: Case, watch: Stopwatch) -> np.ndarray:
    """networkx: a virtual source, single-source Dijkstra in Python; parallel edges at their least."""
    import networkx as nx

    n = len(case.x)

    def build() -> Any:
        end, start, seconds = case.arcs()
        graph = nx.DiGraph()
        graph.add_nodes_from(range(n))
        graph.add_weighted_edges_from(zip(start.tolist(), end.tolist(), seconds.tolist(), strict=True))
        return graph

    graph = watch.run("build", build, times=1)
    origin_legs, (u, v, from_u, from_v) = case.legs("origin"), case.legs("facility")

    def field(rows: np.ndarray, limit: float | None) -> np.ndarray:
        for ends, legs in ((u[rows], from_u[rows]), (v[rows], from_v[rows])):
            for node, seconds in zip(ends.tolist(), legs.tolist(), strict=True):
                if seconds < graph.get_edge_data(n, node, {"weight": np.inf})["weight"]:
                    graph.add_edge(n, node, weight=seconds)
        reached = nx.multi_source_dijkstra_path_length(graph, {n}, cutoff=limit)
        graph.remove_node(n)
        nodes = np.full(n + 1, np.inf)
        nodes[list(reached)] = list(reached.values())
        return nodes

    def nearest(limit: float | None) -> np.ndarray:
        return np.stack([evaluated(case, field(rows, limit), origin_legs) for rows in case.groups()])

    found = watch.run("nearest 900 s", lambda: nearest(LIMIT_S), times=1)
    watch.run("nearest", lambda: nearest(None), times=1)

    def counts_and_catchments() -> None:
        for row in range(0, len(u), SAMPLE):
            within = np.isfinite(evaluated(case, field(np.array([row]), LIMIT_S), origin_legs))
            1 / max(case.arrays["people"][within].sum(), 1e-9)

    watch.run("counts and 2SFCA", counts_and_catchments, times=1, scale=SAMPLE)
    before = found[0]
    watch.run("add", lambda: np.fmin(before, evaluated(case, field(np.array([0]), LIMIT_S), origin_legs)))
    return found


def pandana(case: Case, watch: Stopwatch) -> np.ndarray:
    """pandana: contraction hierarchies, places at nodes; impedances in metres at the walking speed."""
    import pandana as library
    import pandas as pd

    start, end, seconds = case.arcs()
    x, y = pd.Series(case.x), pd.Series(case.y)
    ends = pd.Series(start), pd.Series(end)
    weights = pd.DataFrame({"metres": seconds * SPEED_MPS})
    made = watch.run("build", lambda: library.Network(x, y, *ends, weights, twoway=False), times=1)
    at = {}
    for kind in ("origin", "facility"):
        u, v, first, second = case.legs(kind)
        at[kind] = (np.where(first <= second, u, v), np.minimum(first, second))
    node, leg = at["origin"]
    speed = SPEED_MPS

    def nearest(limit: float) -> np.ndarray:
        out = []
        for number, rows in enumerate(case.groups()):
            places = at["facility"][0][rows]
            made.set_pois(f"c{number}", limit * speed, 1, x[places], y[places])
            found = made.nearest_pois(limit * speed, f"c{number}", num_pois=1)[1].to_numpy() / speed
            seconds = np.where(found < limit, found, np.inf)[node] + leg
            out.append(np.where(seconds <= LIMIT_S, seconds, np.nan))
        return np.stack(out)

    found = watch.run("nearest 900 s", lambda: nearest(LIMIT_S), times=2)
    watch.run("nearest", lambda: nearest(7200.0), times=1)
    watch.run("precompute", lambda: made.precompute(LIMIT_S * speed), times=1)

    def counts() -> None:
        for rows in case.groups():
            made.set(pd.Series(at["facility"][0][rows]), name="here")
            made.aggregate(LIMIT_S * speed, type="count", decay="flat", name="here").to_numpy()[node]

    watch.run("counts", counts, times=1)

    def add() -> None:
        place = at["facility"][0][:1]
        made.set_pois("added", LIMIT_S * speed, 1, x[place], y[place])
        made.nearest_pois(LIMIT_S * speed, "added", num_pois=1)[1].to_numpy()[node]

    watch.run("add", add, times=3)
    return found


ENGINES = {"twin": twin, "scipy": scipy, "networkx": networkx, "pandana": pandana}


# --- the cities ------------------------------------------------------------------------------------


def generated(n: int = 120_000, buildings: int = 160_000, seed: int = 1) -> dict[str, np.ndarray]:
    """Twelve towns in a district of 20 x 23 km: a thinned Delaunay graph with detours."""
    from scipy.spatial import Delaunay

    random = np.random.default_rng(seed)
    towns = random.uniform([3e3, 3e3], [17e3, 20e3], (12, 2))
    near = towns[random.integers(0, 12, 3 * n // 4)] + random.normal(0, 1500, (3 * n // 4, 2))
    points = np.vstack([near, random.random((n - len(near), 2)) * [20e3, 23e3]])
    triangles = Delaunay(points).simplices
    edges = np.unique(np.sort(np.vstack([triangles[:, a] for a in ([0, 1], [1, 2], [0, 2])]), axis=1), axis=0)
    length_m = np.hypot(*(points[edges[:, 0]] - points[edges[:, 1]]).T) * 1.15
    kept = (random.random(len(edges)) < 0.5) & (length_m < 600)
    edges, length_m = edges[kept], length_m[kept]
    sizes = [50, 64, 80, 120, 200, 300, 400, 500, 700, 900, 1200, 2000]
    case: dict[str, np.ndarray] = {
        "x": points[:, 0],
        "y": points[:, 1],
        "u": edges[:, 0],
        "v": edges[:, 1],
        "forward": length_m / SPEED_MPS,
        "backward": length_m / SPEED_MPS,
        "people": random.gamma(1.2, 10, buildings),
        "facility_category": np.repeat(np.arange(CATEGORIES), sizes),
    }
    for kind, count in (("origin", buildings), ("facility", sum(sizes))):
        case[f"{kind}_edge"] = np.sort(random.integers(0, len(edges), count))
        case[f"{kind}_t"] = random.random(count)
        case[f"{kind}_access_m"] = random.random(count) * 30
    return case


def building_points(store: Any) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of every building."""
    found = store.cursor().execute(
        f"SELECT lon, lat FROM {store.generation('building').relation} ORDER BY row_no"
    )
    columns = found.fetchnumpy()
    return np.asarray(columns["lon"]), np.asarray(columns["lat"])


def of_home(home: Path) -> dict[str, np.ndarray]:
    """The adults' streets of a home, every building, and the categories with most facilities."""
    from twin.analysis import snapping, streets, supply, travellers
    from twin.store import Store

    adult = travellers.get("adult")
    with Store.open(home) as store:
        read = streets.read(store)
        lon, lat = building_points(store)
        services = supply.read(store)
        people = store.cursor().execute(
            f"SELECT coalesce(people, 0)::DOUBLE AS people FROM {store.generation('building').relation} ORDER BY row_no"
        )
        weights = np.asarray(people.fetchnumpy()["people"])
    forward, backward = read.seconds(adult)
    found = {"origin": snapping.snap(read, read.to_metres(lon, lat), adult).places}
    found["facility"] = snapping.snap(read, read.to_metres(services.lon, services.lat), adult).places
    on = {kind: frame.edge.to_numpy() >= 0 for kind, frame in found.items()}
    largest = np.argsort(-np.bincount(services.category), kind="stable")[:CATEGORIES]
    on["facility"] &= np.isin(services.category, largest)
    case: dict[str, np.ndarray] = {
        "x": read.x,
        "y": read.y,
        "u": read.u,
        "v": read.v,
        "forward": forward,
        "backward": backward,
        "people": weights[on["origin"]],
        "facility_category": np.argsort(largest)[
            np.searchsorted(np.sort(largest), services.category[on["facility"]])
        ],
    }
    for kind, frame in found.items():
        for name in ("edge", "t", "access_m"):
            case[f"{kind}_{name}"] = frame[name].to_numpy()[on[kind]]
    return case


# --- the table -------------------------------------------------------------------------------------


def peak_mib() -> float:
    """Largest resident memory of this process so far, MiB; nan where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2


def engine(name: str, folder: Path, repeat: int, home: Path | None) -> None:
    """Run one engine in this process; its times and answers go into ``folder``."""
    watch = Stopwatch(repeat)
    if name == "home":
        assert home is not None
        twin_home(home, watch)
    else:
        np.save(folder / f"{name}.npy", ENGINES[name](Case(folder / "case.npz"), watch))
    (folder / f"{name}.json").write_text(json.dumps({"seconds": watch.seconds, "peak_mib": peak_mib()}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, help="a home with the demonstration city (copied, not changed)")
    parser.add_argument("--pandana-python", type=Path, help="Python of an environment with pandana")
    parser.add_argument(
        "--engines", nargs="*", choices=("scipy", "networkx", "pandana"), default=["scipy", "networkx"]
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        engine(options.engine, options.folder, options.repeat, options.home)
        return
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), None
        if options.home is not None:
            home = folder / "home"
            shutil.copytree(options.home, home)
        np.savez(folder / "case.npz", **(generated() if home is None else of_home(home)))
        names = ["twin", *(["home"] if home else []), *(e for e in options.engines if e != "pandana")]
        if options.pandana_python is not None:
            names.append("pandana")
        else:
            print("pandana is left out: name its Python with --pandana-python (see --help)")
        results = {}
        for one in names:
            python = str(options.pandana_python) if one == "pandana" else sys.executable
            arguments = ["--engine", one, "--folder", name, "--repeat", str(options.repeat)]
            if home is not None and one == "home":
                arguments += ["--home", str(home)]
            root = Path(__file__).resolve().parents[2]
            done = subprocess.run(
                [python, str(Path(__file__).resolve()), *arguments],
                cwd=root,
                env=_environment(root),
                check=False,
            )
            if done.returncode:
                print(f"{one} failed and is left out")
                continue
            results[one] = json.loads((folder / f"{one}.json").read_text())
        table(Case(folder / "case.npz"), results, folder)


def _environment(root: Path) -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(root)}


def table(case: Case, results: dict[str, Any], folder: Path) -> None:
    """Print the medians, in ms, and how many times the twin's each peer takes."""
    if "home" in results:
        results["twin"]["seconds"] |= results["home"]["seconds"]
        results["twin"]["peak_mib"] = max(results[name]["peak_mib"] for name in ("twin", "home"))
    print(
        f"{len(case.x):,} nodes, {len(case.u):,} edges, {len(case.arrays['origin_edge']):,} buildings, "
        f"{len(case.category):,} facilities in {CATEGORIES} categories; milliseconds, medians"
    )
    names = [name for name in ENGINES if name in results]
    print(
        f"{'':<52}" + "".join(f"{name:>12}" + (f"{'ratio':>8}" if name != "twin" else "") for name in names)
    )
    for task, title in {**ROWS, "precompute": "precompute, before pandana's counts"}.items():
        ours = results["twin"]["seconds"].get(task)
        if not any(task in results[name]["seconds"] for name in names):
            continue
        cells = []
        for name in names:
            spent = results[name]["seconds"].get(task)
            cells.append(f"{1000 * statistics.median(spent):>12,.1f}" if spent else f"{'-':>12}")
            if name != "twin":
                ratio = statistics.median(spent) / statistics.median(ours) if spent and ours else None
                cells.append(f"{ratio:>8.1f}" if ratio else f"{'-':>8}")
        print(f"{title:<52}" + "".join(cells))
    peaks = "".join(
        f"{results[name]['peak_mib']:>12,.0f}" + (f"{'':>8}" if name != "twin" else "") for name in names
    )
    print(f"{'peak memory, MiB':<52}" + peaks)
    ours = np.load(folder / "twin.npy")
    for name in names[1:]:
        theirs = np.load(folder / f"{name}.npy")
        off = np.isnan(ours) != np.isnan(theirs)
        with np.errstate(invalid="ignore"):
            off |= np.abs(ours - theirs) > 1.0
        print(f"{name}: {off.sum():,} of {off.size:,} answers beyond 1 s of the twin's ({off.mean():.2%})")


if __name__ == "__main__":
    main()
