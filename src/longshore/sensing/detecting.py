"""The worker's loop of the detectors: a moment behind the readings, so that many are judged together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from longshore.ledger.cause import Cause
from longshore.sensing.operations.detecting import detect

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 10.0
STEP_SECONDS: Final = 0.5
SENSING: Final = Cause(actor="sensing")


def run_detectors(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """Until asked to stop. Several workers may run this: whoever holds the mark does the work."""
    try:
        while not stopping():
            try:
                done = detect(at=now(), cause=SENSING)
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database went away (%s); detecting again.", error)
                connection.close()
                time.sleep(1.0)
                continue
            waited = 0.0
            while not done.more and waited < POLL_SECONDS and not stopping():
                time.sleep(STEP_SECONDS)
                waited += STEP_SECONDS
    finally:
        close_old_connections()
