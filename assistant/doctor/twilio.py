"""Twilio as it is set up there: may we send, do replies reach us, which words does it take for its own.

Read only. Facts: https://www.twilio.com/docs/messaging/api/service-resource and its neighbours, and
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

from assistant.clock import Clock
from assistant.config import Settings
from assistant.doctor.lines import Line, fail, look, ok
from assistant.doctor.timekeeping import drift_of_header
from messages.channels.twilio_client import TwilioClient

if TYPE_CHECKING:
    from twilio.rest import Client

OVERRIDES = "#rc=3&rp=all&ct=2000&rt=5000&tt=15000"
_SERVICE = "Console > Messaging > Services > your service"
_NUMBER = "Console > Phone Numbers > your number > Messaging"
# Words that are answers here. Twilio matches whole messages in any case.
ANSWERS = frozenset(["1", "2", "3", "YES", "NO", "SI", "SÍ", "Y", "N", "HELD", "MISSED"])
_STOP_NEEDED, _START_NEEDED = "STOP", "START"


def lines(settings: Settings, clock: Clock) -> Iterator[Line]:
    """Account, then the service or the number. Stops where Twilio does not let us in."""
    client = _client(settings)
    try:
        yield from _account(client, settings, clock)
        if settings.twilio.messaging_service_sid:
            yield from _service(client, settings)
        else:
            yield from _number(client, settings)
    except _NoUseError as error:
        yield error.line


class _NoUseError(Exception):
    """Twilio's answer ends the visit; `line` says why."""

    def __init__(self, line: Line) -> None:
        super().__init__(line.found)
        self.line = line


def _client(settings: Settings) -> Client:
    client = TwilioClient(settings.twilio).get()
    if settings.twilio.api_base:
        client.messaging.base_url = settings.twilio.api_base.rstrip("/")
    return client


def _asked(check: str, do: str, call: Any, *, missing: bool = False) -> Any:
    """What Twilio answers; None for a 404 where something may be `missing`. Raises _NoUseError.

    Twilio's own sentence stays out: it can quote numbers.
    """
    from requests.exceptions import RequestException
    from twilio.base.exceptions import TwilioException

    try:
        return call()
    except TwilioException as error:
        status = getattr(error, "status", None)
        if status == 404 and missing:
            return None
        found = f"Twilio answered {status or 'nothing usable'}"
        if status in (401, 403):
            do = "account_sid and auth_token have to be those of one active account (not an API key)"
        raise _NoUseError(fail(check, found, do)) from None
    except RequestException as error:
        found = f"Twilio could not be reached ({type(error).__name__})"
        raise _NoUseError(fail(check, found, "check this machine's network and [twilio] api_base")) from None
    except (ValueError, TypeError, AttributeError, KeyError):
        raise _NoUseError(
            fail(check, "Twilio's answer could not be read", "check [twilio] api_base")
        ) from None


def _account(client: Client, settings: Settings, clock: Clock) -> Iterator[Line]:
    sid = settings.twilio.account_sid
    answer = _asked(
        "twilio.account",
        "put [twilio] account_sid right",
        client.api.v2010.accounts(sid).fetch_with_http_info,
    )
    account = answer.data
    if account.status != "active":
        yield fail("twilio.account", f"the account is {account.status}", "see the Console's front page")
    elif account.type == "Trial":
        yield look(
            "twilio.account",
            "a trial account: it texts verified numbers only, and puts a sentence before each text",
            "upgrade it in the Console before families join",
        )
    else:
        yield ok("twilio.account", "account_sid and auth_token are right; the account is active")
    date = {str(name).lower(): value for name, value in (answer.headers or {}).items()}.get("date")
    found = drift_of_header("clock", "Twilio's", str(date or ""), clock.now())
    if found is not None:
        yield found


