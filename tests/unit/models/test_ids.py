import secrets

import pytest

from models.clock import Instant
from models.ids import IdGenerator, prefix_of


def generator(*milliseconds):
    moments = iter(milliseconds)
    return IdGenerator(lambda: Instant(next(moments) * 1000), secrets.token_bytes)


def test_ids_sort_in_the_order_of_time():
    make = generator(1_000, 1_001, 2_000_000_000_000)
    ids = [make("req") for _ in range(3)]
    assert ids == sorted(ids)


def test_ids_of_one_millisecond_sort_in_the_order_they_were_made():
    make = generator(*[5_000] * 500)
    ids = [make("alc") for _ in range(500)]
    assert ids == sorted(set(ids))


def test_a_clock_set_back_does_not_bring_ids_out_of_order():
    make = generator(9_000, 1_000, 1_000)
    first, second, third = (make("req") for _ in range(3))
    assert first < second < third


def test_an_id_is_its_milliseconds_and_its_random_bits_in_base_32():
    random = bytes(range(246, 256))
    number = 1_900_000_000_123 << 80 | int.from_bytes(random)
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    body = IdGenerator(lambda: Instant(1_900_000_000_123_000), lambda _: random)("req").removeprefix("req_")
    assert body == "".join(digits[number // 32**place % 32] for place in range(25, -1, -1))


def test_two_generators_do_not_make_the_same_id():
    assert generator(1)("req") != generator(1)("req")


def test_an_id_tells_what_it_names():
    assert prefix_of(generator(1)("alc")) == "alc"


@pytest.mark.parametrize(
    "text", ["", "alc", "alc_123", "ALC_" + "0" * 26, "alc_" + "U" * 26, "alc_" + "0" * 27]
)
def test_other_texts_are_no_ids(text):
    assert prefix_of(text) is None


@pytest.mark.parametrize("prefix", ["", "a", "Req", "re_q", "query"])
def test_a_prefix_is_two_to_four_lower_case_letters(prefix):
    with pytest.raises(ValueError, match="two to four letters"):
        generator(1)(prefix)
