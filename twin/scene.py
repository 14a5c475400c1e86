"""Layers composed into a pydeck scene: a plain specification that a browser draws.

The specification holds no data, only addresses of tiles, so it stays a few
kilobytes at any size of city. Colours are expressions over tile properties,
evaluated in the browser; filters are given their attribute here and their range
there, so that moving a slider never comes back to the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck

from layers import ColorBy, Column, LayerSpec, get
from twin import design
from twin.design import Theme
from twin.errors import InputError
from twin.store import Generation

GROUND_ORDER = 100
"""Layers below this drawing order lie on the ground; the others stand on it."""

OUTLINE_PIXELS = {"district": 2.5, "town": 1.0, "pilot_area": 2.5}
"""Width of outlines; 1.5 pixels where nothing is said."""

_CELL_BREAKS = (4.0, 12.0, 40.0, 120.0)
_CELL_ALPHA = (26, 48, 76, 108, 144)


@dataclass(frozen=True, slots=True)
class LayerView:
    """How one layer is looked at: coloured and filtered by which columns (empty: neither)."""

    layer: str
    color_by: str = ""
    filter_by: str = ""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of a legend: the colour and the value or class it stands for."""

    color: str
    zh: str
    en: str
    value: str = ""


def view_from_text(text: str) -> tuple[LayerView, ...]:
    """Read ``building:use:height_m,road`` (layer, colour by, filter by) as share links write it.

    :class:`InputError` names what does not exist.
    """
    views = []
    for part in filter(None, text.split(",")):
        layer, color_by, filter_by = (*part.split(":"), "", "")[:3]
        try:
            spec = get(layer)
            for column in filter(None, (color_by, filter_by)):
                spec.column(column)
        except KeyError as error:
            raise InputError(
                f"视图中有不存在的图层或属性：{part[:60]!r}。", f"unknown layer or column in view: {error}"
            ) from error
        views.append(LayerView(layer, color_by, filter_by))
    return tuple(views)


def deck(
    views: Sequence[LayerView],
    shown: Mapping[str, Generation],
    *,
    theme: Theme = "dark",
    view_state: Mapping[str, float] | None = None,
) -> pydeck.Deck:
    """The scene of ``views`` over the generations ``shown``, drawn in the layers' own order.

    Layers without data are left out.
    """
    wanted = [view for view in views if view.layer in shown]
    wanted.sort(key=lambda view: (get(view.layer).style.order, view.layer))
    composed = [_mvt_layer(get(view.layer), shown[view.layer], view, theme) for view in wanted]
    state = (
        pydeck.ViewState(**view_state)
        if view_state
        else pydeck.ViewState(longitude=121.25, latitude=31.38, zoom=11)
    )
    return pydeck.Deck(
        layers=composed,
        initial_view_state=state,
        views=[pydeck.View(type="MapView", controller=True)],
        map_provider=None,
        map_style=None,
    )


def as_dict(scene: pydeck.Deck) -> dict[str, Any]:
    """The scene as plain data, as the map component reads it."""
    result: dict[str, Any] = json.loads(scene.to_json())
    return result


def legend(spec: LayerSpec, color_by: str, theme: Theme) -> list[LegendEntry]:
    """The legend of a layer coloured by ``color_by`` (empty: its plain look)."""
    by = _color_by(spec, color_by)
    if by is None:
        if spec.style.mark == "extrusion":
            low, high = design.color("building_low", theme), design.color("building_high", theme)
            return [LegendEntry(low, "低", "Low"), LegendEntry(high, "高", "High")]
        return [LegendEntry(design.color(_token(spec), theme), spec.title.zh, spec.title.en)]
    column = spec.column(by.column)
    if by.scale == "category":
        return _category_legend(column, theme)
    limits = [*by.breaks]
    colors = design.ramp(len(limits) + 1)
    entries = []
    for number, fill in enumerate(colors):
        if number == 0:
            text = f"< {_number(limits[0])}"
        elif number == len(limits):
            text = f"≥ {_number(limits[-1])}"
        else:
            text = f"{_number(limits[number - 1])} – {_number(limits[number])}"
        entries.append(LegendEntry(fill, text, text, str(number)))
    return entries


def _category_legend(column: Column, theme: Theme) -> list[LegendEntry]:
    if column.kind == "boolean":
        return [
            LegendEntry(design.color("good", theme), "是", "Yes", "true"),
            LegendEntry(design.color("text_3", theme), "否", "No", "false"),
        ]
    return [
        LegendEntry(
            choice.color or design.color("text_3", theme), choice.title.zh, choice.title.en, choice.value
        )
        for choice in column.choices
    ]


