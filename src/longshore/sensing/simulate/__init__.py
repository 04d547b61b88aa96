"""Devices that do not exist, speaking over real MQTT, with the faults of those that do."""
