"""The stock policy of an item at a site beside what other service levels would ask for and cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from longshore.engine.stocking.solve import solve
from longshore.planning import policy_rules, rules
from longshore.planning.queries.projection import PolicyView, policy_of
from longshore.planning.reading import rows

SERVICES_BP = (8000, 8500, 9000, 9300, 9500, 9600, 9700, 9800, 9900, 9950, 9990)
YEAR_DAYS = 365
LEAVES = """
SELECT p.item_id, p.site_id, i.code, i.name, i.name_zh, s.name, s.name_zh, p.safety_stock, p.reorder_point, p.order_qty,
    p.order_up_to, p.service_level_bp, p.locked, p.automatic, i.unit_cost, COALESCE(f.mean_milli, 0),
    p.safety_stock * i.unit_cost
FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
LEFT JOIN planning_forecast f ON f.item_id = p.item_id AND f.site_id = p.site_id
WHERE (%(site)s::bigint IS NULL OR p.site_id = %(site)s)
    AND (%(search)s = '' OR position(lower(%(search)s) IN lower(i.code || ' ' || i.name || ' ' || i.name_zh)) > 0)
ORDER BY p.safety_stock * i.unit_cost DESC, i.code, s.code
"""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    item: int
    site: int
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    safety_stock: int
    reorder_point: int
    order_qty: int
    order_up_to: int
    service_bp: int
    locked: bool
    automatic: bool
    unit_cost: int
    mean_milli: int
    value: int  # of the safety stock


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """At this service level: safety stock, reorder point, average stock (safety + half an order) and its money a year."""

    service_bp: int
    safety_stock: int
    reorder_point: int
    average_stock: int
    stock_value: int
    holding_cost: int
    ordering_cost: int
    chosen: bool

    @property
    def yearly_cost(self) -> int:
        return self.holding_cost + self.ordering_cost


@dataclass(frozen=True, slots=True)
class Curve:
    """`next_step`: what one step more service costs a year, per point of service; empty without computed inputs."""

    policy: PolicyView
    points: tuple[CurvePoint, ...]

    @property
    def chosen(self) -> CurvePoint | None:
        return next((point for point in self.points if point.chosen), None)


def policies_of(site: int | None, search: str = "") -> tuple[PolicyRow, ...]:
    """Every policy, the dearest safety stock first."""
    return tuple(PolicyRow(*row) for row in rows(LEAVES, {"site": site, "search": search}))


def service_curve(item: int, site: int) -> Curve | None:
    """What other service levels would ask for, by the same engine from the inputs stored with the policy."""
    policy = policy_of(item, site)
    if policy is None:
        return None
    inputs: dict[str, Any] = policy.explanation.get("inputs", {})
    if not inputs:
        return Curve(policy, ())
    services = sorted({*SERVICES_BP, policy.service_bp})
    made = solve(policy_rules.problem([{**inputs, "service_bp": service} for service in services]))
    yearly_milli = int(inputs["mean_milli"]) * YEAR_DAYS
    holding_bp = int(inputs.get("holding_bp", round(rules.HOLDING_RATE * 10_000)))
    points = []
    for n, service in enumerate(services):
        safety, quantity = int(made.safety_stock[n]), int(made.order_quantity[n])
        average = safety + quantity // 2
        value = average * int(inputs["unit_cost"])
        ordering = yearly_milli * int(inputs["order_cost"]) // (1000 * quantity) if quantity else 0
        points.append(
            CurvePoint(
                service, safety, int(made.reorder_point[n]), average, value, value * holding_bp // 10_000, ordering,
                service == policy.service_bp,
            )
        )  # fmt: skip
    return Curve(policy, tuple(points))
