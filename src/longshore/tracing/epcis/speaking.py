"""How the repository speaks HTTP: who asks, in which media type, what every answer carries, and problems (RFC 7807)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from longshore import __version__
from longshore.tracing.epcis.capturing import MOST_BYTES, DocumentRefused, Handling, TooManyEvents
from longshore.tracing.epcis.documents import CBV_FORMATS, EPC_FORMATS
from longshore.tracing.epcis.querying import QueryRefused
from longshore.tracing.epcis.selecting import Reader, TooMany
from longshore.tracing.epcis.storing import EventIdsTaken
from longshore.tracing.epcis.xmlwrite import write_problem
from longshore.tracing.models import EpcisReader

logger = logging.getLogger(__name__)

VERSION = "2.0.0"
LONGEST_URL = 8000
JSON_TYPES = ("application/json", "application/ld+json", "application/*", "*/*")
XML_TYPES = ("application/xml", "text/xml")
# RFC 7240: names and values in any case, with or without quotes and parameters, among other preferences.
PREFERRED = re.compile(r'(?:^|[,\s])handling\s*=\s*"?(lenient|strict)"?\s*(?:[;,]|$)', re.IGNORECASE)
ALWAYS = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-Vendor-Version": f"longshore {__version__}",
    "Cache-Control": "no-store",
    "Vary": "Accept, Authorization, GS1-EPC-Format",
}
DISCOVERY = {
    "GS1-EPCIS-Min": "1.2.0",
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Min": "1.2.0",
    "GS1-CBV-Max": VERSION,
    "GS1-EPC-Format": ",".join(EPC_FORMATS),
    "GS1-CBV-XML-Format": ",".join(CBV_FORMATS),
}
TITLES = {
    400: "The request is not valid.",
    401: "Say who you are.",
    403: "You may not do this.",
    404: "There is no such thing.",
    405: "This cannot be done here.",
    406: "No such form of answer.",
    409: "It exists already.",
    413: "Too large.",
    414: "The address is too long.",
    415: "No such form of document.",
    500: "Something went wrong here.",
    501: "Not offered.",
}


class Problem(Exception):
    """An answer that is an error: an exception of the standard, its status, and a sentence."""

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.more = more


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, what he may see, and how he wants to be answered."""

    user: User
    reader: Reader
    xml: bool
    media_type: str
    epc_format: str
    cbv_format: str
    prefixes: Mapping[str, str] = field(default_factory=dict)


View = Callable[..., HttpResponse]


def resource(**methods: View) -> Callable[..., HttpResponse]:
    """A view with one function for each method; OPTIONS is answered by the table, everything else by a problem."""
    allowed = ", ".join(
        sorted({name.upper() for name in methods} | {"OPTIONS", *(["HEAD"] if "get" in methods else [])})
    )

    @csrf_exempt  # a token is no cookie; cookies are taken for reading only
    def answer(request: HttpRequest, **names: str) -> HttpResponse:
        try:
            made = _answer(request, names, methods, allowed)
        except Problem as problem:
            made = problem_answer(request, problem)
        except Exception:
            logger.exception("EPCIS: %s %s", request.method, request.path)
            made = problem_answer(
                request, Problem(500, "ImplementationException", "The server could not do this; its log says why.")
            )
        for name, value in ALWAYS.items():
            made[name] = value
        if made.status_code == 405:
            made["Allow"] = allowed
        return made

    return answer


def _answer(request: HttpRequest, names: dict[str, str], methods: Mapping[str, View], allowed: str) -> HttpResponse:
    method = (request.method or "").lower()
    if len(request.get_full_path()) > LONGEST_URL:
        raise Problem(414, "URITooLongException", f"An address may have {LONGEST_URL} characters.")
    if any("\x00" in text for text in (*names.values(), request.META.get("QUERY_STRING", ""))):
        raise Problem(404, "NoSuchNameException", "No name has such a character.")
    if method == "options":
        _user(request)
        made = HttpResponse(status=204, headers={"Allow": allowed, **DISCOVERY})
        for name, value in getattr(methods.get("get") or methods.get("post"), "discovery", {}).items():
            made[name] = value
        return made
    view = methods.get("get" if method == "head" else method)
    if view is None:
        raise Problem(405, "ImplementationException", f"{request.method} is not offered here; {allowed} are.")
    asker = asker_of(request)
    try:
        return view(request, asker, **names)
    except DocumentRefused as refused:
        faults = [{"path": fault.path, "detail": fault.sentence} for fault in refused.faults[:200]]
        first = refused.faults[0]
        raise Problem(400, "ValidationException", f"{first.path}: {first.sentence}", errors=faults) from refused
    except TooManyEvents as refused:
        raise Problem(413, "CaptureLimitExceededException", str(refused)) from refused
    except QueryRefused as refused:
        raise Problem(400, "QueryParameterException", str(refused), parameter=refused.parameter) from refused
    except TooMany as refused:
        raise Problem(413, "QueryTooLargeException", str(refused)) from refused
    except EventIdsTaken as refused:
        sentence = f"The event id {refused.clashes[0].event_id} belongs to another event."
        raise Problem(409, "ResourceAlreadyExistsException", sentence) from refused