def _service(client: Client, settings: Settings) -> Iterator[Line]:
    sid = settings.twilio.messaging_service_sid
    service = client.messaging.v1.services(sid)
    found = _asked(
        "twilio.service",
        "put [twilio] messaging_service_sid right: this account has no such service",
        service.fetch,
    )
    yield ok("twilio.service", f'"{found.friendly_name}"')
    numbers = _asked("twilio.numbers", "", service.phone_numbers.list)
    yield from _numbers(numbers)
    if found.use_inbound_webhook_on_number:
        yield look(
            "twilio.routing",
            "replies go by each number's own webhook, not the service's",
            f"{_SERVICE} > Integration: 'Send a webhook' is easier to keep right",
        )
        for number in numbers:
            yield from _incoming(client, settings, number.phone_number)
    else:
        yield from _webhooks(
            settings,
            _SERVICE + " > Integration",
            found.inbound_request_url,
            found.inbound_method,
            found.fallback_url,
            found.fallback_method,
        )
    yield _smart_encoding(found.smart_encoding)
    yield _callback(settings, found.status_callback)
    shortened = _asked(
        "twilio.links",
        "",
        client.messaging.v1.linkshortening_messaging_service_domain_association(sid).fetch,
        missing=True,
    )
    if shortened is not None and shortened.messaging_service_sid:
        yield look(
            "twilio.links",
            "a domain for short links hangs on the service: such a text is not the one we stored",
            f"{_SERVICE} > Link Shortening: take it off",
        )
    yield from _campaign(_asked("twilio.campaign", "", service.us_app_to_person.list), numbers)


def _number(client: Client, settings: Settings) -> Iterator[Line]:
    yield from _numbers([_Plain(settings.twilio.from_number)])
    yield from _incoming(client, settings, settings.twilio.from_number)
    yield look(
        "twilio.keywords",
        "a number without a Messaging Service has Twilio's own words: YES opts in, END and CANCEL opt out",
        "a Messaging Service with Advanced Opt-Out lets you take YES off; set messaging_service_sid",
    )


class _Plain:
    """A number of which only itself is known."""

    def __init__(self, number: str) -> None:
        self.phone_number = number
        self.country_code: str | None = None
        self.capabilities: list[str] | None = None


def _numbers(numbers: Iterable[Any]) -> Iterator[Line]:
    every = list(numbers)
    if not every:
        yield fail(
            "twilio.numbers", "the service has no number to send from", f"{_SERVICE} > Sender Pool: add one"
        )
    for number in every:
        name = _masked(number.phone_number)
        if not str(number.phone_number).startswith("+1") or number.country_code not in (None, "US", "CA"):
            yield fail(
                "twilio.numbers", f"{name} is no number of the US or Canada", "buy one of +1 and add it"
            )
        elif number.capabilities is not None and "SMS" not in number.capabilities:
            yield fail("twilio.numbers", f"{name} cannot send texts", "replace it by one that can")
        else:
            yield ok("twilio.numbers", f"{name} sends texts")


def _incoming(client: Client, settings: Settings, wanted: str) -> Iterator[Line]:
    found = _asked(
        "twilio.number",
        "",
        lambda: client.api.v2010.accounts(settings.twilio.account_sid).incoming_phone_numbers.list(
            phone_number=wanted, limit=1
        ),
    )
    if not found:
        yield fail(
            "twilio.number", f"{_masked(wanted)} is not this account's", "put [twilio] from_number right"
        )
        return
    number = found[0]
    if number.sms_application_sid:
        yield fail(
            "twilio.routing",
            f"{_masked(wanted)} hands its texts to a TwiML application; its webhook is not called",
            f"{_NUMBER}: choose 'Webhook'",
        )
    yield from _webhooks(
        settings,
        _NUMBER,
        number.sms_url,
        number.sms_method,
        number.sms_fallback_url,
        number.sms_fallback_method,
    )


def _webhooks(
    settings: Settings,
    where: str,
    url: str | None,
    method: str | None,
    spare: str | None,
    spare_method: str | None,
) -> Iterator[Line]:
    wanted = f"{settings.base_url()}/twilio/sms"
    bare, overrides = urldefrag(url or "")
    do = f"{where}: set {wanted}{OVERRIDES}, POST"
    if not bare:
        yield fail("twilio.webhook", "none is set: no reply reaches us", do)
    elif bare != wanted:
        yield fail("twilio.webhook", f"replies go to {_place(bare)}, not to {wanted}", do)
    elif method != "POST":
        yield fail("twilio.webhook", f"it is called by {method}, which is not answered", do)
    else:
        yield ok("twilio.webhook", f"{wanted}, POST")
    if bare:
        yield _retries(overrides, do)
    if not spare:
        yield fail(
            "twilio.fallback",
            "no fallback address is set: a reply that comes while we are away waits for the sweep",
            f"{where}: set a fallback, best on another machine; {wanted} again is better than none",
        )
    elif spare_method != "POST":
        yield fail("twilio.fallback", f"it is called by {spare_method}", f"{where}: set the fallback to POST")
    else:
        yield ok("twilio.fallback", _place(spare))


