"""5G sites (5G 基站) with their sectors, the subject of indicator 3."""

from dataclasses import replace

from layers._columns import ADDRESS, NAME
from layers._spec import Choice, ColorBy, Column, LayerSpec, Style, Text, Tiling

_HEIGHT = (
    "挂高", "天线挂高", "height", "height_m", "站高", "天线高度", "天线离地高度", "天线离地挂高", "aau挂高",
    "antenna height", "antenna height agl", "height agl",
)  # fmt: skip
# A tilt of no stated kind, or the sum of both, last: the importer parts it from the other.
_TOTAL_TILT = (
    "下倾角", "下倾", "倾角", "俯仰角", "天线下倾角", "总下倾角", "总下倾", "总倾角", "天线总下倾角", "tilt",
    "downtilt", "antenna tilt", "total tilt", "total downtilt",
)  # fmt: skip

_BAND = (
    "频段", "band", "频率", "工作频段", "使用频段", "所属频段", "载波频段", "nr频段", "频段/频点", "频点", "nr频点", "下行频点", "中心频点",
    "下行中心频点", "频点号", "中心频率", "载波频率", "arfcn", "nr-arfcn", "dl arfcn", "nr band", "frequency band",
    "frequency", "carrier frequency", "freq",
)  # fmt: skip
_AZIMUTH = (
    "方位角", "azimuth", "天线方位角", "扇区方位角", "小区方位角", "水平方位角", "方向角", "天线方向角", "antenna azimuth", "azimuth angle",
    "azi", "bearing",
)  # fmt: skip
_MECHANICAL = (
    "机械下倾角", "机械下倾", "机械倾角", "物理下倾角", "mechanical_tilt", "mechanical downtilt", "mech tilt", "mtilt",
    *_TOTAL_TILT,
)  # fmt: skip
_ELECTRICAL = (
    "电子下倾角", "电子下倾", "电下倾角", "电下倾", "电子倾角", "电调下倾角", "电调角度", "数字下倾角", "electrical_tilt",
    "electrical downtilt", "electronic tilt", "elec tilt", "etilt", *_TOTAL_TILT,
)  # fmt: skip
_POWER = (
    "功率", "发射功率", "power", "最大发射功率", "小区最大发射功率", "小区发射功率", "小区功率", "总功率", "额定功率", "载波功率", "机顶功率", "输出功率",
    "tx power", "transmit power", "output power", "max power", "maximum power", "max transmit power",
    "maximum transmit power",
)  # fmt: skip
_BANDWIDTH = (
    "带宽", "bandwidth", "载波带宽", "系统带宽", "信道带宽", "小区带宽", "下行带宽", "小区下行带宽", "channel bandwidth", "dl bandwidth",
    "bw",
)  # fmt: skip
_PATTERN = (
    "方向图", "天线型号", "pattern", "天线方向图", "天线名称", "aau型号", "antenna model", "antenna pattern", "antenna",
)  # fmt: skip
_SITE_NAME = (
    *NAME.aliases, "站名", "站点名称", "站点名", "基站名称", "基站名", "基站中文名", "物理站名", "物理站名称", "站址名称", "gnodeb名称", "gnb名称",
    "nodeb名称", "网元名称", "site name", "gnodeb name", "gnb name", "base station name", "小区名称", "小区中文名", "小区名",
    "nr小区名称", "扇区名称", "cell name", "nr cell name", "sector name",
)  # fmt: skip
_OPERATOR = (
    "运营商", "operator", "所属运营商", "归属运营商", "运营企业", "承建运营商", "承建方", "carrier", "network operator",
)  # fmt: skip
_MOUNT = (
    "架设", "站型", "mount", "架设方式", "建设方式", "安装方式", "载体类型", "站址类型", "站点类型", "基站类型", "铁塔类型", "塔型", "杆塔类型", "塔桅类型",
    "天面类型", "mount type", "tower type", "structure", "structure type", "site type",
)  # fmt: skip
_STATUS = (
    "状态", "status", "运行状态", "工作状态", "基站状态", "站点状态", "小区状态", "开通状态", "激活状态", "在网状态", "state",
    "operational state",
)  # fmt: skip

SECTOR_FIELDS = (
    Column(
        "band_ghz",
        "number",
        Text("频段", "Band"),
        Text("载波中心频率", "Carrier frequency"),
        unit="GHz",
        aliases=_BAND,
        minimum=0.4,
        maximum=100,
    ),
    Column(
        "azimuth_deg",
        "number",
        Text("方位角", "Azimuth"),
        Text("自正北顺时针", "Clockwise from north"),
        unit="°",
        aliases=_AZIMUTH,
        minimum=0,
        maximum=360,
    ),
    Column(
        "mechanical_tilt_deg",
        "number",
        Text("机械下倾角", "Mechanical tilt"),
        Text("向下为正", "Down is positive"),
        unit="°",
        aliases=_MECHANICAL,
        minimum=-30,
        maximum=60,
    ),
    Column(
        "electrical_tilt_deg",
        "number",
        Text("电子下倾角", "Electrical tilt"),
        Text("向下为正", "Down is positive"),
        unit="°",
        aliases=_ELECTRICAL,
        minimum=-30,
        maximum=60,
    ),
    Column(
        "height_m",
        "number",
        Text("挂高", "Antenna height"),
        Text("天线离地高度", "Antenna height above ground"),
        unit="m",
        aliases=_HEIGHT,
        minimum=0,
        maximum=300,
    ),
    Column(
        "power_dbm",
        "number",
        Text("发射功率", "Power"),
        Text("每扇区最大发射功率", "Largest power of the sector"),
        unit="dBm",
        aliases=_POWER,
        minimum=-10,
        maximum=80,
    ),
    Column(
        "bandwidth_mhz",
        "number",
        Text("带宽", "Bandwidth"),
        Text("载波带宽", "Carrier bandwidth"),
        unit="MHz",
        aliases=_BANDWIDTH,
        minimum=1,
        maximum=2000,
    ),
    Column(
        "pattern",
        "text",
        Text("天线方向图", "Antenna pattern"),
        Text("方向图名称", "Name of the antenna pattern"),
        aliases=_PATTERN,
    ),
)

