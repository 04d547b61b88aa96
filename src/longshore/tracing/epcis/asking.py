"""Answers of the repository as documents: pages of events, jobs, named queries, subscriptions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from longshore.tracing.epcis.documents import Spelling, query_document, stamped
from longshore.tracing.epcis.querying import Query
from longshore.tracing.epcis.selecting import select_events
from longshore.tracing.epcis.speaking import Asker
from longshore.tracing.epcis.vocabulary import bare
from longshore.tracing.epcis.xmlwrite import write_query_document
from longshore.tracing.models import EpcisCaptureJob, EpcisQuery, EpcisSubscription

Json = dict[str, Any]
WORDS = {"bizSteps": "bizStep", "dispositions": "disposition"}


def event_page(query: Query, asker: Asker, *, at: datetime, query_name: str) -> tuple[Json, str, str]:
    """One page as a document, the same in XML where that is wanted, and the token of the next."""
    page = select_events(query, asker.reader)
    document = query_document(page.events, Spelling(asker.epc_format), at=at, query_name=query_name)
    return document, write_query_document(document, asker.cbv_format) if asker.xml else "", page.next_page


def capture_job(job: EpcisCaptureJob) -> Json:
    made: Json = {
        "captureID": str(job.key),
        "createdAt": stamped(job.created_at),
        "running": job.finished_at is None,
        "success": job.success,
        "captureErrorBehaviour": job.behaviour,
        "errors": job.errors,
    }
    if job.finished_at is not None:
        made["finishedAt"] = stamped(job.finished_at)
    return made


def one_query(query: EpcisQuery) -> Json:
    return {"name": query.name, "query": query.query}


def query_saved(resource: str, uri: str) -> str:
    """How a value is called in a list of steps or dispositions."""
    return bare(WORDS[resource], uri)


def subscription_out(found: EpcisSubscription) -> Json:
    """The secret is never told again."""
    made: Json = {
        "subscriptionID": str(found.key),
        "dest": found.destination,
        "createdAt": stamped(found.created_at),
        "epcFormat": found.settings.get("epc_format", "Always_GS1_Digital_Link"),
        "reportIfEmpty": found.report_if_empty,
    }
    if found.stream:
        made["stream"] = True
    else:
        made["schedule"] = found.schedule
    if found.last_at is not None:
        made["lastNotifiedAt"] = stamped(found.last_at)
    if found.initial_record_time is not None:
        made["initialRecordTime"] = stamped(found.initial_record_time)
    return made
