"""nof1web: copy the positions of AI trading agents onto your own exchange accounts."""
