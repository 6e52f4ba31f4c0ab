"""What if: hospitals and days that never were, to be decided by the code of production."""
