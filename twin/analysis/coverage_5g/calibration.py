"""Offsets by clutter class, and a slope with distance, that better the prediction by what was measured.

``measured - predicted = offset of the class [+ slope log10(d / 100 m)]`` by least squares.
Samples close to each other fade alike (TR 38.901 Table 7.5-6: correlation distances up to 50 m outdoors), so
everything that asks "how sure" counts squares of 100 m and not samples: folds of the hold-out are whole squares,
standard errors are clustered by square, and an improvement is one only when it holds over squares.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import Text
from twin.analysis.coverage_5g.residuals import Floats, Ints, Labels, Residuals
from twin.crs_evidence import Plane
from twin.errors import InputError

REFERENCE_M = 100.0
BLOCK_M = 100.0
LEAST_POINTS = 50
LEAST_BLOCKS = 10
LEAST_SPREAD = 3.0
"""A slope is fitted when the 90 % distance is at least so many times the 10 % distance."""
_SURE = 2.0
"""Standard errors by which the hold-out error must fall (97.7 % one-sided)."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Decibels to add to predictions of one class; ``standard_error_db`` counts squares, not samples."""

    name: str
    offset_db: float
    standard_error_db: float
    points: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A class with too few samples for an offset of its own; ``used`` is the class whose offset it takes, if any."""

    name: str
    points: int
    blocks: int
    used: str | None


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Errors on squares that the fit did not see, dB.

    ``z`` is the mean fall of the squared error over squares in standard errors; ``improves`` when it is at least 2.
    """

    folds: int
    blocks: int
    rmse_before_db: float
    rmse_after_db: float
    sigma_before_db: float
    sigma_after_db: float
    z: float
    improves: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Offsets by class and an optional slope, as plain data.

    ``slope_db`` is per decade of distance from 100 m, None when not fitted. ``apply`` it only when
    ``hold_out.improves``.
    """

    offsets: tuple[Offset, ...]
    skipped: tuple[Skipped, ...]
    slope_db: float | None
    slope_standard_error_db: float | None
    points: int
    rmse_before_db: float
    rmse_after_db: float
    hold_out: HoldOut
    method: Text

    def apply(
        self, predicted: npt.ArrayLike, classes: npt.ArrayLike, distance_m: npt.ArrayLike | None = None
    ) -> Floats:
        """Predictions (n,) with the corrections of their classes; classes without an offset stay.

        :class:`twin.errors.InputError` when a slope was fitted and no distances are given.
        """
        labels = np.asarray(classes, dtype=object)
        result = np.array(predicted, dtype=float)
        used = {item.name: item.used for item in self.skipped}
        offset = {item.name: item.offset_db for item in self.offsets}
        mine = [used.get(label, label) or "" for label in labels.tolist()]
        known = np.array([label in offset for label in mine], dtype=bool)
        result += np.array([offset.get(label, 0.0) for label in mine], dtype=np.float64)
        if self.slope_db is not None:
            if distance_m is None:
                raise InputError(
                    "校准含距离斜率，应用时需给出到服务基站的距离。",
                    "the calibration has a slope; give the distances to the serving sites.",
                )
            result += np.where(known, self.slope_db * _decades(np.asarray(distance_m, dtype=float)), 0.0)
        return result

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for files and the browser."""
        return asdict(self)


