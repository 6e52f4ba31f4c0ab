"""Weeks ahead: who works which shift."""
