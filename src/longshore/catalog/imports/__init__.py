"""Bringing files in and taking them out: read as offices send them, refused by row and field."""
