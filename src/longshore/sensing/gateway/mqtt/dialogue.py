"""What a device and the gateway say to each other besides readings: joining, subscribing, leaving."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from longshore.sensing.gateway.decoding import KINDS
from longshore.sensing.gateway.directory import Admission
from longshore.sensing.gateway.mqtt import packets
from longshore.sensing.gateway.mqtt.conversation import LONGEST_SESSION_S, Conversation
from longshore.sensing.gateway.mqtt.packets import V3, V5, Connect, Malformed, Will

if TYPE_CHECKING:
    from longshore.sensing.gateway.gate import Gate
    from longshore.sensing.gateway.mqtt.connection import Connection

__all__ = ["Conversation", "gone", "hear", "other_topic"]
JOINING = 1
MUST_BE_FLAGS = {packets.SUBSCRIBE: 2, packets.UNSUBSCRIBE: 2, packets.PUBREL: 2}
MOST_FILTERS = 20


def hear(line: Connection, first: int, body: bytes) -> None:
    """Everything but PUBLISH of somebody who has joined."""
    kind, flags = first >> 4, first & 0x0F
    if line.connect is None:
        if kind != packets.CONNECT or flags:
            raise Malformed("CONNECT comes first", packets.PROTOCOL_ERROR)
        _connect(line, body)
        return
    if line.device is None or kind in (0, packets.CONNECT, packets.CONNACK, packets.SUBACK, packets.UNSUBACK):
        raise Malformed("not now", packets.PROTOCOL_ERROR)
    if flags != MUST_BE_FLAGS.get(kind, 0):
        raise Malformed("reserved flags")
    if kind == packets.PINGREQ:
        line.send(b"\xd0\x00")
    elif kind == packets.SUBSCRIBE:
        _subscribe(line, body)
    elif kind == packets.UNSUBSCRIBE:
        _unsubscribe(line, body)
    elif kind == packets.PUBREL:
        packet_id, _ = packets.acknowledged(body, line.version)
        line.send(packets.ack(0x70, packet_id.to_bytes(2, "big"), line.version))
    elif kind in (packets.PUBACK, packets.PUBREC, packets.PUBCOMP):
        _acknowledged(line, body)
    elif kind == packets.DISCONNECT:
        _disconnect(line, body)
    else:
        raise Malformed("no such packet here", packets.PROTOCOL_ERROR)


# --- joining ----------------------------------------------------------------------------------------------------------


def _connect(line: Connection, body: bytes) -> None:
    try:
        asked = packets.connect(body)
    except Malformed as error:
        line.gate.refusals.count("", "malformed", body, stranger=True)
        line.send(packets.connack(V3 if error.code == packets.BAD_VERSION else V5, error.code))
        line.leave()
        return
    line.connect, line.v5 = asked, asked.version == V5
    line.hold(JOINING)
    line.gate.spawn(_join(line, asked))


async def _join(line: Connection, asked: Connect) -> None:
    gate = line.gate
    if asked.properties.get(packets.AUTH_METHOD) is not None:
        _turn_away(line, "bad-key", packets.BAD_AUTH_METHOD)
        return
    found = await gate.admit(asked.user or asked.client_id, asked.password or b"")
    code = _objection(asked, found)
    if found.device is None or code:
        _turn_away(line, found.reason or "forged", code)
        return
    kinds = {f"ls/{found.device.code}/{kind}".encode(): kind for kind in KINDS}
    if asked.will is not None and not _may_say(found.device.code, asked.will.topic, kinds):
        _turn_away(line, "forged", packets.NOT_AUTHORIZED)
        return
    keeps = _expiry_s(asked)
    present = False
    if keeps or found.device.id in gate.directory.sessions:
        conversation = Conversation(line, found.device, keeps_s=keeps)
        present = await conversation.resume(clean=asked.clean)
        line.conversation = conversation if keeps else None
    if line.transport is None:
        return
    _welcome(line, found, kinds)
    line.send(packets.connack(asked.version, packets.SUCCESS, present=present, values=_offers(line, asked)))
    line.release(JOINING)
    if present and line.conversation is not None:
        line.conversation.wake()


def _welcome(line: Connection, found: Admission, kinds: dict[bytes, str]) -> None:
    gate, device = line.gate, found.device
    assert device is not None and line.connect is not None
    before = gate.connections.get(device.code)
    if before is not None:
        before.leave(packets.TAKEN_OVER)
        _off(before)
    waiting = gate.wills.pop(device.code, None)
    if waiting is not None:
        waiting.cancel()
    line.device, line.key, line.kinds, line.will = device, found.key, kinds, line.connect.will
    gate.joining.discard(line)
    gate.connections[device.code] = line
    gate.presence.of(device.id).online = True


def _objection(asked: Connect, found: Admission) -> int:
    if found.device is None:
        known = {"unknown-device": packets.BAD_CREDENTIALS, "bad-key": packets.BAD_CREDENTIALS}
        return known.get(found.reason, packets.NOT_AUTHORIZED)
    if not asked.client_id:
        return packets.BAD_CLIENT_ID if asked.version == V3 and not asked.clean else packets.SUCCESS
    return packets.SUCCESS if asked.client_id == found.device.code else packets.BAD_CLIENT_ID


def _turn_away(line: Connection, reason: str, code: int) -> None:
    assert line.connect is not None
    claimed = line.connect.user or line.connect.client_id
    line.gate.refusals.count(claimed, reason, stranger=claimed not in line.gate.directory.by_code)
    line.send(packets.connack(line.connect.version, code))
    line.leave()


def _expiry_s(asked: Connect) -> int:
    """How long the session outlives the connection."""
    if asked.version == V3:
        return 0 if asked.clean else LONGEST_SESSION_S
    return min(packets.number(asked.properties, packets.SESSION_EXPIRY, 0), LONGEST_SESSION_S)


def _offers(line: Connection, asked: Connect) -> list[tuple[int, packets.Value]]:
    if asked.version == V3:
        return []
    choices = line.gate.choices
    offers: list[tuple[int, packets.Value]] = [
        (packets.RECEIVE_MAXIMUM, choices.in_flight),
        (packets.MAXIMUM_PACKET, choices.packet_bytes),
        (packets.ALIAS_MAXIMUM, 16),
        (packets.SUBSCRIPTION_IDS, 0),
        (packets.SHARED, 0),
    ]
    if packets.number(asked.properties, packets.SESSION_EXPIRY, 0) > LONGEST_SESSION_S:
        offers.append((packets.SESSION_EXPIRY, LONGEST_SESSION_S))
    if not asked.client_id and line.device is not None:
        offers.append((packets.ASSIGNED_ID, line.device.code))
    return offers


# --- subscribing ------------------------------------------------------------------------------------------------------


def _subscribe(line: Connection, body: bytes) -> None:
    packet_id, wishes = packets.subscribe(body, line.version)
    assert line.device is not None
    if line.conversation is None:
        line.conversation = Conversation(line, line.device)
    conversation, codes, fresh = line.conversation, [], []
    for wish in wishes:
        if not _may_hear(line.device.code, wish.filter) or len(conversation.filters) >= MOST_FILTERS:
            line.gate.refusals.count(line.device.code, "forged", wish.filter.encode())
            codes.append(packets.NOT_AUTHORIZED)
            continue
        qos = min(wish.qos, 1)
        new = wish.filter not in conversation.filters
        conversation.filters[wish.filter] = qos
        codes.append(qos)
        if _is_command(wish.filter) and (wish.handling == 0 or (wish.handling == 1 and new)):
            fresh.append(wish.filter)
    line.hold(JOINING)
    line.gate.spawn(_after_subscribing(line, packets.suback(line.version, packet_id, codes), retained=bool(fresh)))


async def _after_subscribing(line: Connection, answer: bytes, *, retained: bool) -> None:
    """A session that is kept is on disk before the device is told that it is subscribed."""
    conversation = line.conversation
    if conversation is not None:
        await conversation.begin()
    line.send(answer)
    if conversation is not None and retained:
        await conversation.tell_retained()
    line.release(JOINING)


def _unsubscribe(line: Connection, body: bytes) -> None:
    packet_id, names = packets.unsubscribe(body, line.version)
    known = line.conversation.filters if line.conversation else {}
    codes = [packets.SUCCESS if known.pop(name, None) is not None else packets.NO_SUBSCRIPTION for name in names]
    line.hold(JOINING)
    answer = packets.unsuback(line.version, packet_id, codes)
    line.gate.spawn(_after_subscribing(line, answer, retained=False))


def _acknowledged(line: Connection, body: bytes) -> None:
    packet_id, reason = packets.acknowledged(body, line.version)
    if line.conversation is not None:
        line.conversation.acknowledged(packet_id, taken=reason < 0x80)


def _may_hear(code: str, filter: str) -> bool:
    """Its own commands and nothing else; a wildcard below its own name is harmless."""
    if filter in (f"ls/{code}/cmd", f"ls/{code}/#", f"ls/{code}/+"):
        return True
    parts = filter.split("/")
    if parts[:2] == ["spBv1.0", "STATE"] or parts[0] == "STATE":
        return len(parts) <= 3
    return len(parts) in (4, 5) and parts[0] == "spBv1.0" and parts[2] in ("NCMD", "DCMD") and parts[3] == code


def _is_command(filter: str) -> bool:
    return filter.startswith("ls/")


def _may_say(code: str, topic: str, kinds: dict[bytes, str]) -> bool:
    parts = topic.split("/")
    sparkplug = len(parts) in (4, 5) and parts[0] == "spBv1.0" and parts[3] == code
    return sparkplug or topic.encode() in kinds


def other_topic(line: Connection, topic: bytes, payload: bytes) -> str:
    """Not one of the device's own plain topics: Sparkplug below its own name, or something it may not."""
    device, gate = line.device, line.gate
    assert device is not None
    if topic.startswith(b"spBv1.0/"):
        reason = gate.sparkplug.take(gate.intake.current.columns, device, topic.decode("utf-8", "replace"), payload)
    else:
        own = topic.startswith(f"ls/{device.code}/".encode())
        reason = "unknown-kind" if own and b"+" not in topic and b"#" not in topic else "forged"
        gate.refusals.count(device.code, reason, topic)
    return reason


