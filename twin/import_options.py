"""What the user decides about an import: layer, mapping, reference system, origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["auto", "add", "replace"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user decided for one dataset of a file; empty values keep the proposal."""

    layer: str = ""
    mapping: Mapping[str, str] | None = None
    crs: str = ""
    mode: Mode = "auto"
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What the user says about where the data come from."""

    source: str = ""
    licence: str = ""
    date: str = ""
    name: str = ""
