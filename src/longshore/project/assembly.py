"""Which apps bring pages and which bring an API. One list each, in the order of the map."""

from __future__ import annotations

PAGES = ("tower", "ordering", "planning", "sourcing", "storing", "shipping", "returning", "catalog", "ledger", "web")
APIS = ("catalog", "ledger", "ordering", "planning", "sourcing", "storing", "shipping", "returning", "tower", "twin")
