"""Nobody is refused before the accounts are read: who is unknown now may be known in a moment."""

import pytest

from api.accounts import Accounts
from schemas.errors import DependencyError
from schemas.events import Account
from schemas.passwords import hash_password
from schemas.producer import Producer
from tests.wait import until


def test_a_login_waits_until_the_accounts_are_read_to_the_end(settings, kafka):
    account = Account(
        recorded_at=1, recorded_by="test", username="early-bird", role="jury", password=hash_password("x")
    )
    with Producer(settings) as producer:
        producer.send("accounts", account.username, account).result()
    accounts = Accounts(settings)
    with pytest.raises(DependencyError, match="not read yet"):
        accounts.get("early-bird")
    accounts.start()
    try:
        until(lambda: accounts.ready, 30, "the accounts are read")
        assert accounts.get("early-bird").account == account
        assert accounts.get("nobody-of-that-name") is None
    finally:
        accounts.close()
