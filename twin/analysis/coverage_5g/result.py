"""The rasters of a run, and their files.

A :class:`Coverage` works its rasters out of the run's cells when they are first
asked for. All are (rows, columns) over its window, float32 unless said, NaN where
nothing is known. Cells in buildings and cells outdoors are told apart by
:attr:`Coverage.outdoor`; a share must never mix the two.

Indoors every signal is weaker by the same loss: the outer wall (by use and year of
the building, :func:`wall_kinds`) and 0.5 dB for each metre of the way indoors
(TR 38.901 7.4.3). So the server of a cell is the one outside its wall.

Files are Cloud-Optimised GeoTIFFs of int16 with scale, offset 0, nodata and
overviews, with a style beside them that QGIS takes up by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from layers import Text
from twin.analysis.coverage_5g import _kernels, propagation, radio
from twin.analysis.coverage_5g.engine import Run, Window
from twin.analysis.coverage_5g.propagation import SCENARIOS
from twin.analysis.surface import Buildings, Grid
from twin.errors import HomeUnusable, UnknownName

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

OVERLAP_DB = 6.0
"""Servers this close to the strongest overlap with it."""
MOST_OVERLAP = 4
"""Overlapping servers are counted to four; four means four or more."""
INDOOR_DB_PER_M = 0.5
COATED_USES = ("office", "hotel", "retail", "health", "education", "public")
COATED_SINCE = 2005
"""Public buildings since then count as high-loss (coated glass, the energy standard GB 50189-2005);
offices and hotels of unknown year too. An assumption: no data tell the glass."""
HOMES_COATED_SINCE = 2015
"""Homes since then count as high-loss."""
NODATA = -32768
_ROWS = 128


class Metric(NamedTuple):
    """A raster that can be shown and kept: name of the property, title, unit, step of its file, colours."""

    id: str
    title: Text
    unit: str
    scale: float
    stops: tuple[tuple[float, str], ...]


METRICS: dict[str, Metric] = {
    item.id: item
    for item in (
        Metric(
            "rsrp_dbm", Text("SS-RSRP", "SS-RSRP"), "dBm", 0.01,
            ((-125, "#5B1A18"), (-115, "#A63D2F"), (-105, "#E07A5F"), (-95, "#F2CC8F"), (-85, "#A7C957"),
             (-75, "#3DA35D"), (-60, "#1B6CA8")),
        ),
        Metric(
            "second_dbm", Text("次强小区 SS-RSRP", "SS-RSRP of the second server"), "dBm", 0.01,
            ((-125, "#5B1A18"), (-115, "#A63D2F"), (-105, "#E07A5F"), (-95, "#F2CC8F"), (-85, "#A7C957"),
             (-75, "#3DA35D"), (-60, "#1B6CA8")),
        ),
        Metric(
            "sinr_db", Text("SS-SINR", "SS-SINR"), "dB", 0.01,
            ((-10, "#5B1A18"), (-3, "#E07A5F"), (0, "#F2CC8F"), (5, "#D9E48F"), (10, "#A7C957"),
             (20, "#3DA35D"), (30, "#1B6CA8")),
        ),
        Metric(
            "data_sinr_db", Text("业务信道 SINR", "SINR of data"), "dB", 0.01,
            ((-10, "#5B1A18"), (-3, "#E07A5F"), (0, "#F2CC8F"), (5, "#D9E48F"), (10, "#A7C957"),
             (20, "#3DA35D"), (30, "#1B6CA8")),
        ),
        Metric(
            "throughput_mbps", Text("下行速率", "Downlink rate"), "Mbps", 0.1,
            ((0, "#5B1A18"), (50, "#E07A5F"), (100, "#F2CC8F"), (220, "#A7C957"), (500, "#3DA35D"),
             (1000, "#1B6CA8")),
        ),
        Metric(
            "overlap", Text("重叠小区数", "Overlapping servers"), "", 1.0,
            ((1, "#3DA35D"), (2, "#A7C957"), (3, "#F2CC8F"), (4, "#E07A5F")),
        ),
        Metric(
            "line_of_sight", Text("主服务小区视距", "Server in sight"), "", 1.0,
            ((0, "#8593A3"), (1, "#F2CC8F")),
        ),
        Metric(
            "valid", Text("在模型适用范围内", "Within the model's ranges"), "", 1.0,
            ((0, "#E07A5F"), (1, "#3DA35D")),
        ),
    )
}  # fmt: skip
"""The rasters with a file of their own, by name of the property."""


def wall_kinds(buildings: Buildings, wall: str) -> npt.NDArray[Any]:
    """``"low"`` or ``"high"`` wall loss of each building; ``wall`` is ``"auto"`` or one kind for all."""
    if wall != "auto":
        return np.full(len(buildings), wall, dtype="U4")
    use, year = buildings.use, buildings.year
    coated = np.isin(use, COATED_USES) & (year >= COATED_SINCE)
    coated |= np.isin(use, ("office", "hotel")) & (year == 0)
    coated |= (use == "residential") & (year >= HOMES_COATED_SINCE)
    return np.where(coated, "high", "low")


def buildings_around(run: Run, window: Window) -> npt.NDArray[np.int32]:
    """Row of the building that receivers in each cell are in, -1 outdoors and over a roof.

    Only the height of users lifts them over a roof, as in a layer for drones; floors stay within.
    """
    top, bottom, left, right = window
    here = np.s_[top:bottom, left:right]
    surface, parameters = run.surface, run.parameters
    building = surface.building[here]
    if parameters.floor:
        return building
    above = surface.ground[here] + np.float32(parameters.receiver_m) > surface.top[here]
    return np.where(above, np.int32(-1), building)


def wall_db(run: Run) -> F32:
    """Loss of each building's wall and way indoors, dB, (buildings,)."""
    kinds = wall_kinds(run.surface.buildings, run.parameters.wall)
    loss = np.zeros(len(kinds), np.float32)
    indoors = INDOOR_DB_PER_M * run.parameters.indoor_distance_m
    for kind in ("low", "high"):
        wall = propagation.wall_loss_db(kind, run.carrier.frequency_ghz, run.parameters.release)
        loss[kinds == kind] = float(wall) + indoors
    return loss


