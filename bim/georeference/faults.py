"""What is wrong with a georeference, in words: one function per fault, each a finding with its numbers."""

from __future__ import annotations

from bim.finding import Finding, Sentence, Severity


def _finding(
    code: str, zh: str, en: str, severity: Severity = "warning", step_id: int | None = None
) -> Finding:
    return Finding(f"georeference.{code}", severity, Sentence(zh, en), step_id=step_id)


def scale(written: float | None, meant: float, step_id: int) -> Finding:
    """The factor between the project's unit and the map unit is missing or wrong."""
    what_zh = "缺少 Scale" if written is None else f"Scale={written:g} 不对"
    what_en = "Scale is missing" if written is None else f"Scale={written:g} is wrong"
    return _finding(
        "scale",
        f"坐标转换{what_zh}：项目单位换算到地图单位应为 {meant:g}；已按 {meant:g} 计算，请在导出设置中改正。",
        f"{what_en} in the map conversion: from the project's unit to the map unit it should be {meant:g}; "
        f"{meant:g} was used, correct it in the export settings.",
        step_id=step_id,
    )


def axes_swapped(step_id: int | None) -> Finding:
    """Northing was written as easting and the reverse."""
    return _finding(
        "axes_swapped",
        "东坐标与北坐标写反了（测量坐标系 X 向北、Y 向东）；已对调，请在导出前改正。",
        "easting and northing are exchanged (survey axes have X north and Y east); they were put right, "
        "correct them before the next export.",
        step_id=step_id,
    )


def zone_prefix(easting: float, used: float, label: str, step_id: int | None) -> Finding:
    """The easting has a zone number that its system does not have, or lacks one."""
    return _finding(
        "zone_prefix",
        f"东坐标 {easting:.3f} 的带号与坐标系 {label} 不一致；已按 {used:.3f} 计算，请统一带号。",
        f"the easting {easting:.3f} and the system {label} disagree about the zone number; {used:.3f} was "
        "used, write both with it or both without.",
        step_id=step_id,
    )


def eastings_in_mm(unit: float, step_id: int | None) -> Finding:
    """Map coordinates were written in the project's unit."""
    name_zh, name_en = {0.001: ("毫米", "millimetres"), 0.01: ("厘米", "centimetres")}.get(
        unit, (f"{unit:g} 米的单位", f"units of {unit:g} m")
    )
    return _finding(
        "eastings_in_mm",
        f"地图坐标是用{name_zh}写的，地图单位却是米；已换算为米，请在导出设置中改正。",
        f"the map coordinates are written in {name_en} although the map unit is the metre; they were "
        "converted, correct the export settings.",
        step_id=step_id,
    )


def coordinates_in_metres(step_id: int | None) -> Finding:
    """Map coordinates were written in metres in a file of another unit."""
    return _finding(
        "coordinates_in_metres",
        "坐标是用米写的，项目单位却不是米；已按米计算，请在导出设置中改正。",
        "the coordinates are written in metres although the project's unit is another; they were taken as "
        "metres, correct the export settings.",
        step_id=step_id,
    )


def degrees(step_id: int | None) -> Finding:
    """Degrees were written as map coordinates."""
    return _finding(
        "degrees",
        "坐标转换中填的是经纬度，而坐标系是投影坐标系；已按经纬度计算，请改填投影坐标。",
        "the map conversion holds degrees although its system is projected; they were taken as longitude and "
        "latitude, write projected coordinates.",
        step_id=step_id,
    )


def height_unit(written: float, step_id: int | None) -> Finding:
    """The height was written in the project's unit."""
    return _finding(
        "height_unit",
        f"高程 {written:g} 米不可能，应是项目单位；已换算，请改正 OrthogonalHeight。",
        f"a height of {written:g} m is not possible here, it must be in the project's unit; it was converted, "
        "correct OrthogonalHeight.",
        step_id=step_id,
    )


def map_unit(unit: float, step_id: int | None) -> Finding:
    """The map unit contradicts the system."""
    return _finding(
        "map_unit",
        f"MapUnit 写成 {unit:g} 米，与坐标系自身的单位矛盾；已按坐标系的单位计算，请改正。",
        f"MapUnit says {unit:g} m, which contradicts the unit of the reference system itself; the system's "
        "unit was used, correct it.",
        step_id=step_id,
    )


def sign(step_id: int | None) -> Finding:
    """A coordinate has the wrong sign."""
    return _finding(
        "sign",
        "有坐标的正负号写反了；已改号计算，请核对。",
        "a coordinate has the wrong sign; it was changed, check it.",
        step_id=step_id,
    )


