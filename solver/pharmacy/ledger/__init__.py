"""The pharmacy's ledger: moves of lots that are only ever added, and the stock that is their sum."""
