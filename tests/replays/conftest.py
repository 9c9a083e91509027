"""The replays run against the same program over real sockets as the conversation's own tests."""

from tests.conversation.conftest import fake, inbox, program, site

__all__ = ["fake", "inbox", "program", "site"]
