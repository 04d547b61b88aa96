"""The pages: who may see and do what, in which language, under which policy."""

from __future__ import annotations

import pytest
from django.test import Client

from longshore.ledger.models import Condition
from longshore.tower.models import OpenException
from longshore.tower.operations import sweep
from longshore.twin.models import World
from tests.platform.storing.floor import WHO, Floor, hours, standing

pytestmark = pytest.mark.django_db
PAGES = (
    "/",
    "/wall/",
    "/inbox/",
    "/inbox/?view=later",
    "/inbox/?view=closed",
    "/kpi/",
    "/rows/otif/",
    "/rows/orders_at_risk/",
    "/rows/trucks/",
    "/rows/stock_cover/",
    "/rows/on_time_shipping/",
    "/rows/inventory_value/",
    "/rows/promised/",
    "/rows/delivered/",
)


@pytest.fixture
def short(floor: Floor, monday: World) -> int:
    """An exception somebody can act on: five milk of an expired lot. And an order to look for."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("P-1", (floor.tea, 10))
    floor.stock(floor.milk, 5, floor.cold, floor.early)
    late = hours(24 * 10)
    World.objects.update(now=late)
    (id,) = sweep(at=late, cause=WHO, kinds=("lot-expired",)).raised
    return id


def _on_hold(floor: Floor) -> int:
    return standing(floor.cold, Condition.HOLD)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_a_viewer(path: str, short: int, viewer: Client) -> None:
    """A viewer sees every page of the tower, under the strict policy, with no inline script."""
    answer = viewer.get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy and "default-src 'self';" in policy
    html = answer.content.decode()
    assert " onclick=" not in html and "<style" not in html
    assert html.count("<script") == html.count("<script src") + html.count('<script type="module" src') + html.count(
        'type="application/json"'
    )


def test_strangers_log_in_first(client: Client) -> None:
    """Nobody sees the tower without a login, and comes back to where they wanted to go."""
    answer = client.get("/inbox/", headers={"host": "localhost"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/inbox/")


def test_a_viewer_may_not_act(short: int, floor: Floor, viewer: Client) -> None:
    """A viewer's post is refused with 403 and nothing happens."""
    assert viewer.post(f"/exceptions/{short}/act/").status_code == 403
    assert OpenException.objects.get(pk=short).state == "open"
    assert _on_hold(floor) == 0


def test_acting_answers_with_a_toast(short: int, floor: Floor, manager: Client) -> None:
    """The manager's act does the thing and says so; doing it twice answers 409 with the remedy."""
    answer = manager.post(f"/exceptions/{short}/act/")
    assert answer.status_code == 200
    assert "5 on hold" in answer.content.decode()
    assert "inbox-changed" in answer.headers["HX-Trigger"]
    again = manager.post(f"/exceptions/{short}/act/")
    assert again.status_code == 409 and "no longer open" in again.content.decode()
    assert _on_hold(floor) == 5


def test_done_can_be_taken_back(short: int, manager: Client) -> None:
    """Done answers with an undo that opens it again."""
    assert f"/exceptions/{short}/reopen/" in manager.post(f"/exceptions/{short}/done/").content.decode()
    assert OpenException.objects.get(pk=short).state == "done"
    assert manager.post(f"/exceptions/{short}/reopen/").status_code == 200
    assert OpenException.objects.get(pk=short).state == "open"


def test_the_page_speaks_chinese(short: int, manager: Client) -> None:
    """The language switch is remembered; the sentence of an exception is made in the reader's language."""
    manager.post("/language/", {"language": "zh-hans", "next": "/"})
    html = manager.get("/inbox/").content.decode()
    assert 'lang="zh-Hans"' in html
    assert "牛奶批次 L1 已过期，H-C-01 仍有 5 可被拣选" in html
    assert "冻结 5" in html


def test_language_and_theme_follow_the_person(manager: Client) -> None:
    """What was chosen on one device is there after logging in on another."""
    from django.contrib.auth.models import User

    manager.post("/language/", {"language": "zh-hans"})
    manager.post("/theme/", {"theme": "light"})
    user = User.objects.get(username="manager")
    user.set_password("a-long-password")
    user.save()
    other = Client(headers={"host": "localhost"})
    other.post("/login/", {"username": "manager", "password": "a-long-password"})
    html = other.get("/").content.decode()
    assert 'data-theme="light"' in html and 'lang="zh-Hans"' in html


def test_login_goes_only_to_our_own_pages(manager: Client) -> None:
    """An address of another host in ?next= is not followed."""
    answer = manager.get("/login/?next=https://example.com/")
    assert answer.headers["Location"] == "/"


def test_the_palette_finds_orders_and_pages(short: int, manager: Client) -> None:
    """Typing part of a number finds the order; an empty box offers the pages this person may see."""
    assert "/orders/P-1/" in manager.get("/palette/?q=p-1").content.decode()
    html = manager.get("/palette/").content.decode()
    assert "/inbox/" in html and "/admin/" not in html
    assert "/inbox/" in manager.get("/palette/?q=ycs").content.decode(), "initials of the pinyin of 异常收件箱"
    assert manager.get("/palette/?q=100%25_\\").status_code == 200


def test_the_api_does_what_the_page_does(short: int, manager: Client, viewer: Client) -> None:
    """Exceptions are listed with their sentence; a viewer may not act, a manager may, twice is refused by code."""
    (told,) = manager.get("/api/tower/exceptions").json()
    assert (told["id"], told["action"], told["action_label"]) == (short, "hold-lot", "Put 5 on hold")
    assert viewer.post(f"/api/tower/exceptions/{short}/act").status_code == 403
    assert manager.post(f"/api/tower/exceptions/{short}/act").json()["action"] == "hold-lot"
    again = manager.post(f"/api/tower/exceptions/{short}/act")
    assert (again.status_code, again.json()["code"]) == (409, "exception-closed")
