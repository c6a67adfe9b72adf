"""`user add` and `user list`."""

from __future__ import annotations

from nof1web import wiring


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


def test_a_disabled_users_halt_is_not_ended_before_they_may_log_in(console):
    console.json("user", "disable", "anna@example.org")
    error = console.error("unhalt", "--user", "anna@example.org")
    assert error["code"] == "refused" and "may not log in: let them in again first" in error["message"]
    assert console.json("user", "disable", "anna@example.org")["halted"] is True


def test_one_damaged_database_keeps_nobody_else_from_new_keys_or_an_upgrade(console, tenants_dir):
    console.add_credential()
    bob = console.json("user", "add", "bob@example.org", "--password-stdin", typed="correct horse\n")["user_id"]
    wiring.ports().tenants.close()
    (tenants_dir / bob).mkdir(exist_ok=True)
    (tenants_dir / bob / "tenant.db").write_bytes(b"no database any more" * 400)
    for command in (("rotate-key",), ("rotate-key", "--tenants"), ("migrate",)):
        message = console.error(*command)["message"]
        assert "bob@example.org" in message and "is damaged" in message and message.endswith("All others are done.")
    remove = ("user", "remove", "bob@example.org", "--email", "bob@example.org")
    assert "close at the exchange what the accounts hold" in console.error(*remove)["message"]
    assert console.json(*remove, "--unreadable")["removed"] is True and not (tenants_dir / bob).exists()
