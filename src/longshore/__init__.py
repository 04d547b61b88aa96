"""Longshore: one ledger for the goods a company holds and the goods it moves."""

__version__ = "0.1.0"
