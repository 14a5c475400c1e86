"""Where one object of a layer stands: in the data that are shown, or as a scenario leaves it. ::

anchor.shown(store, "building", [fid])      what the shown generation holds, by number
anchor.edited(scenario.edits)               what a scenario puts somewhere or takes away
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from layers import Text, all_layers
from twin.errors import UnknownName
from twin.features import known_layer
from twin.planned import works
from twin.scenario import BUILDING, Add, AnyEdit, Change, Move, Remove
from twin.store import Store


@dataclass(frozen=True, slots=True)
class Anchor:
    """An object's place (degrees, WGS84), its height above ground where it is drawn with one, and its name.

    ``gone`` says why it is not there; its place means nothing then.
    """

    lon: float
    lat: float
    height_m: float
    name: str
    gone: Text | None = None


def shown(store: Store, layer: str, fids: Sequence[int]) -> dict[int, Anchor]:
    """Those of ``fids`` that the shown generation of a layer holds; one without a name goes by its identifier."""
    generation, spec = store.shown.get(layer), all_layers().get(layer)
    if generation is None or spec is None:
        return {}
    known = set(generation.columns)
    name = f'"{spec.name_column}"' if spec.name_column in known else "NULL"
    height = spec.style.height
    high = f'"{height}"' if spec.style.mark == "extrusion" and height in known else "NULL"
    rows = (
        store.cursor()
        .execute(
            f"SELECT fid, lon, lat, {high}, {name}, identifier FROM {generation.relation} "
            "WHERE fid IN (SELECT unnest(?::BIGINT[]))",
            [list(fids)],
        )
        .fetchall()
    )
    return {
        fid: Anchor(lon, lat, float(tall or 0), called or identifier)
        for fid, lon, lat, tall, called, identifier in rows
    }


def edited(edits: Sequence[AnyEdit]) -> dict[tuple[str, int], Anchor]:
    """Objects that a scenario puts somewhere, or takes away, by layer and number; names only where it gives them."""
    result: dict[tuple[str, int], Anchor] = {}
    for edit in edits:
        if isinstance(edit, Add):
            result[edit.layer, -edit.id] = Anchor(edit.lon, edit.lat, 0.0, str(edit.values.get("name") or ""))
        elif isinstance(edit, Move):
            before = result.get((edit.layer, edit.fid))
            result[edit.layer, edit.fid] = Anchor(edit.lon, edit.lat, 0.0, before.name if before else "")
        elif isinstance(edit, Change) and "name" in edit.values and (edit.layer, edit.fid) in result:
            old = result[edit.layer, edit.fid]
            result[edit.layer, edit.fid] = replace(old, name=str(edit.values["name"] or ""))
        elif isinstance(edit, Remove):
            result[edit.layer, edit.fid] = _away(edit.layer)
    done = works(edits)
    result |= {(BUILDING, fid): _away(BUILDING) for fid in done.demolished}
    result |= {
        (BUILDING, built.fid): Anchor(*built.point, built.height_m, built.name) for built in done.built
    }
    return result


def find(store: Store, layer: str, fid: int, edits: Sequence[AnyEdit] = ()) -> Anchor:
    """One object, with the edits of a scenario; :class:`UnknownName` when it is not there."""
    title = known_layer(layer).title
    base = shown(store, layer, [fid]).get(fid)
    found = edited(edits).get((layer, fid), base)
    if found is None or found.gone:
        raise UnknownName(
            f"图层“{title.zh}”中没有编号为 {fid} 的对象，请重新选择。",
            f"the layer {layer!r} has no object with the number {fid}; choose another.",
        )
    return replace(found, name=found.name or (base.name if base else ""))


def missing(layer: str, fid: int, name: str) -> Text:
    """What to say of a pin whose object is in the data, or the scenario that added it, no more."""
    title = layer_title(layer)
    where = Text("此情景", "this scenario") if fid < 0 else Text("现有数据", "the present data")
    zh, en = (f"“{name}”", f"{name} ") if name else ("", "")
    return Text(
        f"所指的{title.zh}{zh}已不在{where.zh}中，批注留在原处。",
        f"The object {en}({title.en}) is no longer in {where.en}; the annotation stays where it was put.",
    )


def layer_title(layer: str) -> Text:
    """The title of a layer, or its id when the twin does not know it any more."""
    spec = all_layers().get(layer)
    return spec.title if spec else Text(layer, layer)


def _away(layer: str) -> Anchor:
    title = layer_title(layer)
    gone = Text(
        f"所指的{title.zh}在此情景中已移除，批注留在原处。",
        f"This scenario removes the object ({title.en}); the annotation stays where it was put.",
    )
    return Anchor(0.0, 0.0, 0.0, "", gone)
