"""Rivers, canals and lakes (水系)."""

from layers._columns import NAME, NAME_EN
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="water",
    title=Text("水系", "Water"),
    description=Text("河道、湖泊与池塘", "Rivers, canals, lakes and ponds"),
    group="ground",
    prefix="WTR",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "kind",
            "text",
            Text("类型", "Kind"),
            Text("水体类型", "Kind of water body"),
            aliases=("类型", "kind", "water", "waterway", "natural"),
            choices=(
                Choice("river", Text("河流", "River"), "#4A90C2", ("河流", "河道", "riverbank", "stream")),
                Choice("canal", Text("河浜", "Canal"), "#6BA9D1", ("河浜", "浜", "ditch", "drain", "moat")),
                Choice("lake", Text("湖泊", "Lake"), "#3D7FB0", ("湖泊", "湖", "reservoir", "bay")),
                Choice("pond", Text("池塘", "Pond"), "#8FC1DD", ("池塘", "pond", "basin")),
            ),
            tile=True,
        ),
    ),
    style=Style("fill", "water", 12, label="name", label_zoom=14.5, color_by=(ColorBy("kind", "category"),)),
    tiling=Tiling(min_zoom=9, max_zoom=14, detail_zoom=9, clip=True),
    name_column="name",
    key_facts=("kind",),
    expects=Text("水面", "Polygons; rivers given as lines become 6 m wide"),
    aliases=("river", "水系", "河道", "湖泊"),
)
