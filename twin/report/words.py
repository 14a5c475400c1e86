"""What reports say beside the texts of the city's own data, in both languages."""

from __future__ import annotations

from layers import Text

_WORDS: dict[str, tuple[str, str]] = {
    "product": ("嘉定数字孪生", "Jiading city twin"),
    "subtitle": ("数字化转型指标与城市孪生汇报", "Indicators of digital transformation, shown on the city twin"),
    "district": ("上海市嘉定区", "Jiading District, Shanghai"),
    "made": ("编制日期 {date}", "Made on {date}"),
    "as_of": ("数据截至 {date}", "Data as of {date}"),
    "scenario_of": ("情景：{name}", "Scenario: {name}"),
    "tour_by": ("巡览：{name}", "Tour: {name}"),
    "synthetic": ("合成演示数据，不反映真实情况", "Synthetic demonstration data, not the real city"),
    "mixed": ("含合成演示数据，不全反映真实情况", "Partly synthetic demonstration data, not all of it real"),
    "summary": ("指标总览", "Indicators at a glance"),
    "contents": ("目录", "Contents"),
    "by_status": ("按状态", "By status"),
    "by_category": ("按类别", "By category"),
    "category": ("类别", "Category"),
    "total": ("合计", "Total"),
    "count_text": ("共 {count} 项指标，{valued} 项有值", "{count} indicators, {valued} with a value"),
    "indicators": ("指标明细", "Table of indicators"),
    "continued": ("{title}（续）", "{title} (continued)"),
    "no": ("编号", "No."),
    "indicator": ("指标", "Indicator"),
    "target": ("目标", "Target"),
    "value": ("现值", "Value"),
    "status": ("状态", "Status"),
    "as_of_head": ("截至", "As of"),
    "basis": ("依据", "Basis"),
    "evidence_head": ("证据", "Evidence"),
    "computed": ("计算", "computed"),
    "entered": ("录入", "entered"),
    "of_scenario": ("情景下", "under the scenario"),
    "no_data": ("暂无数据", "no data"),
    "real": ("真实数据", "real data"),
    "synthetic_short": ("合成数据", "synthetic data"),
    "mixed_short": ("部分为合成数据", "partly synthetic data"),
    "targets_note": (
        ("目标与年限出自《嘉定区城市数字化转型行动方案（2021-2023年）》（嘉府发〔2021〕30号）主要指标列表；"
        "“暂无数据”表示系统的图层中没有，也没有人录入。"),
        ("Targets are those of the table of indicators in the Jiading action plan for digital transformation 2021-2023 "
        "(Jiafufa [2021] 30); no data means that no layer holds the indicator and nobody entered it."),
    ),
    "attained": ("指标完成程度", "Indicators against their targets"),
    "attained_note": (
        "有值且目标为下限的指标，现值占目标的百分比；超过 120% 的画到 120%。",
        "Indicators with a value and a least value as their target, as a share of it; beyond 120 % drawn to 120 %.",
    ),
    "share_of_target": ("占目标", "Share of target"),
    "life_circle": ("15 分钟生活圈覆盖率（分街镇）", "15-minute life circle by town"),
    "life_circle_note": (
        "居民中 15 分钟内可到达全部必备设施者的比例；横线为目标 95%。",
        "Share of residents who reach every required facility within 15 minutes; the line is the target of 95 %.",
    ),
    "coverage": ("5G 覆盖率（分街镇）", "5G coverage by town"),
    "coverage_note": (
        "达到“{profile}”判据的居民比例（室外信号），由传播模型计算，未经路测校准。",
        "Share of residents (signal outdoors) who meet the criteria of {profile}; modelled, not calibrated by drive tests.",
    ),
    "sensors": ("感知终端状态", "State of the sensing terminals"),
    "sensors_note": (
        "图层中的最近记录，不是实时读数。共 {count} 个。",
        "As last recorded in the layer, not live readings. {count} in all.",
    ),
    "share": ("覆盖率", "Share"),
    "base": ("原状", "As is"),
    "after": ("情景后", "Scenario"),
    "number": ("数量", "Number"),
    "scenario": ("情景前后对比", "Before and after the scenario"),
    "scenario_maps": ("情景前后的地图", "The map before and after"),
    "change": ("变化", "Change"),
    "edits": ("修改清单", "Edits"),
    "edits_of": ("情景“{name}”，{author}，{count} 项修改", "Scenario {name}, {author}, {count} edits"),
    "more_edits": ("……另有 {count} 项，见情景页", "... and {count} more, see the Scenarios page"),
    "no_author": ("未署名", "no author"),
    "unaffected": ("这一情景没有改变任何已有值的指标。", "This scenario changes no indicator that has a value."),
    "annotations": ("批注", "Annotations"),
    "place": ("位置", "Place"),
    "text": ("内容", "Text"),
    "author": ("作者", "Author"),
    "open": ("未解决", "open"),
    "resolved": ("已解决", "resolved"),
    "replies": ("{count} 条回复", "{count} replies"),
    "methods": ("附录：证据与方法", "Appendix: evidence and methods"),
    "methods_note": (
        "正文中的 [E…] 指向本附录。每一数字列出数值、截至日期、所用数据（版本、来源、许可）、方法、标准、参数与注意事项。",
        ("Marks such as [E1] lead here: value, as-of date, data used (generation, source, licence), method, standards, "
        "parameters and caveats of every figure."),
    ),
    "data": ("数据", "Data"),
    "method": ("方法", "Method"),
    "method_of": ("同 {mark}", "as {mark}"),
    "standards": ("标准", "Standards"),
    "parameters": ("参数", "Parameters"),
    "denominators": ("基数", "Denominators"),
    "caveats": ("注意", "Caveats"),
    "generation": ("第 {number} 版", "generation {number}"),
    "no_licence": ("许可未注明", "no licence stated"),
    "no_source": ("来源未注明", "no source stated"),
    "entered_by": ("{author} 录入于 {date}", "entered by {author} on {date}"),
    "footnote": ("{mark} {name}：截至 {as_of}，{origin}，{basis}", "{mark} {name}: as of {as_of}, {origin}, {basis}"),
    "footnote_end": ("数据、方法与参数见附录。", "Data, methods and parameters: see the appendix."),
    "no_picture": ("没有地图图片：{reason}", "No picture of the map: {reason}"),
    "not_asked": ("编制时未要求图片。", "none was asked for."),
    "viewpoint": ("视点 {number}", "Viewpoint {number}"),
    "pictures_from": ("地图：嘉定数字孪生，{sources}", "Map: Jiading city twin, {sources}"),
    "comma": ("、", ", "),
    "semicolon": ("；", "; "),
    "colon": ("：", ": "),
    "stop": ("。", ". "),
    "left": ("（", " ("),
    "right": ("）", ")"),
}  # fmt: skip


def text(key: str) -> Text:
    """The text of ``key`` in both languages; :class:`KeyError` when there is none."""
    return Text(*_WORDS[key])


def word(key: str, language: str, **values: object) -> str:
    """The text of ``key`` in ``language`` with ``{name}`` replaced from ``values``."""
    found = text(key).of(language)
    return found.format(**values) if values else found
