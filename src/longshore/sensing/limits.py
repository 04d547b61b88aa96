"""The product limits every installation begins with; a site changes them in the admin."""

from __future__ import annotations

from longshore.sensing.metrics import METRICS
from longshore.sensing.models import ProductLimit
from longshore.sensing.rules.limits import DEFAULTS

_METRIC_IDS = {code: id for id, code, *_names in METRICS}


def ensure_product_limits() -> int:
    """Add what is missing; what a site has changed stays changed. Returns how many there are. Needs the metrics."""
    rows = [
        ProductLimit(
            code=limit.code,
            temperature_class=temperature_class,
            metric_id=_METRIC_IDS[limit.metric],
            above=limit.above,
            threshold=limit.threshold,
            inclusive=limit.inclusive,
            hysteresis=limit.hysteresis,
            activation=limit.activation,
            after_s=round(limit.after.total_seconds()),
            within_s=round(limit.within.total_seconds()),
        )
        for temperature_class, limit in DEFAULTS
    ]
    ProductLimit.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
