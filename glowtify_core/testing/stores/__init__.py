"""The contracts of stores and of the gate."""
