"""Who comes, for how long, needing what: one profile per speciality, each figure with source or "assumed".

Sources named below
-------------------
Marazzi 1998: A. Marazzi et al., Fitting the distributions of length of stay by parametric models, Medical
Care 36(6) (1998): the log-normal is adequate for most groups of patients. Medians and spreads are assumed.
Suetens 2018: C. Suetens et al., Prevalence of healthcare-associated infections, Eurosurveillance 23(46)
(2018): 6.5 % of patients in acute care; it sets the order of magnitude of isolation, the split is assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from solver.hospital import Companion, Priority


@dataclass(frozen=True, slots=True)
class Profile:
    """Patients of one speciality.

    age: mean, standard deviation, lowest, highest in years. female: share. stay: median in days and sigma of
    the log-normal. levels: shares of care levels 0-3. priorities: shares of emergency, urgent, soon, routine.
    isolation: shares of contact, droplet, airborne, protective. monitor, oxygen, telemetry, dialysis: shares
    of those who need it. equipment, drugs: (type or drug, share, count or quantity). skills: (skill, share).
    """

    speciality: str
    age: tuple[float, float, float, float]
    stay: tuple[float, float]
    priorities: tuple[float, float, float, float]
    female: float = 0.5
    levels: tuple[float, float, float, float] = (0.85, 0.15, 0.0, 0.0)
    isolation: tuple[float, float, float, float] = (0.05, 0.015, 0.004, 0.002)
    monitor: float = 0.1
    oxygen: float = 0.2
    telemetry: float = 0.0
    dialysis: float = 0.0
    equipment: tuple[tuple[str, float, int], ...] = ()
    drugs: tuple[tuple[str, float, int], ...] = ()
    skills: tuple[tuple[str, float], ...] = ()
    companion: Companion = Companion.NONE
    companion_share: float = 0.0

    @property
    def mean_stay_minutes(self) -> float:
        """Mean of the log-normal, before it is cut to ``STAY_LIMITS``."""
        median, sigma = self.stay
        return 1440 * median * math.exp(sigma * sigma / 2)


ADULT: Final = (16.0, 97.0)

# Ages, shares, stays, equipment and drug use: assumed throughout, in orders of magnitude that clinicians will
# recognise; the form of the stay is Marazzi 1998, isolation shares lie around Suetens 2018.
PROFILES: Final[dict[str, Profile]] = {
    profile.speciality: profile
    for profile in (
        Profile("medicine", (63, 17, *ADULT), (4.0, 0.80), (0.15, 0.45, 0.25, 0.15),
                equipment=(("infusion_pump", 0.45, 1), ("pressure_mattress", 0.06, 1),
                           ("patient_monitor", 0.08, 1)),
                drugs=(("heparin", 0.30, 2), ("ceftriaxone", 0.20, 4), ("furosemide", 0.15, 6),
                       ("insulin_rapid", 0.10, 2), ("paracetamol", 0.40, 12))),
        Profile("surgery", (55, 17, *ADULT), (3.2, 0.75), (0.10, 0.30, 0.25, 0.35),
                levels=(0.88, 0.12, 0, 0),
                equipment=(("infusion_pump", 0.55, 1), ("pca_pump", 0.20, 1), ("wound_vacuum", 0.04, 1),
                           ("compression_pump", 0.06, 1)),
                drugs=(("cefazolin", 0.45, 3), ("morphine", 0.25, 4), ("enoxaparin", 0.35, 3),
                       ("red_cells", 0.05, 2), ("paracetamol", 0.50, 12))),
        Profile("cardiology", (67, 13, *ADULT), (3.6, 0.75), (0.25, 0.45, 0.15, 0.15), female=0.42,
                levels=(0.35, 0.65, 0, 0), monitor=0.45, telemetry=0.50, oxygen=0.3,
                isolation=(0.03, 0.01, 0.002, 0.001),
                equipment=(("infusion_pump", 0.40, 1), ("telemetry_transmitter", 0.35, 1)),
                drugs=(("heparin", 0.45, 3), ("amiodarone", 0.12, 3), ("furosemide", 0.35, 8),
                       ("aspirin", 0.60, 5))),
        Profile("respiratory", (66, 15, *ADULT), (4.8, 0.80), (0.20, 0.50, 0.20, 0.10), female=0.45,
                levels=(0.88, 0.09, 0.03, 0), isolation=(0.04, 0.06, 0.025, 0.002), oxygen=0.7,
                equipment=(("nebuliser", 0.35, 1), ("high_flow_oxygen", 0.10, 1),
                           ("ventilator_noninvasive", 0.06, 1), ("infusion_pump", 0.30, 1)),
                drugs=(("salbutamol", 0.50, 8), ("ceftriaxone", 0.40, 4), ("prednisolone", 0.40, 6))),
        Profile("orthopaedics", (62, 19, *ADULT), (4.2, 0.75), (0.05, 0.35, 0.25, 0.35), female=0.56,
                levels=(0.93, 0.07, 0, 0), isolation=(0.03, 0.005, 0.001, 0.001), oxygen=0.1,
                equipment=(("infusion_pump", 0.40, 1), ("traction_frame", 0.05, 1),
                           ("passive_motion_device", 0.06, 1), ("patient_hoist", 0.08, 1)),
                drugs=(("cefazolin", 0.50, 3), ("enoxaparin", 0.60, 5), ("oxycodone", 0.30, 6),
                       ("red_cells", 0.04, 2))),
        Profile("neurology", (66, 16, *ADULT), (5.0, 0.90), (0.30, 0.40, 0.15, 0.15),
                levels=(0.82, 0.18, 0, 0), monitor=0.18, isolation=(0.03, 0.01, 0.002, 0.001),
                equipment=(("infusion_pump", 0.35, 1), ("feeding_pump", 0.20, 1), ("eeg_monitor", 0.03, 1),
                           ("pressure_mattress", 0.10, 1)),
                drugs=(("levetiracetam", 0.25, 6), ("aspirin", 0.40, 5), ("enoxaparin", 0.30, 3))),
        Profile("oncology", (60, 14, *ADULT), (4.5, 0.80), (0.05, 0.30, 0.30, 0.35),
                levels=(1, 0, 0, 0), isolation=(0.04, 0.01, 0.002, 0.08), monitor=0.0,
                equipment=(("infusion_pump", 0.80, 1), ("infusion_pump_smart", 0.20, 1)),
                drugs=(("cisplatin", 0.15, 1), ("doxorubicin", 0.12, 1), ("ondansetron", 0.60, 6),
                       ("piperacillin_tazobactam", 0.20, 6), ("platelets", 0.06, 1), ("red_cells", 0.10, 2)),
                skills=(("chemotherapy", 0.35),)),
        Profile("elderly_care", (82, 7, 65, 102), (7.0, 0.80), (0.05, 0.45, 0.35, 0.15), female=0.58,
                levels=(1, 0, 0, 0), monitor=0.0, isolation=(0.07, 0.02, 0.001, 0.001),
                equipment=(("pressure_mattress", 0.25, 1), ("infusion_pump", 0.25, 1),
                           ("patient_hoist", 0.10, 1), ("feeding_pump", 0.06, 1)),
                drugs=(("paracetamol", 0.50, 16), ("furosemide", 0.25, 6), ("enoxaparin", 0.30, 4))),
        Profile("paediatrics", (5, 5, 0.1, 15), (1.9, 0.75), (0.20, 0.45, 0.20, 0.15), female=0.46,
                levels=(0.94, 0, 0.06, 0), isolation=(0.05, 0.06, 0.006, 0.01), monitor=0.04,
                equipment=(("syringe_pump", 0.40, 1), ("nebuliser", 0.20, 1)),
                drugs=(("salbutamol", 0.25, 4), ("ceftriaxone", 0.25, 3), ("paracetamol", 0.50, 6)),
                skills=(("paediatric", 1.0),), companion=Companion.CARER_BED, companion_share=0.10),
        Profile("maternity", (30, 5, 16, 50), (2.2, 0.50), (0.15, 0.45, 0.15, 0.25), female=1.0,
                levels=(1, 0, 0, 0), isolation=(0.02, 0.005, 0, 0), monitor=0.0, oxygen=0.02,
                equipment=(("fetal_monitor", 0.25, 1), ("infusion_pump", 0.30, 1)),
                drugs=(("oxytocin", 0.50, 2), ("paracetamol", 0.60, 8), ("red_cells", 0.02, 2)),
                skills=(("midwife", 1.0),), companion=Companion.COT, companion_share=0.75),
        Profile("neonatal", (0.02, 0.03, 0.003, 0.15), (7.0, 0.90), (0.45, 0.45, 0.10, 0.0), female=0.47,
                levels=(0, 0, 1, 0), isolation=(0.01, 0, 0, 0), monitor=1.0,
                equipment=(("syringe_pump", 0.80, 2), ("phototherapy_lamp", 0.30, 1)),
                drugs=(("caffeine_citrate", 0.40, 4), ("gentamicin", 0.35, 3)),
                skills=(("neonatal", 1.0),)),
        Profile("nephrology", (60, 15, *ADULT), (5.0, 0.80), (0.15, 0.40, 0.25, 0.20), female=0.44,
                levels=(1, 0, 0, 0), monitor=0.0, dialysis=0.35, isolation=(0.05, 0.01, 0.002, 0.01),
                equipment=(("infusion_pump", 0.35, 1), ("dialysis_machine", 0.25, 1)),
                drugs=(("heparin", 0.45, 3), ("epoetin", 0.30, 1), ("furosemide", 0.30, 8)),
                skills=(("dialysis", 0.35),)),
        Profile("infectious_diseases", (48, 18, *ADULT), (6.0, 0.85), (0.20, 0.45, 0.25, 0.10), female=0.42,
                levels=(1, 0, 0, 0), monitor=0.0, isolation=(0.15, 0.20, 0.35, 0.01),
                equipment=(("infusion_pump", 0.45, 1),),
                drugs=(("vancomycin", 0.25, 6), ("meropenem", 0.20, 9), ("rifampicin", 0.25, 7))),
        Profile("critical_care", (62, 16, *ADULT), (2.6, 0.95), (0.65, 0.25, 0.07, 0.03), female=0.42,
                levels=(0, 0, 0.15, 0.85), isolation=(0.08, 0.03, 0.03, 0.03), monitor=1.0, oxygen=0.9,
                dialysis=0.12,
                equipment=(("ventilator_intensive", 0.50, 1), ("infusion_pump", 1.0, 2),
                           ("syringe_pump", 0.80, 2), ("feeding_pump", 0.40, 1),
                           ("continuous_renal_replacement", 0.08, 1)),
                drugs=(("noradrenaline", 0.55, 6), ("propofol", 0.55, 10), ("fentanyl", 0.50, 8),
                       ("meropenem", 0.30, 6), ("red_cells", 0.20, 3), ("platelets", 0.05, 1)),
                skills=(("ventilator", 0.50),)),
        Profile("high_dependency", (62, 16, *ADULT), (2.2, 0.80), (0.40, 0.40, 0.12, 0.08), female=0.45,
                levels=(0, 0.1, 0.9, 0), isolation=(0.06, 0.02, 0.005, 0.01), monitor=1.0, oxygen=0.6,
                equipment=(("infusion_pump", 0.90, 1), ("syringe_pump", 0.50, 1),
                           ("ventilator_noninvasive", 0.12, 1)),
                drugs=(("noradrenaline", 0.15, 3), ("piperacillin_tazobactam", 0.30, 6),
                       ("heparin", 0.40, 3), ("red_cells", 0.08, 2)),
                skills=(("ventilator", 0.08),)),
        Profile("short_stay", (52, 20, *ADULT), (0.7, 0.60), (0.35, 0.50, 0.15, 0.0),
                levels=(0.6, 0.4, 0, 0), monitor=0.35, isolation=(0.02, 0.02, 0.004, 0),
                equipment=(("infusion_pump", 0.40, 1),),
                drugs=(("paracetamol", 0.50, 4), ("ondansetron", 0.25, 2), ("heparin", 0.10, 1))),
        Profile("day_case", (54, 16, *ADULT), (0.2, 0.35), (0.0, 0.0, 0.10, 0.90),
                levels=(1, 0, 0, 0), monitor=0.0, oxygen=0.05, isolation=(0, 0, 0, 0),
                equipment=(("infusion_pump", 0.60, 1),),
                drugs=(("ondansetron", 0.40, 2), ("iron_sucrose", 0.25, 1))),
    )
}  # fmt: skip

STAY_LIMITS: Final = (120, 60 * 1440)
"""Shortest and longest stay in minutes: assumed; cuts the log-normal's tails."""

