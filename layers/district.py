"""The district: the outline that every share and coverage is measured within."""

from layers._columns import NAME, NAME_EN
from layers._spec import Column, LayerSpec, Style, Text, Tiling

LAYER = LayerSpec(
    id="district",
    title=Text("行政区", "District"),
    description=Text("区界，所有比率的统计范围", "District boundary, within which every rate is taken"),
    group="administration",
    prefix="DST",
    geometry="polygon",
    columns=(
        NAME,
        NAME_EN,
        Column(
            "code",
            "text",
            Text("行政区划代码", "Division code"),
            Text("六位行政区划代码 (GB/T 2260)", "Six-digit division code (GB/T 2260)"),
            aliases=("adcode", "code", "区划代码", "region_id", "代码"),
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
    ),
    style=Style("fill", "boundary", 2, outline=True, label="name", label_zoom=8),
    tiling=Tiling(min_zoom=8, max_zoom=14, detail_zoom=8, clip=True),
    name_column="name",
    key_facts=("code", "area_km2"),
    on_import="replace",
    expects=Text("区界面，GeoJSON 或 Shapefile", "Boundary polygon, GeoJSON or Shapefile"),
    aliases=("boundary", "区界", "行政区", "区"),
)
