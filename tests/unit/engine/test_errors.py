import pickle

import pytest

from solver.engine.errors import EngineError, InvalidInstance, Problem, SolverError, refuse_if_any, shortened

BED = Problem("beds.csv row 3, column ward", "W9", "an id listed in wards.csv", "Add the ward or correct it.")
STAY = Problem("Stay 'S1'", (5, 5), "start < end", "Intervals are half-open.")


def test_the_message_of_one_problem_names_culprit_value_expectation_and_remedy() -> None:
    message = str(InvalidInstance([BED]))
    expected = "got 'W9', expected an id listed in wards.csv. Add the ward or correct it."
    assert message == f"beds.csv row 3, column ward: {expected}"


def test_the_message_lists_every_problem_in_the_order_found() -> None:
    refused = InvalidInstance([BED, STAY])
    assert refused.problems == (BED, STAY)
    first, second, third = str(refused).splitlines()
    assert first == "2 problems:"
    assert second == f"  1. {BED}"
    assert third == f"  2. {STAY}"


def test_a_refusal_without_a_problem_is_itself_refused() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        InvalidInstance([])


def test_refuse_if_any_takes_a_generator_and_raises_only_if_it_yields() -> None:
    refuse_if_any(problem for problem in ())
    with pytest.raises(InvalidInstance) as refused:
        refuse_if_any(problem for problem in (BED, STAY))
    assert refused.value.problems == (BED, STAY)


def test_a_refusal_comes_back_whole_from_another_process() -> None:
    returned = pickle.loads(pickle.dumps(InvalidInstance([BED, STAY])))  # noqa: S301
    assert returned.problems == (BED, STAY)
    assert str(returned) == str(InvalidInstance([BED, STAY]))


def test_a_huge_value_cannot_flood_the_message() -> None:
    assert len(shortened("x" * 10_000)) == 80
    assert shortened("x" * 10_000).endswith("…")
    assert shortened("x" * 78) == repr("x" * 78)


def test_one_except_clause_catches_all_that_the_solver_raises_on_purpose() -> None:
    assert issubclass(InvalidInstance, SolverError)
    assert issubclass(EngineError, SolverError)
