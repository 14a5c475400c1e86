"""Facilities of daily life (生活设施), by the one table of categories."""

from layers._categories import CHOICES
from layers._columns import ADDRESS, NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="facility",
    title=Text("生活设施", "Facilities"),
    description=Text("15 分钟生活圈的各类设施", "What the 15-minute life circle is made of"),
    group="services",
    prefix="FAC",
    geometry="point",
    columns=(
        NAME,
        NAME_EN,
        ADDRESS,
        Column(
            "category",
            "text",
            Text("类别", "Category"),
            Text("生活圈设施类别", "Life-circle category"),
            aliases=("类别", "设施类别", "category", "amenity", "shop", "leisure", "type", "类型"),
            choices=CHOICES,
            required=True,
            tile=True,
        ),
        Column(
            "tier",
            "text",
            Text("层级", "Tier"),
            Text("规划的生活圈层级", "Circle it is planned for"),
            aliases=("层级", "tier"),
            choices=(
                Choice("5", Text("5 分钟", "5 minutes"), "#C7E9B4", ("5分钟",)),
                Choice("10", Text("10 分钟", "10 minutes"), "#41B6C4", ("10分钟",)),
                Choice("15", Text("15 分钟", "15 minutes"), "#225EA8", ("15分钟",)),
            ),
            tile=True,
        ),
        Column(
            "capacity",
            "integer",
            Text("容量", "Capacity"),
            Text("床位、学位、座位等", "Beds, places or seats"),
            aliases=("容量", "床位", "学位", "capacity"),
            minimum=0,
        ),
        Column(
            "floor_area_m2",
            "number",
            Text("建筑面积", "Floor area"),
            Text("建筑面积", "Floor area"),
            unit="m²",
            aliases=("建筑面积", "floor_area"),
            minimum=0,
        ),
        Column(
            "opening_hours",
            "text",
            Text("开放时间", "Opening hours"),
            Text("开放时间 (OSM 写法)", "Opening hours in OpenStreetMap's notation"),
            aliases=("开放时间", "营业时间", "opening_hours"),
        ),
    ),
    style=Style(
        "point",
        "facility",
        115,
        radius=4,
        label="name",
        label_zoom=16,
        visible=False,
        color_by=(ColorBy("category", "category"), ColorBy("tier", "category")),
    ),
    tiling=Tiling(min_zoom=11, max_zoom=14, detail_zoom=11),
    name_column="name",
    key_facts=("category", "tier", "opening_hours"),
    expects=Text("设施点，或 OSM", "Points, or OpenStreetMap"),
    aliases=("facilities", "poi", "设施", "生活设施"),
)
