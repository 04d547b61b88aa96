"""Template tags and filters of the face; web/README.md shows each in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from longshore.catalog.wording import chinese, local_name
from longshore.tower.wording import local_text, money_exact_text, money_text, qty_text, since_text, span_text

register = template.Library()

_SHAPES = {
    "ok": '<circle cx="5" cy="5" r="4"/>',
    "risk": '<path d="M5 .6 9.6 9H.4z"/>',
    "late": '<path d="M5 0l5 5-5 5-5-5z"/>',
    "info": '<circle cx="5" cy="5" r="3.2" fill="none" stroke="currentColor" stroke-width="2"/>',
    "idle": (
        '<rect x="1.4" y="1.4" width="7.2" height="7.2" rx="1" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    ),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """{% icon "truck" %}: one of frontend/icons.txt."""
    return format_html('<svg class="ic" aria-hidden="true"><use href="{}#{}"/></svg>', static("vendor/icons.svg"), name)


@register.simple_tag
def mark(state: str) -> SafeString:
    """{% mark "late" %}: the shape of a state (ok risk late info idle); always stand a word beside it."""
    shape = mark_safe(_SHAPES[state])
    return format_html(
        '<svg class="mk {}" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">{}</svg>', state, shape
    )


@register.simple_tag
def tag(state: str, word: str) -> SafeString:
    """{% tag "late" order.state_word %}: shape and word in a soft pill."""
    return format_html('<span class="tag {}">{}{}</span>', state, mark(state), word)


@register.filter
def qty(value: int | None) -> str:
    """{{ 12345|qty }} → 12,345."""
    return qty_text(value)


@register.filter
def money(minor: int | None) -> str:
    """{{ minor|money }}: short, for reading at a glance: ¥1.26M, ¥126万."""
    return money_text(minor)


@register.filter
def money_exact(minor: int | None) -> str:
    """{{ minor|money_exact }} → ¥1,234.56."""
    return money_exact_text(minor)


@register.filter
def percent_bp(basis_points: int | None) -> str:
    """{{ 9620|percent_bp }} → 96.2%."""
    return "–" if basis_points is None else f"{formats.number_format(basis_points / 100, 1)}%"


@register.filter
def milli(value: int | None, digits: int = 1) -> str:
    """{{ 18400|milli }} → 18.4: a measure kept in thousandths."""
    return "–" if value is None else formats.number_format(value / 1000, digits, force_grouping=True)


@register.filter
def written(value: object) -> str:
    """{{ setting|written }}: what a device's settings may hold, lists with commas."""
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


@register.filter
def named(thing: object) -> str:
    """{{ item|named }}: the Chinese name to a Chinese reader where there is one; works on models and query rows."""
    return local_name(str(getattr(thing, "name", thing)), getattr(thing, "name_zh", ""))


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> SafeString | str:
    """{% ago row.at %}: "5 min ago" or "in 2 h" against `now` of the context, exact moment on hover."""
    if at is None:
        return "–"
    now: datetime = context.get("now") or datetime.now(UTC)
    return format_html('<time datetime="{}" title="{}">{}</time>', _iso(at), local_text(at), since_text(at, now))


@register.simple_tag
def when(at: datetime | None, zone: str = "Asia/Shanghai", show_zone: bool = False) -> SafeString | str:
    """{% when row.due_at site.timezone %}: site-local date and time; the zone is named where the reader's differs."""
    if at is None:
        return "–"
    name = format_html(' <small class="muted">{}</small>', zone) if show_zone else ""
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>', _iso(at), f"{at:%Y-%m-%d %H:%M} UTC", local_text(at, zone), name
    )


