"""The edits of a scenario in words, as a report lists them."""

from __future__ import annotations

from layers import Text, all_layers
from twin import scenario
from twin.store import Store

_KINDS = {
    "add": Text("新增", "add"),
    "move": Text("移动", "move"),
    "remove": Text("取消", "remove"),
    "change": Text("修改", "change"),
}
_LINKS = {
    "bridge": Text("新建桥梁", "new bridge"),
    "crossing": Text("新建过街设施", "new crossing"),
    "path": Text("新建步行道", "new path"),
}


def described(store: Store, edit: scenario.AnyEdit, language: str) -> str:
    """One edit as a short line with the kind, the object and the place."""
    if isinstance(edit, scenario.Link):
        name = _LINKS[edit.type].of(language)
        return f"{name} ({edit.from_[0]:.5f}, {edit.from_[1]:.5f}) - ({edit.to[0]:.5f}, {edit.to[1]:.5f})"
    if isinstance(edit, scenario.Gate):
        name = _name(store, "estate", edit.estate, language)
        told = f"{name}新开出入口" if language == "zh" else f"new gate of {name}"
        return f"{told} ({edit.lon:.5f}, {edit.lat:.5f})"
    if isinstance(edit, scenario.Build):
        name = edit.name or ("规划建筑" if language == "zh" else "planned building")
        people = (
            ""
            if edit.people is None
            else f"，{edit.people} 人"
            if language == "zh"
            else f", {edit.people} people"
        )
        tall = f"高 {edit.height_m:g} m" if language == "zh" else f"{edit.height_m:g} m high"
        return f"{'新建' if language == 'zh' else 'build '}{name} ({tall}{people})"
    title = all_layers()[edit.layer].title.of(language)
    kind = _KINDS[edit.kind].of(language)
    if isinstance(edit, scenario.Add):
        name = str(edit.values.get("name") or "")
    else:
        name = _name(store, edit.layer, edit.fid, language)
    told = (
        f"{kind}{title}{'：' if name else ''}{name}"
        if language == "zh"
        else f"{kind} {title} {name}".rstrip()
    )
    if isinstance(edit, (scenario.Add, scenario.Move)):
        told += f" ({edit.lon:.5f}, {edit.lat:.5f})"
    return told


def _name(store: Store, layer: str, fid: int, language: str) -> str:
    """The name of an object, its number where it has none or is added by the scenario itself."""
    generation = store.shown.get(layer)
    if generation is None or fid < 0:
        return f"{'第' if language == 'zh' else 'edit '}{-fid}{' 项新增' if language == 'zh' else ''}"
    columns = {column.name for column in all_layers()[layer].columns}
    if "name" not in columns:
        return str(fid)
    row = store.cursor().execute(f"SELECT name FROM {generation.relation} WHERE fid = ?", [fid]).fetchone()
    return str(row[0]) if row and row[0] else str(fid)
