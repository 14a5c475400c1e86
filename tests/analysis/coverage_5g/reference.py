"""Coverage worked out in plain numpy, float64, straight from the standards: what the engine is held to.

TR 38.901 V18 Table 7.4.1-1 (path loss), 7.3-1 (pattern), and the engine's rule of
line of sight: a cell is decided along the line through its own column or row that
ends on the rim of the square and passes nearest to its middle; the greatest slope
of the roof rims before it, frozen on entry to its own building, must not exceed its
own. Nothing here is shared with the engine's loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
C = 3.0e8


def path_loss(scenario: str, seen: Any, d2d: Any, f: float, h_bs: float, h_ut: float) -> Floats:
    """Table 7.4.1-1 in dB; h = 5 m and W = 20 m in RMa."""
    d2d = np.maximum(d2d, 1.0)
    d3d = np.hypot(d2d, h_bs - h_ut)
    log = np.log10
    if scenario == "RMa":
        h, w = 5.0, 20.0

        def first(d: Any) -> Any:
            return (
                20 * log(40 * np.pi * d * f / 3) + min(0.03 * h**1.72, 10) * log(d)
                - min(0.044 * h**1.72, 14.77) + 0.002 * log(h) * d
            )  # fmt: skip

        bend = 2 * np.pi * h_bs * h_ut * f * 1e9 / C
        los = np.where(d2d <= bend, first(d3d), first(bend) + 40 * log(d3d / bend))
        nlos = (
            161.04 - 7.1 * log(w) + 7.5 * log(h) - (24.37 - 3.7 * (h / h_bs) ** 2) * log(h_bs)
            + (43.42 - 3.1 * log(h_bs)) * (log(d3d) - 3) + 20 * log(f) - (3.2 * log(11.75 * h_ut) ** 2 - 4.97)
        )  # fmt: skip
    else:
        bend = 4 * max(h_bs - 1, 0.1) * max(h_ut - 1, 0.1) * f * 1e9 / C
        a, slope, far, nlos = {
            "UMa": (28.0, 22, 9.0, 13.54 + 39.08 * log(d3d) + 20 * log(f) - 0.6 * (h_ut - 1.5)),
            "UMi": (32.4, 21, 9.5, 35.3 * log(d3d) + 22.4 + 21.3 * log(f) - 0.3 * (h_ut - 1.5)),
        }[scenario]
        near = a + slope * log(d3d) + 20 * log(f)
        beyond = a + 40 * log(d3d) + 20 * log(f) - far * log(bend**2 + (h_bs - h_ut) ** 2)
        los = np.where(d2d <= bend, near, beyond)
    return np.asarray(np.where(seen, los, np.maximum(los, nlos)))


@dataclass(frozen=True)
class Sector:
    """A sector in the frame of the raster: metres east and south of its corner, height above datum."""

    east_m: float
    south_m: float
    z_m: float
    height_m: float
    scenario: str
    own: int
    azimuth: float
    mechanical: float
    electrical: float
    re_dbm: float
    peak_dbi: float
    hpbw_h: float
    hpbw_v: float
    front_back: float
    sla: float


def gain(sector: Sector, east: Floats, north: Floats, up: Floats) -> Floats:
    """Gain in dBi towards offsets in metres; spherical coordinates turned by explicit rotation matrices."""
    a, t = np.radians(sector.azimuth), np.radians(sector.mechanical)
    # World (east, north, up) -> (ahead, right, up) -> tilted down about "right".
    turn = np.array([[np.sin(a), np.cos(a), 0], [np.cos(a), -np.sin(a), 0], [0, 0, 1]])
    tilt = np.array([[np.cos(t), 0, -np.sin(t)], [0, 1, 0], [np.sin(t), 0, np.cos(t)]])
    ahead, right, top = np.einsum("ij,jk->ik", tilt @ turn, np.stack([east, north, up]))
    length = np.sqrt(ahead**2 + right**2 + top**2)
    phi = np.degrees(np.arctan2(right, ahead))
    theta = np.degrees(np.arccos(np.clip(top / length, -1, 1))) - sector.electrical
    horizontal = np.minimum(12 * (phi / sector.hpbw_h) ** 2, sector.front_back)
    vertical = np.minimum(12 * ((theta - 90) / sector.hpbw_v) ** 2, sector.sla)
    return np.asarray(sector.peak_dbi - np.minimum(horizontal + vertical, max(sector.front_back, sector.sla)))


def in_sight(
    top: Floats,
    ground: Floats,
    building: Any,
    row: int,
    column: int,
    z: float,
    own: int,
    reach: int,
    h_ut: float,
) -> npt.NDArray[np.bool_]:
    """Which cells of the raster an antenna sees; False beyond the radius. Loops over steps, not cells."""
    rows, columns = top.shape
    y, x = np.mgrid[0:rows, 0:columns]
    down, right = y - row, x - column
    disc = down**2 + right**2 <= reach**2
    major = np.maximum(np.abs(down), np.abs(right))
    target = np.flatnonzero(disc & (major > 0))
    k = major.ravel()[target]
    flip = np.abs(right.ravel()[target]) > np.abs(down.ravel()[target])  # the row is the minor axis
    main = np.where(flip, right.ravel()[target], down.ravel()[target])
    minor = np.where(flip, down.ravel()[target], right.ravel()[target])
    # Where on the rim the nearest line ends: minor * reach / k, of two equally near ends the lower one.
    low = (minor * reach) // k
    off_low, off_high = np.abs(low * k - minor * reach), np.abs((low + 1) * k - minor * reach)
    rim = np.where(off_low <= off_high, low, low + 1)
    sign = np.sign(main)
    slope = np.full(len(target), -np.inf)
    frozen = np.full(len(target), -np.inf)
    within = np.full(len(target), -2)
    seen = np.zeros(len(target), bool)
    inside = np.ones(len(target), bool)
    for step in range(1, reach + 1):
        active = (step <= k) & inside
        if not active.any():
            break
        across = (2 * rim * step + reach) // (2 * reach)
        yy = row + np.where(flip, across, sign * step)
        xx = column + np.where(flip, sign * step, across)
        inside &= (yy >= 0) & (yy < rows) & (xx >= 0) & (xx < columns)
        active &= inside
        yy, xx = np.clip(yy, 0, rows - 1), np.clip(xx, 0, columns - 1)
        distance = np.hypot(step, rim * step / reach)
        here = building[yy, xx]
        enters = active & (here != within)
        frozen[enters] = slope[enters]
        within[enters] = here[enters]
        arrives = active & (step == k)
        limit = np.where(here >= 0, frozen, slope)
        need = (ground[yy, xx] + h_ut - z) / distance
        seen[arrives] = ((need >= limit) & ((here < 0) | (here != own)))[arrives]
        passes = active & ((here < 0) | (here != own))
        over = top[yy, xx] - z
        rise = over / (distance * (step + np.where(over > 0, -0.5, 0.5)) / step)
        slope[passes] = np.maximum(slope, rise)[passes]
    result = np.zeros(top.size, bool)
    result[target] = seen
    result = result.reshape(top.shape)
    result[row, column] = True
    return result


@dataclass(frozen=True)
class Reference:
    """Levels of every sector (sectors, rows, columns), -inf beyond its radius, and who is in sight."""

    level: Floats
    seen: npt.NDArray[np.bool_]

    @property
    def best(self) -> Floats:
        """The strongest level of each cell."""
        return np.asarray(self.level.max(axis=0))

    @property
    def server(self) -> npt.NDArray[np.intp]:
        """The strongest sector of each cell, -1 where none."""
        return np.where(np.isfinite(self.best), self.level.argmax(axis=0), -1)

    def sinr(self, noise_dbm: float, load: float) -> Floats:
        """SINR with every other sector at ``load``."""
        power = 10 ** (self.level / 10)
        others = power.sum(axis=0) - power.max(axis=0)
        return np.asarray(self.best - 10 * np.log10(load * others + 10 ** (noise_dbm / 10)))

    def within(self, db: float) -> npt.NDArray[np.intp]:
        """How many sectors are within ``db`` of the strongest."""
        return np.asarray((self.level >= self.best - db).sum(axis=0))


def coverage(
    sectors: list[Sector],
    top: Floats,
    ground: Floats,
    building: Any,
    cell_m: float,
    reach: int,
    f: float,
    h_ut: float,
) -> Reference:
    """Levels of all sectors in all cells of aligned rasters."""
    rows, columns = top.shape
    x, y = (np.arange(columns) + 0.5) * cell_m, (np.arange(rows) + 0.5) * cell_m
    level = np.full((len(sectors), rows, columns), -np.inf)
    seen = np.zeros(level.shape, bool)
    for number, one in enumerate(sectors):
        row, column = int(one.south_m // cell_m), int(one.east_m // cell_m)
        seen[number] = in_sight(top, ground, building, row, column, one.z_m, one.own, reach, h_ut)
        east, north = np.meshgrid(x - one.east_m, one.south_m - y)
        cells = np.hypot(np.arange(rows)[:, None] - row, np.arange(columns)[None] - column) <= reach
        up = ground + h_ut - one.z_m
        loss = path_loss(one.scenario, seen[number], np.hypot(east, north), f, one.height_m, h_ut)
        antenna = gain(one, east.ravel(), north.ravel(), up.ravel()).reshape(top.shape)
        level[number][cells] = (one.re_dbm + antenna - loss)[cells]
    return Reference(level, seen)
