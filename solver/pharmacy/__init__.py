"""Pharmacy: which lots serve which need; the rules here hold for every decision about drugs."""
