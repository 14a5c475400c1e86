"""Smart parcel lockers (智能快件箱), the subject of indicator 25."""

from layers._columns import ADDRESS
from layers._spec import Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="parcel_locker",
    title=Text("智能快件箱", "Parcel lockers"),
    description=Text("智能快件箱点位 (指标 25)", "Smart parcel lockers (indicator 25)"),
    group="services",
    prefix="PCL",
    geometry="point",
    columns=(
        ADDRESS,
        Column(
            "operator",
            "text",
            Text("运营商", "Operator"),
            Text("运营企业", "Who runs it"),
            aliases=("运营商", "operator", "brand"),
        ),
        Column(
            "compartments",
            "integer",
            Text("格口数", "Compartments"),
            Text("格口数量", "Number of compartments"),
            unit="个",
            aliases=("格口", "格口数", "compartments"),
            minimum=0,
        ),
        Column(
            "estate",
            "text",
            Text("服务小区", "Estate"),
            Text("所在小区", "Estate it serves"),
            aliases=("小区", "estate"),
        ),
    ),
    style=Style("point", "parcel", 105, radius=3, visible=False),
    tiling=Tiling(min_zoom=12, max_zoom=14, detail_zoom=12),
    key_facts=("operator", "compartments", "estate"),
    expects=Text("点位表", "Table of points"),
    aliases=("parcel_lockers", "快件箱", "快递柜"),
)
