"""What counts as goodput."""

import orjson
import pytest

from benchmarks.service.overload import figures
from benchmarks.service.under_load import UNAVAILABLE, WrongAnswers, refuse_others
from simulations.load.loops import Exchange, Run


def flood(*exchanges: Exchange) -> Run:
    return Run(exchanges, seconds=10.0, unsent=5, unanswered=1)


def placed(began: float, seconds: float) -> Exchange:
    return Exchange("place", began, seconds, 201, b"{}")


def refused(began: float) -> Exchange:
    body = orjson.dumps({"type": "/problems/overloaded", "status": 503})
    return Exchange("place", began, 0.001, UNAVAILABLE, body)


def test_goodput_is_what_is_carried_out_while_questions_still_come() -> None:
    in_time = [placed(100 + n, 0.1) for n in range(8)]
    run = flood(*in_time, placed(109.0, 3.0), refused(100.5), refused(101))
    found = figures("encrypted SQLite", 1.0, run, 1.0)
    assert found["goodput_a_second"] == pytest.approx(0.8)
    assert found["goodput_of_peak"] == pytest.approx(0.8)
    assert found["p99_ms"] == pytest.approx(3000), "who waited three seconds counts among the accepted"
    assert found["asked_a_second"] == pytest.approx(1.7)
    assert found["answers"] == {"201": 9, "503": 2}
    assert (found["unsent"], found["unanswered"]) == (5, 1)


def test_an_answer_that_is_neither_acceptance_nor_refusal_ends_the_measurement() -> None:
    refuse_others([placed(0, 1), refused(1)], UNAVAILABLE)
    with pytest.raises(WrongAnswers, match="503"):
        refuse_others([placed(0, 1), refused(1)])
    with pytest.raises(WrongAnswers, match="no answer"):
        refuse_others([Exchange("release", 0, 1, 0, b"")], UNAVAILABLE)
