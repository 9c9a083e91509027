"""All sections together."""

from __future__ import annotations

from assistant.config.centre import Calendar, Escalation, GuidePages, Measures, Rehearsals
from assistant.config.channels import Email, Mailbox, Sms, Smtp, Twilio
from assistant.config.hours import Asking, Quiet, Summaries
from assistant.config.machine import Database, Jobs, Program, Server
from assistant.config.section import Section
from assistant.config.watching import Ops, Retention


class Settings(Section):
    """Everything that can be set. Immutable; made by `load`."""

    program: Program = Program()
    server: Server = Server()
    database: Database = Database()
    sms: Sms = Sms()
    twilio: Twilio = Twilio()
    email: Email = Email()
    smtp: Smtp = Smtp()
    mailbox: Mailbox = Mailbox()
    asking: Asking = Asking()
    quiet: Quiet = Quiet()
    guide: GuidePages = GuidePages()
    calendar: Calendar = Calendar()
    escalation: Escalation = Escalation()
    summaries: Summaries = Summaries()
    jobs: Jobs = Jobs()
    ops: Ops = Ops()
    retention: Retention = Retention()
    rehearsals: Rehearsals = Rehearsals()
    measures: Measures = Measures()

    @property
    def sandbox(self) -> bool:
        """True while neither texts nor e-mails leave the machine."""
        return self.sms.channel == "sandbox" and self.email.channel == "sandbox"

    @property
    def reads_mail(self) -> bool:
        """True where e-mails are sent and a mailbox takes what comes back; never in the sandbox."""
        return self.email.channel == "smtp" and bool(self.mailbox.host)

    def home_state(self) -> str:
        """The state of caregivers of whom none is known: the one set, else the guide's ("us-ca": CA)."""
        country, _, state = self.program.jurisdiction.partition("-")
        return self.quiet.state or (state.upper() if country == "us" else "")

    def base_url(self) -> str:
        """The address people reach the pages at, without a slash at the end."""
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"
