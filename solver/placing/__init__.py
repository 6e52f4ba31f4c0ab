"""Placing: this patient, this minute: bed, equipment, drug lots and nursing cover in one atomic decision."""
