"""The ``wardflow`` command: one file per verb, thin."""
