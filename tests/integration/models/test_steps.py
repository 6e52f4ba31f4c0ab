"""What is awaited, asked of the database every second for as long as a hospital lives."""

from sqlalchemy import event, text

from models.repositories.steps import AWAITED, load_awaited

NOW = 29_000_000


def told_apart(connection, ask):
    """Every statement that ``ask`` sends, with its parameters."""
    sent = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        ask(connection)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return sent


def test_what_is_awaited_is_looked_up_by_patient_however_many_were_here_before(at, engine):
    """Asked by the step it ran through all that ever happened, once for each patient in a bed: after ten days of forty
    hospitals a look took 900 ms, and the whole service waited."""
    with at(NOW) as transaction:
        connection = transaction.connection
        shortest = dict.fromkeys(AWAITED, 15)
        sent = told_apart(connection, lambda asked: load_awaited(asked, NOW, shortest))
        if engine != "sqlite":
            # Of a table this small a scan is the cheaper way; the question is whether there is another.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        how = "EXPLAIN QUERY PLAN" if engine == "sqlite" else "EXPLAIN"
        plans = [
            "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{how} {statement}", values))
            for statement, values in sent
        ]
    assert len(plans) >= len(AWAITED)
    for plan in plans:
        assert "ix_request_step_step" not in plan
        assert "SCAN request_step" not in plan
        assert "Seq Scan on request_step" not in plan
