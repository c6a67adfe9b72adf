"""Tests of the Binance client."""
