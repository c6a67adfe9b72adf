"""What holds for every test: an environment of its own, skips that say why, thorough property tests in `make prove`."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Thousands of collected tests and modules are no garbage: looking through them again and again is a tenth of the work.
gc.set_threshold(50_000, 20, 100)

OURS = ("NOF1_", "BINANCE_", "HYPERLIQUID_")
NAMES = {"SECRET_KEY", "REDIS_URL", "PORT", "WEB_CONCURRENCY", "SMTP_URL", "TELEGRAM_URL", "FLASK_APP"}

# No deadlines: how long an example takes is the machine's business.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# The same examples each time: what is new is looked for by `make prove`.
settings.register_profile("short", max_examples=60, derandomize=True, **UNHURRIED)
settings.register_profile("prove", max_examples=600, **UNHURRIED)
settings.load_profile("prove" if os.environ.get("NOF1_PROVE") else "short")


def pytest_configure() -> None:
    """Forget the variables of whoever runs the tests, so that they mean the same everywhere."""
    for name in [name for name in os.environ if name in NAMES or (name.startswith(OURS) and name != "NOF1_PROVE")]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives a browser where there is none."""
    if shutil.which("chromium") is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: install Debian's package chromium"))


@pytest.fixture
def tenants_dir(tmp_path: Path) -> Path:
    """An empty data folder, readable by nobody else."""
    folder = tmp_path / "tenants"
    folder.mkdir(mode=0o700)
    return folder
