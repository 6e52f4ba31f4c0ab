"""How fast and how good: measurements beside their baselines, every answer checked by the referee."""
