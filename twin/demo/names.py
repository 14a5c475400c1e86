"""Names that could be real: streets, estates, villages, and their pinyin."""

from __future__ import annotations

from functools import cache

import numpy as np
from pypinyin import lazy_pinyin

_FIRST = (
    "永德嘉安新平福和宝丰华云泰庆兴瑞金玉文武明清仁义礼智春秋白青沁"
    "澄汇树城北南翔昌墨博曹塔启洪汉封临栖星百绿环胜"
)
_SECOND = "盛立康宁乐源泽林远景浦泾塘桥湖川江岭山岳河阳园仓竹梅兰荷枫柳松柏亭阁门庄谷辉耀旺顺业达通贤善信诚"
_FAMILY = "陆沈钱张王李徐朱周吴陈顾金严戴唐封杨毛葛浦姚秦侯黄潘邵龚项印"
_PLACE = ("家宅", "家村", "家浜", "家桥", "家塘", "家角", "家湾", "更浪", "家弄")
_ESTATE = {
    "slab": ("新村", "小区", "苑", "花园", "公寓", "家园"),
    "tower": ("名邸", "华庭", "佳园", "雅苑", "御景苑", "新城", "公馆"),
}
_ENGLISH = {
    "路": "Road",
    "街": "Street",
    "新村": "Xincun",
    "小区": "Estate",
    "苑": "Court",
    "花园": "Garden",
    "公寓": "Apartments",
    "家园": "Homes",
    "名邸": "Mansion",
    "华庭": "Terrace",
    "佳园": "Garden",
    "雅苑": "Court",
    "御景苑": "Court",
    "新城": "New Town",
    "公馆": "Residence",
    "公园": "Park",
    "绿地": "Green",
    "邻里中心": "Neighbourhood Centre",
    "站": "Stop",
}


@cache
def _syllable(character: str) -> str:
    return str(lazy_pinyin(character)[0])


@cache
def english(name: str) -> str:
    """Pinyin in one word with a capital, a known ending translated (塔城路: Tacheng Road)."""
    for ending in sorted(_ENGLISH, key=len, reverse=True):
        if name.endswith(ending) and len(name) > len(ending):
            return f"{english(name[: -len(ending)])} {_ENGLISH[ending]}"
    return "".join(_syllable(character) for character in name).capitalize()


def streets(count: int, taken: set[str], rng: np.random.Generator) -> list[str]:
    """``count`` different street names, none of them in ``taken``."""
    stems = [first + second for first in dict.fromkeys(_FIRST) for second in dict.fromkeys(_SECOND)]
    names = [stems[index] + "路" for index in rng.permutation(len(stems)).tolist()]
    names += [name[:-1] + "东路" for name in names] + [name[:-1] + "西路" for name in names]
    chosen = [name for name in names if name not in taken][:count]
    if len(chosen) < count:
        raise ValueError(f"only {len(chosen)} street names for {count} streets")
    return chosen


def estates(kinds: list[str], street: list[str], rng: np.random.Generator) -> list[str]:
    """A name for each estate of the given kind at the given street; none is given twice."""
    used: dict[str, int] = {}
    names = []
    picks = rng.random((len(kinds), 2))
    for kind, at, (one, two) in zip(kinds, street, picks.tolist(), strict=True):
        if kind == "village":
            name = _FAMILY[int(one * len(_FAMILY))] + _PLACE[int(two * len(_PLACE))]
        elif kind == "lane":
            name = f"{at}{int(one * 180) * 2 + 1}弄"
        else:
            endings = _ESTATE[kind]
            name = at.removesuffix("路").removesuffix("公") + endings[int(one * len(endings))]
        times = used.get(name, 0) + 1
        used[name] = times
        names.append(name if times == 1 else name + _ordinal(times))
    return names


def _ordinal(number: int) -> str:
    """二, 三 ... as estates of one name are counted."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return f"（{digits[number]}）"
    tens, ones = divmod(number, 10)
    head = "" if tens == 1 else digits[tens] if tens < 10 else str(tens)
    return f"（{head}十{digits[ones] if ones else ''}）"
