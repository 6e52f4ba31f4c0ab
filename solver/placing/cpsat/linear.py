"""An integer linear model in neutral form, collected in numpy chunks and handed to any engine.

    minimise    constant + sum_j cost_j x_j
    subject to  low_i <= sum_j a_ij x_j <= high_i      for every row i
                lower_j <= x_j <= upper_j, x_j integer for every variable j

Variables that follow from others (who is in a room, how much cover lacks) are *derived*: their least feasible
value is ``clip(constant + sum_j a_j x_j, lower, upper)``, so that a plan becomes a complete assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model
from scipy import sparse

from solver.engine.types import Int64

INFINITE: Final = 1 << 62
"""Stands for no limit on one side of a row."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Sums of variables: ``coefficient`` times variable ``column``, added to row ``row`` (0-based, local)."""

    row: Int64
    column: Int64
    coefficient: Int64

    @classmethod
    def of(cls, row: Int64 | int, column: Int64, coefficient: Int64 | int) -> Terms:
        """Terms whose rows or coefficients may be one number for all."""
        size = column.shape
        return cls(
            np.broadcast_to(np.asarray(row, np.int64), size),
            column.astype(np.int64, copy=False),
            np.broadcast_to(np.asarray(coefficient, np.int64), size),
        )

    @classmethod
    def joined(cls, parts: list[Terms]) -> Terms:
        """All parts as one."""
        if not parts:
            return cls(*(np.zeros(0, np.int64) for _ in range(3)))
        return cls(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.column for part in parts]),
            np.concatenate([part.coefficient for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """Variables whose value is ``clip(constant + terms, lower, upper)``, row i of the terms for variable i."""

    variables: Int64
    terms: Terms
    constant: Int64


class LinearModel:
    """Collects variables and rows; :meth:`frozen` makes the matrix."""

    def __init__(self) -> None:
        self.constant = 0
        self.derived: list[Derived] = []
        self._lower: list[Int64] = []
        self._upper: list[Int64] = []
        self._cost: list[Int64] = []
        self._count = 0
        self._parts: list[_Rows] = []
        self._low: list[Int64] = []
        self._high: list[Int64] = []
        self._rows = 0

    def variables(
        self, count: int, upper: Int64 | int = 1, cost: Int64 | int = 0, lower: Int64 | int = 0
    ) -> Int64:
        """Numbers of ``count`` new integer variables."""
        for store, value in ((self._lower, lower), (self._upper, upper), (self._cost, cost)):
            store.append(np.broadcast_to(np.asarray(value, np.int64), (count,)).copy())
        first, self._count = self._count, self._count + count
        return np.arange(first, self._count, dtype=np.int64)

    def upper_of(self, variables: Int64) -> Int64:
        """Upper limits of some variables."""
        self._upper = [np.concatenate(self._upper)]
        return self._upper[0][variables]

    def add_cost(self, variables: Int64, cost: Int64 | int) -> None:
        """Make variables dearer (a variable may be named more than once)."""
        total = np.concatenate(self._cost) if self._cost else np.zeros(0, np.int64)
        np.add.at(total, variables, cost)
        self._cost = [total]

    def rows(self, count: int, terms: Terms, low: Int64 | int, high: Int64 | int) -> None:
        """``count`` new rows; ``terms.row`` counts from 0 within them."""
        self._parts.append(_Rows.of(count, terms))
        self._low.append(np.broadcast_to(np.asarray(low, np.int64), (count,)).copy())
        self._high.append(np.broadcast_to(np.asarray(high, np.int64), (count,)).copy())
        self._rows += count

    def derive(self, variables: Int64, terms: Terms, constant: Int64 | int = 0) -> None:
        """Say how ``variables`` follow from variables made before."""
        fixed = np.broadcast_to(np.asarray(constant, np.int64), variables.shape).copy()
        self.derived.append(Derived(variables, terms, fixed))

    def frozen(self) -> Program:
        """The finished model; terms of one variable in one row are added up. The parts are let go of: there is one such
        model at a time, and a large one has a hundred million terms."""
        lengths = np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in self._parts)])
        columns = [part.columns for part in self._parts]
        coefficients = [part.coefficients for part in self._parts]
        self._parts.clear()
        pointer = lengths.cumsum()
        pointer = pointer.astype(np.int32) if pointer[-1] < np.iinfo(np.int32).max else pointer
        arrays = _drained(coefficients, np.int64), _drained(columns, np.int32), pointer
        matrix = sparse.csr_array(arrays, shape=(self._rows, self._count))
        return Program(
            matrix=matrix,
            low=_joined(self._low),
            high=_joined(self._high),
            lower=_joined(self._lower),
            upper=_joined(self._upper),
            cost=_joined(self._cost),
            constant=self.constant,
            derived=tuple(self.derived),
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows as they are kept until the model is finished, in half the memory of their terms: how many columns each has,
    and which, with what coefficients; one after another, in order, none twice and none with a coefficient of 0."""

    lengths: Int64
    columns: npt.NDArray[np.int32]
    coefficients: npt.NDArray[np.int64] | npt.NDArray[np.int32]

    @classmethod
    def of(cls, count: int, terms: Terms) -> _Rows:
        """The rows of some terms."""
        columns = int(terms.column.max(initial=-1)) + 1
        rows = sparse.csr_array((terms.coefficient, (terms.row, terms.column)), shape=(count, columns))
        rows.sum_duplicates()
        rows.eliminate_zeros()
        small = np.abs(rows.data).max(initial=0) < np.iinfo(np.int32).max
        values = rows.data.astype(np.int32) if small else rows.data
        return cls(np.diff(rows.indptr).astype(np.int64), rows.indices.astype(np.int32), values)


def _drained(parts: list[Any], kind: type[np.generic]) -> Any:
    """All parts one after another; each is let go of as soon as it is copied."""
    found = np.empty(sum(len(part) for part in parts), kind)
    at = 0
    for number, part in enumerate(parts):
        found[at : at + len(part)] = part
        at += len(part)
        parts[number] = None
    return found


def _joined(parts: list[Int64]) -> Int64:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Program:
    """The finished model: ``matrix`` int64 (rows, variables) in compressed rows, limits as int64 arrays."""

    matrix: sparse.csr_array
    low: Int64
    high: Int64
    lower: Int64
    upper: Int64
    cost: Int64
    constant: int
    derived: tuple[Derived, ...]

    def objective(self, values: Int64) -> int:
        """The cost of an assignment."""
        return self.constant + int(self.cost @ values)

    def is_kept(self, values: Int64) -> bool:
        """Whether an assignment keeps every row and every limit."""
        sums = self.matrix @ values
        rows = bool(((self.low <= sums) & (sums <= self.high)).all())
        return rows and bool(((self.lower <= values) & (values <= self.upper)).all())

    def complete(self, values: Int64) -> Int64:
        """The assignment with every derived variable at its least feasible value."""
        values = values.copy()
        for item in self.derived:
            sums = item.constant.copy()
            np.add.at(sums, item.terms.row, item.terms.coefficient * values[item.terms.column])
            values[item.variables] = np.clip(sums, self.lower[item.variables], self.upper[item.variables])
        return values

    def with_rows(self, rows: Sequence[tuple[Terms, int]]) -> Program:
        """The program with more rows, each the terms of one row and its upper limit."""
        parts = [
            Terms(terms.row + number, terms.column, terms.coefficient)
            for number, (terms, _) in enumerate(rows)
        ]
        terms = Terms.joined(parts)
        shape = (len(rows), len(self.cost))
        added = sparse.csr_array((terms.coefficient, (terms.row, terms.column)), shape=shape)
        high = np.array([limit for _, limit in rows], np.int64)
        return replace(
            self,
            matrix=sparse.csr_array(sparse.vstack([self.matrix, added], format="csr")),
            low=np.concatenate([self.low, np.full(len(rows), -INFINITE)]),
            high=np.concatenate([self.high, high]),
        )

    def part(self, upper: Int64) -> Part:
        """The program with lower upper limits, without variables that can only be 0 and rows that always hold."""
        columns = np.flatnonzero((upper > 0) | (self.lower != 0))
        matrix = self.matrix[:, columns]
        low, high = self.lower[columns], upper[columns]
        positive, negative = matrix.maximum(0), matrix.minimum(0)
        most = positive @ high + negative @ low
        least = positive @ low + negative @ high
        rows = np.flatnonzero((most > self.high) | (least < self.low))
        small = Program(
            matrix[rows], self.low[rows], self.high[rows], low, high, self.cost[columns], self.constant, ()
        )
        return Part(small, columns, rows, len(self.cost))

    def cp_model(self, hint: Int64 | None = None) -> cp_model.CpModel:
        """The same model for CP-SAT."""
        model = cp_model.CpModel()
        proto = model.proto
        for low, high in zip(self.lower.tolist(), self.upper.tolist(), strict=True):
            proto.variables.add().domain.extend((low, high))
        self._write_rows(proto)
        used = np.flatnonzero(self.cost)
        proto.objective.vars.extend(used.tolist())
        proto.objective.coeffs.extend(self.cost[used].tolist())
        proto.objective.offset = self.constant
        proto.objective.scaling_factor = 1.0
        if hint is not None:
            proto.solution_hint.vars.extend(range(len(hint)))
            proto.solution_hint.values.extend(hint.tolist())
        return model

    def _write_rows(self, proto: object) -> None:
        starts, columns = self.matrix.indptr.tolist(), self.matrix.indices.tolist()
        coefficients, low, high = self.matrix.data.tolist(), self.low.tolist(), self.high.tolist()
        for row in range(len(low)):
            begin, end = starts[row], starts[row + 1]
            linear = proto.constraints.add().linear  # type: ignore[attr-defined]
            linear.vars.extend(columns[begin:end])
            linear.coeffs.extend(coefficients[begin:end])
            linear.domain.extend((low[row], high[row]))


@dataclass(frozen=True, slots=True)
class Part:
    """Some ``columns`` and ``rows`` of a program that has ``size`` variables; the other variables are 0."""

    program: Program
    columns: Int64
    rows: Int64
    size: int

    def lifted(self, values: Int64) -> Int64:
        """An assignment of the part as one of the whole."""
        whole = np.zeros(self.size, np.int64)
        whole[self.columns] = values
        return whole
