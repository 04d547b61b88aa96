"""The bins of a site by temperature, and what stands in them on the first day."""

from __future__ import annotations

from collections.abc import Iterable

from longshore.twin.company.generate import Company, OpeningLot
from longshore.twin.company.network import Site

# Share of a site's bins by temperature class, in percent, with the letter of the zone.
ZONES = (("ambient", "A", 24), ("chilled", "C", 32), ("frozen", "F", 28), ("pharma", "P", 16))


def bin_codes(site: Site, temperature: str) -> list[str]:
    """The bins of a site that keep this temperature, along the walk."""
    letter, share = next((letter, share) for name, letter, share in ZONES if name == temperature)
    return [f"{site.code}-{letter}-{number:02d}" for number in range(1, 1 + max(3, site.bins * share // 100))]


def opening_bins(company: Company) -> Iterable[tuple[OpeningLot, str]]:
    """Each lot with the bin of its temperature in which it stands; neighbours along the walk."""
    sites = {site.code: site for site in company.network.sites}
    for number, lot in enumerate(company.opening):
        bins = bin_codes(sites[lot.site], lot.goods.temperature)
        yield lot, bins[number % len(bins)]
