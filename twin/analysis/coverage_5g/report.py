"""A judged run told as tables and texts: rates by area, roads, scenes, weak spots, method, evidence.

The page, the command line, the notebook and the exports all read these, so that
they show the same numbers. ::

    found = assessment(store, run, "sa-standard")
    summary(store, found)                      # plain data
    write(store, found, Path("coverage.md"))   # the method statement; .csv: the table of areas
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from layers import Text
from twin import catalogue
from twin.analysis.coverage_5g import criteria, propagation, scenes, tables, weak_spots, zones
from twin.analysis.coverage_5g.criteria import METRICS
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.propagation import SCENARIOS
from twin.analysis.coverage_5g.result import INDOOR_DB_PER_M
from twin.analysis.coverage_5g.sites import Assumed
from twin.analysis.coverage_5g.tables import RATES, Assessment
from twin.catalogue import Evidence
from twin.errors import HomeUnusable
from twin.store import Store

WEAK = 50
_ASSUMED = {
    Assumed.SECTORS: Text("没有扇区数据，按三扇区", "no sectors given, three taken"),
    Assumed.AZIMUTH: Text("缺方位角", "no azimuth"),
    Assumed.HEIGHT: Text("缺挂高", "no height"),
    Assumed.POWER: Text("缺功率", "no power"),
    Assumed.TILT: Text("缺下倾角", "no tilt"),
    Assumed.BAND: Text("缺频段", "no band"),
}
_RATE_TITLES = {
    "area": Text("室外面积", "Ground outdoors"),
    "people": Text("人口（室外信号）", "People (signal outdoors)"),
    "residential_buildings": Text("住宅栋数（室内）", "Residential buildings (indoors)"),
    "road_length": Text("道路里程", "Road length"),
    "indoor_people": Text("人口（室内）", "People (indoors)"),
}
_VERIFIED = {
    "yes": Text("已核对原文", "checked in the document"),
    "by_source": Text("据所列来源", "as the source named states"),
    "no": Text("未核实", "not verified"),
}


def assessment(store: Store, run: Run, profile: str = "") -> Assessment:
    """A run judged by a profile, over the zones of the shown generations.

    ``profile`` is that of the run's parameters, else the default, when empty.

    Raises
    ------
    twin.errors.UnknownName
        No such profile.
    twin.errors.InputError
        The table of criteria has faults.
    """
    name = profile or run.parameters.profile or criteria.DEFAULT
    chosen = criteria.load(name, path=criteria.criteria_path(store.home))
    return tables.assess(run, zones.read(store, run.surface), chosen)


def summary(store: Store, found: Assessment, base: Assessment | None = None) -> dict[str, Any]:
    """Everything the page, the command and the notebook say of a judged run, as plain data.

    ``corners`` are those of the raster in degrees: north-west, north-east, south-east, south-west.
    """
    places = scenes.read(store, found.zones, found.run.surface)
    corners = _corners(found)
    lon, lat = zip(*corners, strict=True)
    return {
        "parameters": parameters(found),
        "bounds": [min(lon), min(lat), max(lon), max(lat)],
        "corners": [list(corner) for corner in corners],
        "profile": profile_of(found),
        "areas": tables.areas_table(found, base),
        "roads": tables.roads_table(found, base),
        "scenes": scenes.table(places, found, base),
        "sensors": tables.sensors_table(found),
        "weak": [spot.as_dict() for spot in weak_spots.find(found, WEAK)],
        "sites": network(found),
        "evidence": evidence(store, found, places).as_dict(),
    }


def parameters(found: Assessment) -> dict[str, Any]:
    """The parameters of the run with the profile it was judged by."""
    return found.run.parameters.model_dump(mode="json") | {"profile": found.profile.id}


def profile_of(found: Assessment) -> dict[str, Any]:
    """The criteria as plain data: each least value with its citation and how far it was verified."""
    profile = found.profile
    return {
        "id": profile.id,
        "title": {"zh": profile.title.zh, "en": profile.title.en},
        "verified": profile.verified,
        "criteria": [
            {
                "metric": item.metric,
                "title": {"zh": METRICS[item.metric].title.zh, "en": METRICS[item.metric].title.en},
                "unit": METRICS[item.metric].unit,
                "minimum": item.minimum,
                "citation": {"zh": item.citation.zh, "en": item.citation.en},
                "verification": item.verification,
                "source": item.source,
                "note": {"zh": item.note.zh, "en": item.note.en},
                "predicted": METRICS[item.metric].predicted,
            }
            for item in profile.criteria
        ],
    }


def network(found: Assessment) -> dict[str, Any]:
    """Sites and sectors of the carrier that are on the air in the district, and sites a square kilometre."""
    run, grid = found.run, found.zones.grid
    sending = np.flatnonzero(run.masts.arrays.on)
    row, column = run.masts.arrays.cell[sending].T
    here = found.zones.inside[row, column]
    sectors = np.diff(run.masts.arrays.first)[sending[here]]
    count = len(np.unique(run.masts.site[sending[here]]))
    km2 = float(np.count_nonzero(found.zones.inside)) * grid.cell_m**2 / 1e6
    return {
        "count": count,
        "sectors": int(sectors.sum()),
        "km2": round(km2, 3),
        "per_km2": count / km2 if km2 > 0 else None,
        "assumed": assumed(run),
    }


def assumed(run: Run) -> dict[str, int]:
    """How many sectors of the carrier lack what, by name of :class:`sites.Assumed`; only what is lacking."""
    flags = run.sites.assumed[run.masts.number]
    counts = {flag.name: int(np.count_nonzero(flags & flag)) for flag in Assumed if flag.name}
    return {name.lower(): count for name, count in counts.items() if count}


def method(found: Assessment) -> dict[str, str]:
    """The method statement of a judged run, one text per language."""
    run = found.run
    given, carrier = run.parameters, run.carrier
    used = {name: int(np.count_nonzero(run.masts.scenario == code)) for name, code in SCENARIOS.items()}
    mix = ", ".join(f"{name} {count}" for name, count in used.items() if count)
    chosen_zh, chosen_en = _criteria_texts(found)
    hybrid_zh, hybrid_en = (
        (
            "不在视距内时，在视距公式上加主要遮挡边缘的绕射损耗（ITU-R P.526），至多到非视距公式",
            "out of sight that formula plus the loss over the dominant edge (ITU-R P.526), at most the one for no sight",
        )
        if given.model == "hybrid"
        else ("不在视距内时用非视距公式", "out of sight the non-line-of-sight formula")
    )
    auto_zh, auto_en = (
        (
            f"传播场景按天线挂高、周围屋顶高度和用地逐站选取（{mix}）",
            f"the scenario follows from each antenna's height, the roofs around it and land use ({mix})",
        )
        if given.environment == "auto"
        else (f"传播场景一律取 {given.environment}", f"the scenario is {given.environment} throughout")
    )
    return {
        "zh": (
            f"预测 {carrier.frequency_ghz:g} GHz、{carrier.bandwidth_mhz:g} MHz 载波的 SS-RSRP 中值与 SS-SINR，"
            f"栅格 {given.resolution_m:g} m，每扇区算到 {given.radius_m:g} m，终端距地 {given.receiver_m:g} m。"
            f"路径损耗用 3GPP TR 38.901 Release {given.release}：{auto_zh}；是否视距由建筑和地形栅格逐格判断，"
            f"{hybrid_zh}；没有加阴影衰落。SS-RSRP 为每资源单元功率（总功率均摊到 {carrier.subcarriers} 个子载波）"
            "加天线在该方向的增益，减馈线与路径损耗。SS-SINR 假定其他扇区同时发送同步信号；业务 SINR 按小区负荷 "
            f"{given.load:g} 计干扰；噪声系数 {given.noise_figure_db:g} dB。室内信号再减外墙损耗（按用途和年代分高、低"
            f"两类）和每米 {INDOOR_DB_PER_M:g} dB、共 {given.indoor_distance_m:.1f} m 的室内损耗。达标口径：{chosen_zh}。"
            "面积率为室外栅格之比（含水面和农田）；人口率按住宅处的室外信号，室内另计；住宅栋数为室内一半以上栅格达标者；"
            "道路里程按沿线取点，不含隧道、步行道和内部路。室内外从不混在同一分母中；没有信号的计为未覆盖。"
        ),
        "en": (
            f"Predicted are the median SS-RSRP and the SS-SINR of the {carrier.frequency_ghz:g} GHz carrier of "
            f"{carrier.bandwidth_mhz:g} MHz, in cells of {given.resolution_m:g} m, each sector to {given.radius_m:g} m, "
            f"receivers {given.receiver_m:g} m above ground. Path loss is that of 3GPP TR 38.901 Release "
            f"{given.release}: {auto_en}; line of sight is decided cell by cell from the rasters of buildings and "
            f"terrain, {hybrid_en}; no shadow fading is added. SS-RSRP is the power of a resource element (the total "
            f"spread over {carrier.subcarriers} subcarriers) plus the antenna's gain that way, less feeder and path "
            "loss. SS-SINR takes all other sectors to send their synchronisation signals at once; SINR of data takes "
            f"a load of {given.load:g} in other cells; the noise figure is {given.noise_figure_db:g} dB. Indoors the "
            "outer wall (of high or low loss by the building's use and year) and "
            f"{INDOOR_DB_PER_M:g} dB a metre over {given.indoor_distance_m:.1f} m go off. Criteria: {chosen_en}. The rate "
            "by area is of outdoor cells (water and fields among them); that by people takes the signal outside their "
            "home, indoors is told apart; a residential building counts when at least half of its cells are covered "
            "indoors; road length is taken from points along the roads, without tunnels, footways and service roads. "
            "Outdoors and indoors never share a denominator; where no signal reaches counts as not covered."
        ),
    }


def caveats(found: Assessment) -> list[dict[str, str]]:
    """What a reader must know before quoting a rate of the run."""
    run, profile = found.run, found.profile
    notes: list[dict[str, str]] = list(found.zones.caveats)

    def add(when: Any, zh: str, en: str) -> None:
        if when:
            notes.append({"zh": zh, "en": en})

    add(
        found.zones.cut_off,
        "计算范围未包含整个行政区，各项数字只统计范围之内的部分。",
        "The raster does not hold the whole district; every figure is of the part within it.",
    )
    add(
        not profile.verified,
        "达标门槛未见运营商或主管部门的原始文件，属未核实口径。",
        "No document of an operator or authority was found for some of the thresholds: they are not verified.",
    )
    missing = [METRICS[name].title for name in profile.unpredicted]
    add(
        missing,
        f"口径中的{'、'.join(title.zh for title in missing)}不在预测范围内，须用实测核对。",
        f"Not predicted, to be checked by measurement: {', '.join(title.en for title in missing)}.",
    )
    add(
        not run.carrier.verified,
        "载波参数（带宽、时隙配比等）未核实。",
        "The parameters of the carrier (bandwidth, share of downlink) are not verified.",
    )
    lacking = assumed(run)
    told = [
        (_ASSUMED[flag], lacking[(flag.name or "").lower()])
        for flag in Assumed
        if (flag.name or "").lower() in lacking
    ]
    add(
        told,
        f"{len(run.masts.number):,} 个扇区中有参数缺失、按假定补上的："
        f"{'，'.join(f'{text.zh} {count:,}' for text, count in told)}。",
        f"Of {len(run.masts.number):,} sectors these lack values, which were assumed: "
        f"{', '.join(f'{text.en} {count:,}' for text, count in told)}.",
    )
    add(
        not run.surface.terrain_known,
        "没有地形数据，地面按平地计算。",
        "There is no terrain; the ground is taken to be flat.",
    )
    masts = run.masts
    add(
        masts.outside,
        f"{masts.outside} 个基站不在计算范围内，未计入。",
        f"{masts.outside} sites lie off the grid.",
    )
    add(
        masts.unknown_patterns,
        f"{len(masts.unknown_patterns)} 种天线方向图没有文件，按该频段常用天线计算。",
        f"{len(masts.unknown_patterns)} antenna patterns are not known; the band's usual panel was taken for them.",
    )
    below = int(np.count_nonzero(masts.below_roof & masts.arrays.on))
    add(
        below,
        f"{below} 处天线低于所在建筑的屋顶，请核对站高或位置。",
        f"{below} antennas are lower than the roof of the building they stand on; check height or place.",
    )
    beyond = _beyond(run)
    add(
        beyond,
        f"{len(masts):,} 处天线中有 {beyond:,} 处的挂高在 38.901 相应场景表列之外，属外推。",
        f"{beyond:,} of {len(masts):,} antennas are of heights beyond the table of their scenario in TR 38.901; "
        "there the formulas are extrapolated.",
    )
    add(
        found.upstairs,
        "楼层以上只统计室内；人口按整栋计，限有该楼层的建筑。",
        "Above the ground floor only indoors is counted; people are those of whole buildings that have the floor.",
    )
    add(
        True,
        "计算半径以外的扇区不产生信号和干扰；预测的是中值，阴影衰落（38.901 标准差 4–8 dB）不在其中，也未用实测校准。",
        "Sectors beyond the radius neither serve nor disturb; values are medians without shadow fading (standard deviation "
        "4 to 8 dB in TR 38.901) and not calibrated by measurement.",
    )
    add(
        any(area.kind == "central" for area in found.zones.areas),
        "“中心城区”按 data/town_types.csv 中的街镇计算，行动方案未界定其范围。",
        "The central urban area is the towns named in data/town_types.csv; the plan does not define it.",
    )
    return notes


def evidence(store: Store, found: Assessment, places: scenes.Scenes | None = None) -> Evidence:
    """The evidence card of every number of the judged run."""
    run = found.run
    used = [*found.zones.generations, *(() if places is None else places.generations)]
    used += [store.shown[name] for name in ("site_5g", "building", "land_use") if name in store.shown]
    known = parameters(found) | {
        "carrier": run.carrier.id,
        "frequency_ghz": run.carrier.frequency_ghz,
        "bandwidth_mhz": run.carrier.bandwidth_mhz,
        "criteria": {item.metric: item.minimum for item in found.profile.criteria},
        "surface": run.surface.key,
        "sectors": len(run.masts.number),
        "assumed": assumed(run),
        "denominators": [*RATES, "indoor_people"],
    }
    generations = list({generation.alias: generation for generation in used}.values())
    return catalogue.evidence(store, generations, method(found), known, caveats(found))


def write(store: Store, found: Assessment, path: Path, base: Assessment | None = None) -> Path:
    """Write the table of areas (``.csv``) or the method statement (any other name) as UTF-8.

    :class:`twin.errors.HomeUnusable` when the file cannot be written.
    """
    text = as_csv(tables.areas_table(found, base)) if path.suffix == ".csv" else statement(store, found)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeUnusable(f"无法写入 {path}：{error}。", f"cannot write {path}: {error}.") from error
    return path


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of areas as CSV text with a byte-order mark, so that Excel reads the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = (*RATES, "indoor_people")
    heads = [f"{_RATE_TITLES[name].zh} {_RATE_TITLES[name].en}" for name in names]
    based = bool(rows) and "base" in rows[0]
    writer.writerow(
        ["编号 id", "名称", "name", "类型 kind", *(f"覆盖率 rate: {head}" for head in heads),
         *((f"情景前 before: {head}" for head in heads) if based else ()),
         "人口 people", "未覆盖人口 people short", "平均 mean SS-RSRP (dBm)", "中位 median SS-SINR (dB)",
         "重叠覆盖 overlap"]
    )  # fmt: skip
    for row in rows:
        now = row["rates"] | {"indoor_people": row["indoor_people"]}
        writer.writerow(
            [row["id"], row["name"], row["name_en"], row["kind"], *(now[name] for name in names),
             *((row["base"][name] for name in names) if based else ()),
             row["people"], row["short_people"], row["mean_rsrp_dbm"], row["median_sinr_db"], row["overlap"]]
        )  # fmt: skip
    return "\ufeff" + text.getvalue()


def statement(store: Store, found: Assessment) -> str:
    """The method statement as Markdown, Chinese then English, with rates, scenes, criteria and the data behind."""
    places = scenes.read(store, found.zones, found.run.surface)
    card = evidence(store, found, places)
    rows, kinds = tables.areas_table(found), scenes.table(places, found)
    return "\n\n".join(_part(language, found, card, rows, kinds) for language in ("zh", "en")) + "\n"


# -- inside --------------------------------------------------------------------

_HEADINGS = {
    "zh": ("5G 覆盖：方法说明", "覆盖率", "“信号升格”场景", "达标口径", "数据", "注意",
           "输入含演示（合成）数据，结果不代表实际情况。", ("场景", "场所", "达标", "达标率", "说明")),
    "en": ("5G coverage: method", "Rates", "Scenes of the programme 信号升格", "Criteria", "Data", "Mind",
           "The input holds synthetic data; the results say nothing about the real district.",
           ("Scene", "Places", "Passed", "Rate", "Note")),
}  # fmt: skip


def _part(
    language: str,
    found: Assessment,
    card: Evidence,
    rows: Sequence[Mapping[str, Any]],
    kinds: Sequence[Mapping[str, Any]],
) -> str:
    heading, rates, scene, judged, data, notes, synthetic, columns = _HEADINGS[language]
    names = (*RATES, "indoor_people")
    lines = [f"# {heading}", "", card.method[language], ""]
    if card.origin != "real":
        lines += [f"**{synthetic}**", ""]
    heads = [getattr(_RATE_TITLES[name], language) for name in names]
    lines += [f"## {rates}", "", "| | " + " | ".join(heads) + " |", "|---" * (len(names) + 1) + "|"]
    for row in rows:
        values = row["rates"] | {"indoor_people": row["indoor_people"]}
        name = row["name"] if language == "zh" else row["name_en"]
        lines.append(f"| {name} | {' | '.join(_percent(values[key]) for key in names)} |")
    lines += ["", f"## {scene}", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += [
        f"| {kind['title'][language]} | {kind['places']} | {kind['passed']} | {_percent(kind['rate'])} "
        f"| {(kind['note'] or {language: ''})[language]} |"
        for kind in kinds
    ]
    lines += ["", f"## {judged}", ""]
    lines += [
        f"- {getattr(METRICS[item.metric].title, language)} ≥ {item.minimum:g} {METRICS[item.metric].unit}".rstrip()
        + f" — {getattr(item.citation, language)}; {getattr(_VERIFIED[item.verification], language)}"
        + (f" ({item.source})" if item.source else "")
        for item in found.profile.criteria
    ]
    lines += ["", f"## {data}", ""]
    lines += [
        f"- {item['layer']}: {item['name']}; {item['source'] or '-'}; {item['licence'] or '-'}; "
        f"{item['data_date'] or item['imported_at']}; #{item['generation']}"
        for item in card.datasets
    ]
    lines += ["", f"## {notes}", ""] + [f"- {item[language]}" for item in card.caveats]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _criteria_texts(found: Assessment) -> tuple[str, str]:
    """The thresholds of the profile in a line, with citation and how far they were verified."""
    profile = found.profile
    told = []
    for language in ("zh", "en"):
        limits = ", ".join(
            f"{getattr(METRICS[item.metric].title, language)} ≥ {item.minimum:g} {METRICS[item.metric].unit}".rstrip()
            for item in profile.criteria
        )
        cited = "; ".join(getattr(text, language) for text in profile.citations)
        checked = getattr(_VERIFIED[profile.verification], language)
        told.append(f"{getattr(profile.title, language)} ({limits}; {cited}; {checked})")
    return told[0], told[1]


def _beyond(run: Run) -> int:
    """Masts of a height that the table of their scenario does not cover."""
    count = 0
    for name, code in SCENARIOS.items():
        heights = run.masts.height_m[run.masts.scenario == code]
        covered = propagation.valid(name, True, 100.0, run.carrier.frequency_ghz, heights, 1.5)
        count += int(np.count_nonzero(~covered))
    return count


def _corners(found: Assessment) -> list[tuple[float, float]]:
    grid = found.zones.grid
    east, south = grid.west + grid.columns * grid.cell_m, grid.north - grid.rows * grid.cell_m
    lon, lat = grid.to_degrees([grid.west, east, east, grid.west], [grid.north, grid.north, south, south])
    return [(float(x), float(y)) for x, y in zip(lon, lat, strict=True)]
