"""Inventory models for one item, a group of items, or a chain: exact where an exact method is known."""
