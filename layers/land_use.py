"""Land use (用地): what the ground is for, by GB 50137's main classes."""

from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="land_use",
    title=Text("用地", "Land use"),
    description=Text("现状用地，大类按 GB 50137-2011", "Present land use, main classes of GB 50137-2011"),
    group="ground",
    prefix="LND",
    geometry="polygon",
    columns=(
        Column(
            "use",
            "text",
            Text("用地类别", "Use"),
            Text("用地大类", "Main class"),
            aliases=("用地类别", "用地性质", "landuse", "use", "地类", "fclass"),
            choices=(
                Choice(
                    "residential",
                    Text("居住用地 R", "Residential R"),
                    "#E8C774",
                    ("居住", "住宅", "r", "城镇住宅用地", "二类居住用地"),
                ),
                Choice("village", Text("村庄用地 H14", "Village H14"), "#C9A66B", ("村庄", "农村宅基地")),
                Choice(
                    "commercial",
                    Text("商业服务业 B", "Commercial B"),
                    "#E07A5F",
                    ("商业", "retail", "商务", "b", "commercial"),
                ),
                Choice(
                    "public",
                    Text("公共管理与服务 A", "Public services A"),
                    "#D98BB5",
                    ("公共", "institutional", "a", "education", "civic"),
                ),
                Choice("industrial", Text("工业 M", "Industrial M"), "#A98467", ("工业", "m")),
                Choice("logistics", Text("物流仓储 W", "Logistics W"), "#9A8FB0", ("仓储", "w", "物流")),
                Choice(
                    "transport",
                    Text("道路与交通 S", "Transport S"),
                    "#8593A3",
                    ("交通", "railway", "s", "parking"),
                ),
                Choice("utility", Text("公用设施 U", "Utilities U"), "#6FA3B8", ("公用", "u")),
                Choice(
                    "green",
                    Text("绿地与广场 G", "Green G"),
                    "#7FB77E",
                    ("绿地", "recreation_ground", "g", "grass", "广场"),
                ),
                Choice(
                    "construction", Text("在建用地", "Under construction"), "#C4A000", ("在建", "brownfield")
                ),
                Choice(
                    "farmland",
                    Text("农林用地 E2", "Farmland E2"),
                    "#B8C98B",
                    ("农业", "农用地", "farmyard", "orchard", "meadow", "forest", "耕地", "e2"),
                ),
            ),
            required=True,
            tile=True,
        ),
        Column(
            "code",
            "text",
            Text("用地代码", "Class code"),
            Text("规划或调查的原始代码", "Original code of the plan or survey"),
            aliases=("用地代码", "code", "dldm", "地类编码"),
        ),
    ),
    style=Style("fill", "land", 5, color_by=(ColorBy("use", "category"),), visible=False),
    tiling=Tiling(min_zoom=10, max_zoom=14, clip=True),
    key_facts=("use", "code"),
    expects=Text("用地面", "Land-use polygons"),
    aliases=("landuse", "用地", "土地利用"),
)