def _color_by(spec: LayerSpec, column: str) -> ColorBy | None:
    return next((by for by in spec.style.color_by if by.column == column), None) if column else None


def _token(spec: LayerSpec) -> str:
    color = spec.style.color
    if color == "building":
        return "building_high"
    return color


def _mvt_layer(spec: LayerSpec, generation: Generation, view: LayerView, theme: Theme) -> pydeck.Layer:
    style = spec.style
    fill = _fill_expression(spec, view.color_by, theme)
    ground = style.order < GROUND_ORDER
    options: dict[str, Any] = {
        "id": spec.id,
        "data": f"/tiles/{spec.id}/{{z}}/{{x}}/{{y}}.mvt?g={generation.number}",
        "min_zoom": spec.tiling.min_zoom,
        "max_zoom": _client_max_zoom(spec),
        "pickable": True,
        "auto_highlight": style.mark != "fill",
        "highlight_color": design.rgb("accent", theme, 150),
        "get_fill_color": fill,
        "update_triggers": {
            "getFillColor": [view.color_by, theme],
            "getLineColor": [view.color_by, theme],
            "getFilterValue": [view.filter_by],
            "getFilterCategory": [view.filter_by],
        },
    }
    if ground:
        # Ground layers lie in one plane: draw order decides, not depth.
        options["parameters"] = {"depthCompare": "always", "depthWriteEnabled": False}
    options |= {
        "extrusion": _extruded,
        "fill": _filled,
        "line": _lined,
        "point": _pointed,
    }[style.mark](spec, fill, theme)
    if view.filter_by:
        options |= _filter(spec.column(view.filter_by))
    return pydeck.Layer("MVTLayer", **options)


def _client_max_zoom(spec: LayerSpec) -> int:
    """Deepest tiles the browser asks for; deeper views reuse them, which saves requests.

    A unit of a tile is 2 m at z12 and 0.5 m at z14, less than what these layers are drawn with.
    """
    if spec.group == "administration" or spec.id == "metro_line":
        return min(spec.tiling.max_zoom, 12)
    return min(spec.tiling.max_zoom, 14) if spec.geometry != "point" else spec.tiling.max_zoom


def _extruded(spec: LayerSpec, fill: str, theme: Theme) -> dict[str, Any]:
    del fill, theme
    return {
        "extruded": True,
        "get_elevation": _height(spec),
        "material": {"ambient": 0.55, "diffuse": 0.6, "shininess": 24, "specularColor": [40, 48, 60]},
    }


def _filled(spec: LayerSpec, fill: str, theme: Theme) -> dict[str, Any]:
    if not spec.style.outline:
        return {"stroked": False, "filled": True}
    outlined: dict[str, Any] = {
        "filled": True,
        "stroked": True,
        "get_line_color": design.rgb(_token(spec), theme, 230),
        "get_line_width": OUTLINE_PIXELS.get(spec.id, 1.5),
        "line_width_units": '"pixels"',
        "line_joint_rounded": True,
    }
    if "?" not in fill:  # not coloured by an attribute: a breath of the outline's colour
        land = design.rgb("land", theme)
        outlined["get_fill_color"] = land if spec.id == "district" else design.rgb(_token(spec), theme, 14)
    return outlined


def _lined(spec: LayerSpec, fill: str, theme: Theme) -> dict[str, Any]:
    del theme
    style = spec.style
    if isinstance(style.width, str) and style.widths:
        width = _cases(style.width, [(value, str(metres)) for value, metres in style.widths], "4")
    else:
        width = str(style.width) if not isinstance(style.width, str) else f"properties.{style.width} || 4"
    return {
        "get_line_color": fill,
        "get_line_width": width if "?" in width or "||" in width else float(width),
        "line_width_units": '"meters"',
        "line_width_min_pixels": 0.6,
        "line_cap_rounded": True,
        "line_joint_rounded": True,
    }


def _pointed(spec: LayerSpec, fill: str, theme: Theme) -> dict[str, Any]:
    return {
        "get_line_color": design.rgb("ground", theme, 230),
        "get_line_width": 1,
        "line_width_units": '"pixels"',
        "stroked": not spec.tiling.aggregated,
        # Twelve metres a pixel of the style, kept between half that size and the whole of it on screen.
        "get_point_radius": spec.style.radius * 12,
        "point_radius_units": '"meters"',
        "point_radius_min_pixels": max(1.2, spec.style.radius * 0.45),
        "point_radius_max_pixels": spec.style.radius,
        "point_billboard": True,
        # Points are seen through buildings: what stands behind a tower still counts.
        "parameters": {"depthCompare": "always", "depthWriteEnabled": False},
        "get_fill_color": fill,
    }


