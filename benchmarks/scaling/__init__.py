"""What more cores bring: solver, simulator and service on 1, 2, 4 ... of the machine's, and what 16 and 64 would."""
