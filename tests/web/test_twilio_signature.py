"""Whose webhook is it, and is it whole?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from assistant.web import twilio_signature
from assistant.web.twilio_signature import (
    is_genuine,
    public_request_url,
    replay_key,
    shape_problem,
    status_shape_problem,
)

Form = list[tuple[str, str]]

TOKEN = "loopback-token"
ACCOUNT = "AC" + "1a" * 16
SID = "SM" + "0123456789abcdef" * 2
OURS = "+14155550100"
URL = "https://iep.example.org/twilio/sms"
FORM: Form = [
    ("ToCountry", "US"),
    ("SmsMessageSid", SID),
    ("NumMedia", "0"),
    ("ToCity", ""),
    ("FromState", "CA"),
    ("Body", "Yes"),
    ("To", OURS),
    ("MessageSid", SID),
    ("AccountSid", ACCOUNT),
    ("From", "+14155550123"),
    ("ApiVersion", "2010-04-01"),
]


def by_hand(url: str, form: Sequence[tuple[str, str]], token: str = TOKEN) -> str:
    """The signature as the documentation describes it, without Twilio's code."""
    glued = url + "".join(name + value for name, value in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), glued.encode(), hashlib.sha1).digest()).decode()


def changed(**values: str | None) -> Form:
    """The form with these fields replaced, or left out where None, or added."""
    kept = [(name, values.get(name, value)) for name, value in FORM]
    extra = [(name, value) for name, value in values.items() if name not in dict(FORM)]
    return [(name, value) for name, value in [*kept, *extra] if value is not None]


