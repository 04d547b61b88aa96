"""What runs by the clock. One table; procrastinate keeps the queue in PostgreSQL, so enqueueing is transactional."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import procrastinate
from django.db import close_old_connections

from longshore.project import clock, recurring

logger = logging.getLogger(__name__)

STALLED_AFTER_SECONDS = 30
RETRY = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=3)


@dataclass(frozen=True, slots=True)
class Job:
    """`cron` has five fields, in UTC."""

    name: str
    cron: str
    run: Callable[[datetime], object]


JOBS = (
    Job("expire-claims", "* * * * *", recurring.expire_claims),
    Job("recheck-promises", "*/5 * * * *", recurring.recheck_promises),
    Job("review-replenishment", "*/15 * * * *", recurring.review_replenishment),
    Job("value-stock", "*/10 * * * *", recurring.value_stock),
    Job("predict-lateness", "7 * * * *", recurring.predict_lateness),
    Job("send-notices", "* * * * *", recurring.send_notices),
    Job("refresh-plan", "0 18 * * *", recurring.refresh_plan),
    Job("roll-up-telemetry", "* * * * *", recurring.roll_up_telemetry),
    Job("forget-old-telemetry", "20 17 * * *", recurring.forget_old_telemetry),
    Job("forget-old-live-events", "30 * * * *", recurring.forget_old_live_events),
)


def on_app_ready(app: procrastinate.App) -> None:
    """Called by the procrastinate app once Django is ready: put the table into the queue's own terms."""
    for job in JOBS:
        task = app.task(name=f"longshore.{job.name}", queueing_lock=job.name, retry=RETRY)(_task(job))
        app.periodic(cron=job.cron, periodic_id=job.name)(task)


async def resume_stalled(app: procrastinate.App) -> int:
    """Jobs whose worker was killed go back into the queue once each; returns how many."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
    count = 0
    for job in stalled:
        await app.job_manager.retry_job(job)
        count += 1
    return count


async def keep_resuming(app: procrastinate.App, every: timedelta = timedelta(seconds=20)) -> None:
    while True:
        resumed = await resume_stalled(app)
        if resumed:
            logger.warning("%d jobs of a worker that died are back in the queue.", resumed)
        await asyncio.sleep(every.total_seconds())


def _task(job: Job) -> Callable[..., None]:
    def run(timestamp: int = 0) -> None:
        close_old_connections()
        try:
            job.run(clock.now())
        finally:
            close_old_connections()

    return run
