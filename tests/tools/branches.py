"""Branch coverage of folders or modules from the last measured run; below the bound it fails and names the gaps."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

from tests.tools.sources import ROOT


def main(places: list[str], bound: int) -> int:
    """Print the share of branches that tests took in folders and modules together; 1 when it is below the bound (%)."""
    found = measured()
    files = {name: told for name, told in found.items() if any(f"{name}/".startswith(f"{at}/") for at in places)}
    what = ", ".join(places)
    every = sum(told["summary"]["num_branches"] for told in files.values())
    taken = sum(told["summary"]["covered_branches"] for told in files.values())
    enough = every > 0 and taken * 100 >= every * bound
    print(f"Branch coverage of {what}: {taken} of {every}, {100 * taken / max(every, 1):.1f} % (at least {bound} %)")
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
    sys.exit(main(sys.argv[1:-1], int(sys.argv[-1])))
