"""Tests of the jobs against real processes and a real server."""

from __future__ import annotations
