"""A study told as tables and texts: rates by area, categories, method statement, evidence.

The page, the command line, the notebook and the exports all read these, so that
they show the same numbers.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin import catalogue
from twin.analysis import accessibility
from twin.analysis.demand import WEIGHTS
from twin.analysis.life_circle import HORIZON_S, Study
from twin.analysis.rules import CATEGORY_IDS, TARGET
from twin.analysis.supply import COLORS, TITLES
from twin.catalogue import Evidence
from twin.store import Store

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.analysis.spread import Spread

PEOPLE = WEIGHTS.index("people")

_MEASURE_TITLES = {
    "fifteen": ("15 分钟内到达全部必备设施", "Every required category within 15 minutes"),
    "tiers": (
        "各类设施按各自层级（5、10、15 分钟）到达",
        "Every required category within the minutes of its own tier",
    ),
    "centre": ("15 分钟内到达邻里中心", "A neighbourhood centre within 15 minutes"),
}


def measure_title(measure: str) -> dict[str, str]:
    """What a measure is called, by language."""
    if measure in _MEASURE_TITLES:
        zh, en = _MEASURE_TITLES[measure]
        return {"zh": zh, "en": en}
    title = TITLES[measure.removeprefix("category:")]
    return {"zh": f"按时到达{title.zh}", "en": f"{title.en} in time"}


def areas_table(
    study: Study, base: Study | None = None, spread: Spread | None = None
) -> list[dict[str, Any]]:
    """One row an area: rates under the four denominators, target, gap, people short, interval.

    ``gap`` is the target less the rate by people. With ``base`` (the city
    without the scenario) each row also holds its rates.
    """
    rates, before = study.rates(), None if base is None else base.rates()
    totals = study.city.areas.sums(study.city.demand.weights)
    rows = []
    for number, area in enumerate(study.city.areas.areas):
        row: dict[str, Any] = {
            "id": area.id,
            "name": area.name,
            "name_en": area.name_en,
            "kind": area.kind,
            "bounds": list(area.bounds),
            "rates": _named(rates[number]),
            "target": TARGET.share,
            "gap": _plain(TARGET.share - rates[number, PEOPLE]),
            "people": round(float(totals[number, PEOPLE])),
            "short_people": round(float(totals[number, PEOPLE] * (1 - np.nan_to_num(rates[number, PEOPLE])))),
            "interval": None,
            "contains_target": None,
        }
        if before is not None:
            # An area that only a planned building makes one of had no rate before.
            row["base"] = _named(before[number] if number < len(before) else [math.nan] * len(WEIGHTS))
        if spread is not None:
            low, high = spread.low[number], spread.high[number]
            row["interval"] = [_plain(low[PEOPLE]), _plain(high[PEOPLE])]
            row["intervals"] = {name: [_plain(low[k]), _plain(high[k])] for k, name in enumerate(WEIGHTS)}
            row["contains_target"] = bool(low[PEOPLE] <= TARGET.share <= high[PEOPLE])
        rows.append(row)
    return rows


def categories_table(study: Study) -> list[dict[str, Any]]:
    """One row a category that the rules know: limit, services, rate by people, median minutes."""
    rates = study.category_rates()[:, PEOPLE]
    kinds = [study.city.rules(study.parameters.standard, name) for name in study.city.kinds]
    people = study.city.demand.weights[:, PEOPLE]
    rows = []
    for column, category in enumerate(CATEGORY_IDS):
        rule = next((rules[category] for rules in kinds if category in rules), None)
        limits = study.limits.seconds[:, column]
        time = study.seconds[:, column]
        known = ~np.isnan(time)
        rows.append(
            {
                "id": category,
                "title": {"zh": TITLES[category].zh, "en": TITLES[category].en},
                "color": COLORS[category],
                "required": bool(study.limits.required[:, column].any()),
                "minutes": float(limits.max()) / 60,
                "radius_m": None if rule is None else rule.radius_m,
                "facilities": len(study.supply.rows_of(column)),
                "rate": _plain(rates[column]),
                "median_minutes": _plain(_median_s(time[known], people[known]) / 60),
                "citation": None if rule is None else {"zh": rule.citation.zh, "en": rule.citation.en},
                "verified": rule is not None and rule.verified,
            }
        )
    return rows


def bottlenecks(study: Study) -> list[dict[str, Any]]:
    """People whose circle fails most by each category, most people first."""
    people = study.city.demand.weights[:, PEOPLE]
    failing = study.bottleneck >= 0
    counted = np.bincount(study.bottleneck[failing], people[failing], len(CATEGORY_IDS))
    order = np.argsort(-counted, kind="stable")
    return [
        {"category": CATEGORY_IDS[number], "people": round(float(counted[number]))}
        for number in order.tolist()
        if counted[number] > 0
    ]


def inequality(study: Study) -> dict[str, float | None]:
    """How unequally people are served: Gini and Palma of the number of categories reached in time."""
    people = study.city.demand.weights[:, PEOPLE]
    lived_in = people > 0
    if not lived_in.any():
        return {"gini": None, "palma": None}
    reached = study.reached[lived_in].astype(np.float64)
    return {
        "gini": _plain(accessibility.gini(reached, people[lived_in])),
        "palma": _plain(accessibility.palma(reached, people[lived_in])),
    }


def caveats(study: Study) -> list[dict[str, str]]:
    """What a reader must know before quoting a rate of the study."""
    found = list(study.city.demand.caveats)
    travel = study.travels[0]
    people = study.city.demand.weights[:, PEOPLE]
    absent = [
        TITLES[category]
        for column, category in enumerate(CATEGORY_IDS)
        if study.rule_requires(column) and not len(study.supply.rows_of(column))
    ]
    if absent:
        found.append(
            {
                "zh": f"没有以下设施的数据，未计入必备设施：{'、'.join(title.zh for title in absent)}。",
                "en": f"There are no data of these, so they are not required here: "
                f"{', '.join(title.en for title in absent)}.",
            }
        )
    if not study.limits.required.any():
        found.append(
            {
                "zh": "规则所需的设施都没有数据，无法给出覆盖率；请导入设施，或换一种规则。",
                "en": "There are no data of any facility the rules need, so there is no rate; import some, "
                "or choose other rules.",
            }
        )
    off = float(people[~travel.on_network].sum())
    if off > 0:
        found.append(
            {
                "zh": f"{off:,.0f} 人的住宅在 {study.parameters.snap_cap_m:g} m 内没有可走的路，计为未覆盖。",
                "en": f"The homes of {off:,.0f} people have no way within {study.parameters.snap_cap_m:g} m; "
                "they count as not covered.",
            }
        )
    if not study.rules_verified:
        found.append(
            {
                "zh": "规则中的部分数值尚未与标准原文核对。",
                "en": "Some values of the rules have not been checked against the text of the standard.",
            }
        )
    if any(area.kind == "central" for area in study.city.areas.areas):
        found.append(
            {
                "zh": "“中心城区”按 data/town_types.csv 中的街镇计算，行动方案未界定其范围。",
                "en": "The central urban area is the towns named in data/town_types.csv; the plan does not define it.",
            }
        )
    if study.ignored:
        listed = ", ".join(str(number) for number in study.ignored)
        found.append(
            {
                "zh": f"情景中的第 {listed} 项修改对本分析没有作用。",
                "en": f"Edits {listed} of the scenario do not bear on this analysis.",
            }
        )
    return found


def method(study: Study) -> dict[str, str]:
    """The method statement of a study, one text per language."""
    parameters, traveller = study.parameters, study.travels[0].traveller
    title = measure_title(parameters.measure)
    required = [
        (TITLES[category], float(study.limits.seconds[:, column].max()) / 60)
        for column, category in enumerate(CATEGORY_IDS)
        if study.limits.required[:, column].any()
    ]
    named_zh = "、".join(f"{text.zh} {minutes:g} 分钟" for text, minutes in required)
    named_en = ", ".join(f"{text.en} {minutes:g} min" for text, minutes in required)
    cycle_zh = "；规则允许骑行之处取步行与骑行较快者" if len(study.travels) > 1 else ""
    cycle_en = (
        "; where the rules allow the cycle, the faster of walking and cycling"
        if len(study.travels) > 1
        else ""
    )
    rule = study.city.profile(parameters.standard)
    return {
        "zh": (
            f"口径：{title['zh']}。规则：{rule.title.zh}（{rule.citation.zh}）。必备设施与时限：{named_zh}。"
            f"出行：{traveller.title.zh}，{traveller.speed_mps:g} m/s（{traveller.source.zh}）{cycle_zh}。"
            "时间沿步行路网逐栋计算：住宅与设施都接到最近可走的路段上的一点，封闭小区经出入口进出，小区内部路人人可走，"
            "立体交叉不相连，取平行路段中最短者；时限含端点；超过 "
            f"{HORIZON_S / 60:g} 分钟计为不可达。覆盖率为按时到达的住宅所占的人口、住宅建筑面积、"
            "居住用地面积（按建筑基底在地块内分摊）或住宅栋数之比，由建筑的时间得出，不由多边形得出。"
            f"目标 {TARGET.share:.0%}：{TARGET.citation.zh}。"
        ),
        "en": (
            f"Measure: {title['en']}. Rules: {rule.title.en} ({rule.citation.en}). Required, with limits: {named_en}. "
            f"Travel: {traveller.title.en}, {traveller.speed_mps:g} m/s ({traveller.source.en}){cycle_en}. "
            "Times are computed building by building along the network: homes and facilities are joined to a point "
            "of the nearest way that may be used, gated estates are entered by their gates, their ways are open to all, "
            "grade-separated ways do "
            "not meet, the shortest of parallel ways counts; limits are inclusive; beyond "
            f"{HORIZON_S / 60:g} minutes counts as unreachable. A rate is the share of people, residential floor area, "
            "residential land (shared within a parcel by footprint) or residential buildings that reach in time; "
            "it comes from the buildings' times, not from polygons. "
            f"Target {TARGET.share:.0%}: {TARGET.citation.en}."
        ),
    }


def evidence(store: Store, study: Study) -> Evidence:
    """The evidence card of every number of the study."""
    traveller = study.travels[0].traveller
    parameters = study.parameters.model_dump() | {
        "speed_mps": traveller.speed_mps,
        "crossing_s": traveller.crossing_s,
        "target": TARGET.share,
        "denominators": list(WEIGHTS),
    }
    return catalogue.evidence(store, study.city.generations, method(study), parameters, caveats(study))


def summary(
    store: Store, study: Study, base: Study | None = None, spread: Spread | None = None
) -> dict[str, Any]:
    """Everything the page, the command and the notebook say of a study, as plain data."""
    return {
        "parameters": study.parameters.model_dump(),
        "measure": measure_title(study.parameters.measure),
        "areas": areas_table(study, base, spread),
        "categories": categories_table(study),
        "bottlenecks": bottlenecks(study),
        "inequality": inequality(study),
        "evidence": evidence(store, study).as_dict(),
        "building_generation": store.generation("building").number,
    }


def interval(study: Study, spread: Spread) -> dict[str, Any]:
    """The interval of every area, and the rate of the first area under every variant."""
    rows = areas_table(study, None, spread)
    return {
        "areas": [
            {
                "id": row["id"],
                "interval": row["interval"],
                "intervals": row["intervals"],
                "contains_target": row["contains_target"],
            }
            for row in rows
        ],
        "variants": [
            {
                "id": item.id,
                "title": {"zh": item.title.zh, "en": item.title.en},
                "rate": _plain(item.rates[0, PEOPLE]),
                "rates": {
                    area.id: _plain(item.rates[number, PEOPLE])
                    for number, area in enumerate(study.city.areas.areas)
                },
            }
            for item in spread.variants
        ],
    }


def write(
    store: Store, study: Study, path: Path, *, base: Study | None = None, spread: Spread | None = None
) -> None:
    """Write the table of areas (``.csv``), the buildings (``.parquet``) or the method statement (``.md``)."""
    rows = areas_table(study, base, spread)
    if path.suffix == ".csv":
        path.write_text(as_csv(rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        buildings(store, study).to_parquet(path)
    else:
        path.write_text(statement(store, study, rows), encoding="utf-8")


def statement(store: Store, study: Study, rows: Sequence[Mapping[str, Any]]) -> str:
    """The method statement as Markdown, Chinese then English, with the rates and the data they rest on."""
    card = evidence(store, study)
    parts = []
    for language, titles in _STATEMENT.items():
        heading, table, data, notes, synthetic = titles
        lines = [f"# {heading}", "", card.method[language], ""]
        if card.origin != "real":
            lines += [f"**{synthetic}**", ""]
        lines += [
            f"## {table}",
            "",
            "| | " + " | ".join(_HEADS[language]) + " |",
            "|---" * (len(WEIGHTS) + 2) + "|",
        ]
        for row in rows:
            name = row["name"] if language == "zh" else row["name_en"]
            shares = [row["rates"][weight] for weight in WEIGHTS]
            told = ["-" if share is None else f"{share:.1%}" for share in shares]
            low, high = row["interval"] or (None, None)
            band = "-" if low is None or high is None else f"{low:.1%} – {high:.1%}"
            lines.append(f"| {name} | {' | '.join(told)} | {band} |")
        lines += ["", f"## {data}", ""]
        lines += [
            f"- {item['layer']}: {item['name']}; {item['source'] or '-'}; {item['licence'] or '-'}; "
            f"{item['data_date'] or item['imported_at']}; #{item['generation']}"
            for item in card.datasets
        ]
        lines += ["", f"## {notes}", ""] + [f"- {item[language]}" for item in card.caveats]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


_STATEMENT = {
    "zh": (
        "15 分钟生活圈：方法说明",
        "覆盖率",
        "数据",
        "注意",
        "输入含演示（合成）数据，结果不代表实际情况。",
    ),
    "en": (
        "15-minute life circle: method",
        "Rates",
        "Data",
        "Mind",
        "The input holds synthetic data; the results say nothing about the real district.",
    ),
}
_HEADS = {
    "zh": ("人口", "住宅建筑面积", "居住用地", "住宅栋数", "区间（人口）"),
    "en": ("People", "Residential floor area", "Residential land", "Buildings", "Interval (people)"),
}
_CSV_HEAD = {
    "people": "人口 people",
    "residential_floor_area": "住宅建筑面积 residential floor area",
    "residential_land": "居住用地 residential land",
    "buildings": "住宅栋数 residential buildings",
}


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of areas as CSV text with a byte-order mark, so that Excel reads the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["编号 id", "名称", "name", "类型 kind", *(f"覆盖率 rate: {_CSV_HEAD[name]}" for name in WEIGHTS),
         "目标 target", "差距 gap", "人口 people", "未覆盖人口 people short", "区间下限 low", "区间上限 high"]
    )  # fmt: skip
    for row in rows:
        interval = row["interval"] or [None, None]
        writer.writerow(
            [row["id"], row["name"], row["name_en"], row["kind"], *(row["rates"][name] for name in WEIGHTS),
             row["target"], row["gap"], row["people"], row["short_people"], *interval]
        )  # fmt: skip
    return "\ufeff" + text.getvalue()


def buildings(store: Store, study: Study) -> gpd.GeoDataFrame:
    """Every residential building with its times and outcome, for GeoParquet and further analysis."""
    import geopandas as gpd
    import shapely

    demand = study.city.demand
    lived_in = np.flatnonzero(demand.row_no > 0)
    generation = store.generation("building")
    rows = (
        store.cursor()
        .execute(
            f"SELECT row_no, identifier, ST_AsWKB(geom)::BLOB FROM {generation.relation} ORDER BY row_no"
        )
        .fetchall()
    )
    of_row = {row: number for number, (row, _, _) in enumerate(rows)}
    order = [of_row[row] for row in demand.row_no[lived_in].tolist()]
    data: dict[str, Any] = {
        "identifier": [rows[number][1] for number in order],
        "fid": demand.fid[lived_in],
        "town": demand.town[lived_in],
        "people": demand.weights[lived_in, PEOPLE],
        "complete": study.complete[lived_in],
        "categories_reached": study.reached[lived_in],
        "bottleneck": [
            None if number < 0 else CATEGORY_IDS[number] for number in study.bottleneck[lived_in].tolist()
        ],
        "minutes_short": np.maximum(study.short_s[lived_in], 0) / 60,
    }
    data |= {
        f"minutes_{category}": study.seconds[lived_in, column] / 60
        for column, category in enumerate(CATEGORY_IDS)
    }
    return gpd.GeoDataFrame(
        data, geometry=shapely.from_wkb([bytes(rows[number][2]) for number in order]), crs="EPSG:4326"
    )


def _named(rates: Sequence[float]) -> dict[str, float | None]:
    return {name: _plain(rates[k]) for k, name in enumerate(WEIGHTS)}


def _plain(value: float) -> float | None:
    """A number for JSON: None instead of NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def _median_s(seconds: Any, weights: Any) -> float:
    """Weighted median of times up to :data:`HORIZON_S`, to a tenth of a second; NaN without any weight."""
    total = float(weights.sum())
    if total <= 0:
        return math.nan
    tenth = np.minimum(seconds * 10, HORIZON_S * 10).astype(np.int64)
    reached = np.cumsum(np.bincount(tenth, weights))
    return float(np.searchsorted(reached, total / 2)) / 10