def calibrate(
    residuals: Residuals,
    *,
    slope: bool = False,
    folds: int = 5,
    block_m: float = BLOCK_M,
    least_points: int = LEAST_POINTS,
    least_blocks: int = LEAST_BLOCKS,
) -> Calibration:
    """Fit offsets by class, and a slope with distance if asked for.

    A class such as ``NLOS residential`` with too few samples joins its parent ``NLOS``; a class that has none
    stays as predicted.

    Parameters
    ----------
    slope
        Also fit decibels per decade of distance, one for all classes.
    folds
        Parts of the squares that are held out in turn; 2 to 20.
    least_points, least_blocks
        Samples, and squares of ``block_m`` metres with samples, that a class needs.

    Raises
    ------
    twin.errors.InputError
        No class has enough samples (the message says how many are needed); residuals without classes; a slope
        without distances, or with distances that hardly differ.
    """
    if not 2 <= folds <= 20 or not block_m > 0:
        raise InputError(
            f"折数 {folds} 应为 2 到 20，分块边长 {block_m} 应为正数。",
            f"give 2 to 20 folds, not {folds}, and a positive size of squares, not {block_m}.",
        )
    if residuals.classes is None:
        raise InputError(
            "校准需要每个测量点的地物类别。", "calibration needs the clutter class of every sample."
        )
    block = _blocks(residuals, block_m)
    labels, skipped = _merged(residuals.classes, block, least_points, max(least_blocks, folds))
    used = np.array([label is not None for label in labels], dtype=bool)
    names = sorted({str(label) for label in labels[used]})
    if not names:
        raise _too_few(residuals.classes, block, least_points, max(least_blocks, folds))
    decades = None
    if slope:
        decades = _spread(residuals, used)
    number = np.array([names.index(label) if label is not None else -1 for label in labels], dtype=np.int64)
    design = np.equal.outer(number[used], np.arange(len(names))).astype(float)
    if decades is not None:
        design = np.column_stack([design, decades])
    wanted = -residuals.residual_db[used]
    own = np.unique(block[used], return_inverse=True)[1]
    factors, errors = _least_squares(design, wanted, own)
    offsets = tuple(
        Offset(name, float(factors[place]), float(errors[place]), int((number == place).sum()),
               len(np.unique(block[number == place])))
        for place, name in enumerate(names)
    )  # fmt: skip
    after = wanted - design @ factors
    return Calibration(
        offsets, skipped,
        float(factors[-1]) if slope else None, float(errors[-1]) if slope else None,
        int(used.sum()), _rms(wanted), _rms(after), _held_out(design, wanted, own, folds),
        _method(folds, block_m, slope=slope),
    )  # fmt: skip


