"""Criteria of coverage: from which signal a place counts as covered, and by which document.

One table, ``data/coverage_criteria.csv``, holds every profile; a file of the same
columns named ``coverage_criteria.csv`` in the home folder replaces it. A profile
is a set of least values, one per metric of :data:`METRICS`.

``verified`` says how far a value can be trusted: ``yes`` when it was read in the
document itself, ``by_source`` when a named source states it, ``no`` otherwise. The
thresholds of signal level are all ``no``: operators use them, but no document of
theirs was at hand.

:data:`SCENES` are the eleven kinds of key places of the ministry's programme 信号升格
and what stands for them in the twin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from layers import Text
from twin.analysis._csv_table import Table, own_or
from twin.errors import UnknownName
from twin.settings import ROOT

TABLE = ROOT / "data" / "coverage_criteria.csv"
DEFAULT = "sa-standard"

Verification = Literal["yes", "by_source", "no"]
Shape = Literal["place", "line"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a criterion sets a least value for, and the values it may have."""

    title: Text
    unit: str
    least: float
    most: float
    predicted: bool = True
    """Whether the twin computes it; what it does not needs measurements."""


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "ss_rsrp_dbm": Metric(Text("SS-RSRP", "SS-RSRP"), "dBm", -156.0, -31.0),
        "ss_sinr_db": Metric(Text("SS-SINR", "SS-SINR"), "dB", -23.0, 40.0),
        "downlink_mbps": Metric(Text("下行速率", "Downlink rate"), "Mbps", 0.0, 10_000.0),
        "uplink_mbps": Metric(Text("上行速率", "Uplink rate"), "Mbps", 0.0, 10_000.0, predicted=False),
        "rate_share": Metric(Text("速率达标占比", "Share of cases that meet the rates"), "", 0.0, 1.0),
        "line_share": Metric(Text("线路覆盖比例", "Covered share of a line"), "", 0.0, 1.0),
        "key_point_share": Metric(Text("关键点位达标比例", "Covered share of a place"), "", 0.0, 1.0),
    }
)
"""Metrics of the table. The bounds of signals are those a receiver reports (TS 38.133)."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """The least value, inclusive, of one metric, and the document that sets it."""

    metric: str
    minimum: float
    citation: Text
    verification: Verification
    source: str
    note: Text


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of criteria, one per metric at most."""

    id: str
    title: Text
    criteria: tuple[Criterion, ...]

    def __contains__(self, metric: object) -> bool:
        return any(criterion.metric == metric for criterion in self.criteria)

    def __getitem__(self, metric: str) -> Criterion:
        """The criterion of ``metric``; :class:`twin.errors.UnknownName` when the profile has none."""
        for criterion in self.criteria:
            if criterion.metric == metric:
                return criterion
        known = ", ".join(criterion.metric for criterion in self.criteria)
        raise UnknownName(
            f"覆盖标准 {self.id} 没有指标 {metric!r}，可用：{known}。",
            f"the criteria {self.id} have no metric {metric!r}; known are {known}.",
        )

    def minimum(self, metric: str) -> float | None:
        """The least value of ``metric``, None when the profile does not ask for one."""
        return self[metric].minimum if metric in self else None

    @property
    def verification(self) -> Verification:
        """The weakest verification among the criteria."""
        return min((c.verification for c in self.criteria), key=("no", "by_source", "yes").index)

    @property
    def verified(self) -> bool:
        """Whether a document or a named source states every value."""
        return self.verification != "no"

    @property
    def citations(self) -> tuple[Text, ...]:
        """Every document cited, once."""
        return tuple(dict.fromkeys(criterion.citation for criterion in self.criteria))

    @property
    def unpredicted(self) -> tuple[str, ...]:
        """Metrics of the profile that the twin does not compute."""
        return tuple(c.metric for c in self.criteria if not METRICS[c.metric].predicted)

    def covered(self, ss_rsrp_dbm: npt.ArrayLike, ss_sinr_db: npt.ArrayLike) -> NDArray[np.bool_]:
        """Where signal level and quality both reach the profile's; nowhere that either is nan."""
        level, quality = np.asarray(ss_rsrp_dbm, dtype=float), np.asarray(ss_sinr_db, dtype=float)
        least = self.minimum("ss_rsrp_dbm"), self.minimum("ss_sinr_db")
        enough = level >= (-np.inf if least[0] is None else least[0])
        return np.asarray(enough & (quality >= (-np.inf if least[1] is None else least[1])))


def criteria_path(home: Path) -> Path:
    """The table in force for ``home``: the user's own when there is one."""
    return own_or(home, TABLE)


def profiles(path: Path = TABLE) -> Mapping[str, Profile]:
    """Every profile by id, in the table's order; :class:`twin.errors.InputError` tells all faults at once."""
    found = path.stat() if path.is_file() else None
    return _profiles(path, (found.st_mtime_ns, found.st_size) if found else (0, 0))


def load(name: str = DEFAULT, *, path: Path = TABLE) -> Profile:
    """The profile called ``name``.

    Raises
    ------
    twin.errors.UnknownName
        No such profile in the table.
    twin.errors.InputError
        The table has faults.
    """
    known = profiles(path)
    if name not in known:
        raise UnknownName(
            f"没有覆盖标准 {name[:60]!r}，请从 {', '.join(known)} 中选择。",
            f"there are no criteria {name[:60]!r}; choose one of {', '.join(known)}.",
        )
    return known[name]


