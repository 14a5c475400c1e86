"""我嘉·邻里中心: the neighbourhood centres of indicator 20."""

from layers._columns import ADDRESS, NAME, NAME_EN, area_m2, year
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="centre",
    title=Text("我嘉·邻里中心", "Neighbourhood centres"),
    description=Text("一站式社区服务综合体 (指标 20)", "One-stop community hubs (indicator 20)"),
    group="services",
    prefix="CTR",
    geometry="point",
    columns=(
        NAME,
        NAME_EN,
        ADDRESS,
        Column(
            "status",
            "text",
            Text("状态", "Status"),
            Text("建设状态", "State of building"),
            aliases=("状态", "status"),
            choices=(
                Choice("open", Text("已开放", "Open"), "#3DDC97", ("已开放", "运营", "建成")),
                Choice("building", Text("在建", "Being built"), "#FFC247", ("在建",)),
                Choice("planned", Text("规划", "Planned"), "#8593A3", ("规划",)),
            ),
            tile=True,
        ),
        Column(
            "kind",
            "text",
            Text("形态", "Form"),
            Text("主中心或分中心", "Main or auxiliary centre"),
            aliases=("类型", "形态", "kind"),
            choices=(
                Choice("main", Text("主中心", "Main"), "#4CC2FF", ("主",)),
                Choice("auxiliary", Text("分中心", "Auxiliary"), "#9AD9FF", ("辅", "分")),
            ),
        ),
        area_m2(
            "floor_area_m2",
            Text("建筑面积", "Floor area"),
            Text("建筑面积", "Floor area"),
            "建筑面积",
            "floor_area",
        ),
        year(Text("开放年份", "Year of opening"), "开放年份"),
        Column(
            "services",
            "text",
            Text("服务内容", "Services"),
            Text("提供的服务", "What is offered"),
            aliases=("服务", "services"),
        ),
        Column(
            "capacity",
            "integer",
            Text("服务人口", "People served"),
            Text("设计服务人口", "People it is planned for"),
            unit="人",
            aliases=("服务人口", "capacity"),
            minimum=0,
        ),
    ),
    style=Style(
        "point",
        "centre",
        140,
        radius=8,
        label="name",
        label_zoom=12.5,
        color_by=(ColorBy("status", "category"),),
    ),
    tiling=Tiling(min_zoom=9, max_zoom=14, detail_zoom=9),
    name_column="name",
    key_facts=("status", "floor_area_m2", "capacity"),
    expects=Text("中心点位表", "Table of centres"),
    aliases=("centres", "邻里中心", "我嘉"),
)
