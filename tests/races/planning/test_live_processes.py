"""Planning between living processes: one plans, another stops or kills it; nothing half made stays, and it can be done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, connections

from longshore.catalog.models import Item, UnitOfMeasure
from longshore.ledger.models import OutboxEvent
from longshore.planning.models import (
    DemandMark,
    Forecast,
    ForecastRow,
    ForecastRun,
    PlannedOrder,
    Proposal,
    Shortage,
    StockPolicy,
)
from longshore.planning.operations import HistoryDay, ask_for_run, cancel_run, plan_network, put_history
from longshore.planning.tasks import carry_out_forecast_run
from longshore.twin.models import World as Twin
from tests.crash.supervisor import in_child
from tests.platform.planning.world import MONDAY, WHO, World, build

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]
ROOT = Path(__file__).resolve().parents[3]
ITEMS, DAYS, PATIENCE_S = 26, 120, 120


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker as it is run, on this test's database."""
    kept = {name: value for name, value in os.environ.items() if name != "LONGSHORE_TEST_DB"}
    environment = {**kept, "LONGSHORE_DATABASE_NAME": str(connection.settings_dict["NAME"])}
    process = subprocess.Popen([sys.executable, "-m", "longshore.cli.main", "worker"], env=environment, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)


def _until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def _sells(world: World) -> None:
    """Four months of many items: enough for a run of some seconds."""
    Twin.objects.create(name="demo", kind="demo", now=MONDAY)
    each = UnitOfMeasure.objects.get(code="EA")
    items = Item.objects.bulk_create([Item(code=f"I-{n}", name=f"Item {n}", base_unit=each) for n in range(ITEMS)])
    first = date(2026, 3, 2) - timedelta(days=DAYS)
    put_history(
        [
            HistoryDay(item.pk, world.centre, first + timedelta(days=day), (item.pk * 7 + day * 5) % 11 + day % 7)
            for item in items
            for day in range(DAYS)
        ]
    )


def _left() -> dict[str, int]:
    """What planning has written."""
    made = (Forecast, ForecastRow, DemandMark, StockPolicy, PlannedOrder, Shortage, Proposal)
    found = {model.__name__: model.objects.count() for model in made}
    return {**found, "told": OutboxEvent.objects.filter(name__startswith="planning.").count()}


def test_a_run_is_cancelled_from_another_process_and_survives_the_kill_of_its_worker(world: World) -> None:
    """Cancelled while a worker forecasts: nothing of it is there. Killed with signal 9 in the middle of the next: nothing
    either; a new worker takes that run up again and finishes it once."""
    _sells(world)
    nothing = _left()
    with _worker() as worker:
        first = ask_for_run(uuid4(), at=MONDAY, cause=WHO)
        carry_out_forecast_run.defer(run=first.pk)
        _until(lambda: ForecastRun.objects.get(pk=first.pk).total > 0, "the worker does not begin")
        cancel_run(first.pk)
        _until(lambda: ForecastRun.objects.get(pk=first.pk).finished_at is not None, "the run is not cancelled")
        stopped = ForecastRun.objects.get(pk=first.pk)
        assert (stopped.state, stopped.done < stopped.total, _left()) == ("cancelled", True, nothing)

        second = ask_for_run(uuid4(), at=MONDAY, cause=WHO)
        carry_out_forecast_run.defer(run=second.pk)
        _until(lambda: ForecastRun.objects.get(pk=second.pk).total > 0, "the worker does not go on")
        worker.send_signal(signal.SIGKILL)
        worker.wait(60)
    assert (ForecastRun.objects.get(pk=second.pk).state, _left()) == ("running", nothing)
    with connection.cursor() as cursor:  # the heart of a killed worker stops; nobody waits half a minute for that here
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    with _worker():
        _until(lambda: ForecastRun.objects.get(pk=second.pk).finished_at is not None, "nobody takes the run up again")
    assert ForecastRun.objects.get(pk=second.pk).state == "done"
    assert (Forecast.objects.count(), ForecastRow.objects.count(), ForecastRun.objects.count()) == (ITEMS, ITEMS, 2)


def _killed(work: Callable[[], object]) -> int:
    """Run it in a process of its own that shares no connection; how it ended."""
    connections.close_all()
    return in_child(lambda _say: work())[0]


def test_a_network_plan_killed_before_its_commit_leaves_nothing_and_can_be_made_again(world: World) -> None:
    """Signal 9 while it solves, and after it wrote everything but did not commit: no order, no proposal, no event, no lock."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    world.expect(world.tea, 4, site=world.branch)
    StockPolicy.objects.update(planned_by="network")
    before = _left()
    assert _killed(_plan_and_die_solving) == -signal.SIGKILL
    assert _left() == before
    assert _killed(_plan_and_die_uncommitted) == -signal.SIGKILL
    assert _left() == before
    receipt = plan_network(at=MONDAY, cause=WHO)
    assert receipt.orders > 0
    assert (PlannedOrder.objects.count(), Proposal.objects.filter(state="proposed").count()) == (
        receipt.orders,
        len(receipt.new),
    )


def _plan_and_die_solving() -> None:
    plan_network(at=MONDAY, cause=WHO, told=lambda _done, _of: os.kill(os.getpid(), signal.SIGKILL))


def _plan_and_die_uncommitted() -> None:
    from django.db import transaction

    with transaction.atomic():
        plan_network(at=MONDAY, cause=WHO)
        assert PlannedOrder.objects.exists()
        os.kill(os.getpid(), signal.SIGKILL)
