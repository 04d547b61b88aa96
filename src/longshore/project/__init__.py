"""Settings, addresses, serving, jobs and the table of subscriptions."""
