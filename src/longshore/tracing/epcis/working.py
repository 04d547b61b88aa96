"""The repository's part of a worker: the ledger becomes events, and subscribers hear of what is new."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

from longshore.tracing.epcis.projecting import project_postings
from longshore.tracing.epcis.telling import tell_due

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
# Between two batches the machine belongs to others: history is told behind, nobody waits for it.
PAUSE_SECONDS = 0.1


def run_repository(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """The worker's loop."""
    while not stopping():
        try:
            projected = project_postings(at=now())
            told = tell_due(at=now())
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database went away (%s); trying again.", error)
            connection.close()
            time.sleep(1.0)
            continue
        time.sleep(POLL_SECONDS if projected == 0 and told.reports == 0 else PAUSE_SECONDS)
