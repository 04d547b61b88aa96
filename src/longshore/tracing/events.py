"""What tracing tells others, after commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DocumentHandedIn:
    """An EPCIS document waits to be captured."""

    name: ClassVar[str] = "tracing.document-handed-in"
    job: str


@dataclass(frozen=True, slots=True)
class EventsCaptured:
    """New EPCIS events of others are in the repository; `events` are their rows."""

    name: ClassVar[str] = "tracing.events-captured"
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecallStarted:
    """Somebody calls goods back; nothing is held yet."""

    name: ClassVar[str] = "tracing.recall-started"
    recall: int
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecallHeld:
    """Goods of the recall went on hold, and these claims lost what they stood on."""

    name: ClassVar[str] = "tracing.recall-held"
    recall: int
    number: str
    balances: int
    displaced: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecallNotified:
    """These letters of the recall go to these customers."""

    name: ClassVar[str] = "tracing.recall-notified"
    recall: int
    number: str
    letters: tuple[int, ...]
    partners: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecallReconciled:
    """Somebody looked whether the recall comes out; `reconciled`: it does."""

    name: ClassVar[str] = "tracing.recall-reconciled"
    recall: int
    number: str
    reconciled: bool


@dataclass(frozen=True, slots=True)
class RecallCancelled:
    """The recall was called off; these letters, sent already, are withdrawn."""

    name: ClassVar[str] = "tracing.recall-cancelled"
    recall: int
    number: str
    letters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecallClosed:
    """The recall came out and is closed."""

    name: ClassVar[str] = "tracing.recall-closed"
    recall: int
    number: str
