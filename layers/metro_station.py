"""Metro stations (轨道站点)."""

from layers._columns import NAME, NAME_EN
from layers._spec import Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="metro_station",
    title=Text("轨道站点", "Metro stations"),
    description=Text("轨道交通车站", "Metro stations"),
    group="transport",
    prefix="MTS",
    geometry="point",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "lines",
            "text",
            Text("线路", "Lines"),
            Text("停靠的线路", "Lines that stop here"),
            aliases=("线路", "lines", "route", "line"),
        ),
        Column(
            "underground",
            "boolean",
            Text("地下站", "Underground"),
            Text("地下车站", "Underground station"),
            aliases=("地下", "underground"),
        ),
    ),
    style=Style("point", "metro", 130, radius=7, label="name", label_zoom=11.5),
    tiling=Tiling(min_zoom=9, max_zoom=14, detail_zoom=9),
    name_column="name",
    key_facts=("lines",),
    expects=Text("站点", "Points"),
    aliases=("metro_stations", "地铁站", "轨道站", "subway_station", "station"),
)
