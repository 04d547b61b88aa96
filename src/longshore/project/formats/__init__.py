"""How numbers and dates are written, where Django writes them otherwise than the people who read them."""
