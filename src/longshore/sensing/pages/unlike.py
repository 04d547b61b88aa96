"""What a detector found, in words."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from longshore.sensing.pages.showing import unit_of
from longshore.sensing.queries.detecting import AnomalyRow

WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "spike": (gettext_lazy("Spike"), gettext_lazy("%(seen)s, where %(expected)s was expected")),
    "level": (gettext_lazy("Level"), gettext_lazy("%(seen)s on average, usually %(expected)s")),
    "season": (gettext_lazy("Unlike other days"), gettext_lazy("%(seen)s, at this time of day %(expected)s")),
    "movement": (gettext_lazy("Movement"), gettext_lazy("moves %(seen)s a reading, usually %(expected)s")),
    "stillness": (gettext_lazy("Stands still"), gettext_lazy("the same value %(count)s times")),
    "together": (gettext_lazy("Unlike the other signals"), gettext_lazy("%(seen)s, going by the others %(expected)s")),
    "drift": (gettext_lazy("Drift"), gettext_lazy("slowly from %(expected)s to %(seen)s")),
}


def in_words(row: AnomalyRow) -> dict[str, Any]:
    """A row of the table: title, sentence, how rare."""
    title, sentence = WORDS[row.signal]
    told, unit = row.explanation, unit_of(row.unit)
    seen, expected = (f"{told[name]:.3g} {unit}".rstrip() for name in ("seen", "expected"))
    return {
        "row": row,
        "title": title,
        "sentence": str(sentence) % {"seen": seen, "expected": expected, "count": round(told["seen"])},
        "rare": _("less than once in 10^%(power)s readings") % {"power": int(row.score)},
    }
