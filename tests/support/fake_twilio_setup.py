"""How an account at the loopback Twilio is set up: service, numbers, campaign, links; as its API tells it.

Field names: https://www.twilio.com/docs/messaging/api/service-resource and its neighbours,
https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_twilio_rules import Account


@dataclass
class Setup:
    """Right by default, for a program at `public_url`; a test drifts what it wants."""

    public_url: str = "https://iep.example.org"
    status: str = "active"
    kind: str = "Full"
    service: dict[str, Any] = field(default_factory=dict)  # over the defaults
    number: dict[str, Any] = field(default_factory=dict)
    campaign: dict[str, Any] | None = field(default_factory=dict)  # None: not registered
    numbers: list[tuple[str, str, list[str]]] = field(
        default_factory=lambda: [("+14155550100", "US", ["SMS", "MMS"])]
    )
    short_links: bool = False

    def answer(self, account: Account, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        """The resource at `path`, or None where there is none."""
        base, service = f"/2010-04-01/Accounts/{account.sid}", f"/v1/Services/{account.messaging_service_sid}"
        if path == f"{base}.json":
            return {"sid": account.sid, "status": self.status, "type": self.kind, "friendly_name": "Loopback"}
        if path == f"{base}/IncomingPhoneNumbers.json":
            mine = [one for one in self.numbers if query.get("PhoneNumber") in (None, one[0])]
            return {"incoming_phone_numbers": [self._number(one[0]) for one in mine], "next_page_uri": None}
        if path == service:
            return self._service(account)
        if path == f"{service}/PhoneNumbers":
            found = [
                {
                    "phone_number": number,
                    "country_code": country,
                    "capabilities": can,
                    "sid": "PN" + "3c" * 16,
                }
                for number, country, can in self.numbers
            ]
            return {"phone_numbers": found, "meta": {"key": "phone_numbers", "next_page_url": None}}
        if path == f"{service}/Compliance/Usa2p":
            return {
                "compliance": [] if self.campaign is None else [self._campaign(account)],
                "meta": {"key": "compliance", "next_page_url": None},
            }
        links = f"/v1/LinkShortening/MessagingServices/{account.messaging_service_sid}/Domain"
        if path == links and self.short_links:
            return {"messaging_service_sid": account.messaging_service_sid, "domain_sid": "DN" + "4d" * 16}
        return None

    def _service(self, account: Account) -> dict[str, Any]:
        return {
            "sid": account.messaging_service_sid,
            "account_sid": account.sid,
            "friendly_name": "Check-ins",
            "inbound_request_url": f"{self.public_url}/twilio/sms#rc=3&rp=all&ct=2000&rt=5000&tt=15000",
            "inbound_method": "POST",
            "fallback_url": "https://spare.example.org/keep",
            "fallback_method": "POST",
            "status_callback": None,
            "smart_encoding": False,
            "use_inbound_webhook_on_number": False,
            "us_app_to_person_registered": self.campaign is not None,
            **self.service,
        }

    def _number(self, number: str) -> dict[str, Any]:
        return {
            "phone_number": number,
            "sms_url": f"{self.public_url}/twilio/sms#rc=3&rp=all",
            "sms_method": "POST",
            "sms_fallback_url": "https://spare.example.org/keep",
            "sms_fallback_method": "POST",
            "sms_application_sid": "",
            **self.number,
        }

    def _campaign(self, account: Account) -> dict[str, Any]:
        return {
            "sid": "QE" + "5e" * 16,
            "messaging_service_sid": account.messaging_service_sid,
            "campaign_status": "VERIFIED",
            "opt_in_keywords": ["START", "UNSTOP", "JOIN"],
            "opt_out_keywords": [
                "STOP",
                "STOPALL",
                "UNSUBSCRIBE",
                "CANCEL",
                "END",
                "QUIT",
                "REVOKE",
                "OPTOUT",
            ],
            "help_keywords": ["HELP", "INFO"],
            **(self.campaign or {}),
        }
