"""Tracing: EPCIS, genealogy, recall."""
