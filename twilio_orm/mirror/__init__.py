"""The mirror: the only rooms that touch the disk. They never meet the network."""
