"""The pages: for parents, for Twilio, for those who watch the program, and for the sandbox."""

from assistant.web.app_factory import create_app

__all__ = ["create_app"]
