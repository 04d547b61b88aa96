"""Movements, balances, claims, planned flows, cost and audit."""