class TestGenuine:
    def test_the_public_vector(self) -> None:
        form = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert is_genuine("12345", url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
        assert not is_genuine("12346", url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")

    def test_ours(self) -> None:
        assert is_genuine(TOKEN, URL, FORM, by_hand(URL, FORM))

    @pytest.mark.parametrize("signature", [None, "", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "é" * 28, "\x00"])
    def test_not_ours(self, signature: str | None) -> None:
        assert not is_genuine(TOKEN, URL, FORM, signature)

    def test_any_change_shows(self) -> None:
        signature = by_hand(URL, FORM)
        assert not is_genuine(TOKEN, URL, changed(Body="No"), signature)
        assert not is_genuine(TOKEN, URL, changed(ToCity=None, Extra="x"), signature)
        assert not is_genuine(TOKEN, URL + "/", FORM, signature)
        assert not is_genuine(TOKEN, URL + "?a=b", FORM, signature)
        assert not is_genuine(TOKEN, URL.replace("https", "http"), FORM, signature)

    def test_two_tokens_while_one_is_replaced(self) -> None:
        for token in ("old", "new"):
            assert is_genuine(["old", "new"], URL, FORM, by_hand(URL, FORM, token))
        assert not is_genuine(["old", "new"], URL, FORM, by_hand(URL, FORM, "other"))

    @pytest.mark.parametrize("tokens", ["", [], [""], ["", "x"]])
    def test_an_empty_token_proves_nothing(self, tokens: str | list[str]) -> None:
        assert not is_genuine(tokens, URL, FORM, by_hand(URL, FORM, ""))

    @pytest.mark.parametrize("port", [":443", ""])
    def test_the_standard_port_may_be_there_or_not(self, port: str) -> None:
        signed = f"https://iep.example.org{port}/twilio/sms"
        assert is_genuine(TOKEN, URL, FORM, by_hand(signed, FORM))

    def test_another_port_is_part_of_it(self) -> None:
        url = "https://iep.example.org:8443/twilio/sms"
        assert is_genuine(TOKEN, url, FORM, by_hand(url, FORM))

    def test_repeated_names_count_once_for_each_value(self) -> None:
        form = [("B", "2"), ("A", "1"), ("B", "1"), ("B", "2")]
        assert is_genuine(TOKEN, URL, form, by_hand(URL, [("A", "1"), ("B", "1"), ("B", "2")]))

    def test_an_empty_form(self) -> None:
        assert is_genuine(TOKEN, URL, [], by_hand(URL, []))

    @given(
        st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6),
        st.text(max_size=40),
        st.text(st.characters(), max_size=40),
    )
    def test_never_raises(self, form: Form, url: str, signature: str) -> None:
        assert not is_genuine(TOKEN, url, form, signature)
        assert not is_genuine(TOKEN, URL, [*form, ("Body", "half \ud83d")], signature)
        assert not is_genuine(TOKEN, "https://[broken", form, signature)

    def test_the_module_alone_needs_neither_flask_nor_an_http_client(self) -> None:
        script = (
            "import sys, importlib.util as u\n"
            "spec = u.spec_from_file_location('t', sys.argv[1]); t = u.module_from_spec(spec)\n"
            "spec.loader.exec_module(t)\n"
            "before = 'twilio' in sys.modules\n"
            "t.is_genuine('x', 'https://a.example/', [], 'y')\n"
            "sys.exit(before or bool({'flask', 'requests'} & sys.modules.keys()))"
        )
        command = [sys.executable, "-c", script, twilio_signature.__file__]
        assert subprocess.run(command, check=False, timeout=30).returncode == 0


class TestAddress:
    @pytest.mark.parametrize(
        ("public", "query", "url"),
        [
            ("https://iep.example.org", "", URL),
            ("https://iep.example.org/", "m=1", URL + "?m=1"),
            ("https://iep.example.org/base", "", "https://iep.example.org/base/twilio/sms"),
            ("https://iep.example.org", "k=%C3%A9&p=a%2Fb+c", URL + "?k=%C3%A9&p=a%2Fb+c"),
        ],
    )
    def test_made_of_what_is_configured(self, public: str, query: str, url: str) -> None:
        assert public_request_url(public, "/twilio/sms", query) == url

    @pytest.mark.parametrize(
        "query", ["", "m=ref-1", "k=%C3%A9", "k=a%2Fb", "k=%2F%3D%26", "k=a+b", "k=a%20b", "k=1&k=2&k=1"]
    )
    def test_behind_a_proxy_that_ends_tls(self, query: str) -> None:
        """The app sees plain http on loopback; Flask's own request.url would fail some of these."""
        app = Flask(__name__)

        @app.post("/twilio/sms")
        def webhook() -> tuple[str, int]:
            url = public_request_url("https://iep.example.org", request.path, request.environ["QUERY_STRING"])
            form = list(request.form.items(multi=True))
            return "", 204 if is_genuine(TOKEN, url, form, request.headers.get("X-Twilio-Signature")) else 403

        signature = by_hand(f"{URL}?{query}" if query else URL, FORM)
        target = f"/twilio/sms?{query}"
        client = Client(app)
        answer = client.post(target, data=dict(FORM), headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 204
        assert client.post(target, data=dict(FORM)).status_code == 403
        assert client.get(target).status_code == 405


class TestShape:
    def test_a_whole_text(self) -> None:
        assert shape_problem(FORM, ACCOUNT, [OURS]) is None
        assert shape_problem(FORM, ACCOUNT) is None

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"MessageSid": None}, "MessageSid"),
            ({"MessageSid": "SM123"}, "MessageSid"),
            ({"MessageSid": SID.upper()}, "MessageSid"),
            ({"MessageSid": SID + "\n"}, "MessageSid"),
            ({"MessageSid": "CA" + SID[2:]}, "MessageSid"),
            ({"SmsMessageSid": "SM" + "f" * 32}, "SmsMessageSid"),
            ({"SmsSid": "SM" + "f" * 32}, "SmsSid"),
            ({"AccountSid": None}, "AccountSid"),
            ({"AccountSid": "AC" + "2b" * 16}, "AccountSid"),
            ({"From": None}, "From"),
            ({"From": "14155550123"}, "From"),
            ({"From": "+0155550123"}, "From"),
            ({"From": "+١٤١٥٥٥٥٠١٢٣"}, "From"),
            ({"From": "+14155550123MessageSid" + SID}, "From"),
            ({"From": "Pharmacy"}, "From"),
            ({"To": None}, "To"),
            ({"To": "+14155550999"}, "To"),
            ({"Body": None}, "Body"),
        ],
        ids=repr,
    )
    def test_what_is_not_whole(self, values: dict[str, str | None], field: str) -> None:
        problem = shape_problem(changed(**values), ACCOUNT, [OURS])
        assert problem is not None
        assert problem.split()[0] == field

    @pytest.mark.parametrize("name", ["MessageSid", "From", "Body", "AccountSid", "To", "SmsMessageSid"])
    def test_a_deciding_field_that_comes_twice(self, name: str) -> None:
        assert (
            shape_problem([*FORM, (name, dict(FORM)[name])], ACCOUNT, [OURS])
            == f"{name} comes more than once"
        )

    def test_new_and_missing_other_fields_are_welcome(self) -> None:
        assert (
            shape_problem(changed(NewField="x", FromState=None, SmsMessageSid=None), ACCOUNT, [OURS]) is None
        )

    @pytest.mark.parametrize(
        "values",
        [
            {"From": "72345"},
            {"From": "723456"},
            {"Body": ""},
            {"MessageSid": "MM" + SID[2:], "SmsMessageSid": None},
        ],
    )
    def test_short_codes_empty_bodies_and_pictures_are_shaped_well(
        self, values: dict[str, str | None]
    ) -> None:
        assert shape_problem(changed(**values), ACCOUNT, [OURS]) is None

    def test_a_problem_never_quotes_a_value(self) -> None:
        problem = shape_problem(changed(From="+1415555PRIVATE"), ACCOUNT, [OURS])
        assert problem is not None
        assert "PRIVATE" not in problem


