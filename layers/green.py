"""Parks and green space (绿地)."""

from layers._columns import NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="green",
    title=Text("绿地", "Green space"),
    description=Text("公园、防护绿地与林地", "Parks, green belts and woods"),
    group="ground",
    prefix="GRN",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "kind",
            "text",
            Text("类型", "Kind"),
            Text("绿地类型", "Kind of green space"),
            aliases=("类型", "kind", "leisure", "landuse", "natural"),
            choices=(
                Choice("park", Text("公园", "Park"), "#6AB04C", ("公园", "garden")),
                Choice(
                    "belt",
                    Text("防护绿地", "Green belt"),
                    "#8DBF7F",
                    ("防护绿地", "grass", "grassland", "scrub", "village_green", "common"),
                ),
                Choice("wood", Text("林地", "Wood"), "#4F8A55", ("林地", "forest", "wood")),
                Choice(
                    "sport",
                    Text("体育绿地", "Playing field"),
                    "#9CCB86",
                    ("pitch", "recreation_ground", "playground", "球场"),
                ),
            ),
            tile=True,
        ),
        Column(
            "public",
            "boolean",
            Text("对公众开放", "Open to the public"),
            Text("公众可进入", "Whether anyone may enter"),
            aliases=("开放", "public"),
        ),
    ),
    style=Style("fill", "green", 10, label="name", label_zoom=14.5, color_by=(ColorBy("kind", "category"),)),
    tiling=Tiling(min_zoom=10, max_zoom=14, clip=True),
    name_column="name",
    key_facts=("kind", "public"),
    expects=Text("绿地面", "Polygons"),
    aliases=("park", "绿地", "公园"),
)
