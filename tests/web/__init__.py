"""Tests of pages, fragments and live push."""