def _height(spec: LayerSpec) -> str | float:
    height = spec.style.height
    return f"properties.{height} || 3" if isinstance(height, str) else height


def _filter(column: Column) -> dict[str, Any]:
    """GPU filter on one column; the browser sets its range or categories."""
    name = f"properties.{column.name}"
    if column.kind in ("integer", "number"):
        return {
            "extensions": [{"@@type": "DataFilterExtension", "filterSize": 1}],
            # Nothing given lies below every range: shown by the widest one, hidden by any that was chosen.
            "get_filter_value": f"{name} == undefined ? -1e9 : {name}",
            "filter_range": [-2e9, 2e9],
        }
    return {
        "extensions": [{"@@type": "DataFilterExtension", "categorySize": 1, "filterSize": 0}],
        # '*' and 2 are the cells of the grid, which stand for objects of every class.
        "get_filter_category": (
            f"properties.n ? '*' : {name} == undefined ? 'none' : {name}"
            if column.kind == "text"
            else f"properties.n ? 2 : {name} ? 1 : 0"
        ),
    }


def _fill_expression(spec: LayerSpec, color_by: str, theme: Theme) -> str:
    """A deck.gl expression for the colour of a feature or of a cell of the low-zoom grid."""
    by = _color_by(spec, color_by)
    alpha = 255 if spec.style.order >= GROUND_ORDER or not spec.style.outline else 120
    if by is not None and by.scale == "category":
        plain = design.rgb("text_3", theme, alpha)
        column = spec.column(by.column)
        if column.kind == "boolean":
            good, other = design.rgb("good", theme, alpha), plain
            detail = f"properties.{by.column} ? {good} : {other}"
        else:
            entries = [
                (entry.value, str(_hex(entry.color, alpha))) for entry in _category_legend(column, theme)
            ]
            detail = _cases(by.column, entries, str(plain))
        return _with_grid(spec, detail, theme)
    if by is not None:
        return _steps(by.column, by.breaks, design.ramp(len(by.breaks) + 1), alpha)
    if spec.style.mark == "extrusion" and isinstance(spec.style.height, str):
        breaks = (6.0, 12.0, 24.0, 40.0, 60.0, 100.0)
        colors = design.between(
            design.color("building_low", theme), design.color("building_high", theme), len(breaks) + 1
        )
        return _with_grid(spec, _steps(spec.style.height, breaks, colors, 255), theme)
    if spec.id == "road":
        # On light ground the minor roads take the hairline's tone; white ones would need a casing each.
        minor_token = "road_line" if theme == "light" else "road_minor"
        major, minor = design.rgb("road_major", theme), design.rgb(minor_token, theme)
        names = ("motorway", "trunk", "primary", "secondary")
        return _cases("class", [(name, str(major)) for name in names], str(minor))
    return _with_grid(spec, str(design.rgb(_token(spec), theme, alpha)), theme)


def _with_grid(spec: LayerSpec, detail: str, theme: Theme) -> str:
    """``detail`` for features; cells of an aggregated layer are tinted by how much they hold.

    Cells are translucent, so that water, roads and names stay readable below
    them, and the more so the less they hold: a hamlet does not look like a block.
    """
    if not spec.tiling.aggregated:
        return detail
    token = "building_high" if spec.style.mark == "extrusion" else _token(spec)
    tints = [str(design.rgb(token, theme, alpha)) for alpha in _CELL_ALPHA]
    return f"properties.n ? ({_chain('n', _CELL_BREAKS, tints)}) : ({detail})"


def _cases(column: str, entries: Sequence[tuple[str, str]], otherwise: str) -> str:
    chain = "".join(f"properties.{column} == {json.dumps(value)} ? {result} : " for value, result in entries)
    return chain + otherwise


def _steps(column: str, breaks: Sequence[float], colors: Sequence[str], alpha: int) -> str:
    return _chain(column, breaks, [str(_hex(fill, alpha)) for fill in colors])


def _chain(column: str, breaks: Sequence[float], results: Sequence[str]) -> str:
    """An expression: the result of the class that the column's value falls into."""
    steps = (
        f"properties.{column} < {limit:g} ? {result} : "
        for limit, result in zip(breaks, results, strict=False)
    )
    return "".join(steps) + results[-1]


def _hex(text: str, alpha: int) -> list[int]:
    return [*(int(text[start : start + 2], 16) for start in (1, 3, 5)), alpha]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10_000 else f"{value:g}"
