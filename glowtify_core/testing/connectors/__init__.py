"""The contract of connectors: one class a side of the port, and the tiers made of them."""
