"""Lists page by page, ETags, and questions that can't be answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest

from nof1web.core.trading import Fill, Side
from nof1web.web.api.operations import ALL
from tests.web import seed

LISTS = ("/credentials", "/trackers", "/positions", "/holdings", "/orders", "/verdicts", "/events", "/agents",
         "/signals", "/sources", "/settings/schema", "/verdicts?history=true")  # fmt: skip


class Ids(dict[str, str]):
    """Ids by name; for what isn't there one that nothing has."""

    def __missing__(self, name: str) -> str:
        return "x_0"


def pages(program, path: str, limit: int) -> list:
    found, cursor, sign = [], "", "&" if "?" in path else "?"
    while True:
        page = program.read(f"{path}{sign}limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = page["next"]


@pytest.mark.parametrize("path", LISTS)
def test_pages_together_are_the_whole_list(path, program):
    whole = program.read(path + ("&" if "?" in path else "?") + "limit=200")["items"]
    paged = pages(program, path, 2)
    for each in (*whole, *paged):
        each.pop("age_s", None)
    assert paged == whole and len(whole) > 1


def test_a_credentials_lists_hold_only_its_own(program, ann):
    credential, tracker = seed.ids(ann)
    for name in ("positions", "holdings", "orders", "fills"):
        listed = program.read(f"/credentials/{credential}/{name}")["items"]
        assert listed == [each for each in program.read(f"/{name}")["items"] if each["credential_id"] == credential]
    assert all(each["tracker_id"] == tracker for each in program.read(f"/orders?tracker={tracker}")["items"])


def test_fills_are_paged_from_the_newest_back_also_those_of_one_moment(program, wiring, ann):
    credential, now = seed.ids(ann)[0], datetime.now(UTC)
    at = [now - timedelta(seconds=each // 2) for each in range(5)]
    some = [D("0.1"), D(50_000), D("0.02"), "USDT", D(0)]
    with wiring.tenants(ann.id) as store:
        store.journal.add_fills(
            credential, [Fill(str(each), "o", "BTCUSDT", Side.BUY, *some, at[each]) for each in range(5)]
        )
    for path in ("/fills", f"/credentials/{credential}/fills"):
        listed = program.read(path)["items"]
        assert pages(program, path, 2) == listed and [each["traded_at"] for each in listed] == sorted(
            (each["traded_at"] for each in listed), reverse=True
        )
        assert {each["trade_id"] for each in listed} == set("01234")


def test_equity_is_paged_from_the_newest_reading_back(program, ann):
    credential = seed.ids(ann)[0]
    times = [each["at"] for each in pages(program, f"/credentials/{credential}/equity", 20)]
    assert times == sorted(times, reverse=True) and len(times) > 40
    since = program.read(f"/credentials/{credential}/equity?since={times[5]}")["items"]
    assert [each["at"] for each in since] == times[:6]


def test_events_after_one_that_is_known(program):
    ids = [each["id"] for each in program.read("/events")["items"]]
    assert [each["id"] for each in program.read(f"/events?since={ids[2]}")["items"]] == ids[:2]


def test_what_is_unchanged_is_not_sent_again(program):
    first = program("GET", "/settings/schema")
    again = program("GET", "/settings/schema", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/orders?cursor=nonsense", "cursor"),
        ("/orders?cursor=WyJhIl0", "cursor"),
        ("/positions?cursor=WzFd", "cursor"),
        ("/orders?limit=0", "limit"),
        ("/orders?limit=1_0", "limit"),
        ("/orders?limit=5&limit=6", "limit"),
        ("/orders?colour=red", "colour"),
        ("/me?x=1", "x"),
        ("/verdicts?history=yes", "history"),
    ],
)
def test_a_question_that_cant_be_answered_names_the_field(path, field, program):
    answer = program("GET", path)
    assert (answer.status_code, list(answer.json["fields"])) == (422, [field])


def test_no_secret_and_no_whole_key_is_in_any_answer(program, ann):
    credential, tracker = seed.ids(ann)
    read = [each.path for each in ALL if each.method == "GET"]
    texts = [program("GET", path.format_map(Ids(credential=credential, tracker=tracker))).text for path in read]
    assert not any(seed.SECRET in text or seed.KEY[:20] in text or program.token in text for text in texts)
    assert sum(seed.KEY[:4] in text for text in texts) >= 3
