"""Columns that several layers share, so that they mean the same everywhere."""

from __future__ import annotations

from layers._spec import Choice, Column, Text

NAME = Column(
    "name",
    "text",
    Text("名称", "Name"),
    Text("通用中文名称", "Usual name in Chinese"),
    aliases=("名称", "名字", "name", "name:zh", "mc", "title", "标题"),
    tile=True,
)
NAME_EN = Column(
    "name_en",
    "text",
    Text("英文名", "English name"),
    Text("英文名称", "Name in English"),
    aliases=("英文名", "英文名称", "name:en", "name_en", "english"),
)
ADDRESS = Column(
    "address",
    "text",
    Text("地址", "Address"),
    Text("门牌地址", "Street address"),
    aliases=("地址", "addr", "address", "dz", "addr:full"),
)
STATUS_CHOICES = (
    Choice("online", Text("在线", "Online"), "#3DDC97", ("在线", "正常", "normal", "1")),
    Choice("offline", Text("离线", "Offline"), "#6F829C", ("离线", "断开", "0")),
    Choice("fault", Text("故障", "Fault"), "#FF6B6B", ("故障", "异常", "error")),
)


def year(meaning: Text, *aliases: str) -> Column:
    """A column ``year`` (four digits) with the layer's own meaning."""
    return Column(
        "year",
        "integer",
        Text("年份", "Year"),
        meaning,
        aliases=("年份", "year", "建成年份", "start_date", *aliases),
        minimum=1000,
        maximum=2100,
        tile=True,
    )


def area_m2(name: str, title: Text, meaning: Text, *aliases: str) -> Column:
    """A column of an area in square metres."""
    return Column(name, "number", title, meaning, unit="m²", aliases=aliases, minimum=0)
