"""Chinese map datums to WGS-84. GCJ-02 is a published-by-use offset of WGS-84 inside China; BD-09 adds another to it."""

from __future__ import annotations

import math
from typing import Final

Point = tuple[float, float]  # latitude, longitude, degrees

_AXIS: Final = 6378245.0  # Krassovsky 1940
_ECCENTRICITY: Final = 0.00669342162296594323
_BD_TURN: Final = math.pi * 3000.0 / 180.0
# 1e-7 degrees are about a centimetre
_CLOSE_ENOUGH: Final = 1e-8
_ROUNDS: Final = 30


def to_wgs84(latitude: float, longitude: float, datum: str) -> Point:
    """The point in WGS-84. `datum`: WGS-84, GCJ-02 or BD-09."""
    if datum == "GCJ-02":
        return gcj_to_wgs(latitude, longitude)
    if datum == "BD-09":
        return gcj_to_wgs(*bd_to_gcj(latitude, longitude))
    if datum == "WGS-84":
        return latitude, longitude
    raise ValueError(f"unknown datum {datum}")


def in_china(latitude: float, longitude: float) -> bool:
    """Within the rectangle in which the offset is applied."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def wgs_to_gcj(latitude: float, longitude: float) -> Point:
    if not in_china(latitude, longitude):
        return latitude, longitude
    north, east = _offset(latitude, longitude)
    return latitude + north, longitude + east


def gcj_to_wgs(latitude: float, longitude: float) -> Point:
    """By iteration: the offset is smooth, so subtracting it where it would have been taken converges within centimetres."""
    if not in_china(latitude, longitude):
        return latitude, longitude
    north, east = latitude, longitude
    for _round in range(_ROUNDS):
        offset_north, offset_east = _offset(north, east)
        off_north, off_east = north + offset_north - latitude, east + offset_east - longitude
        north, east = north - off_north, east - off_east
        if abs(off_north) < _CLOSE_ENOUGH and abs(off_east) < _CLOSE_ENOUGH:
            break
    return north, east


def gcj_to_bd(latitude: float, longitude: float) -> Point:
    radius = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * _BD_TURN)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * _BD_TURN)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def bd_to_gcj(latitude: float, longitude: float) -> Point:
    """The inverse, by iteration too."""
    north, east = latitude - 0.006, longitude - 0.0065
    for _round in range(_ROUNDS):
        back_north, back_east = gcj_to_bd(north, east)
        off_north, off_east = back_north - latitude, back_east - longitude
        north, east = north - off_north, east - off_east
        if abs(off_north) < _CLOSE_ENOUGH and abs(off_east) < _CLOSE_ENOUGH:
            break
    return north, east


def _offset(latitude: float, longitude: float) -> Point:
    """How far GCJ-02 lies from WGS-84 here, degrees north and east."""
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += waves * 2.0 / 3.0
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += waves * 2.0 / 3.0
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(latitude)
    curve = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / (curve * math.sqrt(curve))
    return (
        math.degrees(north / meridian),
        math.degrees(east / (_AXIS / math.sqrt(curve) * math.cos(radians))),
    )