class TestReportShape:
    REPORT = (
        ("MessageSid", SID),
        ("AccountSid", ACCOUNT),
        ("MessageStatus", "undelivered"),
        ("ErrorCode", "30005"),
        ("To", "+14155550123"),
    )

    def test_a_whole_report(self) -> None:
        assert status_shape_problem(self.REPORT, ACCOUNT) is None
        assert status_shape_problem(self.REPORT[:3], ACCOUNT) is None

    @pytest.mark.parametrize("status", ["brand_new", "read", "partially_delivered"])
    def test_a_status_that_is_not_known_is_well_shaped(self, status: str) -> None:
        report = [*self.REPORT[:2], ("MessageStatus", status)]
        assert status_shape_problem(report, ACCOUNT) is None

    @pytest.mark.parametrize(
        ("index", "value"),
        [(0, "SM1"), (1, "AC0"), (2, ""), (2, "DROP TABLE"), (2, "x" * 33), (3, "30005x"), (3, "1" * 9)],
    )
    def test_what_is_not_whole(self, index: int, value: str) -> None:
        report = list(self.REPORT)
        report[index] = (report[index][0], value)
        assert status_shape_problem(report, ACCOUNT) is not None

    @pytest.mark.parametrize("index", [0, 1, 2])
    def test_what_is_missing(self, index: int) -> None:
        assert status_shape_problem([f for i, f in enumerate(self.REPORT) if i != index], ACCOUNT) is not None


class TestCutApart:
    """A signed request can be cut at other places and is still signed; its shape gives it away."""

    @pytest.mark.parametrize(
        "form",
        [
            # MessageSid glued to the field before it
            [
                f
                for f in changed(From=f"+14155550123FromStateCAMessageSid{SID}")
                if f[0] not in ("MessageSid", "FromState")
            ],
            # From moved into Body
            [f for f in changed(Body="YesFrom+14155550123") if f[0] != "From"],
            # Body moved into the field before it
            [f for f in changed(ApiVersion="2010-04-01BodyYes") if f[0] != "Body"],
            # a name that swallowed the start of its value
            [(n, v) for n, v in [*FORM, ("MessageSidSM", SID[2:])] if n != "MessageSid"],
        ],
        ids=["sid in from", "from in body", "body in version", "sid in name"],
    )
    def test_known_cuts(self, form: Form) -> None:
        signature = by_hand(URL, FORM)
        assert is_genuine(TOKEN, URL, form, signature)
        assert shape_problem(form, ACCOUNT, [OURS]) is not None

    @given(st.data())
    def test_random_cuts_have_no_effect(self, data: st.DataObject) -> None:
        """Cut the same signed string anywhere: refused by shape, or the very same message again."""
        form = sorted(FORM)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(form) - 1))
            name, value = form[at]
            if data.draw(st.booleans()) and at + 1 < len(form):  # glue the next field on
                moved = [*form[:at], (name, value + "".join(form[at + 1])), *form[at + 2 :]]
            else:  # cut the whole run elsewhere, into one field or two
                run = name + value
                cuts = data.draw(st.lists(st.integers(1, len(run)), min_size=1, max_size=3, unique=True))
                ends = [*sorted(cuts), len(run), len(run), len(run)]
                fields = [(run[: ends[0]], run[ends[0] : ends[1]]), (run[ends[1] : ends[2]], run[ends[2] :])]
                moved = [*form[:at], *(f for f in fields if f[0]), *form[at + 1 :]]
            names = [n for n, _ in moved]
            if all(a < b for a, b in pairwise(names)):  # only then is the signed string the same
                form = moved
        assert is_genuine(TOKEN, URL, form, by_hand(URL, FORM))
        if shape_problem(form, ACCOUNT, [OURS]) is None:
            kept, true = dict(form), dict(FORM)
            for name in ("MessageSid", "From", "To", "Body"):
                assert kept[name] == true[name]

    def test_a_cut_that_has_a_good_shape_still_has_the_same_signature(self) -> None:
        """Body written so that its own fields hide in it: only the replay key tells."""
        form = changed(Body="NoFrom+14155550177FromStateXX")
        signature = by_hand(URL, form)
        cut = changed(Body="No", From="+14155550177", FromState="XXFrom+14155550123FromStateCA")
        assert is_genuine(TOKEN, URL, cut, signature)
        assert shape_problem(cut, ACCOUNT, [OURS]) is None
        assert replay_key(by_hand(URL, cut)) == replay_key(signature)

    def test_replay_keys_differ_and_take_anything(self) -> None:
        assert replay_key("a") != replay_key("b")
        assert len(replay_key("\ud83d")) == 64
