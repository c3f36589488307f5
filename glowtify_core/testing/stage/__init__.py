"""Where a connector is tried: a script that plays its platform, a wire that breaks, a host, and a judge."""
