"""Formulas as people write them, read and written by one table."""
