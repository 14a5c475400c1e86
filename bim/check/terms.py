"""What the classes, attributes and properties of IFC are called in plain words."""

from __future__ import annotations

from bim.finding import Sentence

_CLASSES = {
    "IfcProject": ("项目", "project"),
    "IfcSite": ("场地", "site"),
    "IfcBuilding": ("建筑", "building"),
    "IfcBuildingStorey": ("楼层", "storey"),
    "IfcSpace": ("房间", "space"),
    "IfcZone": ("分区", "zone"),
    "IfcSpatialZone": ("空间分区", "spatial zone"),
    "IfcSystem": ("系统", "system"),
    "IfcDistributionSystem": ("机电系统", "distribution system"),
    "IfcGroup": ("组", "group"),
    "IfcWall": ("墙", "wall"),
    "IfcWallStandardCase": ("墙", "wall"),
    "IfcWallElementedCase": ("墙", "wall"),
    "IfcCurtainWall": ("幕墙", "curtain wall"),
    "IfcDoor": ("门", "door"),
    "IfcDoorStandardCase": ("门", "door"),
    "IfcWindow": ("窗", "window"),
    "IfcWindowStandardCase": ("窗", "window"),
    "IfcSlab": ("板", "slab"),
    "IfcSlabStandardCase": ("板", "slab"),
    "IfcSlabElementedCase": ("板", "slab"),
    "IfcRoof": ("屋顶", "roof"),
    "IfcColumn": ("柱", "column"),
    "IfcColumnStandardCase": ("柱", "column"),
    "IfcBeam": ("梁", "beam"),
    "IfcBeamStandardCase": ("梁", "beam"),
    "IfcMember": ("杆件", "member"),
    "IfcMemberStandardCase": ("杆件", "member"),
    "IfcPlate": ("面板", "plate"),
    "IfcPlateStandardCase": ("面板", "plate"),
    "IfcStair": ("楼梯", "stair"),
    "IfcStairFlight": ("梯段", "stair flight"),
    "IfcRamp": ("坡道", "ramp"),
    "IfcRampFlight": ("坡道段", "ramp flight"),
    "IfcRailing": ("栏杆", "railing"),
    "IfcCovering": ("饰面", "covering"),
    "IfcFooting": ("基础", "footing"),
    "IfcPile": ("桩", "pile"),
    "IfcBuildingElementProxy": ("代理构件", "proxy"),
    "IfcFurnishingElement": ("家具", "furnishing"),
    "IfcFurniture": ("家具", "furniture"),
    "IfcTransportElement": ("运输设备", "transport element"),
    "IfcOpeningElement": ("洞口", "opening"),
    "IfcElementAssembly": ("组合件", "assembly"),
    "IfcFlowTerminal": ("机电末端", "flow terminal"),
    "IfcFlowController": ("控制部件", "flow controller"),
    "IfcFlowMovingDevice": ("输送设备", "flow moving device"),
    "IfcFlowSegment": ("管段", "flow segment"),
    "IfcFlowFitting": ("管件", "flow fitting"),
    "IfcEnergyConversionDevice": ("能源转换设备", "energy conversion device"),
    "IfcDistributionElement": ("机电构件", "distribution element"),
    "IfcDistributionControlElement": ("控制元件", "control element"),
}
CLASSES = {name.upper(): (name, Sentence(*words)) for name, words in _CLASSES.items()}
"""Upper-case class -> its usual spelling and its words."""

WORDS = {
    "GlobalId": Sentence("全局标识", "global identifier"),
    "Name": Sentence("名称", "name"),
    "LongName": Sentence("全称", "long name"),
    "Description": Sentence("说明", "description"),
    "ObjectType": Sentence("对象类型", "object type"),
    "PredefinedType": Sentence("预定义类型", "predefined type"),
    "Tag": Sentence("编号", "tag"),
    "Elevation": Sentence("标高", "elevation"),
    "OverallHeight": Sentence("高度", "overall height"),
    "OverallWidth": Sentence("宽度", "overall width"),
    "CompositionType": Sentence("组成方式", "composition"),
    "FireRating": Sentence("耐火极限", "fire rating"),
    "FireExit": Sentence("是否疏散口", "fire exit flag"),
    "LoadBearing": Sentence("是否承重", "load-bearing flag"),
    "IsExternal": Sentence("是否外围护", "external flag"),
    "ThermalTransmittance": Sentence("传热系数", "thermal transmittance"),
    "AcousticRating": Sentence("隔声等级", "acoustic rating"),
    "NetFloorArea": Sentence("净面积", "net floor area"),
    "GrossFloorArea": Sentence("建筑面积", "gross floor area"),
    "OccupancyNumber": Sentence("使用人数", "occupancy number"),
    "OccupancyType": Sentence("使用性质", "occupancy type"),
    "Manufacturer": Sentence("生产厂家", "manufacturer"),
    "ModelLabel": Sentence("产品名称", "model label"),
    "ModelReference": Sentence("产品型号", "model reference"),
    "SerialNumber": Sentence("出厂编号", "serial number"),
    "AcquisitionDate": Sentence("购置日期", "acquisition date"),
    "WarrantyEndDate": Sentence("质保到期", "end of warranty"),
    "Reference": Sentence("型号代码", "reference"),
    "Status": Sentence("新旧状态", "status"),
}
"""Attribute or property -> its words."""


def spelled(name: str) -> str:
    """A class in its usual spelling: ``IFCWALL`` -> ``IfcWall``; as it is when not known."""
    known = CLASSES.get(name.upper())
    return name if known is None else known[0]


def class_words(name: str) -> Sentence:
    """A class in words with its IFC name: ``墙（IfcWall）``, ``wall (IfcWall)``."""
    known = CLASSES.get(name.upper())
    if known is None:
        return Sentence(name, name)
    return Sentence(f"{known[1].zh}（{known[0]}）", f"{known[1].en} ({known[0]})")


def named(name: str, full: str | None = None) -> Sentence:
    """An attribute or property in words with its IFC name, ``full`` where that is longer."""
    known, shown = WORDS.get(name), full or name
    if known is None:
        return Sentence(f"“{shown}”", f"“{shown}”")
    return Sentence(f"“{known.zh}”（{shown}）", f"{known.en} ({shown})")
