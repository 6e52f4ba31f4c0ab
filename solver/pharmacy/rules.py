"""The rules about drugs, lots and blood."""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Rule

LOT_QUANTITY: Final = Rule(
    "lot_quantity",
    Level.ABSOLUTE,
    "unit of quantity",
    "stock on hand",
    "No lot is reserved beyond what it holds.",
    "任何批次的预留量不得超过库存。",
)
LOT_EXPIRY: Final = Rule(
    "lot_expiry",
    Level.ABSOLUTE,
    "lot",
    "WHO good storage and distribution practices (TRS 1025, annex 7)",
    "A lot has not expired when the last of it is used, and then lasts as long as it must when it is given out.",
    "批次在用完之时不得过期，且剩余效期不得短于发放要求。",
)
LOT_USABLE: Final = Rule(
    "lot_usable",
    Level.ABSOLUTE,
    "lot",
    "recall and quarantine orders",
    "A lot that is recalled, quarantined or locked is not given out.",
    "召回、隔离或锁定的批次不得分配。",
)
DRUG_GIVEN: Final = Rule(
    "drug_given",
    Level.ABSOLUTE,
    "unit of quantity",
    "the request; equivalents approved by a pharmacist (same substance, strength, form, route)",
    "Each drug is the one asked for or an approved equivalent, in the full quantity.",
    "药品须为所需品种或经药师批准的等效品种，数量须足。",
)
ALLERGY: Final = Rule(
    "allergy",
    Level.ABSOLUTE,
    "lot",
    "the person's record of allergies",
    "Nobody is given a substance they are known to be allergic to.",
    "不得给予患者已知过敏的物质。",
)
BLOOD_GROUP: Final = Rule(
    "blood_group",
    Level.ABSOLUTE,
    "lot",
    "BSH guideline on pre-transfusion compatibility procedures (2012)",
    "Blood is ABO and RhD compatible.",
    "血液须 ABO 与 RhD 相容。",
)
BLOOD_CROSSMATCH: Final = Rule(
    "blood_crossmatch",
    Level.ABSOLUTE,
    "lot",
    "BSH guideline on pre-transfusion compatibility procedures (2012)",
    "Blood was cross-matched for this very person, and the match has not lapsed when the last of it is used.",
    "血液须已为该患者完成交叉配血，且用完之时配血仍有效。",
)
LOT_PLACE: Final = Rule(
    "lot_place",
    Level.OVERRIDABLE,
    "lot",
    "cabinet policy: a ward's cabinet serves its own ward",
    "A ward's cabinet serves that ward; the central pharmacy serves all.",
    "病区药柜只供本病区；中心药房供全院。",
)
EARLIEST_EXPIRY_FIRST: Final = Rule(
    "earliest_expiry_first",
    Level.SOFT,
    "unit of quantity and lot passed over",
    "WHO good storage and distribution practices: first expiry, first out",
    "The lot that expires first is used first.",
    "先到期者先用。",
    50,
)
DRUG_SUBSTITUTE: Final = Rule(
    "drug_substitute",
    Level.SOFT,
    "lot",
    "assumed",
    "The drug asked for is better than an equivalent.",
    "优先使用所需药品而非等效品。",
    10_000,
)
SAFETY_STOCK: Final = Rule(
    "safety_stock",
    Level.SOFT,
    "unit of quantity below the safety stock",
    "assumed",
    "Safety stocks are kept.",
    "保持安全库存。",
    200,
)

RULES: Final = (
    LOT_QUANTITY,
    LOT_EXPIRY,
    LOT_USABLE,
    DRUG_GIVEN,
    ALLERGY,
    BLOOD_GROUP,
    BLOOD_CROSSMATCH,
    LOT_PLACE,
    EARLIEST_EXPIRY_FIRST,
    DRUG_SUBSTITUTE,
    SAFETY_STOCK,
)

