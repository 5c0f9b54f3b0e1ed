"""`podium account`: an account keeps what a command does not name."""

import dataclasses
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Producer as KafkaProducer

from podium.accounts import read_accounts
from podium.cli import main
from schemas import account_turn
from schemas.account_turn import change_accounts
from schemas.codec import codec
from schemas.errors import ProduceTimeoutError
from schemas.events import Account, AuditEntry, Membership, Token, Webhook
from schemas.ids import CONTEST_PARTITIONS
from schemas.passwords import verify_password
from schemas.producer import Producer
from schemas.reader import read_topic

TOKEN = Token("tool", "0" * 64, ("read",), 1)
about = {"account": "x", "address": "", "action": "change", "target": "account", "status": 200}
ENTRY = AuditEntry(recorded_at=1, recorded_by="x", **about)
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
    stored("keeps", role="team", name="K", memberships=BOTH, tokens=(TOKEN,), session=4, disabled=True)
    assert podium("add", "keeps") == 0
    account = read_accounts(settings)["keeps"]
    assert verify_password(account.password, "secret")
    assert (account.role, account.name, account.memberships) == ("team", "K", BOTH)
    assert (account.tokens, account.session, account.disabled) == ((TOKEN,), 5, True)
    assert podium("enable", "keeps") == 0
    assert not read_accounts(settings)["keeps"].disabled
    assert podium("disable", "keeps") == 0
    assert read_accounts(settings)["keeps"].disabled


def test_who_changes_an_account_while_another_does_undoes_nothing(podium, stored, settings, monkeypatch, capsys):
    stored("shared", role="jury", password="old")

    class AtTheKeyboard(io.StringIO):
        def readline(self):
            assert podium("disable", "shared") == 0
            return "secret\n"

    monkeypatch.setattr("sys.stdin", AtTheKeyboard())
    assert main(["account", "add", "shared"]) == 2
    assert (
        "account shared was changed by somebody else meanwhile; look again and do it again" in capsys.readouterr().err
    )
    account = read_accounts(settings)["shared"]
    assert (account.password, account.disabled) == ("old", True)


def test_many_who_change_an_account_at_once_each_do(stored, settings):
    stored("busy", role="jury")

    def add(name):
        def wanted():
            old = read_accounts(settings)["busy"]
            return [(dataclasses.replace(old, tokens=(*old.tokens, dataclasses.replace(TOKEN, name=name))), ENTRY)]

        change_accounts(settings, wanted)

    with ThreadPoolExecutor() as pool:
        list(pool.map(add, "abcd"))
    assert sorted(one.name for one in read_accounts(settings)["busy"].tokens) == ["a", "b", "c", "d"]


def test_a_commit_of_which_the_broker_says_nothing_clear_is_another_try(stored, settings, monkeypatch):
    stored("tried", role="jury")
    commits = []

    class Racing(KafkaProducer):
        def commit_transaction(self, timeout):
            commits.append(self)
            if len(commits) == 1:
                raise KafkaException(KafkaError(KafkaError.UNKNOWN))
            super().commit_transaction(timeout)

    monkeypatch.setattr(account_turn, "KafkaProducer", Racing)
    change_accounts(settings, lambda: [(dataclasses.replace(read_accounts(settings)["tried"], role="admin"), ENTRY)])
    assert read_accounts(settings)["tried"].role == "admin"
    assert len(commits) == 2


def test_a_commit_that_was_taken_though_it_looked_lost_is_written_once(stored, settings, monkeypatch):
    stored("lucky", role="jury")
    commits, asked = [], []

    class Answerless(KafkaProducer):
        def commit_transaction(self, timeout):
            commits.append(self)
            super().commit_transaction(timeout)
            raise KafkaException(KafkaError(KafkaError._FENCED))

    def wanted():
        asked.append(read_accounts(settings)["lucky"])
        entry = dataclasses.replace(ENTRY, target="account lucky")
        return [(dataclasses.replace(asked[-1], session=asked[-1].session + 1), entry)]

    monkeypatch.setattr(account_turn, "KafkaProducer", Answerless)
    change_accounts(settings, wanted)
    assert read_accounts(settings)["lucky"].session == 1
    assert (len(commits), len(asked)) == (1, 1)
    found = [codec().decode(raw.value) for raw in read_topic(settings, "audit", CONTEST_PARTITIONS)]
    assert len([one for one in found if one.target == "account lucky"]) == 1


def test_a_change_that_is_not_written_is_not_in_the_audit_either(stored, settings, monkeypatch):
    stored("unsure", role="jury")
    old = read_accounts(settings)["unsure"]

    def told():
        found = [codec().decode(raw.value) for raw in read_topic(settings, "audit", CONTEST_PARTITIONS)]
        return [one for one in found if one.target == "account unsure"]

    def wanted():
        tries.append(old)
        if len(tries) == 1:
            change_accounts(settings, tuple)  # somebody else's turn
        entry = dataclasses.replace(ENTRY, target="account unsure", detail=f"{len(tries)}")
        return [(dataclasses.replace(old, role="admin"), entry)]

    tries = []
    change_accounts(settings, wanted)
    assert read_accounts(settings)["unsure"].role == "admin"
    assert [one.detail for one in told()] == ["2"], "what was fenced off is not told"


