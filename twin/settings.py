"""Every setting of the twin, once: name, default, meaning.

A setting is read from the environment variable named in its ``env`` metadata;
command-line options override it. ``python -m twin doctor`` prints them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force; build with :meth:`from_environment`."""

    home: Path = field(
        default=ROOT / "data" / "home",
        metadata={"env": "TWIN_HOME", "meaning": "folder in which the twin keeps its data"},
    )
    address: str = field(
        default="127.0.0.1",
        metadata={"env": "TWIN_ADDRESS", "meaning": "address the server listens on"},
    )
    visitors: str = field(
        default="remote",
        metadata={
            "env": "TWIN_VISITORS",
            "meaning": "what other machines may use when the server listens on a network: "
            "remote (the phone that drives a wall) or all",
        },
    )
    port: int = field(default=8501, metadata={"env": "TWIN_PORT", "meaning": "port the server listens on"})
    language: str = field(
        default="zh", metadata={"env": "TWIN_LANGUAGE", "meaning": "first language: zh or en"}
    )
    keep_generations: int = field(
        default=3,
        metadata={"env": "TWIN_KEEP_GENERATIONS", "meaning": "generations of a layer kept for undo"},
    )
    tile_cache_mb: int = field(
        default=200, metadata={"env": "TWIN_TILE_CACHE_MB", "meaning": "memory for ready tiles, MB"}
    )
    memory_mb: int = field(
        default=2048,
        metadata={"env": "TWIN_MEMORY_MB", "meaning": "memory DuckDB may use while importing, MB"},
    )
    max_upload_mb: int = field(
        default=2048, metadata={"env": "TWIN_MAX_UPLOAD_MB", "meaning": "largest uploaded file, MB"}
    )
    bim_max_mb: int = field(
        default=512, metadata={"env": "TWIN_BIM_MAX_MB", "meaning": "largest building model, MB"}
    )
    bim_memory_mb: int = field(
        default=6000,
        metadata={"env": "TWIN_BIM_MEMORY_MB", "meaning": "memory one conversion of a model may use, MB"},
    )
    bim_minutes: int = field(
        default=30,
        metadata={"env": "TWIN_BIM_MINUTES", "meaning": "longest time of one conversion of a model, minutes"},
    )
    executor: str = field(
        default="inline",
        metadata={
            "env": "TWIN_EXECUTOR",
            "meaning": "where large computations run: inline, processes, processes:N or dask://host:port",
        },
    )
    browser: str = field(
        default="auto",
        metadata={
            "env": "TWIN_BROWSER",
            "meaning": "Edge, Chrome or Chromium that draws the maps of reports: its path, or auto: found on the machine",
        },
    )
    demo_seed: int = field(
        default=310114,
        metadata={"env": "TWIN_DEMO_SEED", "meaning": "seed of the demonstration city"},
    )

    @classmethod
    def from_environment(cls, **overrides: object) -> Settings:
        """Defaults, then the environment, then ``overrides`` that are not None.

        :class:`twin.errors.InputError` when a variable does not parse.
        """
        from twin.errors import InputError

        values: dict[str, object] = {}
        for item in fields(cls):
            name = item.metadata["env"]
            text = os.environ.get(name)
            if text is None or text == "":
                continue
            try:
                kind: Callable[[str], object] = int if isinstance(item.default, int) else str
                values[item.name] = Path(text) if item.name == "home" else kind(text)
            except ValueError:
                raise InputError(
                    f"环境变量 {name} 的值 {text!r} 无效，请改正后重试。",
                    f"environment variable {name}={text!r} is not valid; correct it and try again.",
                ) from None
        values.update({key: value for key, value in overrides.items() if value is not None})
        settings = cls(**values)  # type: ignore[arg-type]
        if settings.language not in ("zh", "en"):
            raise InputError(
                f"语言 {settings.language!r} 不受支持，请用 zh 或 en。",
                f"language {settings.language!r} is not known; use zh or en.",
            )
        if settings.visitors not in ("remote", "all"):
            raise InputError(
                f"TWIN_VISITORS 的值 {settings.visitors!r} 无效，请用 remote 或 all。",
                f"TWIN_VISITORS={settings.visitors!r} is not known; use remote or all.",
            )
        return settings
