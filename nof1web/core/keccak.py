"""Keccak-256 as Ethereum uses it, for the checksum in an address; the standard library has only its successor SHA-3."""

from __future__ import annotations

_ROUNDS = 24
_RATE = 136
_LANE = (1 << 64) - 1


def keccak256(message: bytes) -> bytes:
    """Return the 32-byte hash (Keccak's own padding, not SHA-3's)."""
    padded = message + b"\x01"
    padded += b"\0" * (-len(padded) % _RATE)
    padded = padded[:-1] + bytes([padded[-1] | 0x80])
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), _RATE):
        block = padded[start : start + _RATE]
        for lane in range(_RATE // 8):
            lanes[lane % 5][lane // 5] ^= int.from_bytes(block[lane * 8 : lane * 8 + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lanes[lane][0].to_bytes(8, "little") for lane in range(4))


def _turned(lane: int, bits: int) -> int:
    return ((lane << bits % 64) | (lane >> (64 - bits % 64))) & _LANE


def _permuted(lanes: list[list[int]]) -> list[list[int]]:
    register = 1
    for _ in range(_ROUNDS):
        columns = [lane[0] ^ lane[1] ^ lane[2] ^ lane[3] ^ lane[4] for lane in lanes]
        mixed = [columns[(x + 4) % 5] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lanes[x][y] ^ mixed[x] for y in range(5)] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _turned(current, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & _LANE)
        for bit in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
            if register & 2:
                lanes[0][0] ^= 1 << ((1 << bit) - 1)
    return lanes
