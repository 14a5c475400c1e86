"""Metro lines (轨道交通线路)."""

from layers._columns import NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="metro_line",
    title=Text("轨道线路", "Metro lines"),
    description=Text("轨道交通线路", "Metro lines"),
    group="transport",
    prefix="MTL",
    geometry="line",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "line",
            "text",
            Text("线号", "Line"),
            Text("线路编号", "Number of the line"),
            aliases=("线号", "线路", "route", "ref", "line"),
            choices=(
                Choice("11", Text("11 号线", "Line 11"), "#871C2B"),
                Choice("13", Text("13 号线", "Line 13"), "#E77DAD"),
                Choice("14", Text("14 号线", "Line 14"), "#827A04"),
                Choice("network", Text("其他轨道", "Other track"), "#8593A3", ("其他",)),
            ),
            tile=True,
        ),
        Column(
            "underground",
            "boolean",
            Text("地下", "Underground"),
            Text("地下敷设", "Runs underground"),
            aliases=("地下", "tunnel", "underground"),
        ),
    ),
    style=Style(
        "line", "metro", 24, width=14.0, label="name", label_zoom=12, color_by=(ColorBy("line", "category"),)
    ),
    tiling=Tiling(min_zoom=9, max_zoom=14, detail_zoom=9, clip=True),
    name_column="name",
    key_facts=("line", "underground"),
    expects=Text("线路，线或多线", "Lines or multi-lines"),
    aliases=("metro_lines", "metro", "轨道", "地铁线", "subway"),
)
