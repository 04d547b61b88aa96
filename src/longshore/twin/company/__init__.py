"""A believable cold-chain distributor of food and medicines, generated from a seed."""
