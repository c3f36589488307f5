"""Three platforms of different shape, each a script and a connector: the ports fit more than one."""
