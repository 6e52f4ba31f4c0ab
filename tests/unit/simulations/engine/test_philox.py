"""Random numbers by counter."""

import numpy as np
import pytest

from simulations.engine.kernels_philox import make_key, philox, uniform

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_words_its_authors_published(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    """The known answers of Random123 for philox4x32-10."""
    arguments = [np.uint64(word) for word in (*counter, *key)]
    assert tuple(int(word) for word in philox(*arguments)) == words


def numbers(key: np.ndarray, count: int, **named: int) -> np.ndarray:
    given = {"purpose": 1, "code": 2, "block": 0} | named
    return np.array(
        [uniform(key, given["purpose"], given["code"], number, given["block"]) for number in range(count)]
    )


def test_numbers_lie_strictly_between_0_and_1_and_fill_the_space_between() -> None:
    found = numbers(np.array([5, 6], np.uint64), 2000)
    assert 0.0 < found.min() < 0.01
    assert 0.99 < found.max() < 1.0
    assert np.histogram(found, 10, (0, 1))[0].min() > 150


@pytest.mark.parametrize("other", [{"purpose": 9}, {"code": 9}, {"block": 9}])
def test_what_is_for_something_else_is_another_number(other: dict[str, int]) -> None:
    key = np.array([5, 6], np.uint64)
    pair = np.corrcoef(numbers(key, 1000), numbers(key, 1000, **other))
    assert abs(pair[0, 1]) < 0.12


def test_every_seed_and_replication_has_a_key_of_its_own() -> None:
    keys = set()
    for seed in (0, 1, 1 << 32, (1 << 64) - 1):
        for replication in (0, 1, 2):
            key = np.zeros(2, np.uint64)
            make_key(key, np.uint64(seed & ONES), np.uint64(seed >> 32), np.uint64(replication))
            keys.add((int(key[0]), int(key[1])))
    assert len(keys) == 12
