"""What the campaign of migrations compares of rows."""

import sqlite3

import pytest

from benchmarks.safety.migrations import digest_of

LONG = "a" * 5000
ROWS = [(1, LONG, b"\x00", None), (2, "b", b"\x01", 1.5)]


def digest(rows):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE lain (id, name, secret, price)")
    connection.executemany("INSERT INTO lain VALUES (?, ?, ?, ?)", rows)
    found = digest_of(connection.execute("SELECT * FROM lain ORDER BY id"))
    connection.close()
    return found


@pytest.mark.parametrize(
    "changed",
    [
        [(1, LONG[1:] + "c", b"\x00", None), ROWS[1]],
        [(1, LONG[:2500] + "c" + LONG[2501:], b"\x00", None), ROWS[1]],
        [ROWS[0], (2, "b", b"\x02", 1.5)],
        [ROWS[0], (2, "b", b"\x01", 2)],
        [(1, LONG, b"\x00", ""), ROWS[1]],
        [ROWS[0], ("2", "b", b"\x01", 1.5)],
        ROWS[:1],
    ],
    ids=["end", "middle", "secret", "number", "nothing", "text", "gone"],
)
def test_whatever_changes_in_a_row_changes_its_digest(changed):
    assert digest(ROWS) == digest(list(ROWS))
    assert digest(changed) != digest(ROWS)


def test_rows_beyond_the_first_part_count():
    many = [(number, "b", b"", None) for number in range(10_001)]
    assert digest(many) != digest([*many[:-1], (10_000, "c", b"", None)])
