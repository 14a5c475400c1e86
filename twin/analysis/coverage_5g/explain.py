"""One place explained: who serves it, the link budget line by line, and what stands in the way.

The budget is worked out anew in float64 from :mod:`propagation` and :mod:`antenna`, with the
line of sight of the run: its sum is the cell's value to within the engine's float32. ::

    place = explain(run, 121.25, 31.38)
    place.servers[0].lines           # power, gain, losses; they add up to servers[0].rsrp_dbm
    place.profile                    # along the ray from that server's antenna
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import Text
from twin.analysis.coverage_5g import _kernels, antenna, los, propagation, radio
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.masts import pattern_of
from twin.analysis.coverage_5g.propagation import SCENARIOS, SPEED_OF_LIGHT
from twin.analysis.coverage_5g.result import INDOOR_DB_PER_M, buildings_around, wall_kinds
from twin.errors import InputError, UnknownName

Floats = npt.NDArray[np.float64]
TOP = 5
_NAMES = {code: name for name, code in SCENARIOS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a link budget: dB or dBm that is added."""

    id: str
    title: Text
    value: float
    unit: str
    note: Text


@dataclass(frozen=True, slots=True)
class Server:
    """A sector as it is heard at the place; ``sector`` is its row in the sites, ``number`` counts within the site."""

    sector: int
    fid: int
    number: int
    name: str
    lon: float
    lat: float
    rsrp_dbm: float
    distance_m: float
    bearing_deg: float
    elevation_deg: float
    scenario: str
    line_of_sight: bool
    valid: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Blocking:
    """The edge that hides the place most: where it is, how far the ray passes below it, the building it is of."""

    lon: float
    lat: float
    distance_m: float
    above_ray_m: float
    nu: float
    loss_db: float
    building: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Along the ray from the antenna (distance 0) to the receiver, parallel arrays, metres.

    ``ground`` and ``roof`` are heights above datum, ``ray`` the straight line, ``fresnel`` the radius of
    the first Fresnel zone around it.
    """

    distance_m: Floats
    ground_m: Floats
    roof_m: Floats
    ray_m: Floats
    fresnel_m: Floats
    blocking: Blocking | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of the cell at a place; levels are None where no sector reaches it.

    ``servers`` are the strongest, first the best, ``building`` the fid of the building, None outdoors.
    """

    lon: float
    lat: float
    row: int
    column: int
    building: int | None
    rsrp_dbm: float | None
    sinr_db: float | None
    data_sinr_db: float | None
    throughput_mbps: float | None
    overlap: int
    noise_dbm: float
    interference_dbm: float | None
    servers: tuple[Server, ...]
    profile: Profile | None


def explain(run: Run, lon: float, lat: float, *, top: int = TOP, sector: int | None = None) -> Explanation:
    """Explain the cell at a place in degrees.

    Parameters
    ----------
    top
        How many servers to list.
    sector
        The sector (row in the sites) whose profile is wanted; the best server's where not given.

    Raises
    ------
    InputError
        The place is off the grid.
    UnknownName
        ``sector`` does not reach the place.
    """
    grid = run.surface.grid
    row, column = (int(value) for value in grid.cells(*grid.to_metres(lon, lat)))
    if not bool(grid.holds(row, column)):
        raise InputError(
            f"({lon:.5f}, {lat:.5f}) 不在计算范围内，请在范围内选点。",
            f"({lon:.5f}, {lat:.5f}) is outside the computed area; choose a place inside.",
        )
    cell = run.rasters((row, row + 1, column, column + 1))
    known = bool(cell.known[0, 0])
    heard = _heard(run, row, column) if known else []
    heard.sort(key=lambda one: (-one.rsrp_dbm, one.sector))
    chosen = heard[0] if heard else None
    if sector is not None:
        chosen = next((one for one in heard if one.sector == sector), None)
        if chosen is None:
            raise UnknownName(
                f"第 {sector} 号扇区的信号到不了此处。", f"the sector {sector} does not reach this place."
            )
    at = int(cell.building[0, 0])
    noise = radio.noise_dbm(run.carrier, run.parameters.noise_figure_db)
    others = float(run.channel(_kernels.OTHERS, cell.window)[0, 0])
    indoor = float(cell.indoor_loss_db[0, 0])
    mid_lon, mid_lat = (float(value) for value in grid.to_degrees(*grid.middles(row, column)))

    def value(raster: npt.NDArray[Any]) -> float | None:
        return float(raster[0, 0]) if known else None

    return Explanation(
        mid_lon,
        mid_lat,
        row,
        column,
        int(run.surface.buildings.fid[at]) if at >= 0 else None,
        value(cell.rsrp_dbm),
        value(cell.sinr_db),
        value(cell.data_sinr_db),
        value(cell.throughput_mbps),
        int(cell.overlap[0, 0]),
        noise,
        10 * float(np.log10(others)) - indoor if known and others > 0 else None,
        tuple(heard[:top]),
        _profile(run, chosen, row, column) if chosen is not None else None,
    )


