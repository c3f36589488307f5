"""An optional toolbox for authors of connectors."""