@register.simple_tag
def clock(at: datetime | None, zone: str = "Asia/Shanghai") -> SafeString | str:
    """{% clock row.eta %}: 14:30, of the site's day."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        _iso(at),
        local_text(at, zone),
        f"{at.astimezone(ZoneInfo(zone)):%H:%M}",
    )


@register.filter
def day(value: date | None) -> str:
    """{{ lot.expires_on|day }} → 21 Nov 2026, 2026年11月21日."""
    if value is None:
        return "–"
    return f"{value.year}年{value.month}月{value.day}日" if chinese() else f"{value.day} {value:%b %Y}"


@register.filter
def span(minutes: int | None) -> str:
    """{{ 130|span }} → 2 h 10 min, 2 小时 10 分."""
    return "–" if minutes is None else span_text(timedelta(minutes=abs(minutes)))


@register.simple_tag
def spark(values: Sequence[float], state: str = "", goal: float | None = None) -> SafeString:
    """{% spark row.history "risk" goal=97 %}: twelve lines of SVG instead of a library for every tile."""
    points = list(values)
    if len(points) < 2:
        return mark_safe('<svg class="spark" viewBox="0 0 88 28" aria-hidden="true"></svg>')
    known = [*points, goal] if goal is not None else points
    low, high = min(known), max(known)
    scale = (high - low) or 1

    def y(value: float) -> float:
        return 25 - (value - low) / scale * 22

    path = " ".join(
        f"{'M' if i == 0 else 'L'}{i / (len(points) - 1) * 84:.1f} {y(v):.1f}" for i, v in enumerate(points)
    )
    target = (
        format_html('<path class="goal" d="M0 {0}H88" stroke-dasharray="2 3"/>', f"{y(goal):.1f}")
        if goal is not None
        else ""
    )
    return format_html(
        '<svg class="spark {}" viewBox="0 0 88 28" aria-hidden="true">{}'
        '<path d="{}L84 28L0 28Z" fill="currentColor" opacity=".09"/>'
        '<path d="{}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/>'
        '<circle cx="84" cy="{}" r="2.4" fill="currentColor"/></svg>',
        state, target, mark_safe(path), mark_safe(path), f"{y(points[-1]):.1f}",
    )  # fmt: skip


@register.simple_tag
def bar(total: int, late: int = 0, risk: int = 0, ok: int = 0) -> SafeString:
    """{% bar total late risk ok %}: shares of a whole in one thin bar; what is left is grey."""
    if total <= 0:
        return mark_safe('<svg class="bar" aria-hidden="true"></svg>')
    x, parts = 0.0, []
    for name, count in (("late", late), ("risk", risk), ("ok", ok), ("rest", total - late - risk - ok)):
        if count > 0:
            width = count / total * 100
            parts.append((name, f"{x:.2f}", f"{max(width - 0.8, 1.2):.2f}"))
            x += width
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="3"/>', parts)
    return format_html(
        '<svg class="bar" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">{}</svg>', rects
    )


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """{% query page=2 %}: this page's address with some parameters changed; an empty value takes one away."""
    request: HttpRequest = context["request"]
    params = request.GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else request.path


@register.inclusion_tag("web/_sort_head.html", takes_context=True)
def sort_head(context: template.Context, name: str, title: str, numeric: bool = False) -> dict[str, object]:
    """{% sort_head "due_at" _("Due") %}: a column head that sorts by `?sort=name` and back by `?sort=-name`."""
    request: HttpRequest = context["request"]
    now = request.GET.get("sort", "")
    params = request.GET.copy()
    params["sort"] = f"-{name}" if now == name else name
    params.pop("page", None)
    direction = "ascending" if now == name else "descending" if now == f"-{name}" else ""
    return {"title": title, "href": f"?{params.urlencode()}", "direction": direction, "numeric": numeric}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


@register.filter
def get_count(counts: dict[str, int], name: str) -> int:
    """{{ menu_counts|get_count:"orders" }}."""
    return counts.get(name, 0)


@register.filter
def tenths(value: int | None) -> str:
    """{{ 18|tenths }} → 1.8."""
    return "–" if value is None else formats.number_format(value / 10, 1)
