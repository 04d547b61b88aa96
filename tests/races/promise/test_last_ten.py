"""Two hundred callers want the last ten units at the same moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.db import connection

from longshore.ledger.models import Balance, Claim
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.ordering.operations import CannotPromise, promise, promise_or_refuse
from tests.platform.ordering.world import MONDAY, WHO, World, build, hours

CALLERS = 200
LAST = 10
PROCESSES = 4
CONNECTIONS = threading.BoundedSemaphore(60)  # the server's are shared with whatever else runs

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@dataclass
class Outcome:
    promised: list[int] = field(default_factory=list)
    refused: list[CannotPromise] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)


def race(orders: list[int]) -> Outcome:
    """One thread an order, all let go at once; a thread holds a connection while it calls."""
    outcome = Outcome()
    start = threading.Barrier(len(orders))

    def call(order: int) -> None:
        start.wait()
        with CONNECTIONS:
            try:
                promise_or_refuse(order, at=MONDAY, cause=WHO)
                outcome.promised.append(order)
            except CannotPromise as refusal:
                outcome.refused.append(refusal)
            except BaseException as error:
                outcome.failed.append(error)
            finally:
                connection.close()

    threads = [threading.Thread(target=call, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return outcome


def last_ten() -> World:
    """Six here, four there, and a thousand after the date everybody wants."""
    world = build()
    world.stock(world.tea, 6)
    world.stock(world.tea, LAST - 6, shelf=world.south_shelf)
    world.inbound(world.tea, 1000, hours(96))
    return world


def deadlocks() -> int:
    """How many PostgreSQL has broken in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def claimed_in_stock() -> int:
    return sum(Claim.objects.filter(state="open", balance__isnull=False).values_list("qty", flat=True))


def test_two_hundred_threads_get_exactly_ten() -> None:
    """Ten promised, 190 refused with the next possible date, no deadlock, no error, nothing claimed twice."""
    world = last_ten()
    orders = [world.order(f"R-{n:03}", (world.tea, 1)) for n in range(CALLERS)]
    before = deadlocks()
    outcome = race(orders)
    assert (outcome.failed, deadlocks()) == ([], before)
    assert (len(outcome.promised), len(outcome.refused)) == (LAST, CALLERS - LAST)
    assert all(datetime.fromisoformat(str(found.fields["next_at"])) > hours(96) for found in outcome.refused)
    assert (claimed_in_stock(), sum(Balance.objects.values_list("claimed", flat=True))) == (LAST, LAST)
    assert set(CustomerOrder.objects.filter(state="promised").values_list("id", flat=True)) == set(outcome.promised)


def test_orders_of_several_items_in_any_order_never_deadlock() -> None:
    """Forty threads want tea and rice, lines either way round: no error, and never more held than there is."""
    world = build()
    for item in (world.tea, world.rice):
        world.stock(item, 15)
        world.stock(item, 10, shelf=world.south_shelf)
        world.inbound(item, 20, hours(24), label=f"PO-{item}")
    pairs = [((world.tea, 2), (world.rice, 3)), ((world.rice, 2), (world.tea, 3))]
    orders = [world.order(f"R-{n:03}", *pairs[n % 2]) for n in range(40)]
    failed: list[BaseException] = []
    start = threading.Barrier(len(orders))

    def call(order: int) -> None:
        start.wait()
        try:
            promise([order], at=MONDAY, cause=WHO)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    before = deadlocks()
    threads = [threading.Thread(target=call, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert (failed, deadlocks()) == ([], before)
    lines = OrderLine.objects.all()
    held = sum(Claim.objects.filter(state="open").values_list("qty", flat=True))
    assert held == sum(line.qty - line.short for line in lines)
    assert held <= 2 * (15 + 10 + 20)


CHILD = """
import json, sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from longshore.ordering.operations import CannotPromise, promise_or_refuse
from tests.platform.ordering.world import MONDAY, WHO
sys.stdin.readline()
promised, dates = [], []
for order in map(int, sys.argv[2:]):
    try:
        promise_or_refuse(order, at=MONDAY, cause=WHO)
        promised.append(order)
    except CannotPromise as refusal:
        dates.append(refusal.fields["next_at"])
print(json.dumps([promised, dates]))
"""


def test_processes_get_exactly_ten_too() -> None:
    """Four processes with 50 orders each, let go together: ten promised in all."""
    world = last_ten()
    orders = [str(world.order(f"R-{n:03}", (world.tea, 1))) for n in range(CALLERS)]
    database = connection.settings_dict["NAME"]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, database, *orders[n::PROCESSES]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for n in range(PROCESSES)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [json.loads(child.communicate(timeout=300)[0]) for child in children]
    assert sum(len(promised) for promised, _dates in answers) == LAST
    dates = [datetime.fromisoformat(date) for _promised, found in answers for date in found]
    assert len(dates) == CALLERS - LAST and all(date > hours(96) for date in dates)
    assert claimed_in_stock() == LAST