def _heard(run: Run, row: int, column: int) -> list[Server]:
    """Every sector that reaches a cell, with its budget."""
    table, reach = run.masts.arrays, run.sight.reach
    off = np.array([row, column]) - table.cell
    near = np.flatnonzero(((off**2).sum(axis=1) <= reach * reach) & table.on)
    sectors = []
    for mast in near.tolist():
        seen, edge_db = _sight(run, mast, int(off[mast, 0]), int(off[mast, 1]))
        sectors += [
            _server(run, mast, sector, row, column, seen=seen, edge_db=edge_db)
            for sector in range(int(table.first[mast]), int(table.first[mast + 1]))
        ]
    return sectors


def _sight(run: Run, mast: int, down: int, right: int) -> tuple[bool, float | None]:
    """Whether a mast sees the cell so far from it, and the loss over edges (hybrid model)."""
    reach = run.sight.reach
    bits, edge = run.sight.of(np.array([mast]))
    byte, bit = divmod(right + reach, 8)
    seen = bool(bits[0, down + reach, byte] >> bit & 1)
    if not len(edge):
        return seen, None
    return seen, float(edge[0, down + reach, right + reach]) * _kernels.EDGE_STEP_DB


def _server(
    run: Run, mast: int, sector: int, row: int, column: int, *, seen: bool, edge_db: float | None
) -> Server:
    parameters, carrier, sites = run.parameters, run.carrier, run.sites
    number = int(run.masts.number[sector])
    site = int(run.masts.site[mast])
    cell_m = run.surface.grid.cell_m
    east_m, south_m, z = run.masts.arrays.place[mast].tolist()
    east, north = (column + 0.5) * cell_m - east_m, south_m - (row + 0.5) * cell_m
    d2d = float(np.hypot(east, north))
    up = float(run.surface.ground[row, column]) + parameters.receiver_m - z
    bearing = float(np.degrees(np.arctan2(east, north)) % 360)
    elevation = float(np.degrees(np.arctan2(up, d2d)))
    height, scenario = float(run.masts.height_m[mast]), _NAMES[int(run.masts.scenario[mast])]
    path = (d2d, carrier.frequency_ghz, height, parameters.receiver_m)
    in_sight = float(propagation.path_loss_db(scenario, True, *path))
    hidden = float(propagation.path_loss_db(scenario, False, *path))
    loss = in_sight if seen else hidden
    if edge_db is not None:
        loss = min(in_sight + edge_db, hidden)
    pattern = pattern_of(sites.pattern[number], carrier, run.patterns)
    hung = antenna.directed(
        pattern,
        sites.azimuth_deg[number],
        sites.mechanical_tilt_deg[number],
        sites.electrical_tilt_deg[number],
    )
    gain = float(hung.gain_dbi(bearing, elevation))
    peak = float(pattern.peak_gain_dbi)
    eirp = float(run.masts.arrays.antenna[sector, _kernels.ANTENNA.index("eirp_dbm")])
    re_power = eirp - peak + parameters.feeder_db
    power = float(sites.power_dbm[number])
    lines = [
        Line("power", Text("扇区发射功率", "Power of the sector"), power, "dBm", Text("", "")),
        Line(
            "spread", Text("分摊到每个资源单元", "Spread over the resource elements"), re_power - power, "dB",
            Text(f"载波 {carrier.id}", f"carrier {carrier.id}"),
        ),
        Line("feeder", Text("馈线损耗", "Feeder"), -parameters.feeder_db, "dB", Text("", "")),
        Line(
            "gain", Text("天线最大增益", "Greatest antenna gain"), peak, "dBi",
            Text(str(sites.pattern[number] or "缺省"), str(sites.pattern[number] or "default")),
        ),
        Line(
            "pattern", Text("方向损耗", "Off the beam"), gain - peak, "dB",
            Text(f"方位 {bearing:.1f}°，俯仰 {elevation:.1f}°", f"bearing {bearing:.1f}°, elevation {elevation:.1f}°"),
        ),
        Line(
            "path", Text("路径损耗", "Path loss"), -loss, "dB",
            Text(f"{scenario} {'视距' if seen else '非视距'}，{d2d:.0f} m",
                 f"{scenario} {'in sight' if seen else 'out of sight'}, {d2d:.0f} m"),
        ),
    ]  # fmt: skip
    lines += _indoors(run, row, column)
    return Server(
        number,
        int(sites.fid[site]),
        int(sites.sector_number()[number]),
        str(sites.name[site]),
        float(sites.lon[site]),
        float(sites.lat[site]),
        sum(line.value for line in lines),
        d2d,
        bearing,
        elevation,
        scenario,
        seen,
        bool(propagation.valid(scenario, seen, *path)),
        tuple(lines),
    )


