"""What a stock policy would have cost and served on the demand that really came."""
