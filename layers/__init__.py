"""What the city is made of: one file per layer, found by listing this folder.

A module here that does not start with an underscore defines ``LAYER``, a
:class:`LayerSpec`; adding a layer means adding one such file.
"""

from layers._registry import all_layers, discover, get, register, unregister
from layers._spec import (
    Aggregate,
    Choice,
    ColorBy,
    Column,
    LayerSpec,
    Style,
    Text,
    Tiling,
)

__all__ = [
    "Aggregate",
    "Choice",
    "ColorBy",
    "Column",
    "LayerSpec",
    "Style",
    "Text",
    "Tiling",
    "all_layers",
    "discover",
    "get",
    "register",
    "unregister",
]

discover(__path__, __name__)
