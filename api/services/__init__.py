"""Use cases: every change of the hospital is a command, decided on the live hospital and stored by the
writer."""
