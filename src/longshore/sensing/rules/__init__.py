"""What raw signals mean: pure rules, the same for live data, late data and a replay."""
