"""Binance USDⓈ-M futures over HTTP."""