LAYER = LayerSpec(
    id="site_5g",
    title=Text("5G 基站", "5G sites"),
    description=Text("5G 基站及其扇区 (指标 3)", "5G base stations with their sectors (indicator 3)"),
    group="sensing",
    prefix="SIT",
    geometry="point",
    columns=(
        replace(
            NAME,
            aliases=_SITE_NAME,
        ),
        ADDRESS,
        Column(
            "operator",
            "text",
            Text("运营商", "Operator"),
            Text("建设运营企业", "Who runs it"),
            aliases=_OPERATOR,
            choices=(
                Choice("cmcc", Text("中国移动", "China Mobile"), "#4C9BE8", ("移动", "中国移动", "上海移动")),
                Choice(
                    "ctcc", Text("中国电信", "China Telecom"), "#5FC3A8", ("电信", "中国电信", "上海电信")
                ),
                Choice("cucc", Text("中国联通", "China Unicom"), "#E87A7A", ("联通", "中国联通", "上海联通")),
                Choice(
                    "cbn", Text("中国广电", "China Broadnet"), "#C792EA", ("广电", "中国广电", "上海广电")
                ),
            ),
            tile=True,
        ),
        Column(
            "mount",
            "text",
            Text("架设方式", "Mount"),
            Text("楼顶、塔杆或灯杆", "Roof, mast or pole"),
            aliases=_MOUNT,
            choices=(
                Choice(
                    "roof",
                    Text("楼顶", "Roof"),
                    "#9AD9FF",
                    (
                        "楼顶",
                        "楼面站",
                        "楼面",
                        "楼面塔",
                        "屋顶",
                        "屋面",
                        "楼顶站",
                        "楼顶抱杆",
                        "楼顶塔",
                        "抱杆",
                        "美化天线",
                        "rooftop",
                        "building",
                    ),
                ),
                Choice(
                    "mast",
                    Text("塔", "Mast"),
                    "#FFB454",
                    (
                        "落地塔",
                        "塔",
                        "铁塔",
                        "单管塔",
                        "三管塔",
                        "角钢塔",
                        "拉线塔",
                        "景观塔",
                        "通信塔",
                        "地面塔",
                        "tower",
                        "monopole",
                        "lattice tower",
                    ),
                ),
                Choice(
                    "pole",
                    Text("灯杆", "Pole"),
                    "#B5E48C",
                    (
                        "灯杆",
                        "杆站",
                        "路灯杆",
                        "灯杆站",
                        "智慧灯杆",
                        "监控杆",
                        "微杆",
                        "street pole",
                        "lamp post",
                        "lamp pole",
                    ),
                ),
            ),
            tile=True,
        ),
        Column(
            "height_m",
            "number",
            Text("挂高", "Antenna height"),
            Text("天线离地高度", "Antenna height above ground"),
            unit="m",
            aliases=_HEIGHT,
            minimum=0,
            maximum=300,
            tile=True,
        ),
        Column(
            "status",
            "text",
            Text("状态", "Status"),
            Text("运行状态", "Running state"),
            aliases=_STATUS,
            choices=(
                Choice(
                    "on",
                    Text("开通", "On air"),
                    "#3DDC97",
                    (
                        "开通",
                        "在网",
                        "已开通",
                        "正常",
                        "运行",
                        "激活",
                        "已激活",
                        "在用",
                        "在服",
                        "启用",
                        "on air",
                        "active",
                        "in service",
                        "operational",
                    ),
                ),
                Choice(
                    "off",
                    Text("关闭", "Off"),
                    "#FF6B6B",
                    (
                        "关闭",
                        "已关闭",
                        "关停",
                        "停用",
                        "退服",
                        "退网",
                        "拆除",
                        "去激活",
                        "未激活",
                        "闭塞",
                        "inactive",
                        "out of service",
                        "decommissioned",
                    ),
                ),
                Choice(
                    "planned",
                    Text("规划", "Planned"),
                    "#8593A3",
                    (
                        "规划",
                        "规划中",
                        "在建",
                        "待建",
                        "拟建",
                        "未建",
                        "未开通",
                        "建设中",
                        "plan",
                        "under construction",
                    ),
                ),
            ),
            tile=True,
        ),
        Column(
            "sectors",
            "records",
            Text("扇区", "Sectors"),
            Text("各扇区的工参", "Parameters of each sector"),
            aliases=("扇区", "sectors"),
            fields=SECTOR_FIELDS,
        ),
    ),
    style=Style(
        "point",
        "site_5g",
        135,
        radius=5,
        height="height_m",
        visible=False,
        color_by=(
            ColorBy("operator", "category"),
            ColorBy("mount", "category"),
            ColorBy("status", "category"),
            ColorBy("height_m", "sequential", (15, 25, 35, 45)),
        ),
    ),
    tiling=Tiling(min_zoom=9, max_zoom=14, detail_zoom=9),
    name_column="name",
    key_facts=("operator", "height_m", "status"),
    expects=Text(
        "运营商工参表，每行一个扇区或一个基站", "Operators' site table, a row per sector or per site"
    ),
    aliases=("sites", "5g", "基站", "工参"),
)
