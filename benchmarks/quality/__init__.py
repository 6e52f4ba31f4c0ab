"""How good: plans beside bounds and beside other ways of deciding."""
