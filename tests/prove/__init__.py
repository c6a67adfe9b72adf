"""Proofs too long for every run: every prove_*.py here has rows(), as in tests/bench; `make prove` prints them."""
