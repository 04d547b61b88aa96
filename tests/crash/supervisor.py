"""Kills dispatches on an embedded server of its own and looks at what is left. `python -m tests.crash.supervisor SEED N`.

This process never talks to the database: every step runs in a forked child, as workers do. One JSON report at the end.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django
import psycopg

DIED_WITH_SERVER = 3


def in_child(work: Callable[[Callable[[Any], None]], Any]) -> tuple[int, list[Any]]:
    """Run `work(say)` in a forked child; its exit status (negative: signal) and everything it said before it died."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        status = 0
        try:
            work(lambda said: _say(writer, said))
        except BaseException as error:  # the child reports what happened; the parent judges
            from django.db import InterfaceError, OperationalError

            lost = isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError)
            if not lost:
                traceback.print_exc()
            status = DIED_WITH_SERVER if lost else 1
        os._exit(status)
    os.close(writer)
    said: list[Any] = []
    with os.fdopen(reader, "rb") as stream:
        while True:
            try:
                said.append(pickle.load(stream))
            except EOFError:
                break
    _pid, raw = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(raw), said


def _say(writer: int, said: Any) -> None:
    os.write(writer, pickle.dumps(said))


def sane(work: Callable[[Callable[[Any], None]], Any]) -> list[Any]:
    status, said = in_child(work)
    assert status == 0, f"a child that should have lived ended with {status}"
    return said


def migrate(say: Callable[[Any], None]) -> None:
    from django.core.management import call_command
    from django.db import connection

    connection.ensure_connection()
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def main(seed: int, samples: int) -> dict[str, Any]:
    from tests.crash import dispatching
    from tests.crash.faults import Faults

    sane(migrate)
    [floor] = sane(lambda say: say(dispatching.prepare_world()))

    def order_of(number: int) -> int:
        return int(sane(lambda say: say(dispatching.take_order(floor, number)))[0])

    def run(order: int, fatal: int, mode: str) -> tuple[int, list[Any]]:
        def work(say: Callable[[Any], None]) -> None:
            from django.db import connection

            dispatching.subscribe()
            connection.ensure_connection()
            faults = Faults(fatal, mode)
            faults.install()
            dispatching.dispatch(floor, order, say)
            say(faults.count)

        return in_child(work)

    def look(order: int) -> dict[str, bool]:
        def work(say: Callable[[Any], None]) -> None:
            dispatching.assert_audit_is_clean()
            say(dispatching.reached(order))

        return dict(sane(work)[0])

    def check_done(say: Callable[[Any], None]) -> None:
        dispatching.subscribe()
        for order in orders:
            dispatching.assert_done_once(order)
        dispatching.assert_told_once()
        dispatching.assert_audit_is_clean()

    orders = [order_of(0)]
    status, said = run(orders[0], 0, "self")
    assert status == 0
    statements = int(said[-1])
    chance = random.Random(seed)
    points = sorted(chance.sample(range(1, statements + 1), min(samples, statements)))
    report: list[dict[str, Any]] = []
    for number, fatal in enumerate(points, start=1):
        mode = "server" if number % 3 == 0 else "self"
        order = order_of(number)
        orders.append(order)
        status, acknowledged = run(order, fatal, mode)
        steps = look(order)
        lost = [step for step in acknowledged if step in steps and not steps[step]]
        again, _said = run(order, 0, "self")
        report.append(
            {"point": fatal, "mode": mode, "status": status, "acknowledged": acknowledged, "lost": lost, "again": again}
        )
    sane(check_done)
    return {"statements": statements, "samples": report}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "longshore.project.settings"
    os.environ["LONGSHORE_KEEP_DATABASE"] = "1"
    django.setup()
    outcome = main(int(sys.argv[1]), int(sys.argv[2]))
    del os.environ["LONGSHORE_KEEP_DATABASE"]
    from longshore.project import embedded

    embedded.ensure()
    embedded.release()
    print(json.dumps(outcome))
