"""The REST API: one NinjaAPI, one router for each app."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ninja import NinjaAPI

from longshore.project.assembly import APIS

api = NinjaAPI(title="Longshore", version="1", docs_url="/docs", urls_namespace="api")

for name in APIS:
    if find_spec(f"longshore.{name}.api") is not None:
        api.add_router(f"/{name}", import_module(f"longshore.{name}.api").router)