def doubled(where_zh: str, where_en: str, offset_m: float, step_id: int | None) -> Finding:
    """Two places of the file carry the same offset."""
    return _finding(
        "doubled",
        f"{where_zh}和坐标转换都带有约 {offset_m / 1000:.0f} 公里的同一偏移，叠加会重复计算；"
        "只计算了一次，请删去其一。",
        f"{where_en} and the map conversion both carry the same offset of some {offset_m / 1000:.0f} km, "
        "which would count twice; it was applied once, remove one of them.",
        step_id=step_id,
    )


def gcj02() -> Finding:
    """The position was read off Amap or Tencent."""
    return _finding(
        "gcj02",
        "经纬度像是从高德或腾讯地图上读取的（GCJ-02，偏移约 500 米）；已换算，请核对。",
        "latitude and longitude look as if read off Amap or Tencent (GCJ-02, some 500 m off); they were "
        "converted, check them.",
    )


def bd09() -> Finding:
    """The position was read off Baidu."""
    return _finding(
        "bd09",
        "经纬度像是从百度地图上读取的（BD-09，偏移约 1 公里）；已换算，请核对。",
        "latitude and longitude look as if read off Baidu (BD-09, some 1 km off); they were converted, "
        "check them.",
    )


def lat_lon_swapped(step_id: int | None) -> Finding:
    """Latitude was written as longitude and the reverse."""
    return _finding(
        "lat_lon_swapped",
        "经度与纬度写反了；已对调，请在场地设置中改正。",
        "latitude and longitude are exchanged; they were put right, correct them in the site settings.",
        step_id=step_id,
    )


def mixed_signs(step_id: int) -> Finding:
    """The parts of an angle have different signs."""
    return _finding(
        "mixed_signs",
        "经纬度的度、分、秒正负号不一致；以第一个非零值为准，请改正。",
        "degrees, minutes and seconds have different signs; the first that is not zero was taken, correct it.",
        step_id=step_id,
    )


def default_location(name: str, latitude: float, longitude: float, step_id: int | None) -> Finding:
    """The position is the one that an authoring tool starts with."""
    return _finding(
        "default_location",
        f"场地经纬度 {latitude:.4f}, {longitude:.4f} 是软件的默认位置（{name}），不是项目位置；"
        "请手动放置，或给出控制点。",
        f"the site's position {latitude:.4f}, {longitude:.4f} is the default of the authoring tool ({name}), "
        "not that of the project; place the model by hand or give control points.",
        step_id=step_id,
    )


def default_ignored(name: str, latitude: float, longitude: float, step_id: int | None) -> Finding:
    """The position is a tool's default, and a better one is at hand."""
    return _finding(
        "default_location",
        f"场地经纬度 {latitude:.4f}, {longitude:.4f} 是软件的默认位置（{name}），已忽略；请改为项目位置。",
        f"the site's position {latitude:.4f}, {longitude:.4f} is the default of the authoring tool ({name}) "
        "and was ignored; set that of the project.",
        "info",
        step_id,
    )


def north_doubled(degrees: float, step_id: int) -> Finding:
    """The placement of the site and true north turn the model by the same angle."""
    return _finding(
        "north_doubled",
        f"场地放置与 TrueNorth 都转动了同样的 {degrees:.2f}°，只计算了一次；请核对朝向。",
        f"the site's placement and TrueNorth both turn the model by the same {degrees:.2f}°; it was applied "
        "once, check the direction.",
        step_id=step_id,
    )


def null_island(step_id: int | None) -> Finding:
    """Latitude and longitude are zero."""
    return _finding(
        "null_island",
        "场地经纬度为 0, 0，即未填写；请手动放置，或给出控制点。",
        "the site's latitude and longitude are 0, 0: they were never set; place the model by hand or give "
        "control points.",
        step_id=step_id,
    )


def unknown_crs(name: str, step_id: int | None) -> Finding:
    """The reference system is named, but its parameters are not known."""
    return _finding(
        "unknown_crs",
        f"不知道坐标系“{name[:60]}”的参数；请管理员配置它，或手动放置、给出至少两个控制点。",
        f"the parameters of the reference system “{name[:60]}” are not known; have it configured, place the "
        "model by hand, or give two or more control points.",
        step_id=step_id,
    )


def crs_missing(step_id: int | None) -> Finding:
    """Map coordinates without a reference system."""
    return _finding(
        "crs_missing",
        "有地图坐标，但没有写明坐标系；请在导出设置中选定坐标系。",
        "there are map coordinates but no reference system; choose one in the export settings.",
        step_id=step_id,
    )


