"""The paper environment: an account of our own, filled by the built-in engine at live marks (DESIGN §3)."""
