"""What to make, move and buy over the whole network, day by day, and what a changed fact changes of it."""
