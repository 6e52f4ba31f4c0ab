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
class Contact:
    """Someone to call, by role: ``role`` is a stable id, ``name`` how it is said."""

    role: str
    name: Text


@dataclass(frozen=True, slots=True)
class Fallback:
    """Where the person waits, who answers for them, what is tried in which order, whom to call first."""

    waits: Text
    responsible: Contact
    steps: tuple[Text, ...]
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

WAITS: Final[dict[Origin, tuple[Text, Contact]]] = {
    Origin.EMERGENCY_DEPARTMENT: (
        Text("Stays in the emergency department.", "留在急诊科。"),
        EMERGENCY_CONSULTANT,
    ),
    Origin.THEATRE: (Text("Stays in the recovery room.", "留在麻醉恢复室。"), ANAESTHETIST),
    Origin.WARD: (Text("Stays in the present bed.", "留在现有床位。"), PRESENT_TEAM),
    Origin.HOME: (
        Text(
            "Stays at home and is told when to come, and where to turn if worse.",
            "在家等候，告知来院时间及病情加重时的去处。",
        ),
        ACCEPTING_TEAM,
    ),
    Origin.OTHER_SITE: (Text("Stays at the other site.", "留在外院区。"), OTHER_SITE_TEAM),
}

_SURGE = Text("Open a surge or extra bed.", "启用应急床位或加床。")
_ON_CALL = Text("Call in the nurses on call.", "呼叫备班护士到岗。")
_OTHER_SITE = Text("Ask another site for a bed.", "联系其他院区床位。")
_WAIVE = Text(
    "Look whether someone entitled may waive a rule for a near miss.",
    "由有权限者评估是否可放宽临近可行床位的规则。",
)
_DISCHARGE = Text("Ask the wards which departures can be confirmed.", "请各病区确认可出院患者。")
_NEW_DATE = Text("Agree on a new date.", "另约日期。")

ESCALATION: Final[dict[Priority, tuple[tuple[Text, ...], tuple[Contact, ...]]]] = {
    Priority.EMERGENCY: ((_SURGE, _ON_CALL, _WAIVE, _OTHER_SITE), (SITE_MANAGER, ON_CALL_CONSULTANT)),
    Priority.URGENT: ((_WAIVE, _SURGE, _ON_CALL, _OTHER_SITE), (BED_MANAGER, ON_CALL_CONSULTANT)),
    Priority.SOON: ((_DISCHARGE, _WAIVE, _SURGE), (BED_MANAGER,)),
    Priority.ROUTINE: ((_DISCHARGE, _NEW_DATE), (PLANNER,)),
}


def fallback(request: Request) -> Fallback:
    """What happens while a request has no place, by where its person is and how urgent it is."""
    waits, responsible = WAITS[request.origin]
    steps, call = ESCALATION[request.priority]
    return Fallback(waits, responsible, steps, call)