MAX_WAIT_MINUTES: Final = {
    Priority.EMERGENCY: 120,
    Priority.URGENT: 240,
    Priority.SOON: 480,
    Priority.ROUTINE: 720,
}
"""How long each priority may wait past ``needed_by``: assumed (240: the four hours of the English
standard)."""

LEAD_MINUTES: Final = {
    Priority.EMERGENCY: (0, 15),
    Priority.URGENT: (15, 90),
    Priority.SOON: (60, 360),
    Priority.ROUTINE: (120, 1440),
}
"""From asking to ``needed_by``, uniform between: assumed."""

HOURS_UNPLANNED: Final = (
    2.6, 2.2, 1.9, 1.7, 1.6, 1.7, 2.1, 2.9, 4.1, 5.2, 6.0, 6.2,
    6.1, 5.9, 5.8, 5.7, 5.7, 5.6, 5.6, 5.3, 5.0, 4.4, 3.7, 3.0,
)  # fmt: skip
"""Share per local hour of unplanned requests: assumed, in the shape emergency departments publish (trough
before dawn, steep rise to late morning, plateau until evening)."""

HOURS_PLANNED: Final = (
    0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 3.0, 10.0, 16.0, 16.0, 13.0, 10.0,
    7.0, 7.0, 6.0, 5.0, 3.5, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0,
)  # fmt: skip
"""Share per local hour of planned requests (office hours): assumed."""

