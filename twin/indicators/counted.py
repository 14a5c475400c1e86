"""Indicators counted from the rows of a layer: 3, 4, 17, 20, 22 and 35."""

from __future__ import annotations

from typing import Any

from layers import Text, get
from twin.analysis import rules
from twin.errors import InputError
from twin.indicators import sensing
from twin.indicators.computed import Amount, Context, Figure, computed, percent

TESTED_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential")
"""Classes of road that vehicles use in public; ways inside estates, paths and tracks are not opened for testing."""

_PLAN_CENTRAL = {
    "zh": "“嘉定新城核心区”按 data/town_types.csv 中的中心城区街镇计算，行动方案未界定其范围。",
    "en": "The core of Jiading New City is taken to be the central towns of data/town_types.csv; the plan does not "
    "define it.",
}


def _unknown(count: int, zh: str, en: str) -> list[dict[str, str]]:
    return [{"zh": zh.format(count), "en": en.format(count)}] if count else []


@computed(
    3,
    layers=("site_5g",),
    edits=("site_5g:add|remove|change",),
    method=Text(
        "统计“5G 基站”图层中状态为“开通”的基站（物理站址，一站计一个，不按扇区）；未填状态的按已建成计，规划和关闭的不计。",
        "Counts the sites of the layer of 5G sites that are on the air (a site counts once, whatever its sectors); a "
        "site without a state counts as built, planned and closed ones do not.",
    ),
)
def sites_5g(context: Context) -> Figure:
    """5G sites that are on the air."""
    built, planned, closed, unknown, total = context.tally(
        "site_5g",
        ("status",),
        "count(*) FILTER (WHERE coalesce(status, 'on') = 'on'), count(*) FILTER (WHERE status = 'planned'), "
        "count(*) FILTER (WHERE status = 'off'), count(*) FILTER (WHERE status IS NULL), count(*)",
    )
    return context.figure(
        built,
        denominators=(
            Amount(Text("图层中的基站", "Sites in the layer"), total, "个"),
            Amount(Text("规划中", "Planned"), planned, "个"),
            Amount(Text("已关闭", "Closed"), closed, "个"),
        ),
        caveats=_unknown(
            unknown, "{:,} 个基站未填状态，按已开通计。", "{:,} sites have no state and count as on the air."
        ),
    )


@computed(
    4,
    layers=(sensing.LAYER,),
    edits=(f"{sensing.LAYER}:add|remove|change",),
    method=Text(
        "统计“感知终端”图层中的终端，即已布设的数量，不论在线与否；各状态的数量另列，为图层中记录的最近状态，不是实时值。",
        "Counts the terminals of the sensor layer, which is how many are in place, online or not; the counts by state "
        "are those last recorded in the layer, not live ones.",
    ),
)
def terminals(context: Context) -> Figure:
    """Sensing terminals in place."""
    state = sensing.state(context)
    column = get(sensing.LAYER).column("status")
    titles = {choice.value: choice.title for choice in column.choices} | {
        "unknown": Text("状态未知", "State unknown")
    }
    return context.figure(
        state.terminals,
        denominators=[Amount(titles[name], count, "个") for name, count in state.by_status.items()],
        parameters={"live": state.live}
        | ({} if state.read_at is None else {"read_at": state.read_at.isoformat(timespec="seconds")}),
    )


@computed(
    17,
    layers=("road",),
    edits=("road:remove|change",),
    method=Text(
        "“道路”图层中已开放为智能网联汽车测试道路的里程，除以公共机动车道路（高速公路至街坊路）的总里程；内部路、步行道、"
        "自行车道和机耕路不计，未填写的按未开放计，各街镇以外的路段不计。里程按路段中心线在椭球面上的长度。",
        "Length of the roads opened to connected-vehicle testing over the length of all public roads for vehicles "
        "(motorway to residential); service roads, footways, cycleways and tracks do not count, roads without a value "
        "count as not opened, and roads outside every town are left out. Lengths are those of the centre lines on the "
        "ellipsoid.",
    ),
)
def roads_for_testing(context: Context) -> Figure:
    """Share of road length opened to connected-vehicle testing."""
    columns = ("class", "open_for_testing", "town", "measure")
    public = f"class IN ({', '.join(['?'] * len(TESTED_ROADS))})"
    (in_towns,) = context.tally("road", columns, "count(*)", f"{public} AND town <> 0", TESTED_ROADS)
    # Roads that came in before any town have none; then all of them count.
    where = f"{public} AND town <> 0" if in_towns else public
    opened, total, unknown = context.tally(
        "road",
        columns,
        "sum(measure) FILTER (WHERE open_for_testing), sum(measure), "
        "sum(measure) FILTER (WHERE open_for_testing IS NULL)",
        where,
        TESTED_ROADS,
    )
    told = [
        {
            "zh": "行动方案未写明里程口径；计入哪些等级的道路由本项目设定。",
            "en": "The plan does not say which roads count; the classes are this project's reading.",
        }
    ]
    if unknown:
        told += _unknown(
            round(unknown / 1000), "{:,} km 道路未填是否开放，按未开放计。",
            "{:,} km of road say nothing and count as not opened.",
        )  # fmt: skip
    return context.figure(
        percent(opened, total),
        denominators=(
            Amount(Text("已开放里程", "Length opened"), opened / 1000, "km"),
            Amount(Text("公共道路里程", "Length of public roads"), total / 1000, "km"),
        ),
        parameters={"classes": list(TESTED_ROADS)},
        caveats=told,
    )


