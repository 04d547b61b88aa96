"""The simulated world, replay and the demo company."""
