"""The fake Twilio's pictures: what came with a text, where it is fetched, and how the real one sends on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass
class Pictures:
    """By number. `goes_to`: where the API sends who asks for one; {number} is put in."""

    data: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    of: dict[str, list[str]] = field(default_factory=dict)
    goes_to: str = "/media-store/{number}"
    asked_with_secret: list[bool] = field(default_factory=list)

    def add(self, message: str, pictures: list[tuple[str, bytes]]) -> None:
        for kind, data in pictures:
            number = f"ME{len(self.of.get(message, ()))}" + os.urandom(16).hex()[1:]
            self.of.setdefault(message, []).append(number)
            self.data[number], self.kinds[number] = data, kind

    def form(self, base: str, account: str, message: str) -> list[tuple[str, str]]:
        """The fields of a webhook that tell of them."""
        fields = [("NumMedia", str(len(self.of.get(message, ()))))]
        for place, number in enumerate(self.of.get(message, ())):
            url = f"{base}/2010-04-01/Accounts/{account}/Messages/{message}/Media/{number}"
            fields += [(f"MediaUrl{place}", url), (f"MediaContentType{place}", self.kinds[number])]
        return fields

    def listed(self, account: str, message: str) -> dict[str, object]:
        """As GET Messages/{sid}/Media.json answers."""
        items = [
            {"sid": number, "account_sid": account, "parent_sid": message, "content_type": self.kinds[number]}
            for number in self.of.get(message, ())
            if number in self.data
        ]
        return {"media_list": items, "next_page_uri": None, "page": 0, "page_size": 50, "uri": ""}