@computed(
    20,
    layers=("centre",),
    edits=("centre:add|remove|change",),
    method=Text(
        "统计“我嘉·邻里中心”图层中状态为“已开放”的中心；未填状态的按已开放计，在建和规划的不计，主中心与分中心各计一个。",
        "Counts the neighbourhood centres of the layer that are open; one without a state counts as open, those being "
        "built or planned do not; main and auxiliary centres count one each.",
    ),
)
def centres(context: Context) -> Figure:
    """Neighbourhood centres that are open."""
    opened, building, planned, unknown = context.tally(
        "centre",
        ("status",),
        "count(*) FILTER (WHERE coalesce(status, 'open') = 'open'), count(*) FILTER (WHERE status = 'building'), "
        "count(*) FILTER (WHERE status = 'planned'), count(*) FILTER (WHERE status IS NULL)",
    )
    return context.figure(
        opened,
        denominators=(
            Amount(Text("在建", "Being built"), building, "个"),
            Amount(Text("规划", "Planned"), planned, "个"),
        ),
        caveats=_unknown(
            unknown, "{:,} 个中心未填状态，按已开放计。", "{:,} centres have no state and count as open."
        ),
    )


@computed(
    22,
    layers=("bus_stop", "town"),
    edits=("bus_stop",),
    tables=(rules.TOWN_TYPES,),
    method=Text(
        "嘉定新城核心区内有实时到站信息发布的公交站，除以核心区内全部公交站；未填写的按未发布计。"
        "核心区取 town_types.csv 中标为中心城区的街镇。",
        "Bus stops with real-time arrivals in the core of Jiading New City over all bus stops there; a stop without a "
        "value counts as not publishing. The core is the towns marked central in town_types.csv.",
    ),
)
def real_time_stops(context: Context) -> Figure:
    """Share of bus stops in the new-city core that publish arrivals in real time."""
    types = rules.town_types(rules.town_types_path(context.store.home))
    core = sorted(code for code, kind in types.items() if kind.central)
    published, total, unknown = context.tally(
        "bus_stop",
        ("realtime_board", "town"),
        "count(*) FILTER (WHERE realtime_board), count(*), count(*) FILTER (WHERE realtime_board IS NULL)",
        "town IN (SELECT unnest(?))",
        [core],
    )
    if not total:
        raise InputError(
            "嘉定新城核心区内没有公交站；请核对公交站与街镇图层，或 town_types.csv 中的中心城区街镇。",
            "there is no bus stop in the core of Jiading New City; check the bus stops, the towns and the central "
            "towns of town_types.csv.",
        )
    caveats: list[dict[str, str]] = [_PLAN_CENTRAL]
    caveats += _unknown(
        unknown,
        "{:,} 个公交站未填是否实时发布，按未发布计。",
        "{:,} stops say nothing and count as not publishing.",
    )
    return context.figure(
        percent(published, total),
        denominators=(
            Amount(Text("实时发布的公交站", "Stops with real-time arrivals"), published, "个"),
            Amount(Text("核心区公交站", "Stops in the core"), total, "个"),
        ),
        parameters={"towns": core},
        caveats=caveats,
    )


@computed(
    35,
    layers=("construction_site",),
    edits=("construction_site:remove|change",),
    method=Text(
        "“建设工地”图层中已建成智慧工地的工地数，除以全部在建工地数；未填写的按不是智慧工地计。",
        "Construction sites equipped as smart sites over all construction sites of the layer; a site without a value "
        "counts as not smart.",
    ),
)
def smart_sites(context: Context) -> Figure:
    """Share of construction sites that are smart."""
    smart, total, unknown = context.tally(
        "construction_site",
        ("smart",),
        "count(*) FILTER (WHERE smart), count(*), count(*) FILTER (WHERE smart IS NULL)",
    )
    caveats: list[dict[str, Any]] = [
        *_unknown(unknown, "{:,} 个工地未填，按不是智慧工地计。", "{:,} sites say nothing and count as not smart.")
    ]  # fmt: skip
    return context.figure(
        percent(smart, total),
        denominators=(
            Amount(Text("智慧工地", "Smart sites"), smart, "个"),
            Amount(Text("建设工地", "Construction sites"), total, "个"),
        ),
        caveats=caveats,
    )