def _indoors(run: Run, row: int, column: int) -> list[Line]:
    """The lines of the wall and the way indoors; none outdoors."""
    building = int(buildings_around(run, (row, row + 1, column, column + 1))[0, 0])
    if building < 0:
        return []
    parameters = run.parameters
    kind = str(wall_kinds(run.surface.buildings, parameters.wall)[building])
    wall = float(propagation.wall_loss_db(kind, run.carrier.frequency_ghz, parameters.release))
    name = Text("高损耗" if kind == "high" else "低损耗", f"{kind} loss")
    return [
        Line("wall", Text("外墙损耗", "Outer wall"), -wall, "dB", name),
        Line(
            "indoors", Text("室内损耗", "Way indoors"), -INDOOR_DB_PER_M * parameters.indoor_distance_m, "dB",
            Text(f"{parameters.indoor_distance_m:.1f} m", f"{parameters.indoor_distance_m:.1f} m"),
        ),
    ]  # fmt: skip


def _profile(run: Run, server: Server, row: int, column: int) -> Profile:
    """Ground and roofs along the ray that decided the cell."""
    surface, grid = run.surface, run.surface.grid
    mast = int(run.masts.of_sector[np.flatnonzero(run.masts.number == server.sector)[0]])
    start = run.masts.arrays.cell[mast].astype(np.int64)
    own = int(run.masts.own[mast])
    z = float(run.masts.arrays.place[mast, 2])
    steps = _ray(los.rays(run.sight.reach), row - int(start[0]), column - int(start[1]))
    cells = np.vstack([[0, 0], steps]) + start
    along = np.linalg.norm(cells - start, axis=1) * grid.cell_m
    ground = surface.ground[cells[:, 0], cells[:, 1]].astype(float)
    roof = surface.top[cells[:, 0], cells[:, 1]].astype(float)
    building = surface.building[cells[:, 0], cells[:, 1]]
    end = ground[-1] + run.parameters.receiver_m
    length = max(along[-1], 1e-6)
    ray = z + (end - z) * along / length
    wave = SPEED_OF_LIGHT / (run.carrier.frequency_ghz * 1e9)
    fresnel = np.sqrt(wave * along * (length - along) / length)
    # What may hide the end: neither its own building's cells nor those the antenna stands on.
    last = len(cells) - 1
    if building[-1] >= 0:
        while last > 0 and building[last - 1] == building[-1]:
            last -= 1
    between = np.arange(1, last)
    between = between[(building[between] < 0) | (building[between] != own)]
    blocking = None
    if len(between) and not server.line_of_sight:
        # The rims of cells hide, as in the engine.
        rim = along[between] * (between + np.where(roof[between] > z, -0.5, 0.5)) / between
        worst = int(np.argmax((roof[between] - z) / rim))
        edge, at = int(between[worst]), float(rim[worst])
        above = float(roof[edge]) - (z + (end - z) * at / length)
        nu = float(propagation.fresnel_nu(above, at, length - at, run.carrier.frequency_ghz))
        lon, lat = (float(v) for v in grid.to_degrees(*grid.middles(*cells[edge])))
        fid = int(surface.buildings.fid[building[edge]]) if building[edge] >= 0 else None
        blocking = Blocking(lon, lat, at, above, nu, float(propagation.knife_edge_db(nu)), fid)
    return Profile(along, ground, roof, ray, fresnel, blocking)


def _ray(table: los.Rays, down: int, right: int) -> npt.NDArray[np.int64]:
    """The steps of the ray that owns a cell, up to that cell, (k, 2); none for the middle."""
    k = max(abs(down), abs(right))
    if not k:
        return np.zeros((0, 2), np.int64)
    at = table.steps[:, k - 1]
    ray = np.flatnonzero((at[:, 0] == down) & (at[:, 1] == right) & (table.owner[:, k - 1] > 0))[0]
    return table.steps[ray, :k].astype(np.int64)
