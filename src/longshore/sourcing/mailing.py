"""Mails to suppliers leave here, after the order stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from longshore.sourcing.models import Channel, DocumentState, OrderDocument
from longshore.sourcing.operations import mark_document

DOMAIN: Final = "orders.longshore.invalid"  # of ids only; nobody has to answer there


@transaction.atomic
def send_ready(documents: Sequence[int]) -> int:
    """Send those that are mails and wait; how many left. Without an address or a mail server the document says so; an
    error of the server rises, and the reactor is tried again.

    A worker that dies between the server's yes and our own note sends once more: the mail bears the same Message-ID then.
    """
    waiting = (
        OrderDocument.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk__in=documents, channel=Channel.EMAIL, state=DocumentState.READY, incoming=False)
        .select_related("supplier")
    )
    sent = 0
    for each in waiting.order_by("id"):
        trouble = _trouble(each)
        if trouble:
            mark_document(each.pk, DocumentState.FAILED, told=trouble)
            continue
        subject = each.body.partition("\n")[0]
        same = {"Message-ID": f"<{each.key}@{DOMAIN}>"}
        EmailMessage(subject, each.body, settings.DEFAULT_FROM_EMAIL, [each.supplier.email], headers=same).send()
        mark_document(each.pk, DocumentState.SENT)
        sent += 1
    return sent


def _trouble(document: OrderDocument) -> str:
    if not document.supplier.email:
        return "no-address"
    return "no-mail-server" if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend") else ""
