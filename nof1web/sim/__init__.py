"""The built-in exchange and arena: play money, the real exchange's dialect."""
