"""What to order, how much, from whom and when."""
