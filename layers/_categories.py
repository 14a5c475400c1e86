"""The life-circle categories: the one table of what a neighbourhood needs.

``tier`` is the walking circle, in minutes, in which GB 50180-2018 plans the
facility; the minutes and radii of each standard live in the rules table of the
life-circle analysis, not here. ``tags`` are the OpenStreetMap tags that mean
the category.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers._spec import Choice, Text


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of facility: its names, its tier in minutes and the tags that mean it."""

    id: str
    title: Text
    tier: int
    color: str
    tags: tuple[tuple[str, str], ...]
    aliases: tuple[str, ...] = ()


CATEGORIES: tuple[Category, ...] = (
    Category(
        "kindergarten",
        Text("幼儿园", "Kindergarten"),
        5,
        "#F2A65A",
        (("amenity", "kindergarten"),),
        ("幼托", "托幼"),
    ),
    Category(
        "childcare",
        Text("托育点", "Childcare"),
        10,
        "#F7C59F",
        (("amenity", "childcare"),),
        ("托育", "婴幼儿照护"),
    ),
    Category("primary_school", Text("小学", "Primary school"), 10, "#E07A5F", (("school", "primary"),), ()),
    Category(
        "middle_school",
        Text("中学", "Middle school"),
        15,
        "#C8553D",
        (("school", "secondary"), ("amenity", "school")),
        ("初中", "高中", "学校"),
    ),
    Category(
        "health_centre",
        Text("社区卫生服务中心", "Community health centre"),
        15,
        "#D1495B",
        (("amenity", "clinic"), ("amenity", "hospital")),
        ("卫生服务中心", "医院", "诊所"),
    ),
    Category(
        "health_station",
        Text("社区卫生服务站", "Community health station"),
        5,
        "#EDAE49",
        (("amenity", "doctors"),),
        ("卫生站", "卫生室"),
    ),
    Category("pharmacy", Text("药店", "Pharmacy"), 5, "#E9C46A", (("amenity", "pharmacy"),), ("药房",)),
    Category(
        "elderly_care",
        Text("养老服务中心", "Elderly care centre"),
        15,
        "#8E7DBE",
        (("amenity", "social_facility"), ("social_facility", "nursing_home")),
        ("养老院", "敬老院", "长者照护之家"),
    ),
    Category(
        "elderly_day_care",
        Text("老年日间照料", "Elderly day care"),
        5,
        "#B8A9D9",
        (("social_facility", "day_care"),),
        ("日间照料", "老年活动室"),
    ),
    Category(
        "culture_centre",
        Text("文化活动中心", "Culture centre"),
        15,
        "#3D85C6",
        (("amenity", "community_centre"), ("amenity", "arts_centre"), ("amenity", "theatre")),
        ("文化中心",),
    ),
    Category(
        "library", Text("图书馆", "Library"), 15, "#6FA8DC", (("amenity", "library"),), ("书房", "阅览室")
    ),
    Category(
        "sports_ground",
        Text("运动场地", "Sports ground"),
        10,
        "#45B7A0",
        (("leisure", "pitch"), ("leisure", "sports_centre"), ("leisure", "fitness_station")),
        ("体育场", "健身点", "球场"),
    ),
    Category(
        "park",
        Text("公园绿地", "Park"),
        5,
        "#6AB04C",
        (("leisure", "park"), ("leisure", "garden")),
        ("公园", "口袋公园"),
    ),
    Category(
        "market",
        Text("菜市场", "Fresh market"),
        10,
        "#DDA15E",
        (("amenity", "marketplace"),),
        ("菜场", "农贸市场"),
    ),
    Category(
        "supermarket", Text("超市", "Supermarket"), 10, "#BC6C25", (("shop", "supermarket"),), ("生鲜超市",)
    ),
    Category(
        "shop",
        Text("便利店", "Convenience shop"),
        5,
        "#CBA35C",
        (("shop", "convenience"),),
        ("商店", "小卖部"),
    ),
    Category(
        "canteen",
        Text("社区食堂", "Community canteen"),
        10,
        "#E76F51",
        (("amenity", "canteen"),),
        ("食堂", "助餐点"),
    ),
    Category(
        "service_station",
        Text("社区服务站", "Community service station"),
        5,
        "#4CC2FF",
        (("office", "government"), ("amenity", "townhall")),
        ("居委会", "村委会", "服务站"),
    ),
    Category(
        "post",
        Text("邮政快递", "Post office"),
        15,
        "#5E81AC",
        (("amenity", "post_office"),),
        ("邮局", "快递站"),
    ),
    Category("bank", Text("银行网点", "Bank"), 15, "#81A1C1", (("amenity", "bank"),), ("银行",)),
    Category("toilet", Text("公共厕所", "Public toilet"), 5, "#94A3B8", (("amenity", "toilets"),), ("公厕",)),
)

CHOICES: tuple[Choice, ...] = tuple(
    Choice(category.id, category.title, category.color, category.aliases) for category in CATEGORIES
)
