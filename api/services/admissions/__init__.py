"""Plans of admissions over the waiting list: what they are made by, drafts, what applying them comes to."""
