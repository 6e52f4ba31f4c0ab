"""One file per step; each goes forwards and backwards."""
