"""Scenarios estimated from what a hospital recorded, and held beside that record before anybody believes them."""
