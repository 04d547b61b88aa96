"""The one shape every refusal has: a code for machines, a sentence and a remedy for people."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from django.utils.functional import Promise

Text = str | Promise


class Refusal(Exception):
    """A verb did nothing, and says why.

    `code` is kebab-case and documented in the manual; `sentence` and `remedy` are translatable;
    `fields` holds the numbers and names the sentence is about, for machines.
    """

    def __init__(self, code: str, sentence: Text, remedy: Text = "", **fields: object) -> None:
        super().__init__(code, sentence, remedy)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.fields = fields

    def __str__(self) -> str:
        return f"[{self.code}] {self.sentence} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row of a batch that was not accepted; `row` counts from 1 as the sender sees it."""

    row: int
    field: str
    code: str
    sentence: str
    remedy: str
    value: str = ""
    fields: dict[str, object] = dataclasses.field(default_factory=dict)


class RowsRefused(Refusal):
    """Nothing was done, because of some rows of a batch: `rejected` says which and why, the first speaks for all.

    Machines read how many (`rows`), what the first row is about, and `more`.
    """

    def __init__(self, rejected: tuple[RejectedRow, ...], **more: object) -> None:
        first = rejected[0]
        told = {"rows": len(rejected), **first.fields, **more}
        super().__init__(first.code, first.sentence, first.remedy, **told)
        self.rejected = rejected
