"""What may be concluded from replications of a simulation: warm-up, intervals, comparisons, when to stop."""
