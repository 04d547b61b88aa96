"""Item-sites whose stock a supplier manages by agreement: it proposes the deliveries, our planning does not."""

from __future__ import annotations

from typing import Final

# {row} has item_id and site_id, {today} is the local day: an agreement counts from its first day to its last.
MANAGED: Final = """EXISTS (
        SELECT FROM planning_agreementline al JOIN planning_agreement ag ON ag.id = al.agreement_id
        WHERE al.item_id = {row}.item_id AND al.site_id = {row}.site_id AND ag.mode = 'vmi'
            AND ag.starts_on <= {today} AND (ag.ends_on IS NULL OR ag.ends_on >= {today})
    )"""