def _retries(overrides: str, do: str) -> Line:
    values = dict(parse_qsl(overrides))
    on = set(values.get("rp", "ct").split(","))
    count = values.get("rc", "1")
    if not ({"all"} & on or {"5xx", "rt", "ct"} <= on) or not count.isdigit() or not 1 <= int(count) <= 5:
        return look(
            "twilio.retries",
            "Twilio does not try again when we answer late or with an error"
            if overrides
            else "no retry is asked for: by default Twilio tries again only when it cannot connect",
            do,
        )
    return ok("twilio.retries", f"{count} more tries, on {', '.join(sorted(on))}")


def _smart_encoding(on: bool | None) -> Line:
    if on:
        return look(
            "twilio.encoding",
            "smart encoding is on: the text at Twilio can differ from the one we stored",
            f"{_SERVICE} > Content Settings: switch Smart Encoding off",
        )
    return ok("twilio.encoding", "texts go out as they were stored")


def _callback(settings: Settings, url: str | None) -> Line:
    """Each text names its own callback, so the service's is only asked for texts that we did not send."""
    if url and urldefrag(url).url != f"{settings.base_url()}/twilio/status":
        return look(
            "twilio.status", f"the service reports to {_place(url)} as well", "take it off, or leave it"
        )
    return ok("twilio.status", f"each text asks for reports to {settings.base_url()}/twilio/status")


def _campaign(campaigns: list[Any], numbers: Iterable[Any]) -> Iterator[Line]:
    if not campaigns:
        yield look(
            "twilio.campaign",
            "no 10DLC campaign hangs on the service; unregistered texts of a local number are blocked",
            "register one, or use a toll-free number that is verified",
        )
    for campaign in campaigns:
        if campaign.campaign_status == "VERIFIED":
            yield ok("twilio.campaign", "the 10DLC campaign is verified")
        else:
            yield fail(
                "twilio.campaign",
                f"the 10DLC campaign is {campaign.campaign_status}",
                "texts are blocked until it is verified; Console > Messaging > Regulatory compliance",
            )
        yield from _words(campaign)
    yield look(
        "twilio.keywords",
        "no program can read the words of Advanced Opt-Out; those of the campaign were read, what came in "
        "shows which words Twilio took",
        f"{_SERVICE} > Opt-Out Management: YES must not opt in, nor No opt out; START and STOP stay",
    )


def _words(campaign: Any) -> Iterator[Line]:
    into = {str(word).strip().upper() for word in campaign.opt_in_keywords or ()}
    out = {str(word).strip().upper() for word in campaign.opt_out_keywords or ()}
    where = f"{_SERVICE} > Opt-Out Management, and the campaign"
    wrong = False
    for word in sorted(out & ANSWERS):
        wrong = True
        yield fail(
            "twilio.keywords.out",
            f'"{word.capitalize()}" opts out: who answers a question with it is cut off',
            f"{where}: take it off the opt-out words",
        )
    for word in sorted(into & ANSWERS):
        wrong = True
        yield fail(
            "twilio.keywords.in",
            f"{word} opts in: Twilio answers it, and a STOP can be undone by an answer",
            f"{where}: take it off the opt-in words; START, UNSTOP and JOIN are enough",
        )
    if out and _STOP_NEEDED not in out:
        wrong = True
        yield fail("twilio.keywords.out", "STOP does not opt out", f"{where}: put it back")
    if into and _START_NEEDED not in into:
        wrong = True
        yield look("twilio.keywords.in", "START does not opt in again", f"{where}: put it back")
    if (into or out) and not wrong:
        yield ok(
            "twilio.keywords", f"{len(into)} words opt in, {len(out)} opt out; none of them is an answer"
        )


def _place(url: str) -> str:
    """An address without its query and fragment, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _masked(number: str) -> str:
    return f"{number[:3]}...{number[-4:]}"
