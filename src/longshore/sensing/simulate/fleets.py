"""Fleets to simulate: made from a seed, or of the devices that the registry knows."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import OuterRef, Subquery

from longshore.engine.simulating.streams import Streams
from longshore.sensing.models import LISTENED_TO, Attachment, Device
from longshore.sensing.simulate.signals import Simulated, Wave

COLD = {"temperature": Wave(2.2, 0.3, 0.12), "humidity": Wave(68.0, 3.0, 0.6, 1)}
FROZEN = {"temperature": Wave(-20.5, 0.6, 0.2), "humidity": Wave(55.0, 2.0, 0.5, 1)}
AMBIENT = {"temperature": Wave(21.0, 2.5, 0.2), "humidity": Wave(52.0, 6.0, 0.8, 1)}
PHARMA = {"temperature": Wave(5.0, 0.3, 0.08), "humidity": Wave(45.0, 2.0, 0.4, 1)}
CLIMATES: Mapping[str, Mapping[str, Wave]] = {
    "ambient": AMBIENT, "chilled": COLD, "frozen": FROZEN, "pharma": PHARMA,
}  # fmt: skip
MACHINE = {"vibration": Wave(2.8, 0.0, 0.15), "speed": Wave(60.0, 0.0, 0.8, 1)}
MIX = (("logger", 0.6), ("tracker", 0.2), ("scale", 0.1), ("machine", 0.05), ("portal", 0.05))
SIMULATED = tuple(kind for kind, _share in MIX)
SHANGHAI = (31.23, 121.47)


def make_fleet(count: int, seed: int, every_s: int = 60) -> tuple[Simulated, ...]:
    """`count` devices of every kind, named SIM-LOGGER-0001 …"""
    fleet: list[Simulated] = []
    for kind, share in MIX:
        number = round(count * share)
        fleet += [like(f"SIM-{kind.upper()}-{index + 1:04d}", kind, seed, every_s) for index in range(number)]
    missing = count - len(fleet)
    extra = [like(f"SIM-LOGGER-{9000 + index}", "logger", seed, every_s) for index in range(missing)]
    return tuple([*fleet, *extra][:count])


def like(code: str, kind: str, seed: int, every_s: int = 60, climate: str = "chilled") -> Simulated:
    """A device of this kind as the simulator would have it."""
    if kind == "logger":
        return Simulated(code, kind, every_s, CLIMATES[climate])
    if kind == "scale":
        return Simulated(code, kind, every_s, {}, capacity=120.0)
    if kind == "machine":
        return Simulated(code, kind, every_s, MACHINE)
    if kind == "tracker":
        rng = Streams(seed).stream("corners", code)
        corners = tuple(
            (SHANGHAI[0] + north, SHANGHAI[1] + east) for north, east in rng.uniform(-0.2, 0.2, (4, 2)).tolist()
        )
        return Simulated(code, kind, every_s, CLIMATES[climate], corners)
    return Simulated(code, "portal", every_s)


def registered_fleet(seed: int) -> tuple[Simulated, ...]:
    """The devices of the registry that are listened to and that the simulator can be; each in the climate of its place."""
    here = Attachment.objects.filter(device=OuterRef("pk"), until_at=None)
    rows = (
        Device.objects.filter(state__in=LISTENED_TO, kind__in=SIMULATED)
        .annotate(climate=Subquery(here.values("place__temperature_class")[:1]))
        .order_by("code")
    )
    return tuple(like(row.code, row.kind, seed, row.expected_every_s or 60, row.climate or "chilled") for row in rows)
