"""What the command line refuses in plain words."""

from __future__ import annotations


class Refused(Exception):
    """The command cannot be carried out as given; the message says why and what to do. Status 2."""
