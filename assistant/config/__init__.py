"""config.toml + environment -> typed settings, or every problem by name.

Precedence: environment (`ASSISTANT_<SECTION>_<KEY>`), then the file (`ASSISTANT_CONFIG`, else `config.toml`
where the program is started), then the defaults, which make a sandbox: nothing leaves the machine.
"""

from assistant.config.centre import Calendar, Escalation, GuidePages, Measures, Rehearsals
from assistant.config.channels import Email, Mailbox, Sms, Smtp, Twilio
from assistant.config.hours import Asking, Quiet, StateHours, Summaries, Week, Window, window_of
from assistant.config.machine import MOST_DATA_KEYS, Database, Jobs, Program, Server
from assistant.config.reading import ConfigError, load
from assistant.config.section import MIN_SECRET
from assistant.config.settings import Settings
from assistant.config.watching import Ops, Retention

__all__ = [
    "MIN_SECRET",
    "MOST_DATA_KEYS",
    "Asking",
    "Calendar",
    "ConfigError",
    "Database",
    "Email",
    "Escalation",
    "GuidePages",
    "Jobs",
    "Mailbox",
    "Measures",
    "Ops",
    "Program",
    "Quiet",
    "Rehearsals",
    "Retention",
    "Server",
    "Settings",
    "Sms",
    "Smtp",
    "StateHours",
    "Summaries",
    "Twilio",
    "Week",
    "Window",
    "load",
    "window_of",
]
