"""Where devices speak to us: MQTT, HTTP, other brokers; acknowledged means committed."""
