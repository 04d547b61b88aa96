"""What a site may choose about its gateway: LONGSHORE_* variables, read once when the process starts."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass


def _number(name: str, otherwise: int) -> int:
    return int(os.environ.get(name) or otherwise)


@dataclass(frozen=True, slots=True)
class Choices:
    """A port of 0 lets the system choose."""

    host: str = "127.0.0.1"
    mqtt_port: int = 1883
    tls_port: int = 8883
    http_port: int = 8010
    certificate: str = ""
    key: str = ""
    broker: str = ""
    packet_bytes: int = 256 * 1024
    device_per_s: int = 2_000
    in_flight: int = 4_000
    waiting_rows: int = 60_000
    keep_days: int = 400
    future_s: int = 86_400
    join_s: float = 10.0

    def tls(self) -> ssl.SSLContext | None:
        """The server's side of TLS 1.2 or newer, when a certificate is given."""
        if not self.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key or None)
        return context


def chosen() -> Choices:
    return Choices(
        host=os.environ.get("LONGSHORE_GATEWAY_HOST") or "127.0.0.1",
        mqtt_port=_number("LONGSHORE_MQTT_PORT", 1883),
        tls_port=_number("LONGSHORE_MQTT_TLS_PORT", 8883),
        http_port=_number("LONGSHORE_INTAKE_PORT", 8010),
        certificate=os.environ.get("LONGSHORE_TLS_CERTIFICATE", ""),
        key=os.environ.get("LONGSHORE_TLS_KEY", ""),
        broker=os.environ.get("LONGSHORE_BROKER", ""),
        packet_bytes=_number("LONGSHORE_MAX_PACKET_BYTES", 256 * 1024),
        device_per_s=_number("LONGSHORE_DEVICE_PER_SECOND", 2_000),
        keep_days=_number("LONGSHORE_KEEP_READINGS_DAYS", 400),
    )
