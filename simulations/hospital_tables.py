"""The figures of the synthetic hospital's wards: each with its source, or the word "assumed".

No figure stands for a real hospital or a real person. Whoever has local data replaces them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from solver.hospital import BedKind, Feature, NursingRatio, SexPolicy

TITLE_22: Final = "California Code of Regulations, Title 22, section 70217(a)"

HOSPITAL_RATIOS: Final = (
    # Floors: the regulation's step-down 1:3, telemetry 1:4, medical and surgical 1:5, critical care 1:2.
    # Targets: assumed, one patient fewer where that divides 120.
    NursingRatio(0, 5, 4, f"{TITLE_22}, medical and surgical 1:5; target assumed"),
    NursingRatio(1, 4, 3, f"{TITLE_22}, telemetry 1:4; target assumed"),
    NursingRatio(2, 3, 2, f"{TITLE_22}, step-down 1:3; target assumed"),
    NursingRatio(3, 2, 1, f"{TITLE_22}, critical care 1:2; target 1:1 as for level 3 in ICS Levels of Care"),
)
"""Nursing ratios by level of care; wards may have their own."""

PAEDIATRIC_RATIOS: Final = (NursingRatio(0, 4, 3, f"{TITLE_22}, paediatrics 1:4; target assumed"),)
MATERNITY_RATIOS: Final = (NursingRatio(0, 4, 4, f"{TITLE_22}, mother-baby couplets 1:4"),)
CHAIR_RATIOS: Final = (NursingRatio(0, 6, 5, "assumed: people who sit and go home"),)
LOUNGE_RATIOS: Final = (NursingRatio(0, 12, 10, "assumed: people fit to leave"),)

ADULT_FROM: Final = 16
"""Years at which adult wards begin: assumed (it is 14 to 18 by country)."""

SHIFT_STARTS: Final = (7 * 60, 15 * 60, 23 * 60)
"""Minutes of the local day at which early, late and night begin: assumed, three shifts of eight hours."""

BASIC: Final = frozenset({Feature.OXYGEN, Feature.SUCTION})
MONITORED: Final = BASIC | {Feature.MONITOR}


@dataclass(frozen=True, slots=True)
class WardKind:
    """One kind of ward as it is built.

    rooms: number of main beds per room, singles first. companions: per room, places for a companion.
    negative, positive, lobby: how many singles are under that pressure; a lobby suite is both (positive
    pressure ventilated lobby, NHS HBN 04-01 supplement 1). raised: beds of one bay at ``raised_level``.
    core_skill: held by ``core_of[0]`` of every ``core_of[1]`` nurses, so that some is always on duty.
    """

    code: str
    name: str
    profiles: tuple[str, ...]
    rooms: tuple[int, ...]
    level: int = 0
    raised: int = 0
    raised_level: int = 1
    kind: BedKind = BedKind.BED
    specialities: frozenset[str] = field(default_factory=frozenset)
    ages: tuple[int, int] = (ADULT_FROM, 150)
    policy: SexPolicy = SexPolicy.FIRST
    features: frozenset[Feature] = BASIC
    negative: int = 0
    positive: int = 0
    lobby: int = 0
    telemetry: int = 0
    dialysis: int = 0
    oxygen_per_bed: int = 6
    ratios: tuple[NursingRatio, ...] = ()
    core_skill: str | None = None
    core_of: tuple[int, int] = (1, 1)
    spare_skills: tuple[str, ...] = ()
    companion: BedKind | None = None
    companions: tuple[int, ...] = ()
    hours: tuple[int, int] = (0, 0)

    @property
    def beds(self) -> int:
        """Places of all sorts."""
        return sum(self.rooms) + sum(self.companions)


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


BAYS_20: Final = (1, 1, 1, 1, 2, 2, 6, 6)
BAYS_18: Final = (1, 1, 1, 1, 2, 4, 4, 4)
# Room sizes, bed numbers, raised beds and pooled limits: assumed, after the shape of existing inpatient wards
# (bays of two to six, a fifth to a quarter in single rooms). Pressure rooms: about 4 % of beds, assumed.
KINDS: Final[dict[str, WardKind]] = {
    kind.code: kind
    for kind in (
        WardKind("MED", "Medicine", ("medicine",), BAYS_20, raised=4, specialities=_of("medicine"),
                 negative=1, spare_skills=("dialysis",)),
        WardKind("SUR", "Surgery", ("surgery",), BAYS_20, raised=4, specialities=_of("surgery")),
        WardKind("CAR", "Cardiology", ("cardiology",), BAYS_18, level=1, specialities=_of("cardiology"),
                 features=MONITORED | {Feature.TELEMETRY_CHANNEL}, telemetry=14),
        WardKind("RES", "Respiratory medicine", ("respiratory",), BAYS_18, raised=2, raised_level=2,
                 specialities=_of("respiratory"), negative=2, oxygen_per_bed=10,
                 spare_skills=("ventilator",)),
        WardKind("ORT", "Orthopaedics", ("orthopaedics",), BAYS_20, raised=2,
                 specialities=_of("orthopaedics")),
        WardKind("NEU", "Neurology", ("neurology",), BAYS_18, raised=4, specialities=_of("neurology")),
        WardKind("ONC", "Oncology", ("oncology",), BAYS_18, specialities=_of("oncology"), positive=3,
                 core_skill="chemotherapy", core_of=(3, 5)),
        WardKind("ELD", "Elderly care", ("elderly_care",), BAYS_20, specialities=_of("elderly_care"),
                 ages=(65, 150)),
        WardKind("PAE", "Paediatrics", ("paediatrics",), (1, 1, 1, 1, 2, 4, 4), raised=2, raised_level=2,
                 specialities=_of("paediatrics"), ages=(0, ADULT_FROM), policy=SexPolicy.MIXED, negative=1,
                 ratios=PAEDIATRIC_RATIOS, core_skill="paediatric", companion=BedKind.EXTRA_BED,
                 companions=(1, 1)),
        WardKind("MAT", "Maternity", ("maternity",), (1, 1, 2, 4), specialities=_of("maternity"),
                 ages=(13, 56), policy=SexPolicy.FEMALE, ratios=MATERNITY_RATIOS, core_skill="midwife",
                 companion=BedKind.COT, companions=(1, 1, 2, 4)),
        WardKind("NEO", "Neonatal unit", ("neonatal",), (1, 1, 4, 4), level=2, kind=BedKind.INCUBATOR,
                 specialities=_of("neonatal"), ages=(0, 1), policy=SexPolicy.MIXED, features=MONITORED,
                 core_skill="neonatal"),
        WardKind("NEP", "Nephrology", ("nephrology",), (1, 1, 1, 1, 2, 4, 4), specialities=_of("nephrology"),
                 features=BASIC | {Feature.DIALYSIS_POINT}, dialysis=8, core_skill="dialysis",
                 core_of=(3, 4)),
        WardKind("INF", "Infectious diseases", ("infectious_diseases",), (1, 1, 1, 1, 1, 1, 2, 4),
                 specialities=_of("infectious_diseases"), negative=5, lobby=1, oxygen_per_bed=10),
        WardKind("ICU", "Intensive care", ("critical_care",), (1, 1, 1, 1, 2, 4), level=3,
                 policy=SexPolicy.MIXED, features=MONITORED | {Feature.DIALYSIS_POINT}, negative=1,
                 positive=1, lobby=1, dialysis=4, oxygen_per_bed=30, core_skill="ventilator", core_of=(4, 6),
                 spare_skills=("dialysis",)),
        WardKind("HDU", "High dependency", ("high_dependency",), (1, 1, 2, 6), level=2,
                 policy=SexPolicy.MIXED, features=MONITORED, oxygen_per_bed=15,
                 spare_skills=("ventilator",)),
        WardKind("ESS", "Emergency short stay", ("short_stay",), (1, 1, 4, 4), level=1, kind=BedKind.BED,
                 specialities=_of("short_stay"), features=MONITORED),
        WardKind("DAY", "Day case", ("day_case",), (2, 4, 4), kind=BedKind.CHAIR,
                 specialities=_of("day_case"), policy=SexPolicy.MIXED, features=frozenset({Feature.OXYGEN}),
                 ratios=CHAIR_RATIOS, spare_skills=("chemotherapy",), hours=(7 * 60, 19 * 60)),
        WardKind("LOU", "Discharge lounge", (), (6,), kind=BedKind.LOUNGE_SEAT, specialities=_of("discharge"),
                 policy=SexPolicy.MIXED, features=frozenset(), ratios=LOUNGE_RATIOS, hours=(8 * 60, 20 * 60)),
        WardKind("GEN", "General medicine", ("medicine", "cardiology", "respiratory"),
                 (1, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 6), raised=4, negative=1, telemetry=4,
                 specialities=_of("medicine", "cardiology", "respiratory")),
    )
}  # fmt: skip
"""Every kind of ward; the last is the only ward of the size ``ward``."""


@dataclass(frozen=True, slots=True)
class Size:
    """A named size: how many wards of which kind, how many units, drugs, lots and staff."""

    wards: dict[str, int]
    units: int
    drugs: int
    lots: int
    staff: int


CITY_WARDS: Final = {
    "MED": 8, "SUR": 7, "CAR": 4, "RES": 4, "ORT": 4, "NEU": 3, "ONC": 3, "ELD": 5, "PAE": 3, "MAT": 4,
    "NEO": 1, "NEP": 2, "INF": 1, "ICU": 3, "HDU": 3, "ESS": 2, "DAY": 2, "LOU": 1,
}  # fmt: skip
DISTRICT_WARDS: Final = {
    "MED": 2, "SUR": 2, "CAR": 1, "RES": 1, "ORT": 1, "NEU": 1, "ONC": 1, "ELD": 1, "PAE": 1, "MAT": 1,
    "NEO": 1, "NEP": 1, "INF": 1, "ICU": 1, "HDU": 1, "ESS": 1, "DAY": 1,
}  # fmt: skip

SIZES: Final[dict[str, Size]] = {
    "ward": Size({"GEN": 1}, units=90, drugs=120, lots=300, staff=75),
    "district": Size(DISTRICT_WARDS, units=900, drugs=600, lots=1_800, staff=750),
    "city": Size(CITY_WARDS, units=3_000, drugs=1_500, lots=6_000, staff=2_500),
    "region": Size(
        {code: 5 * wards for code, wards in CITY_WARDS.items()},
        units=15_000, drugs=1_500, lots=30_000, staff=12_500,
    ),
}  # fmt: skip
"""30, 300, 1,000 and 5,000 places; three units and two and a half nurses a bed: assumed."""

UNSTAFFED_SHARE: Final = 0.01
"""Beds that are there but not staffed (places of companions never are): assumed."""
BLOCKED_SHARE: Final = 0.01
"""Beds out of use for repair: assumed."""
CLEANING_SHARE: Final = 0.25
"""Of the free beds, those being cleaned at this minute: assumed."""
BARIATRIC_SHARE: Final = 0.05
"""Beds for up to 350 kg: assumed."""