def test_who_has_changed_an_account_is_told_when_all_who_read_see_it(stored, settings, monkeypatch):
    stored("late", role="jury")
    old = read_accounts(settings)["late"]
    # as where a replica is slow: the broker has taken the commit, and those who read do not come past this one yet
    conf = {"bootstrap.servers": settings.kafka, "transactional.id": "another", "partitioner": "murmur2_random"}
    slow = KafkaProducer(conf)
    slow.init_transactions(30)
    slow.begin_transaction()
    slow.produce("accounts", key="late", value=codec().encode(old))
    assert slow.flush(30) == 0

    def change(**fields):
        change_accounts(settings, lambda: [(dataclasses.replace(old, **fields), ENTRY)])
        return read_accounts(settings)["late"]

    monkeypatch.setattr(account_turn, "READ_S", 0.0)
    with pytest.raises(ProduceTimeoutError, match="nobody can read it yet"):
        change(role="admin")
    assert read_accounts(settings)["late"].role == "jury"
    monkeypatch.setattr(account_turn, "READ_S", 30.0)
    with ThreadPoolExecutor() as pool:
        changed = pool.submit(change, role="analyst")
        slow.abort_transaction(30)
        assert changed.result().role == "analyst"


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
        (["nobody", "--role", "admin", "--contest", "one"], "an admin is one of every contest; leave --contest out"),
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


def test_a_token_is_shown_once_and_opens_nothing_once_it_is_revoked(podium, stored, settings, capsys):
    stored("tools", role="admin", session=3)
    assert podium("token", "add", "tools", "resolver") == 0
    assert podium("token", "add", "tools", "judge system", "--scope", "submit", "--scope", "read") == 0
    reads, writes = capsys.readouterr().out.split()
    account = read_accounts(settings)["tools"]
    assert [(one.name, one.digest, one.scopes) for one in account.tokens] == [
        ("resolver", hashlib.sha256(reads.encode()).hexdigest(), ("read",)),
        ("judge system", hashlib.sha256(writes.encode()).hexdigest(), ("read", "submit")),
    ]
    assert account.session == 3
    assert len(reads) > 43
    assert podium("token", "list", "tools") == 0
    listed = capsys.readouterr().out
    assert "resolver" in listed
    assert "read, submit" in listed
    assert reads not in listed
    for wrong, says in (
        (("add", "tools", "resolver"), "has a token 'resolver' already"),
        (("add", "tools", "x", "--scope", "all"), "--scope all: there is no such scope"),
        (("add", "tools", "x\n"), "printable"),
        (("add", "nobody", "x"), "there is no account 'nobody'"),
        (("revoke", "tools", "x"), "has no token 'x'"),
    ):
        assert podium("token", *wrong) == 2
        assert says in capsys.readouterr().err
    assert podium("token", "revoke", "tools", "resolver") == 0
    assert [one.name for one in read_accounts(settings)["tools"].tokens] == ["judge system"]


def test_the_jury_gives_new_passwords_and_all_is_in_the_audit(podium, stored, settings, monkeypatch, capsys):
    begin = account_turn._begin
    hook = Webhook("mine", "2026-01", "https://tools.example/hook", "secret")
    stored("forgot-1", role="team", memberships=BOTH, tokens=(TOKEN,), session=1, password="old", webhooks=(hook,))
    stored("forgot-2", role="jury", disabled=True)
    assert podium("reset", "forgot-1", "nobody") == 2
    assert read_accounts(settings)["forgot-1"].password == "old"
    capsys.readouterr()
    turns = []
    monkeypatch.setattr(account_turn, "_begin", lambda *of: turns.append(of) or begin(*of))
    assert podium("reset", "forgot-1", "forgot-2") == 0
    assert len(turns) == 1, "a hall of teams takes no longer than one"
    shown = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    accounts = read_accounts(settings)
    for name, password in shown.items():
        assert verify_password(accounts[name].password, password)
    one = accounts["forgot-1"]
    assert (one.role, one.memberships, one.tokens, one.session) == ("team", BOTH, (), 2)
    assert [(kept.id, kept.active) for kept in one.webhooks] == [("mine", False)], "whoever had the password made it"
    assert accounts["forgot-2"].disabled
    assert len(set(shown.values())) == 2
    podium("disable", "forgot-1")
    found = [codec().decode(raw.value) for raw in read_topic(settings, "audit", CONTEST_PARTITIONS)]
    told = [(one.action, one.target) for one in found if isinstance(one, AuditEntry) and "forgot" in one.target]
    assert told == [
        ("reset password", "account forgot-1"),
        ("reset password", "account forgot-2"),
        ("disable account", "account forgot-1"),
    ]
    assert not any(password in str(found) for password in shown.values())
