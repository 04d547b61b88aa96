"""What is more than the database keeps: told as a refusal wherever it is typed, on pages as over the API."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal


class ValueOutOfRange(Refusal):
    """A number or a text that no column can hold; the verb's transaction is undone, so nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "value-out-of-range",
            _("A number or a text is more than can be written down."),
            _("Check the number of digits and the length of texts."),
        )
