"""What a coverage run assumes; every field is part of its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from twin.analysis.coverage_5g import radio
from twin.analysis.coverage_5g.radio import Carrier
from twin.errors import UnknownName

FLOOR_M = 3.0
"""Height of one floor, for receivers upstairs."""


class Parameters(BaseModel):
    """Parameters of a run; frozen, so that equal ones name equal results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    band: str = Field(
        default="3.5", max_length=20, description="频段 carrier: GHz (3.5) or id (n78) of carriers.csv"
    )
    resolution_m: float = Field(default=10.0, ge=0.5, le=100, description="栅格边长 cell size, m")
    radius_m: float = Field(
        default=1000.0, ge=50, le=10000, description="计算半径 how far a sector is computed, m"
    )
    model: Literal["38.901", "hybrid"] = Field(
        default="38.901",
        description="传播模型 TR 38.901 with line of sight from the surface; hybrid adds knife edges",
    )
    environment: Literal["auto", "UMa", "UMi", "RMa"] = Field(
        default="auto", description="传播场景 auto: by antenna height, roofs around and land use"
    )
    user_height_m: float = Field(
        default=1.5, ge=0.5, le=300, description="终端高度 receiver above ground (or floor), m"
    )
    floor: int = Field(
        default=0, ge=0, le=100, description="楼层 floors above the ground floor; above 0 indoors only"
    )
    load: float = Field(
        default=0.5, ge=0, le=1, description="小区负荷 share of resources in use, for data SINR"
    )
    noise_figure_db: float = Field(
        default=7.0, ge=0, le=30, description="噪声系数 noise figure of receivers, dB"
    )
    feeder_db: float = Field(default=0.0, ge=0, le=20, description="馈线损耗 feeder loss, dB")
    wall: Literal["auto", "low", "high"] = Field(
        default="auto", description="外墙 wall loss: by use and year of the building, or one kind"
    )
    indoor_distance_m: float = Field(
        default=25 / 3,
        ge=0,
        le=100,
        description="室内深度 way indoors, m; default: mean of the least of two U(0, 25)",
    )
    release: int = Field(default=18, ge=15, le=19, description="38.901 版本 release of TR 38.901")
    profile: str = Field(
        default="", max_length=60, description="达标口径 profile of criteria; the default when empty"
    )
    operators: tuple[str, ...] = Field(
        default=(), max_length=10, description="运营商 operators whose sites count; all when empty"
    )
    planned: bool = Field(default=False, description="计入规划站 count planned sites as on the air")

    @property
    def receiver_m(self) -> float:
        """Height of receivers above ground, m."""
        return self.user_height_m + FLOOR_M * self.floor

    @property
    def reach(self) -> int:
        """Radius in whole cells."""
        return max(1, round(self.radius_m / self.resolution_m))

    def carrier(self, among: Mapping[str, Carrier] = radio.CARRIERS) -> Carrier:
        """The carrier asked for; :class:`twin.errors.UnknownName` when there is none."""
        if self.band in among:
            return among[self.band]
        try:
            return radio.carrier(float(self.band), among=among)
        except ValueError as error:
            if isinstance(error, UnknownName):
                raise
            raise UnknownName(
                f"没有频段 {self.band[:20]!r}；可用：{'、'.join(among)}，或写 GHz 数。",
                f"there is no carrier {self.band[:20]!r}; known are {', '.join(among)}, or give GHz.",
            ) from None
