"""The worker's loop of interpretation: looks ten times a second, so that an episode is told well within half a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from longshore.ledger.cause import Cause
from longshore.sensing.operations.interpreting import Interpreted, Memory, interpret

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.1
CAREFUL_STEPS: Final = 200
SENSING: Final = Cause(actor="sensing")


def run_interpreter(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """Until asked to stop. Several workers may run this: whoever holds the mark does the work.

    When a step fails, the next go one by one for a while, and what fails by itself is left out with a line in the log.
    """
    memory = Memory()
    careful = 0
    try:
        while not stopping():
            try:
                done = interpret(at=now(), cause=SENSING, memory=memory, careful=careful > 0)
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database went away (%s); interpreting again.", error)
                connection.close()
                time.sleep(1.0)
                continue
            except Exception:
                logger.exception("Interpretation failed; going on one by one.")
                careful = CAREFUL_STEPS
                continue
            careful = max(careful - 1, 0)
            if not done.more:
                time.sleep(POLL_SECONDS)
    finally:
        close_old_connections()


def interpret_all(*, at: datetime) -> Interpreted:
    """Until nothing waits; what was done in all."""
    memory = Memory()
    steps = [interpret(at=at, cause=SENSING, memory=memory)]
    while not steps[-1].idle:
        steps.append(interpret(at=at, cause=SENSING, memory=memory))
    return Interpreted(
        batches=sum(step.batches for step in steps),
        signals=sum(step.signals for step in steps),
        series=sum(step.series for step in steps),
        tags=sum(step.tags for step in steps),
        late=sum(step.late for step in steps),
        more=False,
    )
