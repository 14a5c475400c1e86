"""Construction sites (工地), smart or not: indicator 35."""

from layers._columns import ADDRESS, NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="construction_site",
    title=Text("建设工地", "Construction sites"),
    description=Text(
        "在建工地与智慧工地建设 (指标 35)", "Sites under construction, smart or not (indicator 35)"
    ),
    group="buildings",
    prefix="CST",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        ADDRESS,
        Column(
            "smart",
            "boolean",
            Text("智慧工地", "Smart site"),
            Text("已建成智慧工地", "Equipped as a smart site"),
            aliases=("智慧工地", "智慧", "smart"),
            tile=True,
        ),
        Column(
            "stage",
            "text",
            Text("阶段", "Stage"),
            Text("施工阶段", "Stage of the works"),
            aliases=("阶段", "stage"),
            choices=(
                Choice("foundation", Text("基坑", "Foundation"), "#A98467", ("基坑", "桩基")),
                Choice("structure", Text("主体", "Structure"), "#FFC247", ("主体",)),
                Choice("fitting", Text("装修", "Fitting out"), "#6FA8DC", ("装修",)),
            ),
            tile=True,
        ),
        Column(
            "contractor",
            "text",
            Text("施工单位", "Contractor"),
            Text("施工总承包单位", "Main contractor"),
            aliases=("施工单位", "contractor"),
        ),
        Column(
            "finish",
            "date",
            Text("计划竣工", "Planned finish"),
            Text("计划竣工日期", "Planned completion"),
            aliases=("计划竣工", "竣工日期", "finish"),
        ),
    ),
    style=Style(
        "fill",
        "construction",
        18,
        outline=True,
        label="name",
        label_zoom=15.5,
        visible=False,
        color_by=(ColorBy("smart", "category"), ColorBy("stage", "category")),
    ),
    tiling=Tiling(min_zoom=10, max_zoom=14),
    name_column="name",
    key_facts=("smart", "stage", "finish"),
    expects=Text("工地范围面", "Outlines of sites"),
    aliases=("construction", "工地"),
)
