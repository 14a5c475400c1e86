"""What an analyst may choose from: standards, groups of people, measures, categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from twin.analysis import rules, travellers
from twin.analysis.life_circle import MEASURES, Parameters, default_standard
from twin.analysis.report import measure_title
from twin.analysis.rules import CATEGORY_IDS, CENTRE, TARGET
from twin.analysis.supply import COLORS, SERVICE_WORDS, TITLES
from twin.errors import InputError
from twin.store import Store

Model = TypeVar("Model", bound=BaseModel)


def model(kind: type[Model], values: Mapping[str, Any]) -> Model:
    """The parameters ``kind`` from plain values, also as texts; :class:`InputError` names the one that is wrong."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"参数 {name[:40]} 无效：{str(first.get('input'))[:60]!r}，请改正。",
            f"{name[:40]} is not valid: {first['msg'][:120]}.",
        ) from None


def options(store: Store) -> dict[str, Any]:
    """Everything the forms of the life circle offer, as plain data."""
    defaults = Parameters().model_dump(include={"group", "measure"})
    defaults["standard"] = default_standard(with_centres=CENTRE in store.shown)
    return {
        "standards": [
            {
                "id": item.id,
                "title": {"zh": item.title.zh, "en": item.title.en},
                "citation": {"zh": item.citation.zh, "en": item.citation.en},
                "required": item.required,
                "verified": item.verified,
            }
            for item in rules.profiles(rules.rules_path(store.home))
        ],
        "groups": [
            {
                "id": item.id,
                "title": {"zh": item.title.zh, "en": item.title.en},
                "mode": item.mode,
                "speed_mps": item.speed_mps,
                "source": {"zh": item.source.zh, "en": item.source.en},
                "verified": item.verified,
            }
            for item in travellers.TRAVELLERS.values()
        ],
        "measures": [{"id": measure, "title": measure_title(measure)} for measure in MEASURES],
        "categories": [
            {"id": name, "title": {"zh": TITLES[name].zh, "en": TITLES[name].en}, "color": COLORS[name]}
            for name in CATEGORY_IDS
        ],
        "centre_services": sorted({word for word, _ in SERVICE_WORDS}),
        "target": TARGET.share,
        "target_citation": {"zh": TARGET.citation.zh, "en": TARGET.citation.en},
        "defaults": defaults,
    }
