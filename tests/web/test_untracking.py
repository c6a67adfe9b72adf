"""A tracker is taken away on a page of its own, once its name was typed."""

from __future__ import annotations

from nof1web.services import trackers
from tests.web import seed
from tests.web.conftest import send
from tests.web.past import named


def test_a_tracker_leaves_once_its_name_is_typed_and_its_orders_stay(page, wiring, ann):
    credential = seed.ids(ann)[0]
    made = trackers.add(wiring, ann.id, credential=credential, source="nof1", agent="qwen3-max", name="", settings={})
    path = f"/trackers/{made.id}/remove"
    assert f'href="{path}"' in page.get(f"/trackers/{made.id}").text and made.name in page.get(path).text
    status, text = send(page, path, typed="something else")
    assert status == 422 and "Type the name exactly as it stands here" in text
    assert send(page, path, typed=made.name)[0] == 303
    assert page.get(f"/trackers/{made.id}").status_code == 404
    assert f"{made.name} is removed" in page.get(f"/credentials/{credential}").text


def test_a_tracker_that_holds_something_stays(page, ann):
    tracker = seed.ids(ann)[1]
    status, text = send(page, f"/trackers/{tracker}/remove", typed="deepseek-chat-v3.1 t1")
    assert status == 409 and "still holds positions" in text
    assert f"/trackers/{tracker}/remove" not in page.get(f"/trackers/{tracker}").text


def test_anothers_tracker_is_not_there_to_be_removed(others_page, ann):
    path = f"/trackers/{named(ann.id, 't2')}/remove"
    assert others_page.get(path).status_code == 404 and send(others_page, path, typed="x")[0] == 404
