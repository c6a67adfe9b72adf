"""The command line, called as a person or a script calls it."""

from __future__ import annotations
