"""What the rooms of the solver share: errors, results and budgets, compiler options, CP-SAT helpers."""
