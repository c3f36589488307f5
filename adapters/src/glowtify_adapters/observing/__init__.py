"""Watching the work: logs always, traces and figures where they are wanted. Import the module you need."""