def _user(request: HttpRequest) -> User:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        user: User | None = import_string(settings.LONGSHORE_TOKEN_USER)(token.strip())
        if user is not None:
            return user
    elif request.method in ("GET", "HEAD", "OPTIONS") and request.user.is_authenticated:
        assert isinstance(request.user, User)
        return request.user
    raise Problem(401, "SecurityException", "Send a valid token: Authorization: Bearer <token>.")


def reader_of(user: User) -> Reader:
    """Partners see what is theirs; the house sees everything, if the role may see at all."""
    partner_id = EpcisReader.objects.filter(user=user).values_list("partner_id", flat=True).first()
    if partner_id is None and not user.has_perm("tracing.view_epcisevent"):
        raise Problem(403, "SecurityException", "Your role does not see EPCIS events.")
    return Reader(partner_id)


def may_write(asker: Asker) -> None:
    if asker.reader.partner_id is None and not asker.user.has_perm("tracing.add_epcisevent"):
        raise Problem(403, "SecurityException", "Your role does not capture events or change queries.")


def asker_of(request: HttpRequest) -> Asker:
    user = _user(request)
    _check_versions(request)
    media_type = _accepted(request)
    epc_format = request.headers.get("GS1-EPC-Format", "Always_GS1_Digital_Link")
    cbv_format = request.headers.get("GS1-CBV-XML-Format", "Always_URN")
    if epc_format not in EPC_FORMATS or cbv_format not in CBV_FORMATS:
        raise Problem(406, "NotAcceptableException", f"Formats of identifiers: {', '.join(EPC_FORMATS)}.")
    return Asker(
        user=user,
        reader=reader_of(user),
        xml=media_type in XML_TYPES,
        media_type=media_type,
        epc_format=epc_format,
        cbv_format=cbv_format,
        prefixes=_extensions(request),
    )


def _check_versions(request: HttpRequest) -> None:
    """What a client asks for at least, or at most, must overlap with what we speak."""
    for name, refuse in (("GS1-EPCIS-Min", lambda v: v > (2, 0)), ("GS1-EPCIS-Max", lambda v: v < (1, 2))):
        given = request.headers.get(name)
        if given is None:
            continue
        parts = given.split(".")
        if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
            raise Problem(406, "NotAcceptableException", f"{name} is no version.")
        if refuse((*(int(part) for part in parts), 0)[:2]):
            raise Problem(406, "NotAcceptableException", f"EPCIS 1.2 to {VERSION} is spoken here.")


def _accepted(request: HttpRequest) -> str:
    header = request.headers.get("Accept", "*/*")
    for part in header.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in JSON_TYPES:
            return "application/ld+json" if kind == "application/ld+json" else "application/json"
        if kind in XML_TYPES:
            return kind
    raise Problem(
        406, "NotAcceptableException", "Answers come as application/json, application/ld+json or application/xml."
    )


def _extensions(request: HttpRequest) -> dict[str, str]:
    """`GS1-Extensions: ex=https://ns.example.com/epcis/` says what the prefixes of a query mean."""
    pairs = (part.partition("=") for part in request.headers.get("GS1-Extensions", "").split(","))
    return {name.strip(): space.strip() for name, equals, space in pairs if equals}


def handling_of(request: HttpRequest) -> Handling:
    """How a body came; raises for a media type or a size that is not taken."""
    media_type = (request.content_type or "").lower()
    if media_type not in ("application/json", "application/ld+json", *XML_TYPES):
        raise Problem(415, "UnsupportedMediaTypeException", "Documents come as application/json, ld+json or xml.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise Problem(413, "CaptureLimitExceededException", f"A document may have {MOST_BYTES} bytes.")
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    if behaviour not in ("rollback", "proceed"):
        raise Problem(400, "ValidationException", "GS1-Capture-Error-Behaviour is rollback or proceed.")
    preferred = PREFERRED.search(request.headers.get("Prefer", ""))
    return Handling(media_type, behaviour, preferred[1].lower() if preferred else "")


def json_body(request: HttpRequest) -> Any:
    if (request.content_type or "").lower() not in ("application/json", "application/ld+json"):
        raise Problem(415, "UnsupportedMediaTypeException", "This is sent as application/json.")
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "ValidationException", f"Not JSON: {error.msg}.") from error


def url_parameters(request: HttpRequest) -> list[tuple[str, str]]:
    return parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)


def answer(asker: Asker, content: object, xml: str = "", status: int = 200) -> HttpResponse:
    """JSON, or the XML given, as the asker wants."""
    if asker.xml and xml:
        return HttpResponse(xml, status=status, content_type=f"{asker.media_type}; charset=utf-8")
    kind = "application/json" if asker.xml else asker.media_type
    made = HttpResponse(orjson.dumps(content), status=status, content_type=kind)
    made["GS1-EPC-Format"] = asker.epc_format
    return made


def problem_answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    body = {
        "type": f"epcisException:{problem.kind}",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    wants_xml = any(kind in request.headers.get("Accept", "") for kind in XML_TYPES)
    if wants_xml and "json" not in request.headers.get("Accept", ""):
        made = HttpResponse(write_problem(body), status=problem.status, content_type="application/problem+xml")
    else:
        made = HttpResponse(orjson.dumps(body), status=problem.status, content_type="application/problem+json")
    if problem.status == 401:
        made["WWW-Authenticate"] = "Bearer"
    return made
