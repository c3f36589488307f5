"""The pages, one module each; ``ROUTES`` of a module says which paths are its."""
