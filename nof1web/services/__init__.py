"""Does: one use case per function; I/O only through ports."""
