"""The Connectors page: a small host in the browser, over the application and nothing else of the inside."""
