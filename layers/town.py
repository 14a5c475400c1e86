"""Towns and sub-districts (街镇): the areas every figure is reported by."""

from layers._columns import NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="town",
    title=Text("街镇", "Towns"),
    description=Text("镇与街道，指标的汇总单元", "Towns and sub-districts, by which figures are reported"),
    group="administration",
    prefix="TWN",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "code",
            "text",
            Text("统计用区划代码", "Statistical code"),
            Text(
                "九位统计用区划代码，城市标识的街镇段", "Nine-digit code, the town part of city identifiers"
            ),
            aliases=("code", "area_code", "towncode", "区划代码", "街镇代码"),
        ),
        Column(
            "kind",
            "text",
            Text("类型", "Kind"),
            Text("镇或街道", "Town or sub-district"),
            aliases=("类型", "kind"),
            choices=(
                Choice("town", Text("镇", "Town"), "#7FA7C9", ("镇",)),
                Choice("subdistrict", Text("街道", "Sub-district"), "#C9A97F", ("街道",)),
            ),
            tile=True,
        ),
        Column(
            "area_km2",
            "number",
            Text("面积", "Area"),
            Text("公布的面积", "Published area"),
            unit="km²",
            aliases=("面积", "area_km2", "area"),
            minimum=0,
        ),
        Column(
            "people",
            "integer",
            Text("常住人口", "Residents"),
            Text("常住人口", "Resident population"),
            unit="人",
            aliases=("人口", "常住人口", "population", "people"),
            minimum=0,
            tile=True,
        ),
    ),
    style=Style(
        "fill",
        "boundary",
        3,
        outline=True,
        label="name",
        label_zoom=9.5,
        color_by=(
            ColorBy("people", "sequential", (60e3, 120e3, 180e3, 240e3, 300e3)),
            ColorBy("kind", "category"),
        ),
    ),
    tiling=Tiling(min_zoom=8, max_zoom=14, detail_zoom=8, clip=True),
    name_column="name",
    key_facts=("code", "people", "area_km2"),
    on_import="replace",
    expects=Text("街镇面，含名称与九位代码", "Town polygons with name and nine-digit code"),
    aliases=("towns", "街镇", "街道", "乡镇", "镇"),
)
