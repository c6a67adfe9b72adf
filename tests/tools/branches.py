"""Branch coverage of a folder from the last measured run; a share below the bound fails and names what is missing."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

from tests.tools.sources import ROOT


def main(folder: str, bound: int) -> int:
    """Print the share of a folder's branches that tests took; 1 when it is below the bound (%)."""
    files = {name: told for name, told in measured().items() if name.startswith(f"{folder}/")}
    every = sum(told["summary"]["num_branches"] for told in files.values())
    taken = sum(told["summary"]["covered_branches"] for told in files.values())
    enough = every > 0 and taken * 100 >= every * bound
    print(f"Branch coverage of {folder}: {taken} of {every}, {100 * taken / max(every, 1):.1f} % (at least {bound} %)")
    if enough:
        return 0
    for name, told in files.items():
        for line, to in told["missing_branches"]:
            print(f"{name}:{line} never goes on to {'the end' if to < 0 else f'line {to}'}")
    return 1


def measured() -> dict[str, Any]:
    """Return coverage's account of every measured file, by its path from the root."""
    coverage = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        coverage.json_report(outfile=str(report))
        return dict(json.loads(report.read_text(encoding="utf-8"))["files"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
