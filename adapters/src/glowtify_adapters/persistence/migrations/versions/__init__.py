"""One file a revision, oldest ``r0001``."""
