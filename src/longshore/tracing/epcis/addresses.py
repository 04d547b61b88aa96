"""The addresses of the repository below /epcis/, as the standard's OpenAPI document has them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from longshore.catalog.access import now_of
from longshore.tracing.epcis.asking import capture_job, event_page, one_query, query_saved, subscription_out
from longshore.tracing.epcis.capturing import MOST_BYTES, MOST_EVENTS, capture_event, hand_in, read_event
from longshore.tracing.epcis.documents import Spelling, event_document
from longshore.tracing.epcis.keys import canonical
from longshore.tracing.epcis.parameters import MOST_PER_PAGE, from_url, read_query
from longshore.tracing.epcis.querying import WHOLE_NUMBER, Query, QueryRefused
from longshore.tracing.epcis.selecting import PAGE_SECONDS, select_events, select_values
from longshore.tracing.epcis.speaking import (
    Asker,
    Problem,
    View,
    answer,
    handling_of,
    json_body,
    may_write,
    resource,
    url_parameters,
)
from longshore.tracing.epcis.subscribing import NameTaken, SubscriptionRefused, name_query, query_of, subscribe
from longshore.tracing.epcis.vocabulary import CONTEXT_URL, web
from longshore.tracing.epcis.xmlwrite import write_capture_job, write_collection, write_document
from longshore.tracing.models import EpcisCaptureJob, EpcisQuery, EpcisSubscription

TOP = ("capture", "events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "queries")
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
# Top-level resource → the parameter that selects its events, and the kind of its words.
RESOURCES = {
    "eventTypes": ("eventType", ""),
    "epcs": ("MATCH_anyEPC", ""),
    "bizSteps": ("EQ_bizStep", "bizStep"),
    "bizLocations": ("EQ_bizLocation", ""),
    "readPoints": ("EQ_readPoint", ""),
    "dispositions": ("EQ_disposition", "disposition"),
}


def _discover(view: View, **headers: str) -> View:
    view.discovery = {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[attr-defined]
    return view


def _page_parameters(request: HttpRequest) -> tuple[int, str]:
    given = dict(url_parameters(request))
    per_page = given.get("perPage", "30")
    if not WHOLE_NUMBER.match(per_page) or int(per_page) < 1:
        raise QueryRefused("perPage", "must be a whole number above 0.")
    return min(int(per_page), MOST_PER_PAGE), given.get("nextPageToken", "")


def _linked(request: HttpRequest, made: HttpResponse, token: str) -> HttpResponse:
    if token:
        kept = [(name, value) for name, value in url_parameters(request) if name != "nextPageToken"]
        url = request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('nextPageToken', token)])}")
        made["Link"] = f'<{url}>; rel="next"'
        made["GS1-Next-Page-Token-Expires"] = (now_of(request) + timedelta(seconds=PAGE_SECONDS)).isoformat()
    return made


def _collection(members: list[str]) -> dict[str, Any]:
    return {"@context": CONTEXT_URL, "type": "Collection", "member": members}


def top(request: HttpRequest, asker: Asker) -> HttpResponse:
    return answer(asker, _collection(list(TOP)), write_collection(list(TOP), "resource"))


def jobs(request: HttpRequest, asker: Asker) -> HttpResponse:
    """The asker's own capture jobs, newest first."""
    per_page, token = _page_parameters(request)
    mine = EpcisCaptureJob.objects.filter(user=asker.user).order_by("-id")
    if token:
        if not token.isascii() or not token.isdigit() or len(token) > 18:
            raise QueryRefused("nextPageToken", "is not one of ours.")
        mine = mine.filter(id__lt=int(token))
    found = list(mine.defer("document")[: per_page + 1])
    made = answer(asker, [capture_job(job) for job in found[:per_page]])
    return _linked(request, made, str(found[per_page - 1].id) if len(found) > per_page else "")


def capture(request: HttpRequest, asker: Asker) -> HttpResponse:
    may_write(asker)
    job = hand_in(request.body, handling_of(request), user=asker.user, at=now_of(request))
    return HttpResponse(status=202, headers={"Location": request.build_absolute_uri(f"/epcis/capture/{job.key}")})


for _view in (jobs, capture):
    _discover(
        _view,
        GS1_EPCIS_Capture_Limit=str(MOST_EVENTS),
        GS1_EPCIS_Capture_File_Size_Limit=str(MOST_BYTES),
        GS1_Capture_Error_Behaviour="all",
    )


def job(request: HttpRequest, asker: Asker, key: str) -> HttpResponse:
    try:
        wanted = uuid.UUID(key)
    except ValueError as error:
        raise Problem(404, "NoSuchNameException", "There is no such capture job.") from error
    found = EpcisCaptureJob.objects.filter(key=wanted, user=asker.user).defer("document").first()
    if found is None:
        raise Problem(404, "NoSuchNameException", "There is no such capture job.")
    document = capture_job(found)
    return answer(asker, document, write_capture_job(document) if asker.xml else "")


