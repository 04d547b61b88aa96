"""Facts: items, units of measure, places, partners, lanes, calendars, lots and handling units."""
