"""The referee of placing: counts every rule on plain records, slowly and apart from every engine.

:func:`recount` counts everything, in tests, after batches and on a schedule; :func:`check` counts what one
decision adds, before every answer. A property test holds the two together: ``check = recount after - recount
before``. The rules stand in ``solver/placing/rules.py``; no code is shared with arrays, kernels or CP-SAT.
"""

from solver.placing.referee.counting import check, recount
from solver.placing.referee.counts import Counts
from solver.placing.referee.decisions import Decided
from solver.placing.referee.verdict import broken, cost

__all__ = ["Counts", "Decided", "broken", "check", "cost", "recount"]
