"""Experiments with scenarios: replications, comparisons, sweeps, and what came of them as tidy tables."""
