"""A supervisor of two sleeping children, as a process of its own: prints their process ids as they start."""

from __future__ import annotations

import os
import sys

from nof1web.cli.processes import Child, Supervisor

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


def main() -> None:
    """Keep both until SIGTERM."""
    supervisor = Supervisor()
    supervisor.listen()
    for name, program in (("sleeper", SLEEPER), ("stubborn", STUBBORN)):
        supervisor.keep(Child(name, (sys.executable, "-c", program), os.environ, ".", stop_seconds=0.3))
    supervisor.wait(lambda: False)
    supervisor.stop(["sleeper", "stubborn"])


if __name__ == "__main__":
    main()
