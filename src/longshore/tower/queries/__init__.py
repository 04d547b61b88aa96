"""Every question the tower asks."""

from longshore.tower.queries.counts import menu_counts
from longshore.tower.queries.search import Hit, search

__all__ = ["Hit", "menu_counts", "search"]