def events(request: HttpRequest, asker: Asker) -> HttpResponse:
    """A query in the address, or (a GET may bring a body) as JSON."""
    given: Mapping[str, object] = from_url(url_parameters(request))
    if request.body:
        body = json_body(request)
        if not isinstance(body, dict):
            raise Problem(400, "ValidationException", "A query is an object of parameters.")
        given = {**body, **given}
    return _events(request, asker, read_query(given, asker.prefixes))


def _events(request: HttpRequest, asker: Asker, query: Query, name: str = "SimpleEventQuery") -> HttpResponse:
    content, xml, token = event_page(query, asker, at=now_of(request), query_name=name)
    return _linked(request, answer(asker, content, xml), token)


def add_event(request: HttpRequest, asker: Asker) -> HttpResponse:
    may_write(asker)
    handling = handling_of(request)
    event_id, row_id = capture_event(read_event(request.body, handling), handling, user=asker.user, at=now_of(request))
    if row_id is None:
        raise Problem(409, "ResourceAlreadyExistsException", f"The event {event_id} is here already.")
    made = _event_answer(asker, event_id, 201)
    made["Location"] = request.build_absolute_uri(f"/epcis/events/{quote(event_id, safe='')}")
    return made


def event(request: HttpRequest, asker: Asker, value: str) -> HttpResponse:
    return _event_answer(asker, value, 200)


def _event_answer(asker: Asker, event_id: str, status: int) -> HttpResponse:
    """The event; where an error was declared too, the newest of the two is what the id means now."""
    query = read_query({"EQ_eventID": [event_id], "orderBy": "recordTime"}, {})
    found = select_events(query, asker.reader).events
    if not found:
        raise Problem(404, "NoSuchNameException", f"There is no event {event_id}.")
    document = event_document(found[0], Spelling(asker.epc_format))
    if not asker.xml:
        return answer(asker, document, status=status)
    wrapped = {"@context": document["@context"], "creationDate": document["recordTime"]}
    inside = {**wrapped, "epcisBody": {"eventList": [document]}}
    return answer(asker, document, write_document(inside, asker.cbv_format), status)


def listing(name: str) -> View:
    def view(request: HttpRequest, asker: Asker) -> HttpResponse:
        per_page, token = _page_parameters(request)
        if name == "eventTypes":
            found, following = list(EVENT_TYPES), ""
        else:
            found, following = select_values(name, asker.reader, per_page, token)
        if name in ("epcs", "bizLocations", "readPoints"):
            spelling = Spelling(asker.epc_format)
            found = [spelling.spell(uri) for uri in found]
        elif name != "eventTypes":
            found = [query_saved(name, uri) for uri in found]
        return _linked(request, answer(asker, _collection(found), write_collection(found, "id")), following)

    return view


def _selecting(name: str, value: str) -> dict[str, object]:
    parameter, kind = RESOURCES[name]
    text = web(kind, value) if kind else canonical(value)
    return {parameter: [text]}


def sub_resources(name: str) -> View:
    def view(request: HttpRequest, asker: Asker, value: str) -> HttpResponse:
        known = name == "eventTypes" and value in EVENT_TYPES
        if not known:
            query = read_query({**_selecting(name, value), "perPage": 1}, {})
            known = bool(select_events(query, asker.reader).events)
        if not known:
            raise Problem(404, "NoSuchNameException", f"{value} is in no event.")
        return answer(asker, _collection(["events"]), write_collection(["events"], "resource"))

    return view


def resource_events(name: str) -> View:
    def view(request: HttpRequest, asker: Asker, value: str) -> HttpResponse:
        given = from_url(url_parameters(request))
        selected = _selecting(name, value)
        if set(given) & set(selected):
            raise QueryRefused(next(iter(selected)), "is said by the address already.")
        return _events(request, asker, read_query({**given, **selected}, asker.prefixes))

    return view


def queries(request: HttpRequest, asker: Asker) -> HttpResponse:
    per_page, token = _page_parameters(request)
    start = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else 0
    found = list(EpcisQuery.objects.filter(**_visible(asker)).order_by("id")[start : start + per_page + 1])
    made = answer(asker, [one_query(query) for query in found[:per_page]])
    return _linked(request, made, str(start + per_page) if len(found) > per_page else "")


def add_query(request: HttpRequest, asker: Asker) -> HttpResponse:
    may_write(asker)
    body = json_body(request)
    if not isinstance(body, dict):
        raise Problem(400, "ValidationException", "A named query is an object with `name` and `query`.")
    query = body.get("query")
    if isinstance(query, dict) and asker.prefixes:
        query = {"@context": [dict(asker.prefixes)], **query}
    try:
        saved = name_query(body.get("name"), query, user=asker.user, at=now_of(request))
    except NameTaken as taken:
        raise Problem(409, "ResourceAlreadyExistsException", f"A query named {taken} exists.") from taken
    location = request.build_absolute_uri(f"/epcis/queries/{quote(saved.name, safe='')}")
    return HttpResponse(status=201, headers={"Location": location})


