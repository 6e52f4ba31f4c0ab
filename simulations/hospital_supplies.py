"""Tables of equipment and drugs: 40 types, and the formulary's products that the profiles ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from solver.hospital import HandlingClass

ICU: Final = ("critical_care", "high_dependency")


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One equipment type: units per 3,000, share in the pool, profiles of the wards that own the rest."""

    id: str
    share: int
    turnaround: int = 15
    pool: float = 0.3
    substitutes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


# Numbers, turnaround (cleaning and checking between two users), pool shares, substitutes: assumed.
EQUIPMENT: Final = (
    TypeRow("infusion_pump", 860, substitutes=("infusion_pump_smart",)),
    TypeRow("infusion_pump_smart", 260, substitutes=("infusion_pump",)),
    TypeRow("syringe_pump", 330, owners=(*ICU, "paediatrics", "neonatal", "surgery")),
    TypeRow("feeding_pump", 110, pool=0.5),
    TypeRow("pca_pump", 60, owners=("surgery", "orthopaedics")),
    TypeRow("ventilator_intensive", 45, 60, 0.2, owners=("critical_care",)),
    TypeRow("ventilator_transport", 14, 45, 0.5, owners=("critical_care",)),
    TypeRow("ventilator_noninvasive", 40, 45, 0.3, ("ventilator_intensive",), (*ICU, "respiratory")),
    TypeRow("high_flow_oxygen", 45, 30, 0.4, ("ventilator_noninvasive",), ("respiratory", *ICU)),
    TypeRow("patient_monitor", 190, substitutes=("portable_monitor",)),
    TypeRow("portable_monitor", 100, pool=0.6, substitutes=("patient_monitor",)),
    TypeRow("telemetry_transmitter", 80, pool=0.1, owners=("cardiology",)),
    TypeRow("electrocardiograph", 45, pool=0.2),
    TypeRow("defibrillator", 72, pool=0.0),
    TypeRow("dialysis_machine", 30, 45, 0.2, owners=("nephrology", "critical_care")),
    TypeRow("continuous_renal_replacement", 10, 60, 0.2, owners=("critical_care",)),
    TypeRow("portable_ultrasound", 24, pool=0.6),
    TypeRow("bladder_scanner", 30, pool=0.5),
    TypeRow("portable_x_ray", 8, 20, 1.0),
    TypeRow("suction_unit", 80, 30, 0.5),
    TypeRow("nebuliser", 80, 20, 0.3, owners=("respiratory", "paediatrics", "medicine")),
    TypeRow("pressure_mattress", 110, 60, 0.7),
    TypeRow("bariatric_chair", 10, 30, 1.0),
    TypeRow("patient_hoist", 44, 20, 0.2),
    TypeRow("wheelchair", 120, 10, 0.5),
    TypeRow("warming_blanket", 36, 20, 0.5, owners=("surgery", *ICU)),
    TypeRow("cooling_device", 8, 45, 0.5, owners=("critical_care",)),
    TypeRow("blood_warmer", 18, 20, 0.5, ("fluid_warmer",), ("surgery", *ICU)),
    TypeRow("fluid_warmer", 18, 20, 0.5, (), ("surgery", *ICU)),
    TypeRow("phototherapy_lamp", 10, 20, 0.0, owners=("neonatal", "maternity")),
    TypeRow("transport_incubator", 5, 45, 0.5, owners=("neonatal",)),
    TypeRow("fetal_monitor", 20, 15, 0.1, owners=("maternity",)),
    TypeRow("breast_pump", 16, 30, 0.3, owners=("maternity", "neonatal")),
    TypeRow("passive_motion_device", 14, 20, 0.3, owners=("orthopaedics",)),
    TypeRow("traction_frame", 10, 20, 0.2, owners=("orthopaedics",)),
    TypeRow("compression_pump", 36, 20, 0.5, owners=("surgery", "orthopaedics")),
    TypeRow("wound_vacuum", 26, 45, 0.7, owners=("surgery",)),
    TypeRow("eeg_monitor", 8, 30, 0.3, owners=("neurology",)),
    TypeRow("scalp_cooling", 4, 20, 0.0, owners=("oncology", "day_case")),
    TypeRow("balloon_pump", 4, 60, 0.0, owners=("cardiology", "critical_care")),
)

UNIT_STATES: Final = {"maintenance": 0.02, "broken": 0.01, "recalled": 0.003, "cleaning": 0.01}
"""Share of idle units in each state: assumed."""
LENDABLE_SHARE: Final = 0.7
"""Share of ward-owned units whose ward agreed to lend: assumed."""


@dataclass(frozen=True, slots=True)
class DrugRow:
    """One product asked for by name: substance (also what an allergy names), strength, form, route, unit."""

    id: str
    substance: str
    strength: str
    form: str
    route: str
    unit: str
    handling: HandlingClass = HandlingClass.ORDINARY


