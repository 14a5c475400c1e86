"""Viewpoints: what is taken, and what is said about what is not."""

from __future__ import annotations

from typing import Any

import pytest

from twin.briefing import viewpoint
from twin.errors import InputError

LEAST: dict[str, Any] = {"title": "远香湖", "longitude": 121.26, "latitude": 31.34, "zoom": 14.5}
WHOLE: dict[str, Any] = LEAST | {
    "id": "0123456789ab",
    "title_en": "Yuanxiang Lake",
    "caption": "第一行\n第二行",
    "caption_en": "Two lines",
    "pitch": 52.0,
    "bearing": -20.0,
    "layers": "building:use:height_m:12~40,road,site_5g:status:status:planned~open",
    "time": "2026-06-21T15:30",
    "shadows": True,
    "scenario": "a1b2c3d4e5f6",
    "show": "life-circle",
    "options": {"std": "gb50180-2018", "val": "minutes", "cat": "category:school", "met": "rsrp_dbm"},
    "select": "building:3101141060000001",
    "indicators": [21, 20],
    "duration_s": 20,
}


def test_what_nobody_chose_has_its_usual_value() -> None:
    read = viewpoint.read(LEAST)
    assert (read.pitch, read.bearing, read.layers, read.show, read.options, read.indicators) == (
        0,
        0,
        "",
        "",
        {},
        (),
    )
    assert (read.duration_s, read.shadows, read.title_en, read.id) == (15, False, "", "")


def test_as_plain_data_and_back() -> None:
    read = viewpoint.read(WHOLE)
    assert read.as_dict() == WHOLE
    assert viewpoint.read(read.as_dict()) == read


def test_texts_lose_what_surrounds_them() -> None:
    read = viewpoint.read(LEAST | {"title": "  远香湖\n  中央活动区 ", "caption": " 甲\r\n乙 "})
    assert (read.title, read.caption) == ("远香湖 中央活动区", "甲\n乙")


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"title": None}, "标题", "title"),
        ({"title": "   "}, "标题", "1 to 80 characters"),
        ({"title": "长" * 81}, "1 至 80 个字", "title"),
        ({"caption": "长" * 401}, "至多 400 个字", "caption"),
        ({"caption": "铃\x07"}, "解说", "caption"),
        ({"caption_en": "\ud800"}, "UTF-8", "UTF-8"),
        ({"longitude": "121.2"}, "经度", "longitude"),
        ({"longitude": True}, "经度", "longitude"),
        ({"latitude": 86}, "纬度", "from -85 to 85"),
        ({"latitude": float("nan")}, "纬度", "latitude"),
        ({"zoom": 21}, "缩放级别", "from 7 to 20.5"),
        ({"pitch": 61}, "俯仰角", "pitch"),
        ({"bearing": 1e300 * 1e300}, "方位角", "bearing"),
        ({"layers": "building; drop table"}, "图层", "layers"),
        ({"layers": 3}, "图层", "layers"),
        ({"time": "2026-02-30T12:00"}, "日照时刻", "2026-06-21T15:30"),
        ({"time": "2026-6-1T1:1"}, "日照时刻", "time of the sun"),
        ({"shadows": 1}, "阴影", "true or false"),
        ({"scenario": "../x"}, "情景", "scenario"),
        ({"show": "weather"}, "专题", "life-circle or coverage"),
        ({"show": "coverage", "options": {"METRIC": "x"}}, "专题参数", "options"),
        ({"show": "coverage", "options": {"met": "a b"}}, "专题参数", "options"),
        ({"options": {"met": "rsrp"}}, "show", "options go with a theme"),
        ({"select": "building"}, "选中对象", "building:123"),
        ({"indicators": [0]}, "指标", "1 to 35"),
        ({"indicators": [36]}, "指标", "1 to 35"),
        ({"indicators": [2, 2]}, "指标", "different numbers"),
        ({"indicators": list(range(1, 14))}, "指标", "at most 12"),
        ({"indicators": "21"}, "指标", "indicators"),
        ({"duration_s": 2}, "停留秒数", "3 to 600"),
        ({"duration_s": 601}, "停留秒数", "3 to 600"),
        ({"duration_s": 15.5}, "停留秒数", "whole number"),
        ({"id": "Z"}, "编号", "id"),
        ({"colour": "red"}, "colour", "no field 'colour'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(change: dict[str, Any], zh: str, en: str) -> None:
    wrong = {key: value for key, value in (LEAST | change).items() if value is not None}
    with pytest.raises(InputError) as told:
        viewpoint.read(wrong)
    assert zh in told.value.zh
    assert en in told.value.en


@pytest.mark.parametrize("wrong", [None, [], "x", 3, {"title": object()}])
def test_what_is_no_viewpoint_at_all(wrong: object) -> None:
    with pytest.raises(InputError):
        viewpoint.read(wrong)
