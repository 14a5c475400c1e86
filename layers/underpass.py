"""Underpasses (下立交): where streets dive, and flood first."""

from layers._columns import NAME, NAME_EN
from layers._spec import ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="underpass",
    title=Text("下立交", "Underpasses"),
    description=Text("下穿式立交与积水风险点", "Streets that dive under others, first to flood"),
    group="transport",
    prefix="UNP",
    geometry="point",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "clearance_m",
            "number",
            Text("净空", "Clearance"),
            Text("限高", "Greatest vehicle height"),
            unit="m",
            aliases=("净空", "限高", "maxheight", "clearance"),
            minimum=0,
            maximum=20,
        ),
        Column(
            "lowest_m",
            "number",
            Text("最低点", "Lowest point"),
            Text("最低点相对地面", "Lowest point against ground"),
            unit="m",
            aliases=("最低点", "lowest"),
            minimum=-50,
            maximum=10,
        ),
        Column(
            "pump",
            "boolean",
            Text("排水泵站", "Pump"),
            Text("设有排水泵", "Has a drainage pump"),
            aliases=("泵站", "pump"),
            tile=True,
        ),
        Column(
            "water_level_monitored",
            "boolean",
            Text("水位监测", "Level monitored"),
            Text("有水位监测终端", "Has a water-level sensor"),
            aliases=("水位监测", "monitored"),
            tile=True,
        ),
    ),
    style=Style(
        "point",
        "underpass",
        125,
        radius=5,
        label="name",
        label_zoom=14.5,
        visible=False,
        color_by=(ColorBy("water_level_monitored", "category"),),
    ),
    tiling=Tiling(min_zoom=10, max_zoom=14),
    name_column="name",
    key_facts=("clearance_m", "lowest_m", "water_level_monitored"),
    expects=Text("点位表", "Table of points"),
    aliases=("underpasses", "下立交"),
)
