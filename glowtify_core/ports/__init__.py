"""What the core asks of the world: Protocols, and the records they speak."""
