"""Indicators that the analyses answer: 2 (modelled 5G rate), 21 (life circle) and 25 (parcel lockers)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from layers import Text
from twin.analysis import rules
from twin.catalogue import Evidence
from twin.errors import InputError
from twin.indicators.computed import Amount, Context, Figure, NotYetComputed, computed
from twin.settings import ROOT

if TYPE_CHECKING:
    from twin.analysis.city import City

_GROUPS = ROOT / "data" / "travel_groups.csv"
_CARRIERS = ROOT / "data" / "carriers.csv"
_LIVED_IN = ("building", "land_use", "population", "road", "estate", "district", "town", "pilot_area", "dem")
_WAYS_AND_HOMES = ("building", "road:remove", "link", "gate")
"""Edits of where people live and which ways they have."""


@computed(
    2,
    layers=("site_5g", "building", "land_use", "district", "dem", "road", "town", "pilot_area", "sensor",
            "population"),
    tables=(_CARRIERS, rules.TOWN_TYPES),
    standards=(
        Text("3GPP TR 38.901（路径损耗）", "3GPP TR 38.901 (path loss)"),
        Text("3GPP TS 38.306 4.1.2、TS 38.214 5.2.2（速率）", "3GPP TS 38.306 4.1.2, TS 38.214 5.2.2 (rate)"),
    ),
    method=Text(
        "模型预测值，不是实测：各住宅处室外（外墙之前）单用户独占整个载波的下行速率，按居住人口加权平均；"
        "无信号的居民按 0 计。只计一个载波，缺省 3.5 GHz。",
        "Predicted by a model, not measured: the downlink rate of a single user who gets the whole carrier, outdoors in "
        "front of every home, averaged over residents; those without a signal count with 0. One carrier only, 3.5 GHz "
        "unless said.",
    ),
    cost="run",
    edits=("site_5g", "building"),
    entered_first=True,
)  # fmt: skip
def rate_5g(context: Context) -> Figure:
    """Mean modelled downlink rate of 5G."""
    from twin.analysis.coverage_5g import mean_rate, report
    from twin.analysis.coverage_5g.parameters import Parameters

    for layer in ("site_5g", "building"):
        context.store.generation(layer)  # says what to import where it is missing
    parameters = Parameters()
    if not (context.run_coverage or context.desk.runs.at_hand(parameters, context.scenario_id)):
        raise NotYetComputed
    found = context.desk.runs.answer(parameters, context.scenario_id).found
    mean = mean_rate.mean_downlink(found)
    if math.isnan(mean.mbps):
        raise InputError(
            "没有住宅建筑，无法按人口平均。", "no building is lived in, so there is nobody to average over."
        )
    card = report.evidence(context.store, found)
    told = {
        "zh": "速率按单用户独占载波计，未计多用户分享，也未用实测校准；与测速平台公布的平均值口径不同。",
        "en": "The rate is that of a single user, not shared with others and not calibrated by measurement; it is not "
        "what speed-test platforms publish.",
    }
    evidence = replace(
        card,
        method=_stated(context, card),
        parameters=dict(card.parameters) | context.about_scenario(),
        caveats=(told, *card.caveats),
    )
    return Figure(
        mean.mbps,
        evidence,
        (
            Amount(Text("居民", "Residents"), round(mean.people), "人"),
            Amount(Text("有信号的居民", "Residents with a signal"), round(mean.served), "人"),
        ),
    )


@computed(
    21,
    layers=(*_LIVED_IN, "facility", "centre", "green", "water"),
    edits=("facility:add|move|remove", "centre:add|move|remove", *_WAYS_AND_HOMES),
    tables=(rules.RULES, rules.TOWN_TYPES, _GROUPS),
    cost="analysis",
    standards=(
        Text("生活圈规则见方法说明中所列标准", "The life-circle standard named in the method statement"),
    ),
    method=Text(
        "中心城区内 15 分钟可步行到达全部必备设施的居民比例（生活圈页的缺省口径），与 life-circle 命令给出的数字相同。",
        "Share of the residents of the central urban area who reach every required facility within 15 minutes, by the "
        "defaults of the Life circle page; the number that the command life-circle gives.",
    ),
)
def life_circle(context: Context) -> Figure:
    """Life-circle coverage of the central urban area, by residents."""
    from twin.analysis import report
    from twin.analysis.life_circle import Parameters

    study, _ = context.desk.studies.study(Parameters(), context.scenario_id)
    number = _central(study.city)
    area = report.areas_table(study)[number]
    share = area["rates"]["people"]
    if share is None:
        raise InputError(
            "规则所需的设施都没有数据，无法给出生活圈覆盖率；请先导入设施。",
            "there are no data of any facility the rules need, so there is no life-circle rate; import some.",
        )
    card = report.evidence(context.store, study)
    evidence = replace(
        card,
        method=_stated(context, card),
        parameters=dict(card.parameters) | {"area": area["id"]} | context.about_scenario(),
    )
    return Figure(
        100.0 * share,
        evidence,
        (
            Amount(Text("中心城区居民", "Residents of the central urban area"), area["people"], "人"),
            Amount(Text("未覆盖居民", "Residents not covered"), area["short_people"], "人"),
        ),
    )


@computed(
    25,
    layers=("parcel_locker", *_LIVED_IN),
    edits=("parcel_locker:add|move|remove", *_WAYS_AND_HOMES),
    tables=(rules.TOWN_TYPES, _GROUPS),
    cost="analysis",
    method=Text(
        "全区有智能快件箱服务的小区占全部小区的比例，按步行路网的距离；与 service-radius parcel_locker 命令的数字相同。",
        "Share of the district's housing estates that parcel lockers serve, by distance along the walking network; the "
        "number that the command service-radius parcel_locker gives.",
    ),
)
def parcel_lockers(context: Context) -> Figure:
    """Share of communities within reach of a parcel locker."""
    from twin.analysis import service_radius
    from twin.analysis.life_circle import Parameters

    parameters = service_radius.Parameters.model_validate({})
    if context.edits:
        # Planned homes, closed streets, links and gates are those of the life circle, whose walkers are the same.
        study, _ = context.desk.studies.study(Parameters(), context.scenario_id)
        found = service_radius.coverage(
            context.store, study.city, parameters, travel=study.travels[0], edits=context.edits
        )
    else:
        found = service_radius.coverage(context.store, context.desk.studies.city(), parameters)
    communities = found.communities()
    if communities is None or not len(communities[0]):
        raise InputError(
            "没有小区数据，无法按小区统计快件箱覆盖；请先导入小区图层。",
            "there are no housing estates, by which lockers are counted; import the layer of estates first.",
        )
    _, straight, network = communities
    card = service_radius.evidence(context.store, found)
    evidence = replace(
        card,
        method=_stated(context, card),
        parameters=dict(card.parameters) | context.about_scenario(),
    )
    people = float(found.rates(network=True)[0, service_radius.PEOPLE])
    return Figure(
        100.0 * float(network.mean()),
        evidence,
        (
            Amount(Text("小区", "Communities"), len(network), "个"),
            Amount(Text("按直线距离的小区覆盖率", "Communities by straight distance"), 100.0 * float(straight.mean()), "%"),
            Amount(Text("按人口的覆盖率（路网）", "Residents by the network"), 100.0 * people, "%"),
        ),
    )  # fmt: skip


def _stated(context: Context, card: Evidence) -> dict[str, str]:
    """The indicator's own statement followed by that of the analysis."""
    return {
        "zh": f"{context.method.zh}{card.method['zh']}",
        "en": f"{context.method.en} {card.method['en']}",
    }


def _central(city: City) -> int:
    """The row of the central urban area; that of the district where all homes are central."""
    for number, area in enumerate(city.areas.areas):
        if area.kind == "central":
            return number
    central = {code for code, kind in city.town_types.items() if kind.central}
    if len(city.demand.town) and set(city.demand.town.tolist()) <= central:
        return 0
    raise InputError(
        "城市中没有 town_types.csv 所列的中心城区街镇，无法给出中心城区的覆盖率；请核对街镇代码或该表。",
        "none of the central towns of town_types.csv is in this city, so there is no rate of the central urban area; "
        "check the towns' codes or that table.",
    )
