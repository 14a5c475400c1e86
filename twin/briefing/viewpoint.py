"""A viewpoint, one picture of the city with everything needed to draw it again, and a tour of several.

It names what to show, never what was seen: objects, scenarios and figures are
looked up when it is shown, so a viewpoint stays right when newer data come in.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twin.errors import InputError
from twin.indicators.table import COUNT

LONGEST_TITLE = 80
LONGEST_CAPTION = 400
MOST_INDICATORS = 12
SHORTEST_S, LONGEST_S, USUAL_S = 3, 600, 15
"""Seconds that a viewpoint stays: at least, at most, and where nobody chose."""

_MOMENT = "%Y-%m-%dT%H:%M"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_FIELDS = {
    "id": ("编号", "id"),
    "title": ("标题", "title"),
    "title_en": ("英文标题", "English title"),
    "caption": ("解说", "caption"),
    "caption_en": ("英文解说", "English caption"),
    "longitude": ("经度", "longitude"),
    "latitude": ("纬度", "latitude"),
    "zoom": ("缩放级别", "zoom"),
    "pitch": ("俯仰角", "pitch"),
    "bearing": ("方位角", "bearing"),
    "layers": ("图层", "layers"),
    "time": ("日照时刻", "time of the sun"),
    "shadows": ("阴影", "shadows"),
    "scenario": ("情景", "scenario"),
    "show": ("专题", "theme"),
    "options": ("专题参数", "options"),
    "select": ("选中对象", "selected object"),
    "indicators": ("指标", "indicators"),
    "duration_s": ("停留秒数", "duration in seconds"),
}
_RANGES = {
    "title": f"1 至 {LONGEST_TITLE} 个字|1 to {LONGEST_TITLE} characters",
    "title_en": f"至多 {LONGEST_TITLE} 个字|at most {LONGEST_TITLE} characters",
    "caption": f"至多 {LONGEST_CAPTION} 个字|at most {LONGEST_CAPTION} characters",
    "caption_en": f"至多 {LONGEST_CAPTION} 个字|at most {LONGEST_CAPTION} characters",
    "longitude": "-180 至 180 的数|a number from -180 to 180",
    "latitude": "-85 至 85 的数|a number from -85 to 85",
    "zoom": "7 至 20.5 的数|a number from 7 to 20.5",
    "pitch": "0 至 60 的数|a number from 0 to 60",
    "bearing": "-360 至 360 的数|a number from -360 to 360",
    "layers": "分享链接中 layers 的写法|layers written as in a share link",
    "time": "形如 2026-06-21T15:30 的时刻|a moment such as 2026-06-21T15:30",
    "shadows": "true 或 false|true or false",
    "scenario": "情景的编号，或留空|the id of a scenario, or leave it empty",
    "show": "留空、life-circle 或 coverage|life-circle or coverage, or leave it empty",
    "options": "专题页面地址中的短参数|short parameters as in the address of that page",
    "select": "形如 building:123 的“图层:编号”，或留空|layer:number such as building:123, or leave it empty",
    "indicators": (
        f"不重复的指标序号（1 至 {COUNT}），至多 {MOST_INDICATORS} 项|different numbers of indicators "
        f"(1 to {COUNT}), at most {MOST_INDICATORS}"
    ),
    "duration_s": (f"{SHORTEST_S} 至 {LONGEST_S} 的整数|a whole number from {SHORTEST_S} to {LONGEST_S}"),
}

Number = Annotated[float, Field(allow_inf_nan=False)]
Title = Annotated[str, Field(max_length=LONGEST_TITLE)]
Caption = Annotated[str, Field(max_length=LONGEST_CAPTION)]
IndicatorNo = Annotated[int, Field(ge=1, le=COUNT)]
OptionName = Annotated[str, Field(pattern=r"^[a-z]{1,16}$")]
OptionValue = Annotated[str, Field(pattern=r"^[\w:.-]{1,64}$")]


class Viewpoint(BaseModel):
    """One stop of a tour.

    ``zoom`` is that of web maps with tiles of 512 px, ``pitch`` and ``bearing`` are degrees, ``layers`` reads as
    in a share link ("" follows the layers' styles), ``time`` puts up the sun of that moment at the place,
    ``options`` are of ``show`` by the short names of that page's address. ``title_en`` and ``caption_en`` may be
    empty and stand for the Chinese text then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field("", pattern=r"^([0-9a-f]{8,32})?$", description="given by the server")
    title: Title = Field(min_length=1)
    title_en: Title = ""
    caption: Caption = ""
    caption_en: Caption = ""
    longitude: Number = Field(ge=-180, le=180)
    latitude: Number = Field(ge=-85, le=85)
    zoom: Number = Field(ge=7, le=20.5)
    pitch: Number = Field(0, ge=0, le=60)
    bearing: Number = Field(0, ge=-360, le=360)
    layers: str = Field("", max_length=2000, pattern=r"^[\w:~,.\-]*$")
    time: str = ""
    shadows: bool = False
    scenario: str = Field("", pattern=r"^[0-9a-f]{0,32}$")
    show: Literal["", "life-circle", "coverage"] = ""
    options: dict[OptionName, OptionValue] = Field(default_factory=dict, max_length=20)
    select: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,39}:-?\d{1,16})?$")
    indicators: tuple[IndicatorNo, ...] = Field((), max_length=MOST_INDICATORS)
    duration_s: int = Field(USUAL_S, ge=SHORTEST_S, le=LONGEST_S)

    @field_validator("title", "title_en", "caption", "caption_en", mode="before")
    @classmethod
    def _trimmed(cls, value: object) -> object:
        if isinstance(value, str):
            value = value.replace("\r\n", "\n").strip()
            if CONTROL.search(value):
                raise ValueError("control characters")
        return value

    @field_validator("title", "title_en")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @field_validator("time")
    @classmethod
    def _moment(cls, value: str) -> str:
        if value and dt.datetime.strptime(value, _MOMENT).strftime(_MOMENT) != value:
            raise ValueError("not written out")
        return value

    @field_validator("indicators")
    @classmethod
    def _each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("named twice")
        return value

    @model_validator(mode="after")
    def _options_of_something(self) -> Viewpoint:
        if self.options and not self.show:
            raise ValueError("options")
        return self

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, the way :func:`read` reads it."""
        return self.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Tour:
    """A named list of viewpoints; ``builtin`` ones are made from the data and cannot be changed."""

    id: str
    name: str
    note: str
    author: str
    viewpoints: tuple[Viewpoint, ...]
    created: dt.datetime
    changed: dt.datetime
    builtin: bool = False

    @property
    def duration_s(self) -> int:
        """Seconds of one round without the flights between viewpoints."""
        return sum(item.duration_s for item in self.viewpoints)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "note": self.note,
            "author": self.author,
            "viewpoints": [item.as_dict() for item in self.viewpoints],
            "duration_s": self.duration_s,
            "created": self.created.isoformat(timespec="microseconds"),
            "changed": self.changed.isoformat(timespec="microseconds"),
            "builtin": self.builtin,
        }


def read(data: object) -> Viewpoint:
    """A viewpoint from plain data; :class:`InputError` names the part that is wrong and what it must be."""
    if not isinstance(data, Mapping):
        raise InputError("视点须是一个 JSON 对象。", "a viewpoint must be a JSON object.")
    try:
        return Viewpoint.model_validate_json(json.dumps(dict(data)))
    except ValidationError as error:
        raise _told(error) from None
    except (TypeError, ValueError, RecursionError):
        raise InputError("视点的内容不是 JSON。", "the viewpoint is not JSON.") from None


def _told(error: ValidationError) -> InputError:
    """The first fault as a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0])[:40] if first["loc"] else ""
    if not name:
        return InputError(
            "视点有误：专题参数 options 只能与专题 show 一起给出，文字须是有效的 UTF-8。",
            "the viewpoint is not valid: options go with a theme (show), and texts must be valid UTF-8.",
        )
    if name not in _FIELDS:
        return InputError(
            f"视点没有字段 {name!r}；可用的字段：{'、'.join(_FIELDS)}。",
            f"a viewpoint has no field {name!r}; there are: {', '.join(_FIELDS)}.",
        )
    zh, en = _FIELDS[name]
    if first["type"] == "missing":
        return InputError(f"视点须有{zh}（{name}）。", f"a viewpoint needs its {en} ({name}).")
    asked_zh, asked_en = _RANGES.get(name, "由系统给出的编号|what the twin gave").split("|")
    return InputError(
        f"视点的{zh}（{name}）无效，须为：{asked_zh}。",
        f"the viewpoint has no valid {en} ({name}): give {asked_en}.",
    )
