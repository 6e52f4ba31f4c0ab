"""What happens meanwhile to a need that found no place, and whom to call (CLINICAL safeguard 1).

Where the person waits, and under whose care, follows from where they are; what is tried next and whom to call
follows from how urgent it is. Both tables are assumed: a hospital puts its own escalation plan there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from solver.hospital import Origin, Priority, Request
from solver.placing.language import Text


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is tried for who has no place: ``id`` is stable, ``text`` how it is said."""

    id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone to call, by role: ``role`` is a stable id, ``name`` how it is said."""

    role: str
    name: Text


@dataclass(frozen=True, slots=True)
class Fallback:
    """Where the person waits, who answers for them, what is tried in which order, whom to call first."""

    waits: Measure
    responsible: Contact
    steps: tuple[Measure, ...]
    call: tuple[Contact, ...]


EMERGENCY_CONSULTANT: Final = Contact(
    "emergency_consultant", Text("the consultant of the emergency department", "急诊科值班主任医师")
)
ANAESTHETIST: Final = Contact("anaesthetist", Text("the anaesthetist on duty", "值班麻醉医师"))
PRESENT_TEAM: Final = Contact("present_team", Text("the team of the present ward", "现住病区主管团队"))
ACCEPTING_TEAM: Final = Contact("accepting_team", Text("the accepting team", "接收团队"))
OTHER_SITE_TEAM: Final = Contact("other_site_team", Text("the team of the other site", "外院区主管团队"))
BED_MANAGER: Final = Contact("bed_manager", Text("the bed manager", "床位管理员"))
SITE_MANAGER: Final = Contact("site_manager", Text("the site manager on call", "院区值班负责人"))
ON_CALL_CONSULTANT: Final = Contact(
    "on_call_consultant", Text("the consultant on call of the speciality", "专科值班主任医师")
)
PLANNER: Final = Contact("planner", Text("the admissions planner", "入院计划员"))

WAITS: Final[dict[Origin, tuple[Measure, Contact]]] = {
    Origin.EMERGENCY_DEPARTMENT: (
        Measure("stay_in_emergency_department", Text("Stays in the emergency department.", "留在急诊科。")),
        EMERGENCY_CONSULTANT,
    ),
    Origin.THEATRE: (
        Measure("stay_in_recovery", Text("Stays in the recovery room.", "留在麻醉恢复室。")),
        ANAESTHETIST,
    ),
    Origin.WARD: (Measure("stay_in_bed", Text("Stays in the present bed.", "留在现有床位。")), PRESENT_TEAM),
    Origin.HOME: (
        Measure(
            "stay_at_home",
            Text(
                "Stays at home and is told when to come, and where to turn if worse.",
                "在家等候，告知来院时间及病情加重时的去处。",
            ),
        ),
        ACCEPTING_TEAM,
    ),
    Origin.OTHER_SITE: (
        Measure("stay_at_other_site", Text("Stays at the other site.", "留在外院区。")),
        OTHER_SITE_TEAM,
    ),
}

_SURGE = Measure("open_surge_bed", Text("Open a surge or extra bed.", "启用应急床位或加床。"))
_ON_CALL = Measure("call_in_nurses", Text("Call in the nurses on call.", "呼叫备班护士到岗。"))
_OTHER_SITE = Measure("ask_other_site", Text("Ask another site for a bed.", "联系其他院区床位。"))
_WAIVE = Measure(
    "look_for_waiver",
    Text(
        "Look whether someone entitled may waive a rule for a near miss.",
        "由有权限者评估是否可放宽临近可行床位的规则。",
    ),
)
_DISCHARGE = Measure(
    "confirm_departures", Text("Ask the wards which departures can be confirmed.", "请各病区确认可出院患者。")
)
_NEW_DATE = Measure("agree_new_date", Text("Agree on a new date.", "另约日期。"))

ESCALATION: Final[dict[Priority, tuple[tuple[Measure, ...], tuple[Contact, ...]]]] = {
    Priority.EMERGENCY: ((_SURGE, _ON_CALL, _WAIVE, _OTHER_SITE), (SITE_MANAGER, ON_CALL_CONSULTANT)),
    Priority.URGENT: ((_WAIVE, _SURGE, _ON_CALL, _OTHER_SITE), (BED_MANAGER, ON_CALL_CONSULTANT)),
    Priority.SOON: ((_DISCHARGE, _WAIVE, _SURGE), (BED_MANAGER,)),
    Priority.ROUTINE: ((_DISCHARGE, _NEW_DATE), (PLANNER,)),
}


_CALL_IN = Contact("call_in_nurse", Text("ward manager: call in a nurse", "护士长：呼叫护士到岗"))
_CALL_IN_SKILLED = Contact(
    "call_in_skilled_nurse",
    Text("ward manager: call in a nurse with the skill", "护士长：呼叫具备该技能的护士到岗"),
)
_OPEN_BED = Contact("open_staffed_bed", Text("bed manager: open a staffed bed", "床位管理员：开放床位"))
_CLEAN = Contact("housekeeping", Text("housekeeping: clean a bed", "保洁：清洁床位"))
_POOL = Contact(
    "free_ward_pool",
    Text(
        "bed manager: free a telemetry channel, dialysis point or oxygen supply",
        "床位管理员：腾出遥测通道、透析接口或供氧",
    ),
)
_UNIT = Contact("free_unit", Text("equipment manager: free or borrow a unit", "设备管理员：腾出或借用设备"))
_REPAIR = Contact(
    "repair_unit", Text("equipment manager: repair or borrow a unit", "设备管理员：维修或借用设备")
)
_LEND = Contact(
    "lend_unit",
    Text("equipment manager: ask the owning ward to lend a unit", "设备管理员：请所属病区出借设备"),
)
_STOCK = Contact("order_stock", Text("pharmacist: order stock", "药师：补充库存"))
_EQUIVALENT = Contact(
    "order_or_approve",
    Text("pharmacist: order stock or approve an equivalent", "药师：补充库存或批准等效药品"),
)
_MOVE_STOCK = Contact("move_stock", Text("pharmacist: move stock", "药师：调拨库存"))
_PRESCRIBE = Contact("prescribe_other", Text("doctor: prescribe another drug", "医师：改开其他药品"))
_BLOOD_BANK = Contact("blood_bank", Text("blood bank", "血库"))
_CROSSMATCH = Contact("crossmatch", Text("blood bank: cross-match", "血库：交叉配血"))
_HEAVY_BED = Contact(
    "heavy_bed",
    Text("equipment manager: order a bed that carries the weight", "设备管理员：调用承重更高的病床"),
)
_BESIDE = Contact(
    "companion_place",
    Text("ward manager: bring a cot or carer's bed into the room", "护士长：在病室内增设婴儿床或陪护床"),
)
_FREE_BED = Contact(
    "free_bed",
    Text("bed manager: wait for a departure or open an extra bed", "床位管理员：等候出院或启用加床"),
)
_ISOLATION = Contact(
    "free_isolation_room",
    Text("infection control and bed manager: free an isolation room", "感控与床位管理员：腾出隔离病室"),
)

RELIEF: Final[dict[str, Contact]] = {
    "bed_free": _FREE_BED,
    "bed_weight": _HEAVY_BED,
    "companion_place": _BESIDE,
    "nursing_floor": _CALL_IN,
    "skill_on_duty": _CALL_IN_SKILLED,
    "bed_staffed": _OPEN_BED,
    "bed_clean": _CLEAN,
    "ward_pool": _POOL,
    "unit_free": _UNIT,
    "unit_type": _UNIT,
    "unit_usable": _REPAIR,
    "unit_lent": _LEND,
    "lot_quantity": _STOCK,
    "lot_usable": _STOCK,
    "lot_expiry": _STOCK,
    "drug_given": _EQUIVALENT,
    "lot_place": _MOVE_STOCK,
    "allergy": _PRESCRIBE,
    "blood_group": _BLOOD_BANK,
    "blood_crossmatch": _CROSSMATCH,
    "isolation_room": _ISOLATION,
}
"""Who can take away what stands in the way, by rule; assumed, a hospital puts its own people there."""


def fallback(request: Request) -> Fallback:
    """What happens while a request has no place, by where its person is and how urgent it is."""
    waits, responsible = WAITS[request.origin]
    steps, call = ESCALATION[request.priority]
    return Fallback(waits, responsible, steps, call)


def measures() -> dict[str, Text]:
    """How every measure is said, by its id."""
    tried = (step for steps, _ in ESCALATION.values() for step in steps)
    return {measure.id: measure.text for measure in (*(waits for waits, _ in WAITS.values()), *tried)}


def contacts() -> dict[str, Text]:
    """How every contact is said, by its role."""
    answering = (contact for _, contact in WAITS.values())
    called = (contact for _, contacts in ESCALATION.values() for contact in contacts)
    return {contact.role: contact.name for contact in (*answering, *called, *RELIEF.values())}


def contact(role: str) -> Contact:
    """Someone to call, by role; KeyError for a role nobody has."""
    return Contact(role, contacts()[role])
