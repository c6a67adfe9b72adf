"""Prints every measurement as one table with the facts of the machine: `make bench`."""

from __future__ import annotations

from tests.tools.table import aligned, machine, registered

if __name__ == "__main__":
    print(aligned([*registered("tests.bench", "bench_"), *machine()]))