@dataclass(frozen=True, eq=False, repr=False)
class Coverage:
    """The rasters of a run over a window of its grid (row_from, row_to, column_from, column_to)."""

    run: Run
    window: Window

    @property
    def grid(self) -> Grid:
        """The grid of these rasters."""
        return self.run.surface.grid.window(self.window)

    @cached_property
    def building(self) -> npt.NDArray[np.int32]:
        """Row of the building that receivers are in, in ``run.surface.buildings``, -1 outdoors; int32."""
        return buildings_around(self.run, self.window)

    @cached_property
    def outdoor(self) -> Bools:
        """Cells whose receivers are outside buildings, or over their roofs."""
        return self.building < 0

    @cached_property
    def known(self) -> Bools:
        """Cells with a result: some sector reaches them and, upstairs, their building has that floor."""
        known = np.asarray(self.run.channel(_kernels.SERVER, self.window) >= 0)
        if not self.run.parameters.floor:
            return known
        floors = np.append(self.run.surface.buildings.floors, 0)
        return np.asarray(known & ~self.outdoor & (floors[self.building] > self.run.parameters.floor))

    @cached_property
    def _wall_db(self) -> F32:
        """Loss of each building's wall and way indoors, and 0 at the end for outdoors."""
        return np.append(wall_db(self.run), np.float32(0))

    @cached_property
    def indoor_loss_db(self) -> F32:
        """What the wall and the way indoors take from every signal; 0 outdoors."""
        if not (self.building >= 0).any():
            return np.zeros(self.building.shape, np.float32)
        return np.asarray(self._wall_db[self.building])

    def _level(self, channel: int) -> F32:
        level = self.run.channel(channel, self.window)
        blank = ~self.known
        if channel != _kernels.BEST:
            blank |= level <= _kernels.NOTHING_DBM
        level -= self.indoor_loss_db
        level[blank] = np.nan
        return level

    @cached_property
    def rsrp_dbm(self) -> F32:
        """SS-RSRP of the strongest sector, dBm: the median, after walls indoors."""
        return self._level(_kernels.BEST)

    @cached_property
    def second_dbm(self) -> F32:
        """SS-RSRP of the second strongest, dBm."""
        return self._level(_kernels.SECOND)

    @cached_property
    def server(self) -> npt.NDArray[np.int32]:
        """Row of the strongest sector in ``run.sites``, -1 where none; int32."""
        server = self.run.channel(_kernels.SERVER, self.window).astype(np.int32)
        server[~self.known] = -1
        return server

    @cached_property
    def overlap(self) -> npt.NDArray[np.uint8]:
        """Sectors within :data:`OVERLAP_DB` of the strongest, itself included, at most 4; 0 where none; uint8."""
        best = self.run.channel(_kernels.BEST, self.window)
        count = self.known.astype(np.uint8)
        for channel in (_kernels.SECOND, _kernels.THIRD, _kernels.FOURTH):
            count += self.known & (self.run.channel(channel, self.window) >= best - np.float32(OVERLAP_DB))
        return count

    @cached_property
    def sinr_db(self) -> F32:
        """SS-SINR, dB: all other sectors send their synchronisation signals at once."""
        return self._sinr(_kernels.OTHERS)

    @cached_property
    def data_sinr_db(self) -> F32:
        """SINR of data, dB: others interfere by their load."""
        return self._sinr(_kernels.LOADED)

    def _sinr(self, channel: int) -> F32:
        noise = radio.noise_dbm(self.run.carrier, self.run.parameters.noise_figure_db)
        below = self.run.channel(channel, self.window)
        # Walls weaken all signals alike: the noise is what grows against them.
        below += np.float32(10 ** (noise / 10)) * 10 ** (self.indoor_loss_db / np.float32(10))
        np.log10(below, out=below)
        return np.asarray(
            np.where(
                self.known, self.run.channel(_kernels.BEST, self.window) - np.float32(10) * below, np.nan
            ).astype(np.float32)
        )

    @cached_property
    def throughput_mbps(self) -> F32:
        """Downlink rate of a single user, Mbps, from the SINR of data."""
        result = np.empty(self.known.shape, np.float32)
        for start in range(0, len(result), _ROWS):
            rows = np.s_[start : start + _ROWS]
            result[rows] = radio.throughput_mbps(self.data_sinr_db[rows], self.run.carrier)
        return result

    @cached_property
    def line_of_sight(self) -> Bools:
        """Whether the strongest sector is in sight (indoors: of the outer wall)."""
        return np.asarray((self.run.channel(_kernels.SEEN, self.window) > 0) & self.known)

    @cached_property
    def _mast(self) -> npt.NDArray[np.int32]:
        """The mast of the strongest sector, -1 where none."""
        masts = self.run.masts
        of_sector = np.full(self.run.sites.sectors + 1, -1, np.int32)
        of_sector[masts.number] = masts.of_sector
        return np.asarray(of_sector[self.server])

    def _by_scenario(self, formula: Any, blank: float) -> F32:
        """``formula(scenario, in sight, d2d, f, h_bs, h_ut)`` of the path to the strongest sector."""
        run, place = self.run, self.run.masts.arrays.place
        result = np.full(self._mast.shape, blank, np.float32)
        top, _, left, _ = self.window
        for start in range(0, len(result), _ROWS):  # few rows at a time: the formulas are float64
            mast = self._mast[start : start + _ROWS]
            rows, columns = np.nonzero(mast >= 0)
            which = mast[rows, columns]
            rows += start
            east = (columns + left + 0.5) * run.surface.grid.cell_m - place[which, 0]
            south = (rows + top + 0.5) * run.surface.grid.cell_m - place[which, 1]
            distance, seen = np.hypot(east, south), self.line_of_sight[rows, columns]
            height, scenario = run.masts.height_m[which], run.masts.scenario[which]
            for name, code in SCENARIOS.items():
                part = scenario == code
                result[rows[part], columns[part]] = formula(
                    name, seen[part], distance[part], run.carrier.frequency_ghz, height[part],
                    run.parameters.receiver_m,
                )  # fmt: skip
        return result

    @cached_property
    def valid(self) -> Bools:
        """Whether the path to the strongest sector lies in the ranges of TR 38.901 Table 7.4.1-1."""
        return np.asarray(self._by_scenario(propagation.valid, 0.0) > 0)

    @cached_property
    def sigma_db(self) -> F32:
        """Standard deviation of shadow fading, and of the wall indoors, dB."""
        shadow = self._by_scenario(propagation.shadow_sigma_db, np.nan)
        kinds = wall_kinds(self.run.surface.buildings, self.run.parameters.wall)
        release = self.run.parameters.release
        wall = np.zeros(len(kinds) + 1)
        for kind in ("low", "high"):
            wall[:-1][kinds == kind] = propagation.wall_sigma_db(kind, release)
        return np.hypot(shadow, wall.astype(np.float32)[self.building], out=shadow)

    def probability(self, threshold_dbm: float) -> F32:
        """Probability that SS-RSRP reaches a threshold under shadow fading, 0 to 1."""
        result = np.full(self.known.shape, np.nan, np.float32)
        for start in range(0, len(result), _ROWS):
            rows = np.s_[start : start + _ROWS]
            known = self.known[rows]
            result[rows][known] = radio.coverage_probability(
                self.rsrp_dbm[rows][known], threshold_dbm, self.sigma_db[rows][known]
            )
        return result

    def passes(self, rsrp_dbm: float, sinr_db: float = -np.inf) -> Bools:
        """Cells whose SS-RSRP and SS-SINR are no less than the thresholds; unknown cells do not pass."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.rsrp_dbm >= rsrp_dbm) & (self.sinr_db >= sinr_db))

    def metric(self, name: str) -> npt.NDArray[Any]:
        """A raster of :data:`METRICS` as float32, NaN where unknown; :class:`UnknownName` for any other."""
        if name not in METRICS:
            raise UnknownName(
                f"没有指标 {name[:40]!r}；可用：{'、'.join(METRICS)}。",
                f"there is no metric {name[:40]!r}; there are: {', '.join(METRICS)}.",
            )
        values = np.asarray(getattr(self, name), dtype=np.float32)
        return values if np.isnan(values).any() else np.where(self.known, values, np.float32(np.nan))

    def building_share(self, good: Bools) -> npt.NDArray[np.float64]:
        """Share of each building's known cells that are ``good``, (buildings,); NaN for one without cells."""
        inside = self.known & ~self.outdoor
        count = len(self.run.surface.buildings)
        rows = self.building[inside]
        total = np.bincount(rows, minlength=count)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.bincount(rows, weights=good[inside], minlength=count) / total)

    def metadata(self) -> dict[str, str]:
        """What files say of themselves: the parameters, the carrier, the model and its release."""
        run = self.run
        return {
            "PARAMETERS": json.dumps(run.parameters.model_dump(mode="json"), ensure_ascii=False),
            "CARRIER": f"{run.carrier.id} {run.carrier.frequency_ghz:g} GHz",
            "MODEL": f"3GPP TR {run.parameters.model if run.parameters.model != 'hybrid' else '38.901 hybrid'}"
            f" Release {run.parameters.release}",
            "SURFACE": run.surface.key,
            "SECTORS": str(len(run.masts.number)),
        }