# --- leaving ----------------------------------------------------------------------------------------------------------


def _disconnect(line: Connection, body: bytes) -> None:
    reason, properties = packets.disconnect(body, line.version)
    if reason != 0x04:  # "disconnect with will message"
        line.will = None
    if line.conversation is not None and packets.SESSION_EXPIRY in properties:
        line.conversation.keeps_s = min(packets.number(properties, packets.SESSION_EXPIRY, 0), LONGEST_SESSION_S)
    line.leave()


def gone(line: Connection) -> None:
    """The line is down, whoever hung up."""
    if line.gate.connections.get(line.device.code if line.device else "") is line:
        _off(line)


def _off(line: Connection) -> None:
    gate, device, will = line.gate, line.device, line.will
    assert device is not None
    gate.connections.pop(device.code, None)
    gate.presence.of(device.id).online = False
    if line.conversation is not None:
        line.conversation.end()
    if will is None:
        return
    line.will = None
    keeps = line.conversation.keeps_s if line.conversation else 0
    delay = min(will.delay_s, keeps)
    gate.wills[device.code] = asyncio.get_running_loop().call_later(delay, _say_will, gate, device.code, will)


def _say_will(gate: Gate, code: str, will: Will) -> None:
    gate.wills.pop(code, None)
    device = gate.directory.by_code.get(code)
    if device is None:
        return
    columns = gate.intake.current.columns
    if will.topic.startswith("spBv1.0/"):
        gate.sparkplug.take(columns, device, will.topic, will.payload)
    else:
        gate.decoding.take(columns, device, will.topic.rpartition("/")[2], will.payload, gate.now_us())
    gate.intake.wake()
