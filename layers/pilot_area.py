"""CIM and intelligent-vehicle pilot areas (试点片区) of the action plan."""

from layers._columns import NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="pilot_area",
    title=Text("试点片区", "Pilot areas"),
    description=Text(
        "行动方案中的 CIM 与双智试点片区", "CIM and double-intelligence pilot areas of the action plan"
    ),
    group="administration",
    prefix="PLT",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "kind",
            "text",
            Text("试点类型", "Pilot kind"),
            Text("试点的内容", "What is piloted"),
            aliases=("类型", "kind"),
            choices=(
                Choice("cim", Text("CIM 试点", "CIM pilot"), "#4CC2FF", ("CIM",)),
                Choice("vehicle", Text("双智试点", "Connected-vehicle pilot"), "#FFB454", ("双智",)),
            ),
            tile=True,
        ),
        Column(
            "area_km2",
            "number",
            Text("面积", "Area"),
            Text("公布的面积", "Published area"),
            unit="km²",
            aliases=("面积", "area_km2"),
            minimum=0,
        ),
        Column(
            "note",
            "text",
            Text("说明", "Note"),
            Text("范围的来源", "Where the outline comes from"),
            aliases=("说明", "备注", "note"),
        ),
    ),
    style=Style(
        "fill",
        "accent",
        8,
        outline=True,
        label="name",
        label_zoom=11,
        color_by=(ColorBy("kind", "category"),),
    ),
    tiling=Tiling(min_zoom=8, max_zoom=14, detail_zoom=8, clip=True),
    name_column="name",
    key_facts=("kind", "area_km2", "note"),
    on_import="replace",
    expects=Text("片区范围面", "Outlines of the areas"),
    aliases=("pilot", "试点", "片区"),
)
