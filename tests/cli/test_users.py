"""`user add` and `user list`."""

from __future__ import annotations


def test_a_user_is_added_and_listed_without_the_password(console):
    added = console.json("user", "add", "Bob@Example.org", "--admin", "--password-stdin", typed="correct horse\n")
    assert (added["email"], added["role"]) == ("bob@example.org", "admin")
    listed = console("user", "list", "--json").stdout
    assert added["user_id"] in listed
    assert "correct" not in listed
    assert "argon2" not in listed


def test_a_short_password_is_refused_beside_its_field(console):
    error = console.error("user", "add", "bob@example.org", "--password-stdin", typed="short\n")
    assert error["code"] == "invalid_input"
    assert list(error["fields"]) == ["password"]
    assert len(console.json("user", "list")) == 1


def test_a_taken_address_is_refused(console):
    error = console.error("user", "add", "ANNA@example.org", "--password-stdin", typed="correct horse\n")
    assert list(error["fields"]) == ["email"]


def test_an_unknown_user_is_one_sentence(console):
    result = console("credential", "list", "--user", "nobody@example.org")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no user nobody@example.org. List them with: flask nof1 user list\n"


def test_a_user_is_found_by_address_in_any_case_and_by_id(console):
    anna = console.json("user", "list")[0]["user_id"]
    assert console.json("credential", "list", "--user", "ANNA@example.org") == []
    assert console.json("credential", "list", "--user", anna) == []


def test_a_disabled_user_trades_no_more_until_a_person_ends_the_halt(console):
    console.add_credential()
    assert console.json("user", "disable", "anna@example.org")["halted"] is True
    again = console.json("user", "enable", "anna@example.org")
    assert (again["enabled"], again["halted"]) == (True, True)
    console.json("unhalt", "--user", "anna@example.org")
    assert console.json("user", "enable", "anna@example.org")["halted"] is False
