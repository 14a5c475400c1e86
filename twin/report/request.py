"""What is asked of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.errors import InputError

FORMATS = ("pptx", "pdf", "png")
"""Slides, a document to print, and pictures of its pages and maps in one archive."""
LANGUAGES = ("zh", "en")
_ALLOWED = {
    "tour": ("巡览的编号或名称", "the id or name of a tour"),
    "format": ("、".join(FORMATS), ", ".join(FORMATS)),
    "lang": ("zh 或 en", "zh or en"),
    "template": ("模板的名称，或留空", "the name of a template, or empty"),
    "scenario": ("情景的编号，或留空", "the id of a scenario, or empty"),
    "pictures": ("true 或 false", "true or false"),
    "viewpoints": ("视点编号的列表", "a list of ids of viewpoints"),
    "indicators": ("指标编号的列表", "a list of numbers of indicators"),
}


class Request(BaseModel):
    """A report of a tour; without ``viewpoints`` or ``indicators`` it has all of them.

    ``scenario`` (its id) is shown in every viewpoint that names none, and adds a comparison.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    tour: str = Field(min_length=1, max_length=200)
    format: Literal["pptx", "pdf", "png"] = "pptx"
    lang: Literal["zh", "en"] = "zh"
    template: str = Field("", max_length=80)
    scenario: str = Field("", max_length=40)
    pictures: bool = True
    viewpoints: tuple[Annotated[str, Field(max_length=40)], ...] = Field((), max_length=200)
    indicators: tuple[Annotated[int, Field(ge=1, le=35)], ...] = Field((), max_length=35)


def read(data: Mapping[str, Any]) -> Request:
    """A request from plain data; :class:`InputError` names the first field that is wrong and what it may be."""
    given = {key: tuple(item) if isinstance(item, list) else item for key, item in data.items()}
    try:
        return Request.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])[:40] if first["loc"] else ""
    if name not in _ALLOWED:
        raise InputError(
            f"报告没有选项 {name!r}；可用：{'、'.join(_ALLOWED)}。",
            f"a report has no option {name!r}; there are {', '.join(_ALLOWED)}.",
        )
    zh, en = _ALLOWED[name]
    raise InputError(f"报告的 {name} 须是{zh}。", f"{name} of the report must be {en}.")
