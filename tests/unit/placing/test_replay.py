"""Past decisions taken again: the hospital as it was known then, however it came about."""

from dataclasses import fields

from simulations.demand import batch
from simulations.hospital import generate
from solver.engine.rule import Profile
from solver.hospital import Hospital
from solver.placing.arrays import Arrays
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from solver.placing.replay import Past, PastChange, PastDecision, replay
from tests.builders import NOW


def test_a_past_in_which_the_hospital_was_founded_is_replayed_as_one_that_begins_with_it(monkeypatch):
    """Everything was compiled anew for every bed and unit: the preview of a hospital a day old came to no end."""
    hospital = generate("ward", 1, NOW, occupancy=0.8)
    founded = PastChange(
        1, (), tuple(one for part in fields(hospital) for one in _records(hospital, part.name))
    )
    asked = batch(hospital, 1, 4, 1.0, NOW)
    decisions = tuple(PastDecision(2, NOW, one.request, one.person, frozenset(), None) for one in asked)
    built = 0
    rebuild = Arrays.rebuild

    def counted(arrays):
        nonlocal built
        built += 1
        rebuild(arrays)

    monkeypatch.setattr(Arrays, "rebuild", counted)
    other = Profile("other", 2, {"speciality": 0})
    nothing = Hospital((), (), (), (), ratios=hospital.ratios, cleaning=hospital.cleaning)
    found = list(replay(Past(nothing, NOW, (founded,), decisions), Profile(), other))
    assert built < 10
    assert found == list(replay(Past(hospital, NOW, (), decisions), Profile(), other))
    assert any(one.before is not None for one in found)


def test_what_is_taken_in_at_once_is_undone_by_a_trial():
    live = LiveHospital.of(generate("ward", 1, NOW, occupancy=0.8), NOW, Profile(), PlacingOptions())
    before = dict(live.records.stays)
    with live.trial():
        live.take_in([(type(stay), stay.id) for stay in before.values()], [])
        assert not live.records.stays
    assert live.records.stays == before


def _records(hospital, name):
    found = getattr(hospital, name)
    return found if isinstance(found, tuple) and all(hasattr(one, "id") for one in found) else ()
