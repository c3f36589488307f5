"""What can be done: one use case a module, given its ports by constructor."""
