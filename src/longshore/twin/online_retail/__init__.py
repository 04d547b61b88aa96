"""A real wholesaler's order lines (UCI Online Retail), replayed through the production verbs."""
