"""The event engine beside other simulators, and the honesty of its intervals."""
