"""What all tests share."""

from hypothesis import settings

# Kernels compile on the first call, so a deadline per example would fail at random; the seed is fixed so that
# `make test` gives the same verdict twice. To look for new examples: pytest --hypothesis-profile=explore.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("house")