def _blocks(residuals: Residuals, size_m: float) -> Ints:
    """Number of the square in which each sample lies."""
    plane = Plane(float(np.median(residuals.lon)), float(np.median(residuals.lat)))
    squares = np.floor(plane(residuals.lon, residuals.lat) / size_m).astype(np.int64)
    return np.asarray(np.unique(squares, axis=0, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def _merged(
    classes: Labels, block: Ints, least_points: int, least_blocks: int
) -> tuple[Labels, tuple[Skipped, ...]]:
    """The class whose offset every sample shares, None without; and the classes without one of their own."""

    def counts(mask: npt.NDArray[np.bool_]) -> tuple[int, int]:
        return int(mask.sum()), len(np.unique(block[mask]))

    def enough(mask: npt.NDArray[np.bool_]) -> bool:
        points, blocks = counts(mask)
        return points >= least_points and blocks >= least_blocks

    labels = classes.copy()
    small = [name for name in sorted(set(classes)) if not enough(classes == name)]
    for name in small:
        if " " in name:
            labels[classes == name] = name.split(" ", 1)[0]
    final = {name for name in set(labels) if enough(labels == name)}
    skipped = []
    for name in small:
        parent = name.split(" ", 1)[0]
        target = parent if parent in final else None
        if target != name:
            skipped.append(Skipped(name, *counts(classes == name), target))
    labels[[label not in final for label in labels]] = None
    return labels, tuple(skipped)


def _too_few(classes: Labels, block: Ints, least_points: int, least_blocks: int) -> InputError:
    """What every class has, and what it would need."""
    zh, en = [], []
    for name in sorted(set(classes)):
        mask = classes == name
        points, blocks = int(mask.sum()), len(np.unique(block[mask]))
        zh.append(f"{name} 有 {points} 点、{blocks} 块")
        en.append(f"{name} has {points} samples in {blocks} squares")
    return InputError(
        f"测量点太少，不能校准：每类至少需要 {least_points} 个点，分布在至少 {least_blocks} 个方格内；"
        f"现有 {'；'.join(zh)}。",
        f"too few samples to calibrate: a class needs at least {least_points} in at least {least_blocks} squares; "
        f"{'; '.join(en)}.",
    )


def _spread(residuals: Residuals, used: npt.NDArray[np.bool_]) -> Floats:
    """Decades of distance from 100 m of the samples used."""
    if residuals.distance_m is None:
        raise InputError(
            "拟合斜率需要每个测量点到服务基站的距离。",
            "a slope needs the distance of every sample to its serving site.",
        )
    distance = residuals.distance_m[used]
    if not np.isfinite(distance).all():
        raise InputError(
            "有测量点缺少到服务基站的距离，不能拟合斜率。",
            "some samples have no distance to their serving site, so no slope can be fitted.",
        )
    low, high = np.quantile(distance, [0.1, 0.9])
    if high < LEAST_SPREAD * max(low, 1.0):
        raise InputError(
            f"测量点的距离过于集中（{low:.0f} 至 {high:.0f} 米），不能拟合斜率；远点至少应为近点的 {LEAST_SPREAD:g} 倍。",
            f"the distances hardly differ ({low:.0f} to {high:.0f} m), so no slope can be fitted; the far ones must be "
            f"at least {LEAST_SPREAD:g} times the near ones.",
        )
    return _decades(distance)


def _decades(distance_m: Floats) -> Floats:
    return np.asarray(np.log10(np.maximum(distance_m, 1.0) / REFERENCE_M), dtype=float)


def _least_squares(design: Floats, wanted: Floats, block: Ints) -> tuple[Floats, Floats]:
    """Factors and their standard errors, clustered by block (sandwich estimator)."""
    factors = np.linalg.lstsq(design, wanted, rcond=None)[0]
    inverse = np.linalg.pinv(design.T @ design)
    rest = wanted - design @ factors
    scores = np.zeros((int(block.max()) + 1, design.shape[1]))
    np.add.at(scores, block, design * rest[:, None])
    groups = len(scores)
    scale = groups / max(1, groups - design.shape[1])
    variance = inverse @ (scores.T @ scores) @ inverse * scale
    return np.asarray(factors, dtype=float), np.sqrt(np.maximum(np.diag(variance), 0.0))


def _held_out(design: Floats, wanted: Floats, block: Ints, folds: int) -> HoldOut:
    """Errors of predictions for squares that took no part in the fit."""
    blocks = int(block.max()) + 1
    # The same data give the same folds.
    fold = (np.random.default_rng(0).permutation(blocks) % folds)[block]
    after = np.empty(len(wanted))
    for number in range(folds):
        out = fold == number
        factors = np.linalg.lstsq(design[~out], wanted[~out], rcond=None)[0]
        after[out] = wanted[out] - design[out] @ factors
    fall = np.bincount(block, weights=wanted**2 - after**2, minlength=blocks)
    spread = float(np.sqrt(((fall - fall.mean()) ** 2).sum() * blocks / max(1, blocks - 1)))
    z = float(fall.sum() / spread) if spread > 0 else 0.0
    return HoldOut(
        folds, blocks, _rms(wanted), _rms(after), float(wanted.std(ddof=1)), float(after.std(ddof=1)), z,
        improves=z >= _SURE,
    )  # fmt: skip


def _rms(values: Floats) -> float:
    return float(np.sqrt((values**2).mean()))


def _method(folds: int, block_m: float, *, slope: bool) -> Text:
    zh = "各地物类别的偏移量按最小二乘拟合（实测减预测）"
    en = "offsets by clutter class were fitted by least squares (measured less predicted)"
    if slope:
        zh += f"，另含一个以 {REFERENCE_M:g} 米为基准、按距离对数的斜率"
        en += f", with one slope over the logarithm of distance from {REFERENCE_M:g} m"
    return Text(
        f"{zh}；留出检验按 {block_m:g} 米方格分为 {folds} 折，同一方格的点不会同时用于拟合和检验；"
        f"误差下降超过 {_SURE:g} 倍标准误才算改进。",
        f"{en}; the hold-out takes squares of {block_m:g} m in {folds} folds, so that no square is both fitted and "
        f"tested; an improvement is one when the error falls by more than {_SURE:g} standard errors.",
    )
