"""Where to hold safety stock in a network whose stages promise service times."""
