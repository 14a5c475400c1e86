"""Triangles of elements by IfcOpenShell's kernel, one element at a time. Runs in the worker process only.

The kernel is ``hybrid-cgal-simple-opencascade`` on one thread: the fastest that loses nothing. It can hang or crash
on a single element, and cannot be interrupted from within, so every element is announced before it is begun and the
process that watches (:mod:`bim.worker`) knows which one to set aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bim.colours import colour_of
from bim.mesh import F64, Shape, clean

if TYPE_CHECKING:
    import ifcopenshell

KERNEL = "hybrid-cgal-simple-opencascade"
ANGULAR_DEFLECTION_RAD = 0.5
LINEAR_DEFLECTION_M = 0.001
NOT_DRAWN = ("IfcOpeningElement", "IfcOpeningStandardCase", "IfcVoidingFeature")


def products(file: ifcopenshell.file) -> list[int]:
    """``#`` numbers of everything that has a representation and is no opening, in the order of the file."""
    return sorted(
        item.id()
        for item in file.by_type("IfcProduct")
        if item.Representation is not None and not item.is_a("IfcFeatureElementSubtraction")
    )


def settings(*, max_voids: int = 0, openings: bool = True) -> Any:
    """The kernel's settings; ``max_voids`` of 0 cuts any number of openings."""
    import ifcopenshell.geom

    chosen = ifcopenshell.geom.settings()
    chosen.set("mesher-angular-deflection", ANGULAR_DEFLECTION_RAD)
    chosen.set("mesher-linear-deflection", LINEAR_DEFLECTION_M)
    chosen.set("apply-default-materials", False)
    chosen.set("no-normals", True)
    if max_voids:
        chosen.set("max-voids-per-element", max_voids)
    if not openings:
        chosen.set("disable-opening-subtractions", True)
    return chosen


def draw(
    file: ifcopenshell.file,
    step_ids: Sequence[int],
    *,
    max_voids: int = 0,
    openings: bool = True,
    begin: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, str, Shape, F64]]:
    """Mesh the products ``step_ids``: their ``#`` number, geometry's name, shape and matrix (4, 4), metres.

    ``begin`` is told the ``#`` number of each product before the kernel works on it. A product may come in
    several shapes, or in none.
    """
    import ifcopenshell.geom
    import ifcopenshell.ifcopenshell_wrapper as wrapper

    if not step_ids:
        return
    iterator = ifcopenshell.geom.iterator(
        settings(max_voids=max_voids, openings=openings),
        file,
        1,
        include=[file.by_id(step_id) for step_id in step_ids],
        geometry_library=KERNEL,
    )
    tell = begin or (lambda _: None)
    tell(0)
    if not iterator.initialize():
        return
    tasks = [group[0].id() for group in wrapper.iterator.get_task_products(iterator)]
    while True:
        shape = iterator.get()
        geometry = shape.geometry
        matrix = np.frombuffer(shape.transformation_buffer, np.float64).reshape(4, 4).T.copy()
        yield shape.id, geometry.id, _shape(geometry, shape.type), matrix
        done = iterator.processed_
        tell(tasks[done] if done < len(tasks) else 0)
        if not iterator.next():
            return


def _shape(geometry: Any, class_: str) -> Shape:
    vertices = np.frombuffer(geometry.verts_buffer, np.float64).reshape(-1, 3).copy()
    faces = np.frombuffer(geometry.faces_buffer, np.int32).reshape(-1, 3).copy()
    material = np.frombuffer(geometry.material_ids_buffer, np.int32)
    palette = np.array([*(_rgba(item, class_) for item in geometry.materials), colour_of(class_)], np.uint8)
    colours = palette[material] if len(material) == len(faces) else np.tile(palette[-1], (len(faces), 1))
    return clean(vertices, faces, colours)


def _rgba(material: Any, class_: str) -> tuple[int, int, int, int]:
    diffuse = material.diffuse
    if not diffuse:
        return colour_of(class_)
    opacity = 1.0 - material.transparency if material.has_transparency() else 1.0
    values = [diffuse.r(), diffuse.g(), diffuse.b(), opacity]
    if not np.isfinite(values).all():
        return colour_of(class_)
    red, green, blue, alpha = (round(255 * min(max(value, 0.0), 1.0)) for value in values)
    return red, green, blue, alpha
