"""Seeded randomness for simulated worlds."""
