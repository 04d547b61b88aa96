"""Questions about devices and what they said."""
