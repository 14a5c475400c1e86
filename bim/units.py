"""Units of a model: what its numbers are in, and the factor to SI.

Source: ISO 16739-1, IfcMeasureResource (IfcUnitAssignment, IfcSIUnit, IfcConversionBasedUnit, IfcDerivedUnit).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bim.finding import Finding, Sentence
from bim.instances import Attributes, Instance

PREFIXES = {
    "EXA": ("E", 1e18), "PETA": ("P", 1e15), "TERA": ("T", 1e12), "GIGA": ("G", 1e9), "MEGA": ("M", 1e6),
    "KILO": ("k", 1e3), "HECTO": ("h", 1e2), "DECA": ("da", 1e1), "DECI": ("d", 1e-1), "CENTI": ("c", 1e-2),
    "MILLI": ("m", 1e-3), "MICRO": ("µ", 1e-6), "NANO": ("n", 1e-9), "PICO": ("p", 1e-12),
    "FEMTO": ("f", 1e-15), "ATTO": ("a", 1e-18),
}  # fmt: skip
"""IfcSIPrefix: symbol and factor."""

NAMES = {
    "METRE": "m", "SQUARE_METRE": "m²", "CUBIC_METRE": "m³", "GRAM": "g", "SECOND": "s", "KELVIN": "K",
    "DEGREE_CELSIUS": "°C", "AMPERE": "A", "CANDELA": "cd", "LUMEN": "lm", "LUX": "lx", "MOLE": "mol",
    "NEWTON": "N", "PASCAL": "Pa", "JOULE": "J", "WATT": "W", "HERTZ": "Hz", "VOLT": "V", "OHM": "Ω",
    "COULOMB": "C", "FARAD": "F", "HENRY": "H", "WEBER": "Wb", "TESLA": "T", "SIEMENS": "S", "BECQUEREL": "Bq",
    "GRAY": "Gy", "SIEVERT": "Sv", "RADIAN": "rad", "STERADIAN": "sr",
}  # fmt: skip
"""IfcSIUnitName: symbol."""

POWERS = {"SQUARE_METRE": 2, "CUBIC_METRE": 3}
"""A prefix of these is of the metre: MILLI SQUARE_METRE is a square millimetre."""

CONVERSIONS = {
    "DEGREE": "°", "FOOT": "ft", "INCH": "in", "YARD": "yd", "MILE": "mi", "SQUARE FOOT": "ft²",
    "SQUARE INCH": "in²", "CUBIC FOOT": "ft³", "CUBIC INCH": "in³", "LITRE": "l", "MINUTE": "min", "HOUR": "h",
    "DAY": "d", "POUND": "lb", "TON": "t", "TONNE": "t", "BAR": "bar", "ACRE": "acre", "FAHRENHEIT": "°F",
}  # fmt: skip
"""Usual names of IfcConversionBasedUnit: symbol."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``SI value = value * factor + offset``."""

    symbol: str
    factor: float
    offset: float = 0.0

    def si(self, value: float) -> float:
        """``value`` of this unit in SI."""
        return value * self.factor + self.offset


UNITLESS = Unit("", 1.0)
METRE = Unit("m", 1.0)


