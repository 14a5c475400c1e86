"""The rules of the life circle: which facility, how near, by which document.

One table, ``data/life_circle_rules.csv``, holds every standard; a file of the
same columns named ``life_circle_rules.csv`` in the home folder replaces it. A
rule belongs to a profile (standard and version), a type of town and a category
of facility. Each category has its own tier: an upper-tier facility never stands
in for a lower one, so a health centre does not count as a health station.

``verified`` says how far a value can be trusted: ``yes`` when it was read in the
document itself, ``by_source`` when a named source states it, ``no`` otherwise.
What a document is not known to require is never ``required``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from layers import Text
from layers._categories import CATEGORIES
from twin.analysis._csv_table import Table, own_or
from twin.errors import UnknownName
from twin.settings import ROOT

RULES = ROOT / "data" / "life_circle_rules.csv"
TOWN_TYPES = ROOT / "data" / "town_types.csv"

CENTRE = "centre"
"""The neighbourhood centre, which is a layer of its own beside the facility categories."""

CATEGORY_IDS: tuple[str, ...] = (*(category.id for category in CATEGORIES), CENTRE)
"""Every category a rule may name, in the order in which rules are listed."""

ANY = "any"
"""The town type of a rule that holds in every town."""

TIERS = ("5", "10", "15")

TownKind = Literal["main_city", "new_city", "new_town"]
Mode = Literal["walk", "walk_or_cycle"]
Verification = Literal["yes", "by_source", "no"]

TITLES: Mapping[str, Text] = {
    "gb50180-2018": Text(
        "GB 50180-2018 城市居住区规划设计标准", "GB 50180-2018 Urban residential area planning and design"
    ),
    "shanghai-2016": Text("上海市 15 分钟社区生活圈规划导则 (2016)", "Shanghai life-circle guide (2016)"),
    "shanghai-2024-draft": Text(
        "上海市 15 分钟社区生活圈技术标准 (2024 征求意见稿)", "Shanghai life-circle standard (2024 draft)"
    ),
}
"""Names of the profiles that come with the twin; others go by their id."""


@dataclass(frozen=True, slots=True)
class Target:
    """A rate to be reached and the document that sets it."""

    share: float
    indicator: int
    citation: Text


TARGET = Target(
    0.95,
    21,
    Text(
        "《嘉定区城市数字化转型行动方案（2021-2023年）》（嘉府发〔2021〕30号）指标 21："
        "15 分钟智慧生活圈在中心城区覆盖率 ≥ 95 %",
        "Jiading action plan for digital transformation 2021-2023 (Jiafufa [2021] 30), indicator 21: "
        "15-minute life circle, coverage of the central urban area >= 95 %",
    ),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How near one category of facility has to be.

    ``minutes`` is the limit on the way there, inclusive; ``radius_m`` the service
    radius that the document prints, None where it prints none.
    """

    profile: str
    town_type: str
    category: str
    tier: int
    mode: Mode
    minutes: float
    radius_m: float | None
    required: bool
    citation: Text
    verification: Verification
    source: str
    note: Text

    @property
    def limit_s(self) -> float:
        """The limit in seconds."""
        return self.minutes * 60.0

    @property
    def verified(self) -> bool:
        """Whether the document or a named source was seen to state the value."""
        return self.verification != "no"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one profile in one type of town, one per category at most."""

    profile: str
    town_type: str
    rules: tuple[Rule, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __contains__(self, category: object) -> bool:
        return any(rule.category == category for rule in self.rules)

    def __getitem__(self, category: str) -> Rule:
        """The rule of ``category``; :class:`twin.errors.UnknownName` when there is none."""
        for rule in self.rules:
            if rule.category == category:
                return rule
        raise UnknownName(
            f"规则 {self.profile} 中没有设施类别 {category!r}，请从 {self._categories()} 中选择。",
            f"the rules {self.profile} have no category {category!r}; choose one of {self._categories()}.",
        )

    def _categories(self) -> str:
        return ", ".join(rule.category for rule in self.rules)

    @property
    def required(self) -> tuple[Rule, ...]:
        """The rules a complete life circle must meet."""
        return tuple(rule for rule in self.rules if rule.required)

    @property
    def mode(self) -> Mode:
        """``walk_or_cycle`` when any rule allows the cycle."""
        return "walk_or_cycle" if any(rule.mode == "walk_or_cycle" for rule in self.rules) else "walk"

    @property
    def verification(self) -> Verification:
        """The weakest verification among the required values."""
        return _weakest(self.required)


@dataclass(frozen=True, slots=True)
class Profile:
    """One standard in one version, as the table holds it."""

    id: str
    title: Text
    citation: Text
    town_types: tuple[str, ...]
    required: int
    """Required categories (the most over the town types)."""
    verification: Verification
    """The weakest among the required values."""

    @property
    def verified(self) -> bool:
        """Whether the document or a named source was seen to state every required value."""
        return self.verification != "no"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two sets of rules differ; None where the category is missing or the field empty."""

    category: str
    field: Literal["minutes", "radius_m", "tier", "mode", "required"]
    a: float | str | bool | None
    b: float | str | bool | None


