"""Rosters of the live hospital's wards: what they are made by, drafts, publishing, gaps and swaps."""
