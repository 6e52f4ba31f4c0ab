"""Events on their way out: signed, to addresses that are safe to call, at least once and in order."""