_ORAL = ("tablet", "oral", "tablet")
_VIAL = ("powder for injection", "intravenous", "vial")
_AMP = ("solution for injection", "intravenous", "ampoule")

# Substances and strengths are common ones; which hospital stocks which is assumed. Beta-lactams and opioids
# carry the name of their group as substance's allergy key where the group crosses over.
FORMULARY: Final = (
    DrugRow("paracetamol", "paracetamol", "500 mg", *_ORAL),
    DrugRow("heparin", "heparin", "5000 IU", *_AMP),
    DrugRow("enoxaparin", "enoxaparin", "40 mg", "prefilled syringe", "subcutaneous", "syringe"),
    DrugRow("aspirin", "aspirin", "100 mg", *_ORAL),
    DrugRow("furosemide", "furosemide", "20 mg", *_AMP),
    DrugRow("amiodarone", "amiodarone", "150 mg", *_AMP),
    DrugRow("salbutamol", "salbutamol", "5 mg", "nebuliser solution", "inhaled", "ampoule"),
    DrugRow("prednisolone", "prednisolone", "5 mg", *_ORAL),
    DrugRow("ceftriaxone", "cephalosporin", "1 g", *_VIAL),
    DrugRow("cefazolin", "cephalosporin", "2 g", *_VIAL),
    DrugRow("piperacillin_tazobactam", "penicillin", "4.5 g", *_VIAL),
    DrugRow("meropenem", "meropenem", "1 g", *_VIAL),
    DrugRow("vancomycin", "vancomycin", "500 mg", *_VIAL),
    DrugRow("gentamicin", "gentamicin", "80 mg", *_AMP),
    DrugRow("rifampicin", "rifampicin", "300 mg", *_ORAL),
    DrugRow("levetiracetam", "levetiracetam", "500 mg", *_AMP),
    DrugRow("ondansetron", "ondansetron", "4 mg", *_AMP),
    DrugRow("iron_sucrose", "iron", "100 mg", *_AMP),
    DrugRow("caffeine_citrate", "caffeine", "20 mg", *_AMP),
    DrugRow("noradrenaline", "noradrenaline", "4 mg", *_AMP),
    DrugRow("propofol", "propofol", "500 mg", *_AMP),
    DrugRow("morphine", "opioid", "10 mg", *_AMP, HandlingClass.CONTROLLED),
    DrugRow("fentanyl", "opioid", "0.1 mg", *_AMP, HandlingClass.CONTROLLED),
    DrugRow("oxycodone", "opioid", "5 mg", *_ORAL, HandlingClass.CONTROLLED),
    DrugRow("ketamine", "ketamine", "50 mg", *_AMP, HandlingClass.CONTROLLED),
    DrugRow("insulin_rapid", "insulin", "100 IU/ml", *_AMP, HandlingClass.COLD_CHAIN),
    DrugRow("oxytocin", "oxytocin", "10 IU", *_AMP, HandlingClass.COLD_CHAIN),
    DrugRow("epoetin", "epoetin", "4000 IU", "prefilled syringe", "subcutaneous", "syringe",
            HandlingClass.COLD_CHAIN),
    DrugRow("cisplatin", "cisplatin", "50 mg", *_VIAL, HandlingClass.CYTOTOXIC),
    DrugRow("doxorubicin", "doxorubicin", "50 mg", *_VIAL, HandlingClass.CYTOTOXIC),
    DrugRow("red_cells", "red cells", "1 unit", "component", "intravenous", "bag", HandlingClass.BLOOD),
    DrugRow("platelets", "platelets", "1 unit", "component", "intravenous", "bag", HandlingClass.BLOOD),
    DrugRow("plasma", "plasma", "1 unit", "component", "intravenous", "bag", HandlingClass.BLOOD),
)  # fmt: skip

OTHER_HANDLING: Final = (
    (HandlingClass.ORDINARY, 0.86),
    (HandlingClass.COLD_CHAIN, 0.07),
    (HandlingClass.CONTROLLED, 0.04),
    (HandlingClass.CYTOTOXIC, 0.03),
)
"""Shares of handling classes in the rest of the formulary: assumed."""

SHELF_DAYS: Final = {
    HandlingClass.ORDINARY: (20, 900),
    HandlingClass.CONTROLLED: (20, 700),
    HandlingClass.COLD_CHAIN: (5, 240),
    HandlingClass.CYTOTOXIC: (5, 365),
    HandlingClass.BLOOD: (1, 35),
}
"""Days left before expiry, uniform: assumed; blood services keep red cells 35 to 42 days, platelets 5 to
7."""

PLATELET_DAYS: Final = (1, 5)

BLOOD_LOT_SHARE: Final = 0.05
"""Lots that are bags of blood: assumed."""
CABINET_SHARE: Final = 0.5
"""Share of the remaining lots that lie in a ward's cabinet: assumed."""
LOT_FAULTS: Final = {"expired": 0.01, "recalled": 0.005, "quarantined": 0.01, "locked": 0.002}
"""Share of lots that may not be used: assumed."""
