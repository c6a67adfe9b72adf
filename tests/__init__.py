"""Tests mirror nof1web/; run them with `make test`."""
