"""Sensing terminals (物联感知终端): the 220,000 of indicator 4."""

from layers._columns import NAME, STATUS_CHOICES
from layers._spec import Aggregate, Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

KINDS = (
    Choice("smoke", Text("烟感", "Smoke detector"), "#E07A5F", ("烟感", "烟雾")),
    Choice("gas", Text("燃气", "Gas detector"), "#F2A65A", ("燃气",)),
    Choice("water_meter", Text("智能水表", "Water meter"), "#4A90C2", ("水表",)),
    Choice("electric_meter", Text("智能电表", "Power meter"), "#F2D45C", ("电表",)),
    Choice("camera", Text("视频监控", "Camera"), "#8E7DBE", ("摄像头", "视频", "监控")),
    Choice("access", Text("门禁", "Access gate"), "#B8A9D9", ("门禁",)),
    Choice("lift", Text("电梯监测", "Lift monitor"), "#C8553D", ("电梯",)),
    Choice("parking", Text("停车地磁", "Parking bay"), "#8593A3", ("地磁", "停车")),
    Choice("manhole", Text("井盖监测", "Manhole cover"), "#A98467", ("井盖",)),
    Choice("street_light", Text("智慧灯杆", "Street light"), "#FFE08A", ("灯杆", "路灯")),
    Choice("traffic", Text("交通检测", "Traffic detector"), "#E8896B", ("交通", "流量")),
    Choice("roadside_unit", Text("车路协同单元", "Roadside unit"), "#FFB454", ("rsu", "路侧单元")),
    Choice("air", Text("空气质量", "Air quality"), "#5FB3A3", ("空气", "扬尘", "pm2.5")),
    Choice("noise", Text("噪声", "Noise"), "#D98BB5", ("噪声",)),
    Choice("water_level", Text("水位", "Water level"), "#3D7FB0", ("水位", "积水")),
    Choice("water_quality", Text("水质", "Water quality"), "#6BA9D1", ("水质",)),
    Choice("waste", Text("垃圾满溢", "Waste bin"), "#6AB04C", ("垃圾",)),
    Choice("weather", Text("气象", "Weather"), "#9AD9FF", ("气象",)),
)

LAYER = LayerSpec(
    id="sensor",
    title=Text("感知终端", "Sensors"),
    description=Text("物联感知终端 (指标 4)", "Sensing terminals (indicator 4)"),
    group="sensing",
    prefix="SNS",
    geometry="point",
    columns=(
        NAME,
        Column(
            "kind",
            "text",
            Text("类型", "Kind"),
            Text("感知内容", "What it senses"),
            aliases=("类型", "设备类型", "kind", "type"),
            choices=KINDS,
            required=True,
            tile=True,
        ),
        Column(
            "owner",
            "text",
            Text("主管部门", "Owner"),
            Text("主管部门", "Department in charge"),
            aliases=("主管部门", "权属", "部门", "owner", "department"),
        ),
        Column(
            "status",
            "text",
            Text("状态", "Status"),
            Text("最近状态", "Last known state"),
            aliases=("状态", "status"),
            choices=STATUS_CHOICES,
            tile=True,
        ),
        Column(
            "height_m",
            "number",
            Text("安装高度", "Height"),
            Text("离地高度", "Height above ground"),
            unit="m",
            aliases=("高度", "安装高度", "height"),
            minimum=-60,
            maximum=400,
        ),
        Column(
            "installed",
            "date",
            Text("安装日期", "Installed"),
            Text("安装日期", "Date of installation"),
            aliases=("安装日期", "installed", "install_date"),
        ),
    ),
    style=Style(
        "point",
        "sensor",
        120,
        radius=2.5,
        visible=False,
        color_by=(ColorBy("kind", "category"), ColorBy("status", "category")),
    ),
    tiling=Tiling(
        min_zoom=9, max_zoom=15, detail_zoom=14, aggregates=(Aggregate("height_max_m", "max", "height_m"),)
    ),
    key_facts=("kind", "owner", "status"),
    expects=Text("终端台账", "Inventory of terminals"),
    aliases=("sensors", "感知", "物联", "终端", "iot"),
)
