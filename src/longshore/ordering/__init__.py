"""Customer orders, promises and allocation."""
