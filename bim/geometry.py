"""Triangles of elements by IfcOpenShell's kernel. Runs in the worker process only.

The kernels are ``hybrid-cgal-simple-manifold`` for what it is right on and ``hybrid-cgal-simple-opencascade`` for the
rest, on one thread: together the fastest way that loses nothing. A kernel can hang or crash on
a single element and cannot be interrupted from within, so every element is announced before it is begun, and the
process that watches (:mod:`bim.supervision`) knows which one to set aside. Elements set aside go down a ladder of
:data:`METHODS`. Every finished chunk is on disk, so that a crash costs the chunk at hand and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bim import fallback
from bim.colours import colour_of
from bim.limits import Limits
from bim.mesh import F64, FAR_M, Scene, Shape, clean, is_rotation

Instance = Any
Announce = Callable[[str, Sequence[int]], None]
"""Told what is begun: a method's name and the ``#`` numbers it is begun on."""

KERNEL = "hybrid-cgal-simple-opencascade"
QUICK_KERNEL = "hybrid-cgal-simple-manifold"
"""Several times faster, and the same to the last opening, but wrong on bodies that are clipped by half-spaces; so it
gets the elements whose own bodies hold no booleans, and :data:`KERNEL` the others."""
THOROUGH_KERNEL = "opencascade"
"""The default kernel, for the few elements that the others give nothing for."""
ANGULAR_DEFLECTION_RAD = 0.5
LINEAR_DEFLECTION_M = 0.001

METHODS = ("kernel", "max-voids", "no-openings", "ifclite", "box", "none")
"""The ladder: an element that one method cannot mesh goes to the next that makes a difference to it."""


def settings(*, max_voids: int = 0, openings: bool = True) -> Any:
    """The kernel's settings; ``max_voids`` of 0 cuts any number of openings."""
    import ifcopenshell.geom

    chosen: Any = vars(ifcopenshell.geom)["settings"]()
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
    file: Any,
    step_ids: Sequence[int],
    *,
    max_voids: int = 0,
    openings: bool = True,
    kernel: str = KERNEL,
    begin: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, str, Callable[[], Shape], F64]]:
    """Mesh the products ``step_ids``.

    Yields their ``#`` number, a name that equal shapes share within this call, what makes the shape, and its matrix
    (4, 4) to the model's axes in metres. A product may come in several shapes, or in none. ``begin`` is told the ``#``
    number of each product before the kernel works on it.
    """
    import ifcopenshell.geom
    from ifcopenshell import ifcopenshell_wrapper

    wrapper: Any = ifcopenshell_wrapper.iterator  # the class over it takes the products for something else
    tell = begin or (lambda _: None)
    iterator: Any = ifcopenshell.geom.iterator(
        settings(max_voids=max_voids, openings=openings),
        file,
        1,
        include=[file.by_id(step_id) for step_id in step_ids],
        geometry_library=kernel,  # type: ignore[arg-type]  # its stubs know a constant only as text
    )
    if not iterator.initialize():
        return
    tasks = [group[0].id() for group in wrapper.get_task_products(iterator)]
    tell(tasks[0] if tasks else 0)
    while True:
        shape = iterator.get()
        matrix = np.frombuffer(shape.transformation_buffer, np.float64).reshape(4, 4).T.copy()
        geometry, class_ = shape.geometry, shape.type
        yield shape.id, f"{geometry.id} {class_}", lambda g=geometry, c=class_: _shape(g, c), matrix  # type: ignore[misc]
        done = iterator.processed_
        tell(tasks[done] if done < len(tasks) else 0)
        if not iterator.next():
            return


def chunks(file: Any, step_ids: Sequence[int], size: int) -> list[list[int]]:
    """``step_ids`` in chunks of about ``size``; products of one type's shape stay together and are meshed once."""
    shared = {step_id: _shared_shape(file.by_id(step_id)) for step_id in step_ids}
    found: list[list[int]] = []
    for step_id in sorted(step_ids, key=lambda item: (shared[item], item)):
        full = not found or len(found[-1]) >= size
        if full and (not found or shared[found[-1][-1]] != shared[step_id] or len(found[-1]) >= 5 * size):
            found.append([])
        found[-1].append(step_id)
    return found