# ``changed`` makes the cache forget a table that was edited while the server runs.
@lru_cache(maxsize=8)
def _profiles(path: Path, changed: tuple[int, int]) -> Mapping[str, Profile]:  # noqa: ARG001
    columns = (
        "profile", "title_zh", "title_en", "metric", "minimum", "citation_zh", "citation_en", "verified",
        "source", "note_zh", "note_en",
    )  # fmt: skip
    table = Table(path, columns)
    titles: dict[str, Text] = {}
    found: dict[str, dict[str, Criterion]] = {}
    for row in table:
        name = row.text("profile")
        title = Text(row.text("title_zh"), row.text("title_en"))
        if titles.setdefault(name, title) != title:
            row.fault("title_zh", "与同一标准的其他行不同", "differs from the profile's other lines")
        metric = row.choice("metric", tuple(METRICS))
        criterion = Criterion(
            metric,
            row.number("minimum", METRICS[metric].least, METRICS[metric].most),
            Text(row.text("citation_zh"), row.text("citation_en")),
            cast("Verification", row.choice("verified", get_args(Verification))),
            row.values["source"],
            Text(row.values["note_zh"], row.values["note_en"]),
        )
        if criterion.verification == "by_source" and not criterion.source:
            row.fault(
                "source",
                "verified 为 by_source 时须写明来源",
                "must name the source when verified is by_source",
            )
        if metric in found.setdefault(name, {}) and metric == row.values["metric"]:
            row.fault("metric", "在同一标准中重复", "is there twice in its profile")
        found[name][metric] = criterion
    table.close()
    return MappingProxyType(
        {name: Profile(name, titles[name], tuple(group.values())) for name, group in found.items()}
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a layer: all, or those whose ``column`` holds one of ``values``."""

    layer: str
    column: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of key place of 信号升格.

    ``shape``: of a place every key point has to be covered, of a line 95 % of its length.
    ``note`` says where the twin's layers stand for the kind only in part.
    """

    id: str
    title: Text
    shape: Shape
    selections: tuple[Selection, ...]
    note: Text | None = None


SCENES: tuple[Scene, ...] = (
    Scene(
        "government",
        Text("政务中心", "Government service centres"),
        "place",
        (Selection("building", "use", ("public",)), Selection("facility", "category", ("service_station",))),
        Text(
            "以公共建筑和社区服务站代表，其中也有非政务场所。",
            "Public buildings and community service stations stand for them, some of which are not.",
        ),
    ),
    Scene(
        "scenic",
        Text("文旅景区", "Culture and tourism"),
        "place",
        (
            Selection("green", "kind", ("park",)),
            Selection("facility", "category", ("culture_centre", "library")),
        ),
        Text("以公园、文化中心和图书馆代表。", "Parks, culture centres and libraries stand for them."),
    ),
    Scene(
        "medical",
        Text("医疗机构", "Medical institutions"),
        "place",
        (
            Selection("building", "use", ("health",)),
            Selection("facility", "category", ("health_centre", "health_station")),
        ),
    ),
    Scene(
        "university",
        Text("高等学校", "Universities and colleges"),
        "place",
        (Selection("building", "use", ("education",)),),
        Text(
            "建筑用途不分高等学校与中小学，均计入。",
            "The use of buildings does not tell universities from schools; all are counted.",
        ),
    ),
    Scene(
        "hub",
        Text("交通枢纽", "Transport hubs"),
        "place",
        (Selection("metro_station"), Selection("bus_stop")),
        Text("以地铁站和公交站代表。", "Metro stations and bus stops stand for them."),
    ),
    Scene(
        "metro",
        Text("城市地铁", "Metro"),
        "line",
        (Selection("metro_line"),),
        Text(
            "地下段由室内分布系统覆盖，室外预测不适用。",
            "Tunnels are covered by systems of their own, to which an outdoor prediction does not apply.",
        ),
    ),
    Scene(
        "transport_line",
        Text("公路铁路水路", "Roads, railways and waterways"),
        "line",
        (
            Selection("road", "class", ("motorway", "trunk", "primary", "secondary")),
            Selection("water", "kind", ("river", "canal")),
        ),
        Text("尚无铁路图层；水路以河道代表。", "There is no layer of railways; rivers stand for waterways."),
    ),
    Scene(
        "mall",
        Text("重点商超", "Malls and supermarkets"),
        "place",
        (
            Selection("building", "use", ("retail",)),
            Selection("facility", "category", ("supermarket", "market")),
        ),
    ),
    Scene(
        "residential",
        Text("住宅小区", "Residential estates"),
        "place",
        (Selection("estate", "kind", ("slab", "tower", "lane")),),
    ),
    Scene(
        "office",
        Text("商务楼宇", "Office buildings"),
        "place",
        (Selection("building", "use", ("office",)),),
    ),
    Scene(
        "village",
        Text("乡镇农村", "Towns and villages"),
        "place",
        (Selection("estate", "kind", ("village",)), Selection("building", "use", ("village_house",))),
    ),
)
"""The eleven kinds of the notice Gongxinbu Liantongxin [2023] 257, in its order."""