@dataclass(frozen=True, slots=True)
class TownType:
    """What kind of place a town is, and whether it belongs to the central urban area."""

    code: int
    kind: TownKind
    central: bool
    verified: bool
    note: Text


def _weakest(rules: Iterable[Rule]) -> Verification:
    found = {rule.verification for rule in rules}
    return "no" if "no" in found or not found else "by_source" if "by_source" in found else "yes"


def rules_path(home: Path) -> Path:
    """The table of rules in force for ``home``: the user's own when there is one."""
    return own_or(home, RULES)


def town_types_path(home: Path) -> Path:
    """The table of town types in force for ``home``: the user's own when there is one."""
    return own_or(home, TOWN_TYPES)


def profiles(path: Path = RULES) -> tuple[Profile, ...]:
    """Every profile of the table, in the table's order; :class:`twin.errors.InputError` for a bad table."""
    found: dict[str, list[Rule]] = {}
    for rule in read(path):
        found.setdefault(rule.profile, []).append(rule)
    result = []
    for profile, group in found.items():
        required = [rule for rule in group if rule.required]
        kinds = tuple(dict.fromkeys(rule.town_type for rule in group))
        result.append(
            Profile(
                profile,
                TITLES.get(profile, Text(profile, profile)),
                (required or group)[0].citation,
                kinds,
                max(sum(rule.town_type == kind for rule in required) for kind in kinds),
                _weakest(required),
            )
        )
    return tuple(result)


def load(standard: str, town_type: str = ANY, *, path: Path = RULES) -> Rules:
    """The rules of profile ``standard`` (such as ``"gb50180-2018"``) in towns of ``town_type``.

    A rule for the town type itself goes before one for ``any``.

    Raises
    ------
    twin.errors.UnknownName
        A profile the table lacks, or a town type for which the profile has no rule.
    twin.errors.InputError
        The table has faults; the message lists them all.
    """
    table = read(path)
    known = tuple(dict.fromkeys(rule.profile for rule in table))
    if standard not in known:
        raise UnknownName(
            f"没有标准 {standard!r}，请从 {', '.join(known)} 中选择。",
            f"there is no standard {standard!r}; choose one of {', '.join(known)}.",
        )
    mine = [rule for rule in table if rule.profile == standard]
    chosen = {rule.category: rule for rule in mine if rule.town_type == ANY}
    chosen.update({rule.category: rule for rule in mine if rule.town_type == town_type})
    if not chosen:
        kinds = ", ".join(dict.fromkeys(rule.town_type for rule in mine))
        raise UnknownName(
            f"标准 {standard} 没有针对类型 {town_type!r} 的规则，请从 {kinds} 中选择。",
            f"the standard {standard} has no rule for towns of type {town_type!r}; choose one of {kinds}.",
        )
    return Rules(standard, town_type, tuple(chosen[c] for c in CATEGORY_IDS if c in chosen))


