"""What the paired weeks under both kinds of price come to."""

from benchmarks.quality.scarcity import FIGURES, FITTED, compared, verdict


def a_week(world: str, bid: int, plain: int, broken: int = 0) -> dict:
    figures = dict.fromkeys(FIGURES, 0) | {"broken_by_decisions": 0}
    return {
        "world": world,
        "plain": figures | {"weighted_minutes": plain},
        "bid_prices": figures | {"weighted_minutes": bid, "broken_by_decisions": broken},
    }


def test_a_gain_is_what_bid_prices_wait_less_on_the_same_weeks() -> None:
    told = compared([a_week("as drawn", 90, 100), a_week("as drawn", 190, 200)])["weighted_minutes"]
    assert (told["mean"], told["lower"], told["higher"]) == (-10, 2, 0)


def test_worlds_are_told_apart_and_a_broken_hard_rule_is_unsound() -> None:
    weeks = [
        a_week("as drawn", 1, 2),
        a_week("as drawn", 1, 3),
        a_week("scarcer", 5, 5),
        a_week("scarcer", 5, 5, 1),
    ]
    drawn, scarcer = (verdict(weeks, world) for world in ("as drawn", "scarcer"))
    assert (drawn["weeks"], drawn["sound"]) == (2, True)
    assert not scarcer["sound"]
    assert scarcer["bid_prices_minus_plain"]["weighted_minutes"]["mean"] == 0


def test_no_week_is_measured_that_the_forecast_was_fitted_on() -> None:
    assert min(FITTED) > 100, "measured are seeds 1 to --pairs"