def _visible(asker: Asker) -> dict[str, object]:
    """A partner sees the queries it made, the house sees all."""
    return {"user": asker.user} if asker.reader.partner_id is not None else {}


def _query(asker: Asker, name: str) -> EpcisQuery:
    found = EpcisQuery.objects.filter(name=name, **_visible(asker)).first()
    if found is None:
        raise Problem(404, "NoSuchNameException", f"There is no query named {name}.")
    return found


def query(request: HttpRequest, asker: Asker, name: str) -> HttpResponse:
    return answer(asker, one_query(_query(asker, name)))


def drop_query(request: HttpRequest, asker: Asker, name: str) -> HttpResponse:
    may_write(asker)
    _query(asker, name).delete()
    return HttpResponse(status=204)


def query_events(request: HttpRequest, asker: Asker, name: str) -> HttpResponse:
    saved = _query(asker, name)
    per_page, token = _page_parameters(request)
    made = query_of(saved.query)
    made.per_page, made.page = per_page, token
    return _events(request, asker, made, saved.name)


def subscriptions(request: HttpRequest, asker: Asker, name: str) -> HttpResponse:
    found = _query(asker, name).subscriptions.filter(**_visible(asker)).order_by("id")
    per_page, token = _page_parameters(request)
    start = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else 0
    listed = list(found[start : start + per_page + 1])
    made = answer(asker, [subscription_out(one) for one in listed[:per_page]])
    return _linked(request, made, str(start + per_page) if len(listed) > per_page else "")


def add_subscription(request: HttpRequest, asker: Asker, name: str) -> HttpResponse:
    may_write(asker)
    saved = _query(asker, name)
    formats = {"epc_format": asker.epc_format, "cbv_format": asker.cbv_format}
    try:
        made = subscribe(
            saved,
            json_body(request),
            user=asker.user,
            at=now_of(request),
            formats=formats,
            public_only=asker.reader.partner_id is not None,
        )
    except SubscriptionRefused as refused:
        raise Problem(400, "SubscriptionControlsException", str(refused)) from refused
    response = answer(asker, subscription_out(made), status=201)
    where = f"/epcis/queries/{quote(saved.name, safe='')}/subscriptions/{made.key}"
    response["Location"] = request.build_absolute_uri(where)
    return response


def _subscription(asker: Asker, name: str, key: str) -> EpcisSubscription:
    try:
        found = _query(asker, name).subscriptions.filter(key=uuid.UUID(key), **_visible(asker)).first()
    except ValueError:
        found = None
    if found is None:
        raise Problem(404, "NoSuchNameException", "There is no such subscription.")
    return found


def subscription(request: HttpRequest, asker: Asker, name: str, key: str) -> HttpResponse:
    return answer(asker, subscription_out(_subscription(asker, name, key)))


def drop_subscription(request: HttpRequest, asker: Asker, name: str, key: str) -> HttpResponse:
    may_write(asker)
    _subscription(asker, name, key).delete()
    return HttpResponse(status=204)


def drop_page(request: HttpRequest, asker: Asker, token: str) -> HttpResponse:
    """A page's token is a signed note about where to go on; there is nothing here to throw away."""
    raise Problem(501, "ImplementationException", "Tokens expire by themselves within the hour.")


def _patterns() -> list[URLPattern]:
    found = [
        path("epcis/", resource(get=top)),
        path("epcis/capture", resource(get=jobs, post=capture)),
        path("epcis/capture/<str:key>", resource(get=job)),
        path("epcis/events", resource(get=events, post=add_event)),
        path("epcis/events/<path:value>", resource(get=event)),
        path("epcis/queries", resource(get=queries, post=add_query)),
        path("epcis/queries/<str:name>", resource(get=query, delete=drop_query)),
        path("epcis/queries/<str:name>/events", resource(get=query_events)),
        path("epcis/queries/<str:name>/subscriptions", resource(get=subscriptions, post=add_subscription)),
        path(
            "epcis/queries/<str:name>/subscriptions/<str:key>",
            resource(get=subscription, delete=drop_subscription),
        ),
        path("epcis/nextPageToken/<path:token>", resource(delete=drop_page)),
    ]
    for name in RESOURCES:
        found += [
            path(f"epcis/{name}", resource(get=listing(name))),
            path(f"epcis/{name}/<path:value>/events", resource(get=resource_events(name))),
            path(f"epcis/{name}/<path:value>", resource(get=sub_resources(name))),
        ]
    return found


urlpatterns = _patterns()