WEEKDAYS_UNPLANNED: Final = (1.08, 1.03, 1.00, 1.00, 1.02, 0.94, 0.93)
"""Monday to Sunday, mean 1: assumed; Mondays are the busiest in most published series."""

WEEKDAYS_PLANNED: Final = (1.35, 1.35, 1.30, 1.25, 1.05, 0.25, 0.45)
"""Monday to Sunday, mean 1: assumed; few planned at weekends, some on Sunday for Monday's theatre."""

HOURS_DEPARTURE: Final = (
    0.3, 0.2, 0.2, 0.2, 0.2, 0.3, 0.6, 1.5, 4.0, 9.0, 13.0, 13.0,
    11.0, 11.0, 10.0, 8.0, 6.0, 4.0, 3.0, 2.0, 1.2, 0.7, 0.4, 0.2,
)  # fmt: skip
"""Share per local hour of departures from wards: assumed, around midday."""

CONFIRMED_HOURS: Final = 6
"""Departures nearer than this may be confirmed already (half of them): assumed."""

FORECAST_SIGMA: Final = 0.35
"""Spread of true over forecast stay, log-normal with mean 1: assumed."""

BLOOD_GROUPS: Final = {
    "O+": 0.33, "A+": 0.29, "B+": 0.27, "AB+": 0.09, "O-": 0.008, "A-": 0.006, "B-": 0.004, "AB-": 0.002,
}  # fmt: skip
"""Shares in a Chinese population: assumed, rounded (RhD negative below 2 %)."""

