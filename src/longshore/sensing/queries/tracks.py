"""Where things were that carry a tracker: the valid fixes of a time, by what the tracker hung on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

from longshore.sensing.queries.rows import fetch, from_json
from longshore.sensing.rules.positions import Fix, read_fix, valid_fixes


class _FixRow(NamedTuple):
    place: int
    at: datetime
    body: Any


_FIXES: Final[LiteralString] = """
SELECT k.place, g.at, g.body FROM unnest(%s::bigint[], %s::timestamptz[]) AS k(place, since)
JOIN sensing_attachment a ON a.place_id = k.place AND (a.until_at IS NULL OR a.until_at > k.since)
JOIN sensing_signal g ON g.device_id = a.device_id AND g.kind = 'fix' AND g.at >= greatest(k.since, a.from_at)
    AND (a.until_at IS NULL OR g.at < a.until_at)
ORDER BY k.place, g.at, g.digest
"""


def tracks(since: Mapping[int, datetime]) -> dict[int, list[Fix]]:
    """The valid fixes at each of these places (vehicles) since its moment, oldest first."""
    found: dict[int, list[Fix]] = defaultdict(list)
    for row in fetch(_FixRow, _FIXES, list(since), list(since.values())):
        fix = read_fix(row.at, from_json(row.body))
        if fix is not None:
            found[row.place].append(fix)
    return {place: valid_fixes(fixes) for place, fixes in found.items()}
