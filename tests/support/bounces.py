"""Bounces as mail servers of several makes write them, in their documented shape; `{to}` is where they go."""

from __future__ import annotations

POSTFIX = """\
Return-Path: <>
Delivered-To: {to}
Date: Tue,  1 Sep 2026 16:00:09 -0700 (PDT)
From: MAILER-DAEMON@relay.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4D6A11C2A3.1788300009/relay.example.net"
Message-Id: <20260901230009.{n}@relay.example.net>

This is a MIME-encapsulated message.

--4D6A11C2A3.1788300009/relay.example.net
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example.net.

<ana@example.org>: host mx.example.org[192.0.2.1] said: {code} {status}
    User unknown (in reply to RCPT TO command)

--4D6A11C2A3.1788300009/relay.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.net
X-Postfix-Queue-ID: 4D6A11C2A3
Arrival-Date: Tue,  1 Sep 2026 16:00:05 -0700 (PDT)

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; {code} {status} User unknown

--4D6A11C2A3.1788300009/relay.example.net
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Every Session <hello@iep.example.org>
To: ana@example.org
Subject: Leo

Hello
--4D6A11C2A3.1788300009/relay.example.net--
"""

EXCHANGE = """\
From: <postmaster@example.onmicrosoft.com>
To: <{to}>
Date: Tue, 1 Sep 2026 23:00:09 +0000
Content-Type: multipart/report; report-type=delivery-status;
 boundary="c9a1-8b1b-4c5d"
X-MS-Exchange-Message-Is-Ndr:
Message-ID: <5f0c{n}@BN8PR01MB.example.prod.outlook.com>
Subject: Undeliverable: Leo
Auto-Submitted: auto-replied
MIME-Version: 1.0

--c9a1-8b1b-4c5d
Content-Type: multipart/alternative; differences=Content-Type; boundary="inner"

--inner
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to ana@example.org couldn't be delivered.=20

--inner
Content-Type: text/html; charset="us-ascii"

<html><body>Your message couldn't be delivered.</body></html>

--inner--

--c9a1-8b1b-4c5d
Content-Type: message/delivery-status

Reporting-MTA: dns;BN8PR01MB.example.prod.outlook.com
Received-From-MTA: dns;relay.example.net
Arrival-Date: Tue, 1 Sep 2026 23:00:05 +0000

Final-Recipient: rfc822;ana@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp;{code} {status} RESOLVER.ADR.RecipientNotFound; Recipient not found
X-Display-Name: ana

--c9a1-8b1b-4c5d
Content-Type: message/rfc822

Subject: Leo

--c9a1-8b1b-4c5d--
"""

GMAIL = """\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {to}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <x@iep.example.org>
In-Reply-To: <x@iep.example.org>
Message-ID: <64f{n}.050a.gmr@mx.google.com>
Content-Type: multipart/report; boundary="000000000000c7f5"; report-type=delivery-status

--000000000000c7f5
Content-Type: multipart/related; boundary="000000000000c7f9"

--000000000000c7f9
Content-Type: multipart/alternative; boundary="000000000000c802"

--000000000000c802
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--000000000000c802--
--000000000000c7f9
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--000000000000c7f9--
--000000000000c7f5
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Tue, 01 Sep 2026 16:00:05 -0700 (PDT)
X-Original-Message-ID: <x@iep.example.org>

Final-Recipient: rfc822; ana@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org. (192.0.2.1, the server for the domain example.org.)
Diagnostic-Code: smtp; {code}-{status} The email account that you tried to reach does not exist.
Last-Attempt-Date: Tue, 01 Sep 2026 16:00:06 -0700 (PDT)

--000000000000c7f5
Content-Type: message/rfc822

Subject: Leo

--000000000000c7f5--
"""

QMAIL = """\
Return-Path: <>
Delivered-To: {to}
Date: 1 Sep 2026 23:00:09 -0000
From: MAILER-DAEMON@relay.example.net
To: {to}
Subject: failure notice
Message-ID: <1788300009.{n}.qmail@relay.example.net>

Hi. This is the qmail-send program at relay.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.org>:
192.0.2.1 does not like recipient.
Remote host said: {code} no such user
Giving up on 192.0.2.1. (#{status})

--- Below this line is a copy of the message.

Return-Path: <{to}>
Subject: Leo

Hello
"""

OLD_EXIM = """\
Return-Path: <>
X-Failed-Recipients: ana@example.org
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: {to}
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1x{n}-0001@relay.example.net>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@example.org
    SMTP error from remote mail server after RCPT TO:<ana@example.org>:
    host mx.example.org [192.0.2.1]: {code} {status} no such user

------ This is a copy of the message, including all the headers. ------

Subject: Leo
"""

STYLES = {"postfix": POSTFIX, "exchange": EXCHANGE, "gmail": GMAIL, "qmail": QMAIL, "exim": OLD_EXIM}


def bounce(style: str, to: str, status: str = "5.1.1", action: str = "failed", n: int = 1) -> bytes:
    """A bounce of that make, to an address, with CRLF line ends."""
    code = "452" if status.startswith("4") else "550"
    text = STYLES[style].format(to=to, status=status, action=action, code=code, n=n)
    return text.replace("\n", "\r\n").encode()
