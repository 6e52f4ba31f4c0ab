"""How fast: one decision and batches, beside first-fit in the same run; every answer is recounted."""
