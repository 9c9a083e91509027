"""A loopback Twilio: a real HTTP server that behaves like the Messages API, and that texts back.

    with FakeTwilio() as fake:
        channel = TwilioSms(Twilio(api_base=fake.url, account_sid=fake.account.sid, ...), public_url)

The client under test talks plain HTTP to `fake.url`, from this process or from others. What it took is in
`messages`; `next` scripts what goes wrong; `call_back` and `text` post signed webhooks to the program.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlencode

from assistant.clock import Clock, SystemClock
from tests.support.fake_twilio_calling import Address, Call, call, error_of, told_to_fallback
from tests.support.fake_twilio_media import Pictures
from tests.support.fake_twilio_rules import (
    Account,
    Message,
    inbound_form,
    keyword,
    refusal,
    resource,
    status_form,
)
from tests.support.fake_twilio_setup import Setup
from tests.support.fake_twilio_wire import Answer, Mode, Server, post

_ORDER = (
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "undelivered",
    "failed",
    "canceled",
    "delivered",
    "read",
)
_OWN_ANSWERS = {
    "STOP": "You will get no more messages from this number. START brings them back.",
    "START": "You will get messages from this number again. STOP ends them.",
    "HELP": "STOP ends these messages. Rates may apply.",
}


@dataclass
class _Books:
    """Everything that the server's threads share, under one lock."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    messages: list[Message] = field(default_factory=list)
    attempts: list[dict[str, str]] = field(default_factory=list)
    modes: deque[Mode] = field(default_factory=deque)
    list_modes: deque[Mode] = field(default_factory=deque)
    opted_out: set[str] = field(default_factory=set)
    refuse: dict[str, int] = field(default_factory=dict)
    early: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)


