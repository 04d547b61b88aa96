"""Jobs by the clock: one table, and work of a killed worker resumes once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter
from django.db import connection
from procrastinate.contrib.django import app

from longshore.project import jobs


def test_every_job_of_the_table_is_known_to_the_queue() -> None:
    """Each has a valid time, a task and a lock that keeps it from piling up."""
    assert [job.name for job in jobs.JOBS if not croniter.is_valid(job.cron)] == []
    for job in jobs.JOBS:
        assert app.tasks[f"longshore.{job.name}"].queueing_lock == job.name
    periodic = {known.periodic_id for known in app.periodic_registry.periodic_tasks.values()}
    assert periodic >= {job.name for job in jobs.JOBS}


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_dead_worker_resumes_once() -> None:
    """Its worker's heartbeat is old: the job is put back, and only once."""
    stopped = datetime.now(UTC) - timedelta(minutes=5)
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (%s) returning id", [stopped])
        worker = cursor.fetchone()[0]
        cursor.execute(
            "insert into procrastinate_jobs (task_name, queue_name, args, status, worker_id)"
            " values ('longshore.expire-claims', 'default', '{}', 'doing', %s) returning id",
            [worker],
        )
        job = cursor.fetchone()[0]

    async def resume_twice() -> tuple[int, int]:
        working = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
        async with working.open_async():
            return await jobs.resume_stalled(working), await jobs.resume_stalled(working)

    assert asyncio.run(resume_twice()) == (1, 0)
    with connection.cursor() as cursor:
        cursor.execute("select status, attempts from procrastinate_jobs where id = %s", [job])
        assert cursor.fetchone() == ("todo", 1)
