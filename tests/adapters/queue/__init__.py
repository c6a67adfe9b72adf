"""Tests of adapters/queue."""

from __future__ import annotations