class Drawing:
    """The geometry pass over one file, which goes on where an earlier process was ended.

    Parameters
    ----------
    file, source
        The parsed file and its text.
    folder
        Where finished chunks are kept.
    aside
        ``#`` numbers of elements that ended an earlier process, each with the method to try next.
    alone
        Groups that ended an earlier process before it was known by which element; they are meshed as given.
    slow
        Elements on which :data:`QUICK_KERNEL` ended an earlier process.
    """

    def __init__(
        self,
        file: Any,
        source: Path,
        folder: Path,
        *,
        limits: Limits,
        aside: Mapping[int, str],
        alone: Sequence[Sequence[int]],
        announce: Announce,
        slow: Collection[int] = (),
    ) -> None:
        self.file, self.source, self.folder = file, source, folder
        self.limits, self.announce = limits, announce
        self.aside, self.alone = dict(aside), [list(group) for group in alone]
        self.slow = set(slow)
        self.quick: set[int] = set()
        """Elements for :data:`QUICK_KERNEL`."""
        self.voids = fallback.openings(file)
        self.deep: set[int] = set()
        """Elements the kernel is not tried on, for their booleans are nested too deep."""
        folder.mkdir(exist_ok=True)
        self.kept = len(list(folder.glob("*.npz")))

    def run(self, step_ids: Sequence[int]) -> Scene:
        """Mesh ``step_ids`` and give all that was drawn, in this process and before."""
        done = self._done()
        self.deep = {item for item in step_ids if fallback.is_deep(self.file.by_id(item))}
        for item in self.deep - set(self.aside):
            self.aside[item] = METHODS[2]
        todo = [step_id for step_id in step_ids if step_id not in done and step_id not in self.aside]
        alone = {item for group in self.alone for item in group}
        self.quick = {
            item for item in todo
            if item not in self.slow and item not in alone and not fallback.is_boolean(self.file.by_id(item))
        }  # fmt: skip
        for group in chunks(self.file, sorted(self.quick), self.limits.chunk_elements):
            self._quick_chunk(group)
        waiting = set(todo) - self.quick
        groups = [[item for item in group if item in waiting] for group in self.alone]
        waiting -= alone
        groups += chunks(self.file, sorted(waiting), self.limits.chunk_elements)
        for group in groups:
            if group:
                self._kernel_chunk(group)
        scene = self._joined()
        drawn = set(scene.step_id)
        empty = [
            item for item in step_ids
            if item not in drawn and item not in self.aside and fallback.is_solid(self.file.by_id(item))
        ]  # fmt: skip
        self._ladder({**self.aside, **dict.fromkeys(empty, METHODS[1])})
        return self._joined() if empty or self.aside else scene

    def _quick_chunk(self, group: list[int]) -> None:
        """Mesh a chunk with the quick kernel; what it gives nothing for waits for the most thorough one."""
        self.announce("quick", group)
        scene = Scene()
        self._kernel(scene, group, None, max_voids=self.limits.max_voids, kernel=QUICK_KERNEL)
        drawn = set(scene.step_id)
        finished = {item for item in group if item in drawn or not fallback.is_solid(self.file.by_id(item))}
        self._keep(scene, sorted(finished))

    def _kernel_chunk(self, group: list[int]) -> None:
        self.announce("kernel", group)
        scene = Scene()
        self._kernel(scene, group, None, max_voids=self.limits.max_voids)
        self._keep(scene, group)

    def _kernel(self, scene: Scene, group: Sequence[int], method: str | None, **more: Any) -> set[int]:
        """Mesh ``group`` into ``scene``; returns for what something came back, be it empty."""
        came: set[int] = set()
        known: dict[str, tuple[int, F64] | None] = {}
        for step_id, name, make, matrix in draw(
            self.file, group, begin=lambda item: self.announce("begin", [item]), **more
        ):
            came.add(step_id)
            if name not in known:
                shape = make()
                known[name] = _kept(scene, shape)
            kept = known[name]
            if kept is None:
                continue
            how = method or ("max-voids" if self.voids.get(step_id, 0) > self.limits.max_voids else "kernel")
            _stand(scene, step_id, how, kept, matrix)
        return came

    def _ladder(self, waiting: dict[int, str]) -> None:
        """Try what was set aside, one element and one method at a time."""
        done = self._done("ladder") | self._done("cut")
        waiting = {item: method for item, method in waiting.items() if item not in done}
        for item in self._thorough([item for item, method in waiting.items() if METHODS.index(method) <= 1]):
            del waiting[item]
        self._without_openings(waiting)
        self._light(waiting)
        self._boxes(waiting)

    def _without_openings(self, waiting: dict[int, str]) -> None:
        """The kernel without cutting; takes what it can draw out of ``waiting``."""
        for item in [item for item, method in waiting.items() if METHODS.index(method) <= 2]:
            if not self.voids.get(item) or item in self.deep:
                continue
            scene = Scene()
            self.announce("no-openings", [item])
            self._kernel(scene, [item], "no-openings", openings=False)
            if len(scene):
                self._keep(scene, [item], "ladder")
                del waiting[item]

    def _light(self, waiting: dict[int, str]) -> None:
        """The spare kernel, on all at once unless one of them ended a process; takes what it draws out."""
        light = [item for item, method in waiting.items() if METHODS.index(method) <= 3]
        together = all(method != "ifclite" for method in self.aside.values())
        for group in [light] if together and light else [[item] for item in light]:
            self.announce("ifclite", group)
            found = fallback.light(self.source, group)
            for item in group:
                shape = found.get(item)
                kept = None if shape is None else _kept(scene := Scene(), shape)
                if kept is not None:
                    _stand(scene, item, "ifclite", kept, np.eye(4))
                    self._keep(scene, [item], "ladder")
                    del waiting[item]

    def _boxes(self, waiting: dict[int, str]) -> None:
        """The box around each that is left, or nothing."""
        for item, method in waiting.items():
            scene = Scene()
            if method != "none":
                self.announce("box", [item])
                boxed = fallback.box_of(self.file, item)
                kept = None if boxed is None else _kept(scene, boxed[0])
                if boxed is not None and kept is not None:
                    _stand(scene, item, "box", kept, boxed[1])
            self._keep(scene, [item], "ladder")

    def _thorough(self, group: list[int]) -> set[int]:
        """Mesh what the others gave nothing for with the default kernel; returns what that settles.

        It does also where an element that has openings comes out as nothing: then it is cut away by them, as walls
        are that only carry a frame.
        """
        if not group:
            return set()
        self.announce("opencascade", group)
        scene = Scene()
        came = self._kernel(scene, group, None, max_voids=self.limits.max_voids, kernel=THOROUGH_KERNEL)
        drawn = set(scene.step_id)
        cut_away = {item for item in came - drawn if self.voids.get(item)}
        self._keep(scene, sorted(drawn), "ladder")
        self._keep(Scene(), sorted(cut_away), "cut")
        untried = [item for item in group if item in self.quick and item not in drawn | cut_away]
        return drawn | cut_away | self._after_all(untried)

    def _after_all(self, group: list[int]) -> set[int]:
        """Try :data:`KERNEL` on what only the other two were tried on; returns what it draws."""
        if not group:
            return set()
        self.announce("kernel", group)
        scene = Scene()
        self._kernel(scene, group, None, max_voids=self.limits.max_voids)
        drawn = set(scene.step_id)
        self._keep(scene, sorted(drawn), "ladder")
        return drawn

    @property
    def cut_away(self) -> set[int]:
        """Elements of which their openings leave nothing."""
        return self._done("cut")

    def _keep(self, scene: Scene, tried: Sequence[int], kind: str = "chunk") -> None:
        """Put a finished chunk on disk; it counts once its list of what was tried is there."""
        name = f"{self.kept:05d}-{kind}"
        self.kept += 1
        scene.save(self.folder / f"{name}.npz")
        np.save(self.folder / f"{name}.part.npy", np.array(tried, np.int64))
        (self.folder / f"{name}.part.npy").replace(self.folder / f"{name}.npy")

    def _finished(self, kind: str = "*") -> list[Path]:
        return sorted(path for path in self.folder.glob(f"*-{kind}.npy") if ".part" not in path.name)

    def _done(self, kind: str = "*") -> set[int]:
        return {int(item) for path in self._finished(kind) for item in np.load(path)}

    def _joined(self) -> Scene:
        scene = Scene()
        for path in self._finished():
            scene.join(Scene.load(path.with_suffix(".npz")))
        return scene


