"""Scenarios as planners write them: YAML, checked with file and line, turned into a model of the engine."""
