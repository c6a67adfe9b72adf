"""Seeds that something was wrong with once: each is carried out again with every run of the tests."""

from __future__ import annotations

FOUND = {
    7: "fees are found although the exchange's door and its engine are 90 s apart",
    1141: "a stop that fired before the time it was noted at, by a clock that was put right since, is booked",
    2038: "an order lost with a backup is not taken for the later one that got its id",
    3092: "a clock that jumps ahead just after an order doesn't make a lagging position believed",
    3205: "a stop gets an id that none of its epoch's adopted ones has",
}
