"""The worker's loop of the detectors: a moment behind the readings, so that many are judged together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from longshore.ledger.cause import Cause
from longshore.sensing.operations.detecting import BATCHES_AT_ONCE, detect, leave_out

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 10.0
STEP_SECONDS: Final = 0.5
CAREFUL_STEPS: Final = 50
SENSING: Final = Cause(actor="sensing")


def run_detectors(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """Until asked to stop. Several workers may run this: whoever holds the mark does the work.

    When a step fails, the next batches go one by one for a while, and one that fails by itself is left out with a line in
    the log.
    """
    careful = 0
    try:
        while not stopping():
            try:
                done = detect(at=now(), cause=SENSING, at_once=1 if careful else BATCHES_AT_ONCE)
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database went away (%s); detecting again.", error)
                connection.close()
                time.sleep(1.0)
                continue
            except Exception:
                logger.exception("Judging failed; going on one by one.")
                _pass_over(careful)
                careful = CAREFUL_STEPS
                continue
            careful = max(careful - 1, 0)
            waited = 0.0
            while not done.more and waited < POLL_SECONDS and not stopping():
                time.sleep(STEP_SECONDS)
                waited += STEP_SECONDS
    finally:
        close_old_connections()


def _pass_over(careful: int) -> None:
    """What fails by itself is left out; what fails among others is first tried by itself."""
    if careful:
        logger.warning("Batch %s is left out.", leave_out())
