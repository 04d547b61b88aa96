"""Put-away, waves, picks, packs and counts."""
