"""The living company's devices on the line: one real MQTT connection each, in a thread of the world's process."""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from longshore.ledger.cause import Cause
from longshore.sensing.models import DeviceKey
from longshore.sensing.operations import digest_of, issue_keys
from longshore.sensing.simulate.faults import Said, Sent, sent
from longshore.sensing.simulate.link import Door, Link, NotLetIn
from longshore.sensing.simulate.running import say
from longshore.twin.world.telemetry import FAULTS, Hanging

logger = logging.getLogger(__name__)

REFUSED_WAIT_S = 20.0
MOST_WAITING = 5000  # of one device; what is older than that is lost, as in a logger whose memory is full
CONNECTS_A_SECOND = 100


def tokens_for(devices: Iterable[Hanging], file: Path, *, at: datetime) -> dict[str, str]:
    """Code → token. They are made up once for this installation and kept in its own folder; lost ones are issued anew."""
    known = json.loads(file.read_text()) if file.exists() else {}
    valid = {
        bytes(digest)
        for digest in DeviceKey.objects.filter(revoked_at=None, valid_until=None).values_list("digest", flat=True)
    }
    wanted = {one.code: one.id for one in devices}
    kept = {code: token for code, token in known.items() if code in wanted and digest_of(token) in valid}
    missing = [id for code, id in wanted.items() if code not in kept]
    if missing:
        receipt = issue_keys(missing, at=at, cause=Cause("demo devices", "world"))
        kept |= {key.code: key.token for key in receipt.issued}
    file.write_text(json.dumps(kept))
    file.chmod(0o600)
    return kept


class Line:
    """Takes what devices say and brings it to the gateway, with the faults of devices and lines."""

    def __init__(self, tokens: Mapping[str, str], door: Door, seed: int) -> None:
        self._seed = seed
        self._links = {code: Link(door, code, token) for code, token in tokens.items()}
        self._later: list[tuple[datetime, int, Sent]] = []
        self._count = 0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="devices", daemon=True).start()

    def say(self, messages: Iterable[Said], now: datetime) -> None:
        """What is due goes out; what an outage or a moment still to come holds back waits."""
        for message in sent(messages, FAULTS, self._seed):
            self._count += 1
            heapq.heappush(self._later, (message.send_at, self._count, message))
        due: list[Sent] = []
        while self._later and self._later[0][0] <= now + timedelta(seconds=1):
            due.append(heapq.heappop(self._later)[2])
        self._loop.call_soon_threadsafe(self._hand_over, due)

    def _hand_over(self, due: list[Sent]) -> None:
        for message in due:
            link = self._links.get(message.device)
            if link is not None and link.open_ends < MOST_WAITING:
                say(link, message)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for number, link in enumerate(self._links.values()):
            self._loop.create_task(_keep(link, number / CONNECTS_A_SECOND))
        self._loop.run_forever()


async def _keep(link: Link, wait: float) -> None:
    """On the line for ever; a device that is not let in (quarantined, its key revoked) tries again after a while."""
    await asyncio.sleep(wait)
    while True:
        try:
            await link.run()
        except NotLetIn as refused:
            logger.info("%s", refused)
            await asyncio.sleep(REFUSED_WAIT_S)
