"""Sparkplug B from edge nodes: births that name the metrics, data that may use numbers for them, deaths, and rebirths.

A node is a device of ours by its own code; a device behind it is the device of ours called `<node>.<device>`. Messages
are in order by a count of 0 to 255; after a gap, or numbers we have no birth for, the node is asked to be born again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from longshore.sensing.gateway.decoding import Decoding
from longshore.sensing.gateway.directory import Known
from longshore.sensing.gateway.sparkplug_payload import (
    NotSparkplug,
    Payload,
    SparkplugMetric,
    decode,
    encode,
)
from longshore.sensing.intake import Columns

REBIRTH = "Node Control/Rebirth"
PASSED_OVER = ("Node Control/", "Node Info/", "Device Control/", "Properties/")
MOST_ALIASES = 20_000
# Between two requests to the same node, so that a node that cannot comply is not pestered.
REBIRTH_EVERY_US = 5_000_000
Ask = Callable[[str, str, bytes], None]  # node's code, topic, payload


@dataclass(slots=True)
class Node:
    group: str
    born: bool = False
    bd_seq: int | None = None
    seq: int = -1
    aliases: dict[int, str] = field(default_factory=dict)
    asked_us: int = 0


class Sparkplug:
    """The state of the nodes lives in memory: after a restart each is asked to be born again."""

    def __init__(self, decoding: Decoding, clock: Callable[[], int], ask: Ask) -> None:
        self.decoding, self.clock, self.ask = decoding, clock, ask
        self.nodes: dict[str, Node] = {}

    def take(self, into: Columns, device: Known, topic: str, raw: bytes) -> str:
        """`topic` is spBv1.0/<group>/<type>/<node>[/<device>]; the sender is the node. Answers "" or a reason."""
        parts = topic.split("/")
        reason = "malformed"
        if len(parts) in (4, 5) and parts[3] == device.code:
            try:
                reason = self._message(into, device, parts, decode(raw))
            except NotSparkplug:
                reason = "malformed"
        elif len(parts) in (4, 5):
            reason = "forged"
        if reason:
            self.decoding.refusals.count(device.code, reason, topic.encode())
        return reason

    def _message(self, into: Columns, node: Known, parts: list[str], payload: Payload) -> str:
        kind, whose = parts[2], node
        state = self.nodes.setdefault(node.code, Node(parts[1]))
        if len(parts) == 5:
            behind = self.decoding.directory.by_code.get(f"{node.code}.{parts[4]}")
            if behind is None or not behind.welcome:
                self._in_order(node, state, payload)
                return "unknown-device"
            whose = behind
        if kind == "NDEATH":
            return self._death(node, state, payload)
        if kind == "NBIRTH":
            state.born, state.aliases, state.seq = True, {}, payload.seq if payload.seq is not None else 0
            state.bd_seq = _bd_seq(payload)
            self.decoding.presence.of(node.id).online = True
        elif kind in ("DBIRTH", "NDATA", "DDATA", "DDEATH"):
            self._in_order(node, state, payload)
        else:
            return "unknown-kind"
        if kind == "DDEATH":
            self.decoding.presence.of(whose.id).online = False
            return ""
        if kind == "DBIRTH":
            self.decoding.presence.of(whose.id).online = True
        if kind.endswith("BIRTH"):
            _learn(state, payload)
        return self._metrics(into, whose, (node, state), payload)

    def _death(self, node: Known, state: Node, payload: Payload) -> str:
        """A death belongs to the birth with the same number; a late one of an earlier session is passed over."""
        if state.bd_seq is None or _bd_seq(payload) in (None, state.bd_seq):
            state.born = False
            self.decoding.presence.of(node.id).online = False
        return ""

    def _in_order(self, node: Known, state: Node, payload: Payload) -> None:
        expected = (state.seq + 1) % 256
        if not state.born or (payload.seq is not None and payload.seq != expected):
            if state.born:
                self.decoding.refusals.count(node.code, "sequence-gap")
            self._ask_rebirth(node, state)
        if payload.seq is not None:
            state.seq = payload.seq

    def _ask_rebirth(self, node: Known, state: Node) -> None:
        now = self.clock()
        if now - state.asked_us < REBIRTH_EVERY_US:
            return
        state.asked_us = now
        order = Payload(now // 1000, None, (SparkplugMetric(REBIRTH, -1, None, True, False),))
        self.ask(node.code, f"spBv1.0/{state.group}/NCMD/{node.code}", encode(order))

    def _metrics(self, into: Columns, whose: Known, sender: tuple[Known, Node], payload: Payload) -> str:
        node, state = sender
        reason, before = "", len(into.devices)
        for metric in payload.metrics:
            name = metric.name or state.aliases.get(metric.alias, "")
            if not name:
                reason = "no-birth"
                self._ask_rebirth(node, state)
                continue
            if name.startswith(PASSED_OVER) or name == "bdSeq" or metric.value is None:
                continue
            reason = self._one(into, whose, name, (metric, payload)) or reason
        return reason if len(into.devices) == before else ""

    def _one(self, into: Columns, whose: Known, name: str, said: tuple[SparkplugMetric, Payload]) -> str:
        metric, payload = said
        number = self.decoding.directory.metrics.get(name.rpartition("/")[2].lower())
        if number is None or isinstance(metric.value, str) or metric.value is None:
            self.decoding.refusals.count(whose.code, "unknown-metric", name.encode())
            return "unknown-metric"
        at_us = self.decoding.moment(metric.at_ms if metric.at_ms is not None else payload.at_ms, self.clock())
        if isinstance(at_us, str) or not math.isfinite(metric.value):
            return at_us if isinstance(at_us, str) else "malformed"
        if metric.historical:
            into.historical.add(len(into.devices))
        into.add(whose.id, number, at_us, float(metric.value))
        return ""


def _bd_seq(payload: Payload) -> int | None:
    found = [metric.value for metric in payload.metrics if metric.name == "bdSeq"]
    return int(found[0]) if found and isinstance(found[0], float) and math.isfinite(found[0]) else None


def _learn(state: Node, payload: Payload) -> None:
    for metric in payload.metrics:
        if metric.name and metric.alias >= 0 and len(state.aliases) < MOST_ALIASES:
            state.aliases[metric.alias] = metric.name