def write(
    coverage: Coverage, path: Path, metric: str = "rsrp_dbm", extra: dict[str, str] | None = None
) -> Path:
    """Write one metric as a Cloud-Optimised GeoTIFF of int16, and its QGIS style beside it (.qml).

    Values are ``stored x scale``; unknown cells are nodata. ``extra`` joins the metadata.

    Raises
    ------
    twin.errors.UnknownName
        No such metric.
    twin.errors.HomeUnusable
        The file cannot be written.
    """
    import rasterio
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    values = coverage.metric(metric)
    kind = METRICS[metric]
    stored = np.full(values.shape, NODATA, np.int16)
    known = ~np.isnan(values)
    stored[known] = np.clip(np.rint(values[known] / kind.scale), NODATA + 1, -NODATA - 1)
    grid = coverage.grid
    stepped = kind.scale == 1.0
    try:
        with MemoryFile() as memory:
            with memory.open(
                driver="GTiff", dtype="int16", count=1, height=grid.rows, width=grid.columns, crs=grid.crs,
                transform=grid.transform, nodata=NODATA,
            ) as plain:  # fmt: skip
                plain.write(stored, 1)
                plain.scales, plain.offsets, plain.units = (kind.scale,), (0.0,), (kind.unit,)
                plain.set_band_description(1, kind.title.en)
                plain.update_tags(METRIC=metric, **coverage.metadata(), **(extra or {}))
            with memory.open() as plain, rasterio.Env(GDAL_NUM_THREADS="2"), MemoryFile() as made:
                copy(
                    plain, made.name, driver="COG", compress="DEFLATE", predictor="2", blocksize="512",
                    overview_resampling="nearest" if stepped else "average",
                )  # fmt: skip
                path.write_bytes(made.read())
        path.with_suffix(".qml").write_text(style(kind), encoding="utf-8")
    except OSError as error:
        raise HomeUnusable(f"无法写入 {path}：{error}。", f"cannot write {path}: {error}.") from error
    return path


def style(kind: Metric) -> str:
    """The QGIS style of a metric's file; QGIS reads values with their scale applied."""
    items = "".join(
        f'<item value="{value:g}" color="{color}" alpha="255" label={quoteattr(f"{value:g} {kind.unit}".strip())}/>'
        for value, color in kind.stops
    )
    ramp = "EXACT" if kind.scale == 1.0 else "INTERPOLATED"
    low, high = kind.stops[0][0], kind.stops[-1][0]
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28" styleCategories="Symbology"><pipe>'
        f'<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" '
        f'classificationMin="{low:g}" classificationMax="{high:g}"><rastershader>'
        f'<colorrampshader colorRampType="{ramp}" classificationMode="1" clip="0">{items}</colorrampshader>'
        "</rastershader></rasterrenderer></pipe></qgis>\n"
    )
