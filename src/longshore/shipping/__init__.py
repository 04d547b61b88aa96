"""Carriers, vehicles, loads, routes, tracking and proof of delivery."""
