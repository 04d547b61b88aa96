"""Demand, forecast, stock policy, replenishment and proposals."""
