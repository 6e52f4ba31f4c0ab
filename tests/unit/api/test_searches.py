"""What rosters and plans of admissions share of being stored and told."""

from types import SimpleNamespace

from api.services.searches import Kept, rules_told
from models.commands import Answer, AuditEntry, Event, Outcome
from solver.engine.rule import Level, Rule
from solver.placing.language import Language

HARD = Rule(
    "rested", Level.ABSOLUTE, "shifts", "assumed", "Nobody works without rest.", "休息不足者不得上班。"
)
SOFT = Rule("liked", Level.SOFT, "days", "assumed", "Wishes are met.", "满足意愿。", weight=7)
TRANSACTION = SimpleNamespace(now=SimpleNamespace(minute=5))


def test_a_hard_rule_has_no_price_and_a_soft_one_tells_its_own_in_the_readers_language():
    broken = [{"rule": "rested", "count": 2, "cost": 0}, {"rule": "liked", "count": 3, "cost": 21}]
    assert rules_told(broken, (SOFT, HARD), Language.CHINESE) == [
        {"rule": "rested", "told": "休息不足者不得上班。", "count": 2, "cost": None},
        {"rule": "liked", "told": "满足意愿。", "count": 3, "cost": 21},
    ]
    assert [one["told"] for one in rules_told(broken, (SOFT, HARD), Language.ENGLISH)] == [
        "Nobody works without rest.",
        "Wishes are met.",
    ]


def test_what_is_stored_beside_a_job_is_in_its_answer_its_trail_and_its_events_for_the_wards_concerned():
    job = Outcome(
        Answer(202, {"job_id": "j"}), (AuditEntry("job.requested", "j"),), (Event("job.requested", {}),)
    )
    told = Kept("roster.drafted", "roster_id", "r", {"days": 7}, ("W1",)).told(TRANSACTION, job)
    assert told.answer == Answer(202, {"job_id": "j", "roster_id": "r"})
    assert told.audit == (*job.audit, AuditEntry("roster.drafted", "r", {"days": 7}))
    payload = {"subject": "r", "minute": 5, "days": 7, "wards": ["W1"]}
    assert told.events == (*job.events, Event("roster.drafted", payload))
