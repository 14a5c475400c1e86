"""The built-in tour: what a first briefing shows, made from what the home holds at the time.

Captions say what is looked at and what the action plan asks for, never a
count: figures stand beside them with their evidence, and would go stale here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterator
from typing import Any

from layers import Text, all_layers
from twin import describe
from twin.briefing.viewpoint import LONGEST_TITLE, Tour, Viewpoint
from twin.models import register
from twin.store import Store

ID = "standard"
NAME = Text("标准巡览", "Standard tour")
_NOTE = Text(
    "由现有数据生成：全区、试点片区、生活圈、5G、物联感知、邻里中心与建筑模型。复制后可编辑。",
    "Made from the data at hand: the district, the pilot areas, life circle, 5G, sensing, centres and a building "
    "model. Copy it to edit it.",
)
_EARTH_M = 40075016.686
_FRAME_PX = 900
"""Pixels across which the extent of a place is shown: what is left of a wide window beside its columns."""
_HOME = (121.25, 31.38)
_PLACES: dict[str, tuple[Text, tuple[int, ...]]] = {
    "远香湖中央活动区": (
        Text(
            "嘉定新城核心。与国际汽车城联动，建设“嘉定未来·智慧出行示范区”，新建规模化楼宇推行 BIM，逐步开展 CIM 试点。",
            "The core of Jiading New City. With the International Automobile City it forms the Jiading Future smart "
            "mobility area; large new buildings come with BIM, and CIM is piloted.",
        ),
        (22, 20),
    ),
    "嘉宝智慧湾": (
        Text(
            "未来城市实践区：生产、生态、生活“三生融合”，以 CIM 试点探索城市“数治”新模式。",
            "A practice area of the future city, where production, ecology and life are planned together and CIM is "
            "piloted for digital governance.",
        ),
        (31, 35),
    ),
}
_KINDS: dict[str, tuple[Text, tuple[int, ...]]] = {
    "vehicle": (
        Text(
            "国家智慧城市基础设施与智能网联汽车协同发展“双智”试点：测试道路分级开放，车路协同。",
            "National pilot of smart city infrastructure together with connected vehicles: roads are opened to testing "
            "by grade.",
        ),
        (17, 3),
    ),
    "cim": (
        Text("行动方案的 CIM 试点片区。", "A CIM pilot area of the action plan."),
        (35,),
    ),
}


def tour(store: Store) -> Tour:
    """The built-in tour over what ``store`` holds now: of one viewpoint when it is empty."""
    made = max((item.created_at for item in store.shown.values()), default=dt.datetime(1970, 1, 1))
    return Tour(ID, NAME.zh, _NOTE.zh, "", tuple(_viewpoints(store)), made, made, builtin=True)


def _viewpoints(store: Store) -> Iterator[Viewpoint]:
    # The plan's own areas first, in its order of telling; the core of the new city leads.
    known = list(_PLACES)
    places = sorted(
        describe.places(store),
        key=lambda item: known.index(item["name"]) if item["name"] in known else len(known),
    )
    yield _overview(store, "overview", Text("嘉定全区", "Jiading District"), Text(
        "城市数字孪生底座：行政区划、地形水系、道路、建筑与公共服务在同一三维场景中。",
        "The base of the city twin: areas, water, roads, buildings and services in one 3D scene.",
    ), (3, 4, 20, 21), bearing=-12)  # fmt: skip
    for place in places:
        yield _place(place)
    held = store.shown
    if {"road", "building"} <= set(held):
        yield _overview(store, "life-circle", Text("15 分钟生活圈", "15-minute life circle"), Text(
            "从每栋住宅步行出发能到达哪些公共服务；颜色为到达所需服务的时间，目标为中心城区覆盖率不低于 95%。",
            "What every home reaches on foot: the colour is the time to the services that are asked for. The plan asks "
            "for at least 95 % of the central urban area.",
        ), (21, 20), show="life-circle", closer=1.2, pitch=40)  # fmt: skip
    core = places[0] if places else None
    if "site_5g" in held:
        yield _thing("coverage", Text("5G 信号覆盖", "5G coverage"), Text(
            "按 3GPP TR 38.901 逐栋计算的信号强度：建筑遮挡形成的弱覆盖一目了然。",
            "Signal level computed building by building after 3GPP TR 38.901: where buildings block it, it shows.",
        ), _at(store, core, "site_5g"), (2, 3), zoom=14.2, show="coverage", layers=_layers(store, "site_5g"))  # fmt: skip
    if "sensor" in held:
        yield _thing("sensors", Text("物联感知终端", "Sensing terminals"), Text(
            "城市神经元：感知终端及其最近一次记录的状态。实时读数接入后在此更新。",
            "The city's nerves: sensing terminals with the state last recorded. Live readings will take its place here.",
        ), _at(store, core, "sensor"), (4,), zoom=14.8, pitch=50, layers=_layers(store, "sensor"))  # fmt: skip
    if "centre" in held:
        yield _overview(store, "centres", Text("我嘉·邻里中心", "Wojia neighbourhood centres"), Text(
            "家门口的一站式社区服务：已开放、在建与规划的邻里中心。",
            "Community services in one place near home: centres that are open, being built and planned.",
        ), (20,), closer=0.4, bearing=14, layers=_layers(store, "centre"))  # fmt: skip
    yield from _model(store)
    if held:
        yield _overview(store, "indicators", Text("行动方案指标", "Indicators of the action plan"), Text(
            "方案指标对照目标：每个数字都可查看其依据、数据时间与计算方法。",
            "The plan's indicators against their targets; every figure shows its evidence, date and method.",
        ), (17, 20, 21, 22, 25, 35), closer=0.2, bearing=10)  # fmt: skip


def _overview(
    store: Store,
    key: str,
    title: Text,
    caption: Text,
    indicators: tuple[int, ...],
    *,
    closer: float = 0.0,
    pitch: float = 45.0,
    bearing: float = 0.0,
    show: str = "",
    layers: str = "",
) -> Viewpoint:
    """The whole city, or ``closer`` zoom levels nearer to its middle."""
    box = describe.bounds(store)
    (lon, lat), zoom = _HOME, 10.5
    if box is not None:
        west, south, east, north = box
        lon, lat = (west + east) / 2, (south + north) / 2
        metres = _EARTH_M / 360
        zoom = _zoom(max((east - west) * metres * math.cos(math.radians(lat)), (north - south) * metres), lat)
    return _made(
        key, title, caption, lon, lat, zoom + closer, pitch, bearing, indicators, show=show, layers=layers
    )


def _place(place: dict[str, Any]) -> Viewpoint:
    """A pilot area, filling the frame."""
    extent_m = place["extent_m"] * math.cos(
        math.radians(place["lat"])
    )  # given in metres of the web mercator map
    caption, indicators = _PLACES.get(place["name"]) or _KINDS.get(place["kind"] or "") or (Text("", ""), ())
    return _made(
        f"place {place['fid']}",
        Text(place["name"] or str(place["fid"]), place["name_en"] or ""),
        caption,
        place["lon"],
        place["lat"],
        _zoom(max(extent_m, 400.0), place["lat"]) + 0.3,
        52.0,
        -20.0,
        indicators,
        select=f"pilot_area:{place['fid']}",
    )


def _thing(
    key: str,
    title: Text,
    caption: Text,
    at: tuple[float, float],
    indicators: tuple[int, ...],
    *,
    zoom: float,
    pitch: float = 45.0,
    show: str = "",
    layers: str = "",
) -> Viewpoint:
    return _made(key, title, caption, *at, zoom, pitch, -18.0, indicators, show=show, layers=layers)


def _model(store: Store) -> Iterator[Viewpoint]:
    """The model that was changed last among those with a place."""
    entry = next((item for item in register.listed(store) if item.placed is not None), None)
    place = None if entry is None else register.placement(store, entry)
    if entry is None or place is None:
        return
    height = entry.current.height_m or 30.0
    yield _made(
        f"model {entry.id}",
        Text(entry.name[:LONGEST_TITLE], ""),
        Text(
            "由 IFC 建筑信息模型转换、检查并落位的单体：逐层逐构件可查。",
            "A building converted, checked and placed from its IFC model: every storey and element can be asked for.",
        ),
        place.lon,
        place.lat,
        min(19.0, _zoom(max(4 * height, 150.0), place.lat)),
        58.0,
        30.0,
        (),
        select="" if entry.building is None else f"building:{entry.building}",
    )


def _made(
    key: str,
    title: Text,
    caption: Text,
    lon: float,
    lat: float,
    zoom: float,
    pitch: float,
    bearing: float,
    indicators: tuple[int, ...],
    **more: Any,
) -> Viewpoint:
    # The id follows from what is shown, so that a wall finds its place again after the data changed.
    return Viewpoint(
        id=hashlib.sha256(f"{ID} {key}".encode()).hexdigest()[:12],
        title=title.zh[:LONGEST_TITLE],
        title_en=title.en[:LONGEST_TITLE],
        caption=caption.zh,
        caption_en=caption.en,
        longitude=round(lon, 6),
        latitude=round(lat, 6),
        zoom=round(min(20.5, max(7.0, zoom)), 2),
        pitch=pitch,
        bearing=bearing,
        indicators=indicators,
        **more,
    )


def _zoom(extent_m: float, lat: float) -> float:
    """Zoom at which ``extent_m`` metres fill the frame."""
    return math.log2(_EARTH_M * math.cos(math.radians(lat)) * _FRAME_PX / (512 * max(extent_m, 1.0)))


def _at(store: Store, place: dict[str, Any] | None, layer: str) -> tuple[float, float]:
    """The middle of a pilot area, else of a layer."""
    if place is not None:
        return place["lon"], place["lat"]
    box = store.shown[layer].bounds
    return _HOME if box is None else ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)


def _layers(store: Store, *more: str) -> str:
    """The layers that their styles show, and ``more``."""
    return ",".join(
        layer
        for layer, spec in all_layers().items()
        if layer in store.shown and store.shown[layer].rows and (spec.style.visible or layer in more)
    )
