"""Measurements: every bench_*.py here has rows() -> Iterable[tuple[what, measured, how]]; `make bench` prints them."""
