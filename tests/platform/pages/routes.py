"""Every page there is: who may, what a right call answers, which address is unknown."""

from __future__ import annotations

from dataclasses import dataclass, field

ROLE_OF = {
    "view": "viewer",
    "sensing": "quality",
    "ordering": "manager",
    "catalog": "manager",
    "planning": "planner",
    "sourcing": "buyer",
    "storing": "warehouse",
    "qualitycase": "quality",
    "shipping": "dispatcher",
    "returning": "warehouse",
    "tracing": "quality",
    "tower": "warehouse",
}
KEY = "00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Route:
    """`needs` empty: open to everybody. `unknown`: the same page of something that does not exist. `answer`: to the
    role that may."""

    name: str
    path: str
    needs: str = "view"
    method: str = "get"
    unknown: str = ""
    answer: int = 200
    data: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}:{self.path}"


def _post(name: str, path: str, needs: str, unknown: str = "", *, answer: int = 302, **data: str) -> Route:
    return Route(
        name, path, needs, "post", unknown, answer, {key.replace("__", "-"): text for key, text in data.items()}
    )


ROUTES = (
    Route("orders", "/orders/"),
    Route("order-new", "/orders/new/", "ordering"),
    Route("order", "/orders/{order}/", unknown="/orders/NONE/"),
    _post("order-act", "/orders/{order}/do/repromise/", "ordering", "/orders/NONE/do/repromise/"),
    _post("order-act", "/orders/{order}/do/urgent/", "ordering", "/orders/{order}/do/nonsense/"),
    _post("order-act", "/orders/{order}/do/change/", "ordering", priority="2"),
    _post("order-act", "/orders/{order}/do/cancel/", "ordering"),
    Route("devices", "/devices/"),
    Route("device-new", "/devices/new/", "sensing"),
    _post("device-add", "/devices/add/", "sensing", answer=422),
    Route("device", "/devices/{device}/", unknown="/devices/NONE/"),
    Route("device-series", "/devices/{device}/series.json?metric=temperature", unknown="/devices/NONE/series.json"),
    _post("device-act", "/devices/{device}/do/retire/", "sensing", "/devices/NONE/do/retire/"),
    Route("device-labels", "/devices/labels/"),
    _post("device-provision", "/devices/labels/provision/", "sensing", answer=200),
    Route("portals", "/portals/"),
    Route("stock", "/stock/"),
    Route("plan", "/plan/"),
    Route("plan", "/plan/?item={item}", unknown="/plan/?item=999999"),
    _post("plan-now", "/plan/now/", "planning"),
    Route("item", "/stock/{item}/", unknown="/stock/999999/"),
    Route("proposals", "/proposals/"),
    Route("proposal", "/proposals/{proposal}/", unknown="/proposals/999999/"),
    _post("proposals-approve", "/proposals/approve/", "planning", proposal="{proposal}"),
    _post("proposal-decide", "/proposals/{proposal}/approve/", "planning", "/proposals/{proposal}/nonsense/"),
    _post("proposal-decide", "/proposals/{proposal}/reject/", "planning", note="too early"),
    _post("proposal-decide", "/proposals/{proposal}/take-back/", "planning", answer=422),
    Route("purchases", "/purchases/"),
    Route("purchase", "/purchases/{purchase}/", unknown="/purchases/NONE/"),
    _post("purchase-act", "/purchases/{purchase}/do/confirm/", "sourcing", "/purchases/NONE/do/confirm/"),
    _post(
        "purchase-act",
        "/purchases/{purchase}/do/delay/",
        "sourcing",
        "/purchases/{purchase}/do/nonsense/",
        expected_at="2026-03-09T08:00",
    ),
    _post("purchase-act", "/purchases/{purchase}/do/close/", "sourcing"),
    Route("suppliers", "/suppliers/"),
    Route("supplier", "/suppliers/{supplier}/", unknown="/suppliers/0/"),
    _post("supplier-act", "/suppliers/{supplier}/contract/", "sourcing", "/suppliers/{supplier}/nonsense/", answer=422),
    Route("quote-requests", "/suppliers/quotes/"),
    _post("quote-ask", "/suppliers/quotes/ask/", "sourcing", answer=422),
    Route("quote-request", "/suppliers/quotes/{quote_request}/", unknown="/suppliers/quotes/0/"),
    _post(
        "quote-act",
        "/suppliers/quotes/{quote_request}/close/",
        "sourcing",
        "/suppliers/quotes/{quote_request}/nonsense/",
    ),
    Route("approvals", "/suppliers/approvals/"),
    _post("approval-act", "/suppliers/approvals/{approval}/approve/", "sourcing", "/suppliers/approvals/{approval}/x/"),
    Route("choice", "/suppliers/choice/{proposal}/", unknown="/suppliers/choice/0/"),
    _post("choice-weights", "/suppliers/choice/{proposal}/weights/", "sourcing", time="300"),
    _post("choice-split", "/suppliers/choice/{proposal}/split/", "sourcing", answer=422),
    # The portal's door is held by the tests of the portal: for our own people these addresses do not exist.
    Route("portal-orders", "/portal/orders/", ""),
    Route("portal-order", "/portal/orders/{purchase}/", ""),
    Route("portal-order-act", "/portal/orders/{purchase}/confirm/", ""),
    Route("portal-quote", "/portal/quotes/{quote_request}/", ""),
    Route("warehouse", "/warehouse/", unknown="/warehouse/?site=999999"),
    Route("count", "/warehouse/count/?place=H-A-01", "storing", unknown="/warehouse/count/?place=NONE"),
    _post("warehouse-act", "/warehouse/do/release/", "storing", "/warehouse/do/nonsense/", site="{site}", key=KEY),
    _post("warehouse-act", "/warehouse/do/pick/", "storing", site="{site}", task="{task}"),
    _post("warehouse-act", "/warehouse/do/pack/", "storing", site="{site}"),
    _post("warehouse-act", "/warehouse/do/put-away/", "storing", site="{site}"),
    Route("excursions", "/excursions/?view=all"),
    Route("excursion", "/excursions/{excursion}/", unknown="/excursions/999999/"),
    Route("quality", "/quality/?view=all"),
    _post("quality-decide", "/quality/decide/", "qualitycase", case="{case}", verdict="scrap", reason="9 °C"),
    Route("shipments", "/shipments/"),
    Route("shipments-of-order", "/shipments/of-order/{order}/", unknown="/shipments/of-order/NONE/"),
    Route("shipment", "/shipments/{shipment}/", unknown="/shipments/NONE/"),
    _post("shipments-plan", "/shipments/plan/", "shipping", "/shipments/plan/?site=999999", site="{site}"),
    _post("shipment-act", "/shipments/{shipment}/do/deliver/", "shipping", "/shipments/NONE/do/deliver/", answer=422),
    Route("cold-chain", "/shipments/{shipment}/cold-chain/", unknown="/shipments/NONE/cold-chain/"),
    Route("cold-chain-paper", "/shipments/{shipment}/cold-chain.pdf", unknown="/shipments/NONE/cold-chain.pdf"),
    Route("trips", "/shipments/trips/"),
    Route("trip", "/shipments/trips/{trip}/", unknown="/shipments/trips/NONE/"),
    _post("trip-act", "/shipments/trips/{trip}/do/load/", "shipping", "/shipments/trips/NONE/do/load/"),
    _post("trip-act", "/shipments/trips/{trip}/do/depart/", "shipping", answer=422),
    _post(
        "trip-act",
        "/shipments/trips/{trip}/do/arrive/",
        "shipping",
        "/shipments/trips/{trip}/do/arrive/",
        answer=422,
        stop="{stop}",
    ),
    _post("trip-act", "/shipments/trips/{trip}/do/finish/", "shipping", answer=422),
    Route("returns", "/returns/"),
    _post("return-take-back", "/returns/take-back/", "returning", answer=422),
    _post(
        "return-inspect",
        "/returns/{returned}/inspect/",
        "returning",
        "/returns/999999/inspect/",
        key=KEY,
        restock="2",
        scrap="1",
    ),
    Route("trace", "/trace/"),
    Route("recalls", "/recalls/"),
    _post("recall-start", "/recalls/start/", "tracing", answer=422),
    Route("recall", "/recalls/NONE/", answer=404),
    Route("recall-report", "/recalls/NONE/report/", answer=404),
    _post("recall-answer", "/recalls/NONE/letters/1/", "tracing", answer=404),
    _post("recall-act", "/recalls/NONE/hold/", "tracing", answer=404),
    Route("consumer", "/01/06901234567892/10/NONE", "", answer=404),
    Route("consumer-piece", "/01/06901234567892/10/NONE/21/1", "", answer=404),
    Route("tower", "/"),
    Route("wall", "/wall/"),
    Route("pulse", "/tower/pulse/"),
    Route("inbox-list", "/tower/inbox/"),
    Route("fleet-data", "/tower/fleet.json"),
    Route("cover-data", "/tower/cover.json"),
    Route("inbox", "/inbox/"),
    Route("exception", "/exceptions/{exception}/", unknown="/exceptions/999999/"),
    _post("exception-act", "/exceptions/{exception}/act/", "tower", "/exceptions/999999/act/", answer=200),
    _post("exception-done", "/exceptions/{exception}/done/", "tower", "/exceptions/999999/done/", answer=200),
    _post("exception-snooze", "/exceptions/{exception}/snooze/", "tower", "/exceptions/999999/snooze/", answer=200),
    _post("exception-reopen", "/exceptions/{exception}/reopen/", "tower", "/exceptions/999999/reopen/", answer=200),
    Route("kpi", "/kpi/"),
    Route("rows", "/rows/orders_at_risk/", unknown="/rows/nonsense/"),
    Route("imports", "/imports/", "catalog"),
    _post("import-upload", "/imports/upload/", "catalog", answer=422),
    Route("import", f"/imports/{KEY}/", "catalog", answer=404),
    _post("import-options", f"/imports/{KEY}/options/", "catalog", answer=404),
    _post("import-apply", f"/imports/{KEY}/apply/", "catalog", answer=404),
    _post("import-cancel", f"/imports/{KEY}/cancel/", "catalog", answer=404),
    Route("import-progress", f"/imports/{KEY}/progress/", "catalog", answer=404),
    Route("import-rejected", f"/imports/{KEY}/rejected.csv", "catalog", answer=404),
    Route("export", "/exports/items.csv", unknown="/exports/nonsense.csv"),
    Route("login", "/login/", ""),
    _post("logout", "/logout/", ""),
    _post("language", "/language/", "", language="zh-hans"),
    _post("theme", "/theme/", "", theme="light"),
    Route("palette", "/palette/?q=so"),
    Route("words", "/words/zh-hans.json", ""),
)
