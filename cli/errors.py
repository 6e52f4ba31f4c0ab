"""What the command line refuses in plain words."""

from __future__ import annotations


class Refused(Exception):
    """The command cannot be carried out as given; the message says why and what to do. Status 2."""


class Broken(Refused):
    """What was given is readable but breaks a rule that nothing may break. Status 1."""
