"""Marks of addresses: what says that an address was invited, or left, without holding the address."""

import hmac

from jobs.base.app import App


def mark_of(app: App, address: str) -> str:
    """The mark of an address; without our secret nobody can try which address it stands for."""
    return hmac.digest(app.secret, b"invitation\0" + address.encode(), "sha256").hex()
