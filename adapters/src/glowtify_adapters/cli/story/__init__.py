"""What `glowtify demo` tells: the stage, and the scenes on it."""