NOT_MORE_THAN_ASKED: Final = Rule(
    "not_more_than_asked",
    Level.ABSOLUTE,
    "unit of quantity",
    "the request",
    "Nobody is given more than was asked for.",
    "发放数量不得超过申请数量。",
)
APPROVED_EQUIVALENT: Final = Rule(
    "approved_equivalent",
    Level.ABSOLUTE,
    "lot",
    "equivalents approved by a pharmacist (same substance, strength, form, route); else a prescriber decides",
    "What stands in for a drug is an approved equivalent of it.",
    "替代品须为经药师批准的等效品种。",
)
COMMITTEES_ORDER: Final = Rule(
    "committees_order",
    Level.SOFT,
    "unit short and class it precedes",
    "the order a named committee set, with its version",
    "In a shortage whoever precedes in the committee's order is served first.",
    "短缺时按委员会确定的顺序发放。",
    1,
)
FAIR_BETWEEN_WARDS: Final = Rule(
    "fair_between_wards",
    Level.SOFT,
    "unit short and tenth of the ward's demand short before it",
    "assumed: equal shares among equals",
    "Within one class a shortage is shared between wards in proportion to what they asked for.",
    "同一等级内，短缺按各病区申请量的比例分担。",
    1,
)
FIRST_ASKED: Final = Rule(
    "first_asked",
    Level.SOFT,
    "unit short and request that was asked later",
    "assumed: ties go to who asked first",
    "Among equals whoever asked first is served first.",
    "条件相同者先申请先发放。",
    1,
)
SUBSTITUTED_UNIT: Final = Rule(
    "substituted_unit",
    Level.SOFT,
    "unit of an equivalent",
    "assumed",
    "The drug asked for is better than an equivalent.",
    "优先使用所需药品而非等效品。",
    1_000,
)

SUPPLY_RULES: Final = (
    LOT_QUANTITY,
    LOT_EXPIRY,
    LOT_USABLE,
    ALLERGY,
    BLOOD_GROUP,
    BLOOD_CROSSMATCH,
    LOT_PLACE,
    NOT_MORE_THAN_ASKED,
    APPROVED_EQUIVALENT,
    COMMITTEES_ORDER,
    FAIR_BETWEEN_WARDS,
    FIRST_ASKED,
    SUBSTITUTED_UNIT,
    EARLIEST_EXPIRY_FIRST,
    SAFETY_STOCK,
)
"""What a batch of requests for drugs alone is held to: unlike a bundle, it may be served in part."""

ORDER_KNOWN_ITEM: Final = Rule(
    "order_known_item",
    Level.ABSOLUTE,
    "line",
    "the stock that the order is for",
    "Only items of the pharmacy are ordered.",
    "只订购药房目录内的品种。",
)
ORDER_IN_PACKS: Final = Rule(
    "order_in_packs",
    Level.ABSOLUTE,
    "line",
    "the supplier's pack sizes",
    "Orders are whole packs.",
    "订购数量须为整包装。",
)
ORDER_WITHIN_LARGEST: Final = Rule(
    "order_within_largest",
    Level.OVERRIDABLE,
    "unit",
    "the item's largest order",
    "No order is larger than the item's largest.",
    "订购数量不得超过该品种的上限。",
)
ORDER_EVERY_ITEM: Final = Rule(
    "order_every_item",
    Level.SOFT,
    "item without a line",
    "assumed",
    "Every item is looked at, even if nothing of it is ordered.",
    "每个品种都要审核，即使不订购。",
    100,
)
ORDER_AS_PROPOSED: Final = Rule(
    "order_as_proposed",
    Level.SOFT,
    "unit more or less than proposed",
    "assumed",
    "What is ordered is what the item's policy asks for.",
    "订购数量与该品种策略的建议一致。",
    1,
)

ORDER_RULES: Final = (
    ORDER_KNOWN_ITEM,
    ORDER_IN_PACKS,
    ORDER_WITHIN_LARGEST,
    ORDER_EVERY_ITEM,
    ORDER_AS_PROPOSED,
)
"""What an order is held to."""
