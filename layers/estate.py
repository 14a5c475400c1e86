"""Housing estates (小区) and the gates people pass through."""

from layers._columns import ADDRESS, NAME, NAME_EN, year
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="estate",
    title=Text("小区", "Estates"),
    description=Text("住宅小区范围与出入口", "Housing estates with their gates"),
    group="buildings",
    prefix="EST",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        ADDRESS,
        Column(
            "kind",
            "text",
            Text("类型", "Kind"),
            Text("小区形态", "Built form"),
            aliases=("类型", "kind"),
            choices=(
                Choice("slab", Text("多层行列式", "Slab estate"), "#E8C774"),
                Choice("tower", Text("高层塔楼", "Tower estate"), "#E9A26B"),
                Choice("lane", Text("里弄老宅", "Old-town lanes"), "#C9A66B"),
                Choice("village", Text("自然村", "Village"), "#B8C98B"),
            ),
            tile=True,
        ),
        year(Text("建成年份", "Year of completion")),
        Column(
            "households",
            "integer",
            Text("户数", "Households"),
            Text("总户数", "Number of dwellings"),
            unit="户",
            aliases=("户数", "households"),
            minimum=0,
        ),
        Column(
            "people",
            "integer",
            Text("人口", "Residents"),
            Text("居住人口", "People who live in it"),
            unit="人",
            aliases=("人口", "people", "population"),
            minimum=0,
            tile=True,
        ),
        Column(
            "gated",
            "boolean",
            Text("封闭管理", "Gated"),
            Text("只能经出入口进出", "Entered by its gates only"),
            aliases=("封闭", "封闭管理", "gated"),
            tile=True,
        ),
        Column(
            "gates",
            "records",
            Text("出入口", "Gates"),
            Text("出入口位置", "Where the gates are"),
            aliases=("出入口", "gates"),
            fields=(
                Column("lon", "number", Text("经度", "Longitude"), Text("经度", "Longitude"), unit="°"),
                Column("lat", "number", Text("纬度", "Latitude"), Text("纬度", "Latitude"), unit="°"),
                Column(
                    "kind",
                    "text",
                    Text("类型", "Kind"),
                    Text("人行或车行", "For people or vehicles"),
                    choices=(
                        Choice("vehicle", Text("车行", "Vehicles")),
                        Choice("foot", Text("人行", "People")),
                    ),
                ),
            ),
        ),
    ),
    style=Style(
        "fill",
        "estate",
        15,
        outline=True,
        label="name",
        label_zoom=15.5,
        visible=False,
        color_by=(
            ColorBy("kind", "category"),
            ColorBy("people", "sequential", (500, 1000, 2000, 4000, 8000)),
        ),
    ),
    tiling=Tiling(min_zoom=11, max_zoom=14, detail_zoom=11, clip=True),
    name_column="name",
    key_facts=("kind", "people", "households"),
    expects=Text("小区范围面", "Outlines of estates"),
    aliases=("estates", "小区", "住宅小区"),
)
