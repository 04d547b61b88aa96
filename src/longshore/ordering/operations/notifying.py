"""Tell customers what changes for them: once for each fact, on the order's page and by e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import override

from longshore.ledger.cause import Cause
from longshore.ordering.models import CustomerNotice, CustomerOrder
from longshore.ordering.wording import notice_of

_FACTS: Final = UUID("6f0f5d39-2f39-4a53-9a1e-0f3b7d0d1c55")
NO_MAIL: Final = "django.core.mail.backends.dummy.EmailBackend"
TRIED_FOR: Final = timedelta(days=2)
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class NewNotice:
    """`fact` names what happened ("excursion:4", "stop:9"); with order, kind and date it is told once."""

    order: int
    kind: str
    promised_at: datetime | None
    fact: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> UUID:
        when = "" if self.promised_at is None else self.promised_at.isoformat()
        return uuid5(_FACTS, f"{self.order}:{self.kind}:{when}:{self.fact}")


@dataclass(frozen=True, slots=True)
class NoticeReceipt:
    """`written` now; those told before are not told again."""

    written: tuple[int, ...]


@transaction.atomic
def notify(notices: Sequence[NewNotice], *, at: datetime, cause: Cause) -> NoticeReceipt:
    """Write down what these customers are told; the e-mail follows by `send_notices`."""
    orders = CustomerOrder.objects.select_related("customer").in_bulk({notice.order for notice in notices})
    known = set(CustomerNotice.objects.filter(key__in=[n.key for n in notices]).values_list("key", flat=True))
    fresh = {notice.key: notice for notice in notices if notice.key not in known and notice.order in orders}
    rows = [
        CustomerNotice(
            key=key,
            order_id=notice.order,
            kind=notice.kind,
            promised_at=notice.promised_at,
            facts={"order": orders[notice.order].number, **notice.facts},
            email=orders[notice.order].customer.email,
            at=at,
            cause=cause.because or cause.actor,
        )
        for key, notice in fresh.items()
    ]
    # somebody else may be telling the same at this moment
    CustomerNotice.objects.bulk_create(rows, ignore_conflicts=True)
    written = CustomerNotice.objects.filter(key__in=list(fresh)).order_by("id")
    return NoticeReceipt(tuple(written.values_list("id", flat=True)))


def send_notices(*, at: datetime) -> int:
    """E-mail what waits, one transaction a notice; returns how many went out. Killed between sending and writing it
    down, the same message goes out once more under the same Message-ID, which mail systems show once."""
    if settings.EMAIL_BACKEND == NO_MAIL:
        return 0
    waiting = CustomerNotice.objects.filter(sent_at__isnull=True, at__gt=at - TRIED_FOR).exclude(email="")
    return sum(_send(notice, at) for notice in list(waiting.order_by("id").values_list("id", flat=True)[:AT_ONCE]))


@transaction.atomic
def _send(notice: int, at: datetime) -> int:
    rows = CustomerNotice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("order")
    row = rows.filter(pk=notice, sent_at__isnull=True).first()
    if row is None:
        return 0
    message_of(row).send()
    row.sent_at = at
    row.save(update_fields=["sent_at"])
    return 1


def message_of(notice: CustomerNotice) -> EmailMessage:
    """Both languages in one message: we do not know who reads it."""
    texts = []
    for language in ("zh-hans", "en"):
        with override(language):
            texts.append(notice_of(notice.kind, notice.facts))
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=notice.order.number,
        body="\n\n".join(texts) + "\n",
        to=[notice.email],
        headers={"Message-ID": f"<{notice.key}@{host}>"},
    )