class FakeTwilio:
    """See the module. Everything here may be called from any thread."""

    def __init__(self, account: Account | None = None, clock: Clock | None = None) -> None:
        self.account = account or Account(
            "AC" + "1a" * 16, "loopback-token", "MG" + "2b" * 16, "+14155550100"
        )
        self.clock = clock or SystemClock()
        self.setup = Setup()
        self.retry_after = "7"
        self.default_mode: Mode = "ok"
        self.default_list_mode: Mode = "ok"
        self.pictures = Pictures()
        self.rules: Literal["default", "advanced", "toll-free", "off", "toll-free off"] = "default"
        self.before_retry: Callable[[], object] = lambda: None
        self.released = threading.Event()
        self._books = _Books()
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> FakeTwilio:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What goes into the program's `api_base`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # What is scripted

    def next(self, *modes: Mode) -> None:
        """How the next creates end, one mode each; then `default_mode` again."""
        with self._books.lock:
            self._books.modes.extend(modes)

    def next_list(self, *modes: Mode) -> None:
        """How the next lists and fetches end."""
        with self._books.lock:
            self._books.list_modes.extend(modes)

    def rewind(self, messages: int) -> None:
        """Keep only so many messages, the oldest, as if the others had never been."""
        with self._books.lock:
            del self._books.messages[messages:]

    def no_lists(self) -> None:
        """From now on every list and fetch fails, with a gateway's page."""
        self.default_list_mode = "html-502"

    def lists_again(self) -> None:
        """From now on lists are answered truly again."""
        self.default_list_mode = "ok"

    def refuse(self, number: str, code: int) -> None:
        """Every create to this number is refused with this code."""
        with self._books.lock:
            self._books.refuse[number] = code

    def opt_out(self, number: str) -> None:
        """As if the number had texted STOP."""
        with self._books.lock:
            self._books.opted_out.add(number)

    def opt_in(self, number: str) -> None:
        """As if the number had texted START."""
        with self._books.lock:
            self._books.opted_out.discard(number)

    def call_back_early(self, *statuses: str) -> None:
        """From now on these statuses are called back before the create is answered."""
        with self._books.lock:
            self._books.early = statuses

    def forget(self) -> None:
        """Begin anew: no message, no script."""
        with self._books.lock:
            for kept in (self._books.messages, self._books.attempts, self._books.modes):
                kept.clear()
            for told in (self._books.calls, self._books.errors):
                told.clear()
            for more in (self._books.list_modes, self._books.opted_out, self._books.refuse):
                more.clear()
            self._books.early, self.default_mode = (), "ok"

    # What can be looked at

    @property
    def messages(self) -> list[Message]:
        """All that was kept, both directions, oldest first."""
        with self._books.lock:
            return list(self._books.messages)

    @property
    def attempts(self) -> list[dict[str, str]]:
        """The fields of every create that arrived, kept or not, oldest first."""
        with self._books.lock:
            return list(self._books.attempts)

    @property
    def calls(self) -> list[Call]:
        """Every post of a text that was tried, retries and fallback too, in the order they ended."""
        with self._books.lock:
            return list(self._books.calls)

    @property
    def errors(self) -> list[int]:
        """What Twilio noted: the error code of every delivery to an address that failed."""
        with self._books.lock:
            return list(self._books.errors)

    @property
    def connections(self) -> int:
        """How many connections were ever made to the API."""
        return self._server.connections

    @property
    def opted_out(self) -> frozenset[str]:
        with self._books.lock:
            return frozenset(self._books.opted_out)

    def sent(
        self, *, to: str | None = None, body: str | None = None, reference: str | None = None
    ) -> list[Message]:
        """Texts that were taken from the program, and would have gone out; oldest first."""
        return [
            m
            for m in self.messages
            if m.direction == "outbound-api"
            and (to is None or m.to == to)
            and (body is None or m.body == body)
            and (reference is None or m.reference == reference)
        ]

    def own_answers(self, to: str) -> list[Message]:
        """What Twilio itself answered to STOP, START and HELP."""
        return [m for m in self.messages if m.direction == "outbound-reply" and m.to == to]

    def message(self, sid: str) -> Message:
        """The message of this SID. Raises KeyError."""
        for item in self.messages:
            if item.sid == sid:
                return item
        raise KeyError(sid)

    def inbound_sid(self) -> str:
        """The SID of the newest text that came in. Raises IndexError where none did."""
        return [m.sid for m in self.messages if m.direction == "inbound"][-1]

    # What Twilio does to the program

    def call_back(self, sid: str, *statuses: str, error_code: int | None = None) -> list[Answer]:
        """Call each status back, in the order given, repeats and all. The message only moves forward."""
        answers = []
        for status in statuses:
            message = self._advance(sid, status, error_code)
            form = status_form(self.account, message, status, error_code)
            answers.append(post(message.status_callback, form, self.account.auth_token))
        return answers

    def progress(self, sid: str, status: str, error_code: int | None = None) -> None:
        """Move the message on without telling anybody: a lost callback."""
        self._advance(sid, status, error_code)

    def text(
        self,
        url: str,
        sender: str,
        body: str,
        *,
        signed_as: str = "",
        fallback: str = "",
        fallback_signed_as: str = "",
        times: int = 1,
        threads: int = 1,
        deliver: bool = True,
        more: Sequence[tuple[str, str]] = (),
        pictures: Sequence[tuple[str, bytes]] = (),
    ) -> list[Answer]:
        """A phone texts the program; the same webhook is posted `times` times from each of `threads` threads.

        `url`: where it is posted, with the connection overrides in its fragment; `fallback`: where it goes
        when that failed; `..._signed_as`: the address that is signed, if a proxy makes it another.
        `deliver=False`: the webhook is lost, the message stands in the list all the same.
        """
        message = self.receive(sender, body, pictures)
        if not deliver:
            return []
        form = self._form(message, more)
        answers: list[Answer] = []
        ready = threading.Barrier(threads)

        def run() -> None:
            ready.wait()
            for _ in range(times):
                answers.append(
                    self._deliver(form, Address(url, signed_as), Address(fallback, fallback_signed_as))
                )

        workers = [threading.Thread(target=run) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return answers

    def _deliver(self, form: list[tuple[str, str]], first: Address, fallback: Address) -> Answer:
        """Call the address and, when that failed, the fallback, where there is one. The last answer."""
        calls = call(first, form, self.account.auth_token, self.before_retry)
        self._note(calls)
        if calls[-1].answer.failure and fallback.url:
            told = told_to_fallback(form, calls[-1])
            calls = call(fallback, told, self.account.auth_token, self.before_retry)
            self._note(calls)
        return calls[-1].answer

    def _note(self, calls: list[Call]) -> None:
        with self._books.lock:
            self._books.calls += calls
            if calls[-1].answer.failure:
                self._books.errors.append(error_of(calls[-1]))

    def again(self, url: str, sid: str, *, signed_as: str | None = None) -> Answer:
        """The webhook of a message that came in before."""
        return post(url, self._form(self.message(sid)), self.account.auth_token, signed_as)

    def _form(self, message: Message, more: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
        told = self.pictures.form(self.url, self.account.sid, message.sid)
        word = self._keyword(message.body, message.sender)
        if self.rules == "advanced" and word:
            told.append(("OptOutType", word))
        return inbound_form(self.account, message, (*told, *more))

    def _keyword(self, body: str, sender: str) -> str:
        """What is acted on before the program, by the rules: "default", "advanced" (Twilio's opt-out page),
        "toll-free" (the network knows three words; Twilio still helps who is not blocked), "off" (Twilio acts
        on none), or "toll-free off" (and the network on its three).
        """
        word, said = keyword(body) or "", body.strip().upper()
        if self.rules == "off" or (self.rules == "advanced" and said == "YES"):
            return ""  # YES: taken off the list, as docs/operating.md asks for
        if self.rules.startswith("toll-free") and said not in ("STOP", "START", "UNSTOP"):
            helped = self.rules == "toll-free" and word == "HELP" and sender not in self.opted_out
            return word if helped else ""
        return word

    def receive(self, sender: str, body: str, pictures: Sequence[tuple[str, bytes]] = ()) -> Message:
        """An inbound message reaches Twilio, which acts on its keywords and answers them. No webhook yet."""
        word, ours = self._keyword(body, sender), self.account.number
        message = self._new(sender, ours, body, "received", "inbound", ())
        if pictures:
            message = replace(message, sid="MM" + message.sid[2:], media=len(pictures))
            self.pictures.add(message.sid, list(pictures))
        with self._books.lock:
            if word == "STOP":
                self._books.opted_out.add(sender)
            elif word == "START":
                self._books.opted_out.discard(sender)
            self._books.messages.append(message)
            if word:
                answer = self._new(ours, sender, _OWN_ANSWERS[word], "delivered", "outbound-reply", ())
                self._books.messages.append(answer)
        return message

    # The server's side

    def take(self, form: dict[str, str]) -> tuple[Mode, Message | int]:
        """One create: its mode, and the message kept or the code it was refused with (0: nothing kept)."""
        with self._books.lock:
            self._books.attempts.append(form)
            mode = self._books.modes.popleft() if self._books.modes else self.default_mode
            if mode.endswith("-before") or mode in ("429", "html-502", "302"):
                return mode, 0
            refused = refusal(self.account, form, frozenset(self._books.opted_out))
            refused = self._books.refuse.get(form.get("To", ""), refused)
            if refused:
                return mode, refused
            status = "accepted" if form.get("MessagingServiceSid") else "queued"
            message = self._new(
                form.get("From", ""), form["To"], form["Body"], status, "outbound-api", tuple(form.items())
            )
            self._books.messages.append(message)
            early = self._books.early
        if early and message.status_callback:
            self.call_back(message.sid, *early)
        return mode, message

    def list_mode(self) -> Mode:
        with self._books.lock:
            return self._books.list_modes.popleft() if self._books.list_modes else self.default_list_mode

    def page(self, query: dict[str, str]) -> dict[str, object]:
        """One page of the list, newest first; PageToken names the last message of the page before."""
        size, number = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        found = [
            m
            for m in reversed(self.messages)
            if query.get("To") in (None, m.to)
            and query.get("From") in (None, m.sender)
            and m.sent_since(query.get("DateSent>", ""))
        ]
        token = query.get("PageToken", "")
        start = next((i + 1 for i, m in enumerate(found) if "PA" + m.sid == token), 0)
        shown = found[start : start + size]
        base = f"/2010-04-01/Accounts/{self.account.sid}/Messages.json"
        kept = {k: v for k, v in query.items() if k in ("To", "From", "DateSent>")} | {"PageSize": str(size)}
        onward = kept | {"Page": str(number + 1), "PageToken": "PA" + shown[-1].sid} if shown else {}
        more = start + size < len(found)
        return {
            "end": number * size + max(0, len(shown) - 1),
            "first_page_uri": f"{base}?{urlencode(kept | {'Page': '0'})}",
            "messages": [resource(self.account, m) for m in shown],
            "next_page_uri": f"{base}?{urlencode(onward)}" if more else None,
            "page": number,
            "page_size": size,
            "previous_page_uri": None,
            "start": number * size,
            "uri": f"{base}?{urlencode(query)}",
        }

    def _new(
        self, sender: str, to: str, body: str, status: str, direction: str, form: tuple[tuple[str, str], ...]
    ) -> Message:
        sid = "SM" + os.urandom(16).hex()
        created = self.clock.now().replace(microsecond=0)
        return Message(sid, to, sender, body, status, created, direction, form=form)

    def _advance(self, sid: str, status: str, error_code: int | None) -> Message:
        with self._books.lock:
            item = self.message(sid)
            index = self._books.messages.index(item)
            if status in _ORDER and _ORDER.index(status) >= _ORDER.index(item.status):
                failed = status in ("failed", "undelivered")
                item = replace(item, status=status, error_code=error_code if failed else None)
                self._books.messages[index] = item
            return item
