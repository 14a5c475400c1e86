"""Bus stops (公交站), with or without a real-time board."""

from layers._columns import NAME, NAME_EN
from layers._spec import ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="bus_stop",
    title=Text("公交站", "Bus stops"),
    description=Text("公交站点与实时到站发布", "Bus stops and their real-time boards"),
    group="transport",
    prefix="BUS",
    geometry="point",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "realtime_board",
            "boolean",
            Text("实时到站", "Real-time board"),
            Text("发布实时到站信息 (指标 22)", "Publishes arrivals in real time (indicator 22)"),
            aliases=("实时到站", "实时", "电子站牌", "realtime", "passenger_information_display"),
            tile=True,
        ),
        Column(
            "routes",
            "text",
            Text("线路", "Routes"),
            Text("停靠的公交线路", "Bus routes that stop here"),
            aliases=("线路", "routes", "route_ref"),
        ),
        Column(
            "shelter",
            "boolean",
            Text("候车亭", "Shelter"),
            Text("设有候车亭", "Has a shelter"),
            aliases=("候车亭", "shelter"),
        ),
    ),
    style=Style(
        "point",
        "bus",
        110,
        radius=3,
        color_by=(ColorBy("realtime_board", "category"),),
        label="name",
        label_zoom=16,
        visible=False,
    ),
    tiling=Tiling(min_zoom=11, max_zoom=14, detail_zoom=11),
    name_column="name",
    key_facts=("realtime_board", "routes"),
    expects=Text("站点", "Points"),
    aliases=("bus", "公交", "公交站"),
)
