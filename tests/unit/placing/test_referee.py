"""The referee's two counts, their cost and their verdict."""

from tests.builders import a_hospital, counts_of, given, records_of, request


def test_a_plain_request_in_a_plain_bed_breaks_nothing_and_costs_nothing():
    assert a_hospital().checked()
    asked = request()
    assert counts_of(asked, given(asked), records_of()) == {}