def _kept(scene: Scene, shape: Shape) -> tuple[int, F64] | None:
    """The shape's number in ``scene`` and its corner; None for one that cannot be drawn."""
    if not shape.triangles:
        return None
    try:
        return scene.keep(shape, np.eye(4))
    except ValueError:
        return None


def _stand(scene: Scene, step_id: int, method: str, kept: tuple[int, F64], matrix: F64) -> None:
    number, corner = kept
    whole = matrix @ corner
    if not np.isfinite(whole).all() or np.abs(whole[:3, 3]).max() > FAR_M:
        return
    if is_rotation(matrix[:3, :3]):
        scene.place(step_id, method, number, whole)
    else:
        scene.add(step_id, method, scene.shapes[number], whole)


def _shared_shape(product: Instance) -> int:
    """What the shape of ``product`` is a copy of, by ``#`` number; itself where it is no copy."""
    try:
        for representation in product.Representation.Representations:
            if representation.RepresentationIdentifier in {"Body", "Facetation", "Tessellation", None}:
                first = representation.Items[0]
                if first.is_a("IfcMappedItem"):
                    return int(first.MappingSource.id())
    except (AttributeError, IndexError, TypeError, RuntimeError):
        pass  # attributes of a wrong kind: the kernel will say so
    return int(product.id())


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