BLOOD_GROUP_KNOWN: Final = 0.6
"""Share of patients with a group on file: assumed."""

ALLERGIES: Final = {"penicillin": 0.06, "cephalosporin": 0.01, "opioid": 0.01, "latex": 0.005, "iodine": 0.01}
"""Share of people with each allergy on file: assumed."""

FALLS_RISK_FROM: Final = 75
"""Years from which half are at risk of falls: assumed."""
ONE_TO_ONE: Final = 0.004
"""Share needing a nurse of their own: assumed."""
END_OF_LIFE: Final = 0.01
"""Share at the end of life: assumed."""
HEAVY: Final = 0.02
"""Share above 160 kg: assumed."""
SEX_UNKNOWN: Final = 0.002
"""Share of people whose sex for placement is not known: assumed."""

ORGANISMS: Final = {
    "contact": (("mrsa", 0.5), ("clostridioides_difficile", 0.2), ("cre", 0.3)),
    "droplet": (("influenza_a", 0.6), ("rsv", 0.2), ("mycoplasma", 0.2)),
    "airborne": (("tuberculosis", 0.6), ("measles", 0.1), ("varicella", 0.3)),
}
"""Organisms behind each precaution: kinds after CDC 2007 isolation guideline appendix A, shares assumed."""

ULTRAVIOLET_ORGANISMS: Final = frozenset({"clostridioides_difficile", "cre"})
"""After whom a room is cleaned with ultraviolet light: assumed."""
SUSPECTED_SHARE: Final = 0.35
"""Share of infections only suspected when the bed is asked for: assumed."""
