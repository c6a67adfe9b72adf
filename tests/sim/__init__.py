"""Tests of the built-in exchange and arena."""

from __future__ import annotations
