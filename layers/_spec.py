"""What a layer is: one frozen description from which everything else is generated.

Tables, contracts, tiles, legends, cards, import mapping, API collections and
documentation are all derived from :class:`LayerSpec`. Nothing here knows how
layers are stored or shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

ColumnKind = Literal["text", "integer", "number", "boolean", "date", "records"]
GeometryKind = Literal["point", "line", "polygon"]
Mark = Literal["extrusion", "fill", "line", "point"]
Scale = Literal["category", "sequential"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_PREFIX = re.compile(r"[A-Z]{3}")
_RESERVED = frozenset(
    {
        "fid",
        "row_no",
        "measure",
        "identifier",
        "source_key",
        "dataset",
        "synthetic",
        "geom",
        "mercator",
        "town",
        "lon",
        "lat",
        "xmin",
        "ymin",
        "xmax",
        "ymax",
        "search",
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the two languages of the product."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """The text in ``language`` (``"zh"`` or ``"en"``)."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed vocabulary, with the other spellings files use for it."""

    value: str
    title: Text
    color: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of a layer.

    Parameters
    ----------
    name
        Column name in the store, the API and exports; units are part of it
        where they would be unclear (``height_m``).
    kind
        ``records`` is a list of structures whose members are ``fields``
        (the sectors of a site, the gates of an estate).
    title, meaning
        What the user reads: a short label and one sentence.
    aliases
        Headers under which files carry this column, compared without case,
        spaces, underscores and bracketed units.
    minimum, maximum
        Inclusive limits in ``unit``; a row outside them is a fault.
    choices
        Closed vocabulary of a text column; empty means free text.
    tile
        Whether vector tiles carry the column (for colour and filter).
    """

    name: str
    kind: ColumnKind
    title: Text
    meaning: Text
    unit: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    fields: tuple[Column, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    tile: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"column name {self.name!r} must be lower_case ASCII")
        if (self.kind == "records") != bool(self.fields):
            raise ValueError(f"column {self.name!r}: records have fields, others have none")

    def choice(self, value: str) -> Choice | None:
        """The vocabulary entry for a stored ``value``, if there is one."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class ColorBy:
    """Colour by one column: the choices' own colours, or class ``breaks``.

    ``breaks`` are the inner limits of at most seven classes, in the column's
    unit; class *i* holds ``breaks[i-1] <= value < breaks[i]``.
    """

    column: str
    scale: Scale
    breaks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.scale == "sequential" and not 1 <= len(self.breaks) <= 6:
            raise ValueError(f"colour by {self.column!r}: 1 to 6 breaks make 2 to 7 classes")
        if list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError(f"colour by {self.column!r}: breaks must rise")


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer is drawn.

    Parameters
    ----------
    color
        A token of the design system (``"water"``) or ``"#rrggbb"``.
    height, width, radius
        Column that gives metres, or a number of metres. ``width`` may also be
        a column with choices, mapped by ``widths``.
    order
        Drawing order, small first; 0 to 99 is the ground, 100 and more stands on it.
    color_by
        What the user may colour by, the first being offered first.
    label
        Column whose text is written on the map from ``label_zoom`` on.
    """

    mark: Mark
    color: str
    order: int
    height: str | float = 0.0
    width: str | float = 1.0
    widths: tuple[tuple[str, float], ...] = ()
    radius: float = 4.0
    color_by: tuple[ColorBy, ...] = ()
    label: str = ""
    label_zoom: float = 13.0
    visible: bool = True
    outline: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One figure of a grid cell: ``name = function(column)`` over its rows.

    ``area_mean`` is the mean weighted by footprint area.
    """

    name: str
    function: Literal["sum", "max", "area_mean"]
    column: str


@dataclass(frozen=True, slots=True)
class Tiling:
    """At which zooms a layer has vector tiles, and what they hold.

    Below ``detail_zoom`` a tile holds a 64 x 64 grid of ``aggregates`` (and the
    count ``n``) instead of the features themselves. ``show_from`` lets chosen
    values of one column appear at lower zooms than the rest:
    ``("class", (("motorway", 10), ("primary", 11)))``; values not named appear
    from ``detail_zoom``.
    """

    min_zoom: int = 10
    max_zoom: int = 14
    detail_zoom: int = 10
    aggregates: tuple[Aggregate, ...] = ()
    show_from: tuple[str, tuple[tuple[str, int], ...]] | None = None
    clip: bool = False

    @property
    def aggregated(self) -> bool:
        """Whether low zooms are served as a grid."""
        return bool(self.aggregates)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer of the city.

    Parameters
    ----------
    id
        Name of the layer in tables, routes and commands.
    prefix
        Three letters that open the city identifier of its objects.
    group
        Heading of the layer panel it stands under.
    on_import
        ``"replace"``: an import becomes the whole layer (administrative
        areas); ``"add"``: it joins what is there.
    name_column
        Column that names an object in search results and cards.
    key_facts
        The columns a card shows first.
    expects
        What sources usually deliver this layer, for the documentation.
    """

    id: str
    title: Text
    description: Text
    group: str
    prefix: str
    geometry: GeometryKind
    columns: tuple[Column, ...]
    style: Style
    tiling: Tiling = field(default_factory=Tiling)
    name_column: str = ""
    key_facts: tuple[str, ...] = ()
    on_import: Literal["add", "replace"] = "add"
    expects: Text = Text("", "")
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.id):
            raise ValueError(f"layer id {self.id!r} must be lower_case ASCII")
        if not _PREFIX.fullmatch(self.prefix):
            raise ValueError(f"layer {self.id!r}: prefix must be three capital letters")
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"layer {self.id!r}: a column is named twice")
        for name in _RESERVED.intersection(names):
            raise ValueError(f"layer {self.id!r}: column name {name!r} is kept for the store")
        named = [self.name_column, self.style.label, *self.key_facts]
        named += [by.column for by in self.style.color_by]
        named += [aggregate.column for aggregate in self.tiling.aggregates]
        named += [value for value in (self.style.height, self.style.width) if isinstance(value, str)]
        for name in named:
            if name and name not in names:
                raise ValueError(f"layer {self.id!r} refers to the unknown column {name!r}")

    def column(self, name: str) -> Column:
        """The column called ``name``; :class:`KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"layer {self.id!r} has no column {name!r}")

    @property
    def tile_columns(self) -> tuple[Column, ...]:
        """Columns that vector tiles carry."""
        return tuple(column for column in self.columns if column.tile)
