"""The metrics every installation knows. Their ids stand in each stored reading, so they never change."""

from __future__ import annotations

from longshore.sensing.models import Metric

# id, code, name, Chinese name, unit by UN/ECE Recommendation 20
METRICS = (
    (1, "temperature", "Temperature", "温度", "CEL"),
    (2, "humidity", "Relative humidity", "相对湿度", "P1"),
    (3, "battery", "Battery", "电量", "P1"),
    (4, "weight", "Weight", "重量", "KGM"),
    (5, "level", "Level", "液位或料位", "P1"),
    (6, "vibration", "Vibration velocity", "振动速度", "C16"),
    (7, "speed", "Speed", "速度", "KMH"),
    (8, "shock", "Shock", "冲击", "K40"),
    (9, "light", "Light", "照度", "LUX"),
    (10, "pressure", "Pressure", "压力", "KPA"),
    (11, "current", "Current", "电流", "AMP"),
    (12, "power", "Power", "功率", "KWT"),
    (13, "voltage", "Voltage", "电压", "VLT"),
    (14, "door", "Door open", "门开", "C62"),
    (15, "rate", "Pieces an hour", "每小时件数", "C62"),
    (16, "count", "Pieces", "件数", "C62"),
    (17, "co2", "Carbon dioxide", "二氧化碳", "59"),
    (18, "flow", "Flow", "流量", "MQH"),
    (19, "torque", "Torque", "扭矩", "NU"),
    (20, "rotation", "Rotation", "转速", "RPM"),
    (21, "signal", "Signal strength", "信号强度", "2N"),
    (22, "tilt", "Tilt", "倾角", "DD"),
    (23, "distance", "Distance", "距离", "MTR"),
    (24, "noise", "Noise", "噪声", "2N"),
)


def ensure_metrics() -> int:
    """Add what is missing; what a site has renamed stays renamed. Returns how many there are."""
    Metric.objects.bulk_create(
        [Metric(id=id, code=code, name=name, name_zh=name_zh, unit=unit) for id, code, name, name_zh, unit in METRICS],
        ignore_conflicts=True,
    )
    return len(METRICS)
