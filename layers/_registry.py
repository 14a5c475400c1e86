"""The registry of layers: a dict and one function that refuses duplicates."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from layers._spec import LayerSpec

_specs: dict[str, LayerSpec] = {}


def register(spec: LayerSpec) -> LayerSpec:
    """Add ``spec``; :class:`ValueError` when its id or prefix is taken by another layer."""
    for other in _specs.values():
        if other is spec:
            return spec
        if other.id == spec.id:
            raise ValueError(f"a layer {spec.id!r} is registered already")
        if other.prefix == spec.prefix:
            raise ValueError(f"prefix {spec.prefix!r} belongs to the layer {other.id!r}")
    _specs[spec.id] = spec
    return spec


def unregister(layer: str) -> None:
    """Forget a layer (tests and plug-ins that are switched off)."""
    _specs.pop(layer, None)


def discover(paths: Iterable[str], package: str) -> None:
    """Import every public module under ``paths`` and register its ``LAYER``."""
    for module_info in sorted(pkgutil.iter_modules(paths), key=lambda info: info.name):
        if not module_info.name.startswith("_"):
            register(importlib.import_module(f"{package}.{module_info.name}").LAYER)


def all_layers() -> Mapping[str, LayerSpec]:
    """Every registered layer by id, in drawing order, as a read-only view."""
    ordered = sorted(_specs.values(), key=lambda spec: (spec.style.order, spec.id))
    return MappingProxyType({spec.id: spec for spec in ordered})


def get(layer: str) -> LayerSpec:
    """The layer called ``layer``; :class:`KeyError` naming the known ones if there is none."""
    try:
        return _specs[layer]
    except KeyError:
        known = ", ".join(sorted(_specs))
        raise KeyError(f"no layer {layer!r}; there are: {known}") from None
