"""The REST API: one NinjaAPI, one router for each app, session or token authentication, one shape of refusal."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import HttpBearer, SessionAuth

from longshore import __version__
from longshore.catalog.api import router as catalog
from longshore.catalog.errors import Refusal
from longshore.ledger.api import router as ledger
from longshore.ordering.api import router as ordering
from longshore.planning.api import portal
from longshore.planning.api import router as planning
from longshore.project.limits import ValueOutOfRange
from longshore.project.tokens import insider_of_token, outsider_of_token
from longshore.returning.api import router as returning
from longshore.sensing.api import router as sensing
from longshore.shipping.api import router as shipping
from longshore.sourcing.api import portal as portal_of_suppliers
from longshore.sourcing.api import router as sourcing
from longshore.storing.api import router as storing
from longshore.tower.api import router as tower
from longshore.tracing.api import router as tracing
from longshore.web import gate


class TokenAuth(HttpBearer):
    """`Authorization: Bearer <token>`; the request then acts as the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        asked_by = outsider_of_token if request.path_info.startswith(gate.PORTAL_API) else insider_of_token
        user = asked_by(token)
        request.user = user or AnonymousUser()
        return user


# django-ninja checks the CSRF token for cookie authentication by itself.
api = NinjaAPI(
    title="Longshore",
    version=__version__,
    docs_url="/docs",
    urls_namespace="api",
    auth=[TokenAuth(), SessionAuth()],
)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A verb that did nothing: 409 with the code for machines and the sentence for people."""
    body = {
        "code": refusal.code,
        "sentence": str(refusal.sentence),
        "remedy": str(refusal.remedy),
        "fields": {
            name: value if isinstance(value, int | list | dict) else str(value)
            for name, value in refusal.fields.items()
        },
    }
    return api.create_response(request, body, status=409)


@api.exception_handler(DataError)
def out_of_range(request: HttpRequest, error: DataError) -> HttpResponse:
    return refused(request, ValueOutOfRange())


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    body = {
        "code": "not-allowed",
        "sentence": str(error) or "Your role does not allow this.",
        "remedy": "",
        "fields": {},
    }
    return api.create_response(request, body, status=403)


@api.get("/health", auth=None, tags=["system"], url_name="health")
def health(request: HttpRequest) -> dict[str, str]:
    """For a load balancer: this process answers. It says nothing about the business."""
    return {"status": "ok", "version": __version__}


ROUTERS = (
    ("catalog", catalog),
    ("ledger", ledger),
    ("sensing", sensing),
    ("ordering", ordering),
    ("planning", planning),
    ("portal", portal),
    ("portal", portal_of_suppliers),
    ("sourcing", sourcing),
    ("storing", storing),
    ("shipping", shipping),
    ("returning", returning),
    ("tracing", tracing),
    ("tower", tower),
)
for name, router in ROUTERS:
    api.add_router(f"/{name}", router, tags=[name])
