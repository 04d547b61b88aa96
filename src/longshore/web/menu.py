"""The one table of pages the navigation, the palette and the `g` keys are made of.

Rows stand in the order of the apps (tests/house compares them with INSTALLED_APPS); `section` says where one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    app: str
    name: str
    path: str
    title: Promise
    icon: str
    section: str
    needs: str  # of catalog.access.may_of
    key: str = ""  # pressed after `g`
    count: str = ""  # which number of tower.queries.menu_counts stands beside it

    @property
    def words(self) -> str:
        """What the palette looks in: both names, and the initials of the Chinese one's pinyin."""
        return f"{self.title} {self.name} {PINYIN.get(self.name, '')}".casefold()


# Initials as they are typed: kzt finds 控制塔.
PINYIN = {
    "imports": "dr daoru",
    "admin": "zsj zhushuju",
    "demand": "xq xuqiu yuce",
    "accuracy": "yczqd yuce zhunquedu",
    "policies": "kccl kucuncelue anquankucun",
    "stock": "kcyfg kc kucun",
    "devices": "sb shebei",
    "portals": "mk menkan rfid shepin",
    "orders": "dd dingdan",
    "proposals": "bhjy buhuo",
    "scenarios": "qj qingjing moni",
    "agreements": "gxxy xieyi gongxiang",
    "plan": "wljh wangluo jihua",
    "purchases": "cgdd caigou",
    "suppliers": "gys gongyingshang",
    "portal-orders": "nddd dingdan",
    "warehouse": "ck cangku",
    "excursions": "wdyc wendu yichang",
    "quality": "zl zhiliang",
    "shipments": "yd ys yundan",
    "returns": "th tuihuo",
    "trace": "zs zhuisu suyuan",
    "recalls": "zh zhaohui",
    "tower": "kzt kongzhita",
    "inbox": "ycsjx yichang",
    "kpi": "zb zhibiao",
}


SECTIONS: tuple[tuple[str, Promise | str], ...] = (
    ("tower", ""),
    ("flow", _("Flow")),
    ("supply", _("Supply")),
    ("stock", _("Stock")),
    ("sensing", _("Sensing")),
    ("tracing", _("Tracing")),
    ("data", _("Data")),
    ("portal", ""),
)

MENU: tuple[Entry, ...] = (
    Entry("catalog", "imports", "/imports/", _("Imports"), "file-spreadsheet", "data", "catalog", key="m"),
    Entry("catalog", "admin", "/admin/", _("Master data"), "database", "data", "staff"),
    Entry("sensing", "devices", "/devices/", _("Devices"), "radio", "sensing", "view", key="v"),
    Entry("sensing", "portals", "/portals/", _("RFID portals"), "scan-barcode", "sensing", "view", key="f"),
    Entry("ordering", "orders", "/orders/", _("Orders"), "package", "flow", "view", key="o", count="orders"),
    Entry("planning", "demand", "/demand/", _("Demand"), "trending-up", "supply", "view", key="n"),
    Entry("planning", "accuracy", "/accuracy/", _("Forecast accuracy"), "scale", "supply", "view", key="a"),
    Entry("planning", "policies", "/policies/", _("Stock policy"), "sliders-horizontal", "stock", "view", key="y"),
    Entry("planning", "stock", "/stock/", _("Stock and cover"), "boxes", "stock", "view", key="s"),
    Entry(
        "planning",
        "proposals",
        "/proposals/",
        _("Proposals"),
        "list-checks",
        "supply",
        "view",
        key="p",
        count="proposals",
    ),
    Entry("planning", "plan", "/plan/", _("Network plan"), "calendar-range", "supply", "view", key="l"),
    Entry("planning", "scenarios", "/scenarios/", _("Scenarios"), "split", "supply", "view"),
    Entry("planning", "agreements", "/agreements/", _("Agreements"), "handshake", "supply", "view"),
    Entry("planning", "portal", "/portal/", _("Shared plans"), "handshake", "portal", "partner"),
    Entry(
        "sourcing",
        "purchases",
        "/purchases/",
        _("Purchase orders"),
        "clipboard-list",
        "supply",
        "view",
        key="b",
        count="purchases",
    ),
    Entry("sourcing", "suppliers", "/suppliers/", _("Suppliers"), "users", "supply", "view", key="u"),
    Entry("sourcing", "portal-orders", "/portal/orders/", _("Your orders"), "clipboard-list", "portal", "supplier"),
    Entry("storing", "warehouse", "/warehouse/", _("Warehouse"), "warehouse", "flow", "view", key="w", count="picks"),
    Entry("storing", "excursions", "/excursions/", _("Excursions"), "thermometer", "sensing", "view", key="e"),
    Entry("storing", "quality", "/quality/", _("Quality"), "clipboard-check", "sensing", "view", key="q"),
    Entry("shipping", "shipments", "/shipments/", _("Shipments"), "truck", "flow", "view", key="d", count="trips"),
    Entry("returning", "returns", "/returns/", _("Returns"), "package-x", "flow", "view", key="r"),
    Entry("tracing", "trace", "/trace/", _("Trace"), "git-branch", "tracing", "view", key="x"),
    Entry("tracing", "recalls", "/recalls/", _("Recalls"), "octagon-alert", "tracing", "view", key="c"),
    Entry("tower", "tower", "/", _("Control tower"), "gauge", "tower", "view", key="t"),
    Entry("tower", "inbox", "/inbox/", _("Exceptions"), "inbox", "tower", "view", key="i", count="exceptions"),
    Entry("tower", "kpi", "/kpi/", _("Measures"), "chart-line", "tower", "view", key="k"),
)


@dataclass(frozen=True, slots=True)
class Section:
    title: Promise | str
    entries: tuple[Entry, ...]


def sections_for(may: frozenset[str]) -> tuple[Section, ...]:
    """The navigation of somebody who may do this; sections with nothing in them are left out."""
    shown = [entry for entry in MENU if entry.needs in may]
    grouped = (Section(title, tuple(e for e in shown if e.section == key)) for key, title in SECTIONS)
    return tuple(section for section in grouped if section.entries)
