"""The plugin host: finds connectors by entry point. The only place that knows pluggy."""
