"""Decides: values in, values out; no clock, no environment, no log, no I/O."""
