"""A supervisor of two sleeping children, as a process of its own: prints their process ids as they start.

Called with "over" and a file to hold, it hands over to the light process that `up` becomes.
"""

from __future__ import annotations

import fcntl
import os
import sys

from nof1web.jobs.supervising import Child, Supervisor

# One write, so that two who begin at once don't end up in one line.
SLEEPER = "import os, time; os.write(1, b'%d\\n' % os.getpid()); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


def main() -> None:
    """Keep both until SIGTERM."""
    supervisor = Supervisor()
    supervisor.listen()
    for name, program in (("sleeper", SLEEPER), ("stubborn", STUBBORN)):
        supervisor.keep(Child(name, (sys.executable, "-c", program), os.environ, ".", stop_seconds=0.3))
    if sys.argv[1:2] == ["over"]:
        lock = os.open(sys.argv[2], os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        supervisor.hand_over(os.getcwd(), [["sleeper"], ["stubborn"]], lock)
    supervisor.wait(lambda: False)
    supervisor.stop(["sleeper", "stubborn"])


if __name__ == "__main__":
    main()
