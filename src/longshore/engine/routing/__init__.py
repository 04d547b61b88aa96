"""Vehicle routes with time windows, capacities and temperature classes; distance and travel-time matrices."""
