"""`podium account`: an account keeps what a command does not name."""

import io

import pytest

from podium.accounts import read_accounts
from podium.cli import main
from schemas.events import Account, Membership
from schemas.passwords import verify_password
from schemas.producer import Producer

BOTH = (Membership("one", "1"), Membership("two", "2"))


@pytest.fixture
def podium(settings, kafka, monkeypatch):
    """Runs `podium account …` with a password on standard input; gives the exit code."""
    monkeypatch.setenv("PODIUM_PORT_BASE", str(settings.port_base))
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))

    def run(*arguments, password="secret"):  # a test's
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return main(["account", *arguments])

    return run


@pytest.fixture
def stored(settings, kafka):
    """Puts an account onto its topic."""

    def put(username, **fields):
        account = Account(recorded_at=1, recorded_by="x", username=username, **fields)
        with Producer(settings) as producer:
            producer.send("accounts", username, account).result()

    return put


def test_a_new_password_changes_nothing_else(podium, stored, settings):
    stored("keeps", role="team", name="K", memberships=BOTH, token_digests=("t",), session=4, disabled=True)
    assert podium("add", "keeps") == 0
    account = read_accounts(settings)["keeps"]
    assert verify_password(account.password, "secret")
    assert (account.role, account.name, account.memberships) == ("team", "K", BOTH)
    assert (account.token_digests, account.session, account.disabled) == (("t",), 5, True)
    assert podium("enable", "keeps") == 0
    assert not read_accounts(settings)["keeps"].disabled
    assert podium("disable", "keeps") == 0
    assert read_accounts(settings)["keeps"].disabled


def test_a_jury_of_some_contests_does_not_become_that_of_all(podium, stored, settings):
    stored("some", role="jury", memberships=(Membership("one", None),))
    assert podium("add", "some", "--role", "jury") == 0
    assert read_accounts(settings)["some"].memberships == (Membership("one", None),)
    assert podium("add", "some", "--role", "jury", "--contest", "two") == 0
    assert read_accounts(settings)["some"].memberships == (Membership("one", None), Membership("two", None))


def test_a_jury_of_all_contests_does_not_become_that_of_one(podium, stored, settings, capsys):
    stored("all", role="jury")
    assert podium("add", "all", "--contest", "one") == 2
    assert "jury of every contest already" in capsys.readouterr().err
    assert read_accounts(settings)["all"].memberships == ()


def test_a_membership_joins_the_others(podium, stored, settings):
    stored("joins", role="team", memberships=BOTH)
    assert podium("add", "joins", "--contest", "two", "--team", "22") == 0
    assert read_accounts(settings)["joins"].memberships == (Membership("one", "1"), Membership("two", "22"))


def test_a_role_changes_only_where_that_is_asked_for(podium, stored, settings, capsys):
    stored("climbs", role="team", memberships=BOTH)
    assert podium("add", "climbs", "--role", "admin") == 2
    assert "account climbs is team; --change-role makes it admin" in capsys.readouterr().err
    assert read_accounts(settings)["climbs"].role == "team"
    assert podium("add", "climbs", "--role", "admin", "--change-role") == 0
    assert read_accounts(settings)["climbs"].role == "admin"


@pytest.mark.parametrize("role", ["jury", "analyst", "admin", "judge", "public"])
def test_every_role_can_be_made(podium, settings, role):
    assert podium("add", f"new-{role}", "--role", role) == 0
    assert read_accounts(settings)[f"new-{role}"].role == role


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "there is no account 'nobody'; a new one needs --role"),
        (["nobody", "--role", "wizard"], "there is no such role"),
        (["nobody", "--role", "team"], "a team account needs --contest and --team"),
        (["nobody", "--role", "team", "--contest", "one"], "a team account needs --contest and --team"),
        (["a:b", "--role", "jury"], "without ':'"),
        (["nobody", "--role", "jury", "--contest", "a b"], "--contest: 'a b' is not an id"),
    ],
)
def test_wrong_input_changes_nothing(podium, settings, capsys, arguments, says):
    assert podium("add", *arguments) == 2
    assert says in capsys.readouterr().err
    assert arguments[0] not in read_accounts(settings)


def test_names_are_listed_as_they_are(podium, stored, capsys):
    stored("[/x]\x1b[2J", role="jury")
    assert podium("list") == 0
    shown = capsys.readouterr().out
    assert "[/x][2J" in shown
    assert "\x1b[2J" not in shown
