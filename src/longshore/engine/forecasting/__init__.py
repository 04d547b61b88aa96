"""Demand forecasts with their error, by class of demand."""
