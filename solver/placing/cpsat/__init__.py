"""The joint decision of a batch as an integer linear model: exact, with a bound, judged by the referee.

:func:`solve_jointly` is the one way in. ``scene.py`` turns records into arrays, ``options.py`` lists every
(request, bed, start) that fits the hospital as it stands, ``rooms.py``, ``cover.py``, ``units.py`` and
``lots.py`` add what new stays do to each other and to what is shared, ``model.py`` joins them, ``engines.py``
solves, ``solve.py`` has the answer recounted. Shares no code with the referee or the kernels.
"""

from solver.placing.cpsat.plan import JointPlan
from solver.placing.cpsat.solve import TooLarge, solve_jointly

__all__ = ["JointPlan", "TooLarge", "solve_jointly"]
