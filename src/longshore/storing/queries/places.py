"""Places of a site by their use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from longshore.storing.queries.rows import fetch
from longshore.storing.rules import StagingPlace

_PLACES = """
SELECT id, site_id, usage, temperature_class FROM catalog_place
WHERE site_id = ANY(%(sites)s) AND usage = ANY(%(usages)s) AND active ORDER BY pick_rank, code
"""


def places_of_use(sites: Iterable[int], usages: Iterable[str]) -> list[StagingPlace]:
    """Active places of these sites with one of these uses, in walking order."""
    return fetch(StagingPlace, _PLACES, {"sites": sorted(set(sites)), "usages": sorted(set(usages))})


class _Named(NamedTuple):
    id: int


def place_by_code(code: str) -> int:
    """The id of a place; 0 if there is none with this code."""
    found = fetch(_Named, "SELECT id FROM catalog_place WHERE code = %(code)s", {"code": code})
    return found[0].id if found else 0
