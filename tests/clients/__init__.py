"""Foreign clients as black boxes against the built-in exchange: ccxt and the official SDK."""
