"""Which site an order asks: the customer's usual site, else the nearest active one."""

from __future__ import annotations

# Equirectangular distance: enough to rank sites, and one multiplication a row.
SITE_OF_ORDER = """
SELECT o.id AS order_id, o.received_at, o.state,
    COALESCE(h.id, n.id) AS site_id, COALESCE(h.timezone, n.timezone) AS timezone
FROM ordering_customerorder o
JOIN catalog_partner c ON c.id = o.customer_id
JOIN catalog_place t ON t.id = o.ship_to_id
LEFT JOIN catalog_place h ON h.id = c.home_site_id AND h.active
LEFT JOIN LATERAL (
    SELECT p.id, p.timezone FROM catalog_place p
    WHERE h.id IS NULL AND p.kind = 'site' AND p.active
    ORDER BY power(p.latitude - t.latitude, 2)
        + power(cos(radians(t.latitude)) * (p.longitude - t.longitude), 2) NULLS LAST, p.id
    LIMIT 1
) n ON true
"""
