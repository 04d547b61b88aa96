"""Safety stock, reorder point, order quantity and order-up-to level."""
