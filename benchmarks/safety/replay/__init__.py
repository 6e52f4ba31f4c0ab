"""The core under a simulated clock, network and storage with faults, all drawn from one seed: replayable."""
