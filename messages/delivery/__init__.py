"""How what stands in the outbox leaves: claimed, looked at once more, sent, recorded, and asked about later.

One idea a module. `messages.deliver` strings them together.
"""
