"""A dispatcher killed between any two statements, and before and after any commit, repeats nothing and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from longshore.project import embedded

pytestmark = pytest.mark.crash
NAME = f"longshore_crash_{os.getpid()}"
SCRIPT = '''
import json, os, signal, time
from datetime import UTC, datetime
import django
django.setup()
from django.db import connection
from longshore.ledger.models import Delivery, OutboxEvent
from longshore.project import dispatcher
from longshore.project.subscriptions import SUBSCRIPTIONS

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

def react(told):
    OutboxEvent.objects.create(name="test.effect", payload={"of": told.id}, at=told.at)

SUBSCRIPTIONS["test.said"] = (react,)

class Fuse:
    """Kills this very process at its n-th step."""
    def __init__(self, steps):
        self.left = steps
    def step(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def __call__(self, execute, sql, params, many, context):
        self.step()
        return execute(sql, params, many, context)

def run(steps):
    """In a process of its own; True when it lived to the end."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        fuse, commit = Fuse(steps), connection._commit
        def counted():
            fuse.step()
            commit()
            fuse.step()
        connection._commit = counted
        with connection.execute_wrapper(fuse):
            dispatcher.drain_outbox(at=AT)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0

def buried():
    """Waits until the server knows of the death: until then its locks hold, and a dispatch passes over what is locked."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.01)
    raise TimeoutError("the killed process still has its session")

killed, wrong = 0, []
for steps in range(1, 200):
    event = OutboxEvent.objects.create(name="test.said", payload={}, at=AT)
    lived = run(steps)
    killed += not lived
    buried()
    assert run(10**6)
    effects = OutboxEvent.objects.filter(name="test.effect", payload__of=event.id).count()
    left = Delivery.objects.exclude(state="done").count() + OutboxEvent.objects.filter(dispatched=False).count()
    if effects != 1 or left != 0:
        wrong.append([steps, effects, left])
    if lived:
        break
print(json.dumps({"killed": killed, "wrong": wrong}))
'''


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    if os.environ.get("LONGSHORE_DATABASE_URL"):
        pytest.skip("SKIPPED: crashes are tested on the embedded server only")
    embedded.ensure(NAME)
    environment = {
        **os.environ,
        "LONGSHORE_DATABASE_NAME": NAME,
        "DJANGO_SETTINGS_MODULE": "longshore.project.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "longshore.cli.main", "init"], env=environment, check=True, capture_output=True
    )
    yield environment
    with psycopg.connect(embedded.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {NAME} with (force)")


def test_killed_at_every_step_each_event_has_exactly_one_effect(environment: dict[str, str]) -> None:
    """For every statement and commit of a dispatch: kill -9 there, dispatch again, one effect, nothing left over."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["killed"] >= 12
    assert report["wrong"] == []
