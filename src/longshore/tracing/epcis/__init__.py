"""An EPCIS 2.0 repository: capture, query, subscriptions, and the ledger told in its words."""
