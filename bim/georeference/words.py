"""Hypotheses in words: their titles and what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bim.finding import Sentence

if TYPE_CHECKING:
    from bim.georeference.readings import Reading

_SOURCES = {
    "map_conversion": ("坐标转换", "map conversion"),
    "map_conversion_scaled": ("坐标转换（带比例）", "scaled map conversion"),
    "rigid_operation": ("刚性平移", "rigid operation"),
    "property_set": ("属性集中的坐标转换", "map conversion in a property set"),
    "site_placement": ("场地放置坐标", "placement of the site"),
    "building_placement": ("建筑放置坐标", "placement of the building"),
    "raw_coordinates": ("构件自身坐标", "coordinates of the shapes"),
    "world_coordinate_system": ("世界坐标系", "world coordinate system"),
    "latitude_longitude": ("场地经纬度", "latitude and longitude of the site"),
}
_SLIPS = {
    "scale": ("按单位改正比例", "scale corrected to the units"),
    "axes_swapped": ("东、北坐标对调", "easting and northing exchanged"),
    "zone_prefix": ("统一带号", "zone number made consistent"),
    "eastings_in_mm": ("坐标由毫米换算为米", "coordinates from millimetres to metres"),
    "coordinates_in_metres": ("坐标按米计算", "coordinates taken as metres"),
    "map_unit": ("按坐标系的单位", "unit of the reference system"),
    "doubled": ("重复的偏移只用一次", "doubled offset applied once"),
    "sign": ("改正正负号", "sign changed"),
    "lat_lon_swapped": ("经纬度对调", "latitude and longitude exchanged"),
    "gcj02": ("由 GCJ-02 换算", "converted from GCJ-02"),
    "bd09": ("由 BD-09 换算", "converted from BD-09"),
    "wrong_crs": ("换一个坐标系", "in another reference system"),
    "unknown_crs": ("坐标系为推测", "reference system guessed"),
    "crs_missing": ("坐标系为推测", "reference system guessed"),
    "crs_free_text": ("坐标系按文字理解", "reference system read from its words"),
    "default_location": ("软件默认位置", "default of the authoring tool"),
    "null_island": ("未填写", "never set"),
    "true_north_as_true": ("按真北转动", "turned to true north"),
    "true_north": ("按正北转动", "turned to true north"),
    "without_true_north": ("不按正北转动", "not turned to true north"),
    "north_doubled": ("重复的转角只用一次", "doubled turn applied once"),
    "degrees": ("坐标按经纬度理解", "coordinates taken as degrees"),
    "height_unit": ("高程按项目单位", "height in the project's unit"),
    "rotation": ("按建筑轮廓改正转角", "turn corrected to the outline"),
    "turned": ("按建筑轮廓转动", "turned to the outline"),
}


def title(reading: Reading) -> Sentence:
    """One line that tells a reading from the others."""
    source = reading.source.removesuffix("_without_wcs")
    zh, en = _SOURCES.get(source, (source, source))
    apart = source != reading.source
    slips = [_SLIPS[slip] for slip in reading.slips if slip in _SLIPS]
    if apart:
        slips.append(("不计世界坐标系", "without the world coordinate system"))
    system = "" if reading.level == 20 else f"（{reading.label[:40]}）"
    system_en = "" if reading.level == 20 else f" ({reading.label[:40]})"
    after_zh = "：" + "，".join(pair[0] for pair in slips) if slips else "：按原样"
    after_en = ": " + ", ".join(pair[1] for pair in slips) if slips else ": as written"
    return Sentence(f"{zh}{system}{after_zh}", f"{en}{system_en}{after_en}")


def why_read(reading: Reading) -> list[Sentence]:
    """What the file says, and what it was taken for."""
    x, y = reading.written
    if reading.geographic:
        said = Sentence(
            f"文件给出经度 {x:.6f}°、纬度 {y:.6f}°。",
            f"the file gives longitude {x:.6f}° and latitude {y:.6f}°.",
        )
        taken = Sentence(
            f"取经度 {reading.eastings:.7f}°、纬度 {reading.northings:.7f}°。",
            f"taken as longitude {reading.eastings:.7f}° and latitude {reading.northings:.7f}°.",
        )
    else:
        said = Sentence(
            f"文件给出坐标 {x:.3f}, {y:.3f}。", f"the file gives the coordinates {x:.3f}, {y:.3f}."
        )
        taken = Sentence(
            f"在 {reading.label[:60]} 中取东 {reading.eastings:.3f}、北 {reading.northings:.3f}。",
            f"taken as easting {reading.eastings:.3f} and northing {reading.northings:.3f} in "
            f"{reading.label[:60]}.",
        )
    found = [said]
    if (x, y) != (reading.eastings, reading.northings) or not reading.geographic:
        found.append(taken)
    if reading.level == 20 and reading.precision_m > 5:
        found.append(
            Sentence(
                f"经纬度只写到约 {reading.precision_m:.0f} 米的精度。",
                f"the angles are written to some {reading.precision_m:.0f} m only.",
            )
        )
    return found