def differences(a: Rules, b: Rules) -> tuple[Difference, ...]:
    """Every field in which ``a`` and ``b`` differ, by category."""
    first = {rule.category: rule for rule in a}
    second = {rule.category: rule for rule in b}
    result = []
    for category in CATEGORY_IDS:
        one, other = first.get(category), second.get(category)
        for name in ("required", "tier", "minutes", "radius_m", "mode"):
            left, right = getattr(one, name, None), getattr(other, name, None)
            if left != right:
                result.append(Difference(category, name, left, right))
    return tuple(result)


def town_types(path: Path = TOWN_TYPES) -> dict[int, TownType]:
    """The type of every town by its nine-digit code; :class:`twin.errors.InputError` for a bad table."""
    return _town_types(path, _stamp(path))


def read(path: Path = RULES) -> tuple[Rule, ...]:
    """Every rule of the table at ``path``; :class:`twin.errors.InputError` tells all faults at once."""
    return _rules(path, _stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    """What differs once the file was edited."""
    if not path.is_file():
        return 0, 0
    found = path.stat()
    return found.st_mtime_ns, found.st_size


# ``changed`` makes the cache forget a table that was edited while the server runs.
@lru_cache(maxsize=8)
def _rules(path: Path, changed: tuple[int, int]) -> tuple[Rule, ...]:  # noqa: ARG001
    columns = (
        "standard", "version", "town_type", "category", "tier", "mode", "minutes", "radius_m", "required",
        "citation_zh", "citation_en", "verified", "source", "note_zh", "note_en",
    )  # fmt: skip
    table = Table(path, columns)
    rules: list[Rule] = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in table:
        profile = f"{row.text('standard')}-{row.text('version')}"
        rule = Rule(
            profile,
            row.choice("town_type", (ANY, *get_args(TownKind))),
            row.choice("category", CATEGORY_IDS),
            int(row.choice("tier", TIERS)),
            cast("Mode", row.choice("mode", get_args(Mode))),
            row.number("minutes", 1.0, 120.0),
            row.number("radius_m", 1.0, 20_000.0) if row.values["radius_m"] else None,
            row.choice("required", ("yes", "no")) == "yes",
            Text(row.text("citation_zh"), row.text("citation_en")),
            cast("Verification", row.choice("verified", get_args(Verification))),
            row.values["source"],
            Text(row.values["note_zh"], row.values["note_en"]),
        )
        if rule.verification == "by_source" and not rule.source:
            row.fault(
                "source",
                "verified 为 by_source 时须写明来源",
                "must name the source when verified is by_source",
            )
        key = (rule.profile, row.values["town_type"], row.values["category"])
        if key in seen:
            row.fault("category", f"与第 {seen[key]} 行重复", f"repeats line {seen[key]}")
        seen.setdefault(key, row.line)
        rules.append(rule)
    table.close()
    return tuple(rules)


@lru_cache(maxsize=8)
def _town_types(path: Path, changed: tuple[int, int]) -> dict[int, TownType]:  # noqa: ARG001
    table = Table(path, ("code", "type", "central", "verified", "note_zh", "note_en"))
    result: dict[int, TownType] = {}
    for row in table:
        code = int(row.number("code", 100_000_000, 999_999_999))
        if code in result:
            row.fault("code", "代码重复", "is listed twice")
        result[code] = TownType(
            code,
            cast("TownKind", row.choice("type", get_args(TownKind))),
            row.choice("central", ("yes", "no")) == "yes",
            row.choice("verified", ("yes", "no")) == "yes",
            Text(row.values["note_zh"], row.values["note_en"]),
        )
    table.close()
    return result
