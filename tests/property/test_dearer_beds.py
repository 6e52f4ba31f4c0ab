"""Which rule is said to make another bed dearer."""

from hypothesis import assume, given
from hypothesis import strategies as st

from api.services.words import dearest_rule
from solver.engine.rule import Profile
from solver.placing import rules
from solver.placing.referee import cost

AMOUNTS = st.dictionaries(st.sampled_from([rule.id for rule in rules.SOFT]), st.integers(-3, 5), max_size=8)
PROFILES = st.dictionaries(st.sampled_from([rule.id for rule in rules.SOFT]), st.integers(1, 3)).map(
    lambda weights: Profile("own", weights=weights)
)


@given(AMOUNTS, AMOUNTS, PROFILES)
def test_the_rule_named_is_the_first_of_the_whole_catalogue_that_costs_more_by_most(counts, chosen, profile):
    assume(cost(counts, profile) > cost(chosen, profile))
    more = {
        rule.id: profile.weight(rule) * (counts.get(rule.id, 0) - chosen.get(rule.id, 0))
        for rule in rules.SOFT
    }
    assert dearest_rule(counts, chosen, profile) == max(more, key=more.__getitem__)