class Units:
    """Units of one file's project.

    Attributes
    ----------
    length
        The length unit; metres where the file names none.
    findings
        What is missing or cannot be true.
    """

    def __init__(self, attributes: Attributes, project: Instance) -> None:
        self._attributes = attributes
        self._known: dict[int, Unit] = {}
        self.findings: list[Finding] = []
        self._by_kind: dict[str, Unit] = {}
        self._by_measure: dict[str, Unit] = {}
        assignment = attributes.one(project, "UnitsInContext")
        for item in attributes.many(assignment, "Units") if assignment is not None else []:
            kind = attributes.get(item, "UnitType")
            if isinstance(kind, str):
                self._by_kind.setdefault(kind, self.of(item))
        self.length = self._length()
        for kind, power in (("AREAUNIT", 2), ("VOLUMEUNIT", 3)):
            if kind not in self._by_kind:
                symbol = f"{self.length.symbol}{'²' if power == 2 else '³'}"
                self._by_kind[kind] = Unit(symbol, self.length.factor**power)
        self._by_kind.setdefault("PLANEANGLEUNIT", Unit("rad", 1.0))

    def of_kind(self, kind: str) -> Unit:
        """The project's unit of an IfcUnitEnum such as ``AREAUNIT``; without a unit where it has none."""
        return self._by_kind.get(kind, UNITLESS)

    def of_measure(self, measure: str) -> Unit:
        """The project's unit of a measure class such as ``IfcPositiveLengthMeasure``."""
        unit = self._by_measure.get(measure)
        if unit is None:
            kind = measure.removeprefix("Ifc").removesuffix("Measure")
            kind = kind.removeprefix("Positive").removeprefix("NonNegative")
            unit = self.of_kind(f"{kind.upper()}UNIT") if measure.endswith("Measure") else UNITLESS
            self._by_measure[measure] = unit
        return unit

    def of(self, instance: Instance) -> Unit:
        """The unit that an instance defines, whatever it is made of."""
        known = self._known.get(instance.id())
        if known is None:
            # Set first: a unit that is made of itself ends here.
            self._known[instance.id()] = UNITLESS
            known = self._known[instance.id()] = self._read(instance)
        return known

    def _read(self, instance: Instance) -> Unit:
        read = self._attributes
        name = instance.is_a()
        if name == "IfcSIUnit":
            return self._si(instance)
        if name in {"IfcConversionBasedUnit", "IfcConversionBasedUnitWithOffset"}:
            return self._converted(instance)
        if name == "IfcDerivedUnit":
            return self._derived(instance)
        if name == "IfcMonetaryUnit":
            return Unit(str(read.get(instance, "Currency") or ""), 1.0)
        return Unit(read.text(instance, "Name"), 1.0)

    def _si(self, instance: Instance) -> Unit:
        read = self._attributes
        name, prefix = read.get(instance, "Name"), read.get(instance, "Prefix")
        symbol, factor = PREFIXES.get(prefix, ("", 1.0)) if isinstance(prefix, str) else ("", 1.0)
        factor **= POWERS.get(str(name), 1)
        if name == "GRAM":
            factor /= 1000.0
        offset = 273.15 if name == "DEGREE_CELSIUS" else 0.0
        return Unit(symbol + NAMES.get(str(name), str(name).lower()), factor, offset)

    def _converted(self, instance: Instance) -> Unit:
        read = self._attributes
        name = read.text(instance, "Name").strip().upper().replace("_", " ")
        measure = read.one(instance, "ConversionFactor")
        factor = math.nan
        if measure is not None:
            value, base = read.get(measure, "ValueComponent"), read.one(measure, "UnitComponent")
            if hasattr(value, "get_argument"):
                value = value.get_argument(0)
            if isinstance(value, int | float) and base is not None:
                factor = float(value) * self.of(base).factor
        if not (math.isfinite(factor) and factor > 0):
            self._broken(instance, name)
            factor = math.pi / 180.0 if name == "DEGREE" else 1.0
        offset = read.number(instance, "ConversionOffset")
        symbol = CONVERSIONS.get(name, read.text(instance, "Name"))
        return Unit(symbol, factor, 0.0 if math.isnan(offset) else offset)

    def _derived(self, instance: Instance) -> Unit:
        read = self._attributes
        symbols, factor = [], 1.0
        for element in read.many(instance, "Elements"):
            base, exponent = read.one(element, "Unit"), read.get(element, "Exponent")
            if base is None or not isinstance(exponent, int) or abs(exponent) > 9:
                continue
            unit = self.of(base)
            try:
                factor *= unit.factor**exponent
            except ArithmeticError:  # past all measure
                factor = math.nan
            symbols.append(unit.symbol + (str(exponent).translate(SUPERSCRIPT) if exponent != 1 else ""))
        symbol = "·".join(symbols)
        if not (math.isfinite(factor) and factor > 0):
            self._broken(instance, symbol)
            factor = 1.0
        return Unit(symbol, factor)

    def _length(self) -> Unit:
        unit = self._by_kind.get("LENGTHUNIT")
        if unit is None:
            self.findings.append(
                Finding(
                    "unit.length_missing",
                    "warning",
                    Sentence(
                        "文件没有写明长度单位，已按米读取；请核对尺寸，必要时在建模软件中设定单位后重新导出。",
                        "The file names no length unit; metres are assumed. Check the size, "
                        "and set the unit in the authoring tool and export again if it is wrong.",
                    ),
                )
            )
            return METRE
        if not 1e-6 <= unit.factor <= 1e4:
            self.findings.append(
                Finding(
                    "unit.length_unusual",
                    "warning",
                    Sentence(
                        f"长度单位 {unit.symbol} 等于 {unit.factor:g} 米，建筑模型不用这样的单位；请核对文件的单位设置。",
                        f"The length unit {unit.symbol} is {unit.factor:g} m, which no building is drawn in; "
                        "check the units of the file.",
                    ),
                )
            )
        return unit

    def _broken(self, instance: Instance, name: str) -> None:
        self.findings.append(
            Finding(
                "unit.conversion",
                "warning",
                Sentence(
                    f"单位 {name} 的换算系数读不出来，已按原数值处理；请核对文件的单位设置。",
                    f"The conversion factor of the unit {name} cannot be read; numbers are taken as they are. "
                    "Check the units of the file.",
                ),
                step_id=instance.id(),
            )
        )
