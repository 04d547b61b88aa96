"""Devices, their keys, what they said, and what it meant."""