def crs_text(name: str, label: str, step_id: int | None) -> Finding:
    """The reference system is named in words."""
    return _finding(
        "crs_free_text",
        f"坐标系写成文字“{name[:60]}”，按 {label} 理解；请改用 EPSG 编号。",
        f"the reference system is named in words, “{name[:60]}”, and was understood as {label}; "
        "write its EPSG code.",
        "info",
        step_id=step_id,
    )


def wrong_crs(name: str, label: str, step_id: int | None) -> Finding:
    """The coordinates fit another system than the one named."""
    return _finding(
        "wrong_crs",
        f"文件写明坐标系 {name[:60]}，但坐标更像 {label}；请核对。",
        f"the file names the system {name[:60]}, but the coordinates fit {label}; check it.",
        step_id=step_id,
    )


def true_north(written_deg: float, used_deg: float, step_id: int) -> Finding:
    """TrueNorth contradicts the map conversion, which has precedence."""
    return _finding(
        "true_north_ignored",
        f"TrueNorth（转角 {written_deg:.1f}°）与坐标转换的转角 {used_deg:.1f}° 不一致；"
        "以坐标转换为准，请核对正北方向。",
        f"TrueNorth (a turn of {written_deg:.1f}°) contradicts the map conversion's turn of {used_deg:.1f}°; "
        "the map conversion was used, check the direction of north.",
        step_id=step_id,
    )


def orientation_unknown() -> Finding:
    """No true north is written."""
    return _finding(
        "orientation_unknown",
        "文件没有写明正北方向，朝向未知；请在地图上转动模型，或给出控制点。",
        "the file does not say where north is, so the turn is not known; turn the model on the map or give "
        "control points.",
    )


def rotation(written_deg: float, used_deg: float, step_id: int | None) -> Finding:
    """The turn of a map conversion is wrong."""
    return _finding(
        "rotation",
        f"坐标转换的转角 {written_deg:.1f}° 与已知建筑轮廓不符，{used_deg:.1f}° 相符；"
        "请核对 XAxisAbscissa 和 XAxisOrdinate。",
        f"the map conversion's turn of {written_deg:.1f}° does not fit the known outline of the building, "
        f"{used_deg:.1f}° does; check XAxisAbscissa and XAxisOrdinate.",
        step_id=step_id,
    )


def levels_disagree(distance_m: float) -> Finding:
    """Map conversion and latitude/longitude are far from each other."""
    return _finding(
        "levels_disagree",
        f"坐标转换与场地经纬度相距 {distance_m / 1000:.1f} 公里；以坐标转换为准，请核对。",
        f"the map coordinates and the site's latitude and longitude are {distance_m / 1000:.1f} km apart; "
        "the map coordinates were used, check them.",
    )


def outside_region(zh: str, en: str, distance_km: float) -> Finding:
    """The model lies outside the region."""
    return _finding(
        "outside_region",
        f"模型位于{zh}以外，距其约 {distance_km:.0f} 公里；请确认是否属实。",
        f"the model lies outside {en}, some {distance_km:.0f} km away; confirm that this is meant.",
    )


def unknown_offset(distance_m: float, step_id: int | None) -> Finding:
    """The model lies far from its own zero, in no known system."""
    return _finding(
        "unknown_offset",
        f"模型离自身原点 {distance_m / 1000:.0f} 公里，像是某个坐标系的坐标，但没有写明是哪一个；"
        "请手动放置，或给出控制点。",
        f"the model lies {distance_m / 1000:.0f} km from its own zero, as if in map coordinates of a system "
        "that is not named; place it by hand or give control points.",
        step_id=step_id,
    )


def missing() -> Finding:
    """Nothing in the file says where the model stands."""
    return _finding(
        "missing",
        "文件没有任何地理位置信息；请在地图上手动放置模型，或给出至少两个控制点。",
        "the file says nothing of where the model stands; place it on the map by hand or give two or more "
        "control points.",
    )


def address(text: str) -> Finding:
    """An address, where nothing better is known."""
    return _finding(
        "address",
        f"文件中的地址是“{text[:120]}”；可据此在地图上查找。",
        f"the address in the file is “{text[:120]}”; look it up on the map.",
        "info",
    )


def placement_needed() -> Finding:
    """No hypothesis is good enough to be taken without a look."""
    return _finding(
        "placement_needed",
        "无法可靠确定模型的位置；请在地图上核对或手动放置，或给出至少两个控制点。",
        "where the model stands cannot be said for certain; check it on the map, place it by hand, or give "
        "two or more control points.",
    )
