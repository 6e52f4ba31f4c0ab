"""Engines of one kind share what was compiled; others do not."""

from sqlalchemy import create_engine

from tests.shared_statements import kind


def test_engines_that_convert_values_otherwise_share_nothing():
    one, alike = (create_engine("sqlite://") for _ in range(2))
    other = create_engine("sqlite://", json_serializer=str)
    assert one.dialect == alike.dialect
    assert hash(one.dialect) == hash(alike.dialect)
    assert kind(one.dialect) != kind(other.dialect)
    assert one.dialect != other.dialect
