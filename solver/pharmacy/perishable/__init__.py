"""Perishable stock in theory and exactly: models of one item or two, their best orders, and what policies cost."""
