"""Tables, sessions and migrations. One import for the rest of the house."""

from assistant.store.access import AddressChange, Attempt, LinkAsk, RecoveryCode
from assistant.store.alerts import Alert, Refusal
from assistant.store.asking import InboundText, Media, Proposal, Question, QuestionItem
from assistant.store.base import Base
from assistant.store.cases import Case, Detail, Draft, PolicyVersion, Signal, Step, StepClock
from assistant.store.engine import Store, StoreBusyError, StoreError, open_store
from assistant.store.follow_ups import FollowUp
from assistant.store.guide import GuideReview, JurisdictionChoice
from assistant.store.mail import InboundMail, Mailbox
from assistant.store.measured import MeasuredMonth
from assistant.store.people import (
    Caregiver,
    Child,
    Consent,
    Enrolment,
    Guardianship,
    Invitation,
    SignIn,
    Staff,
)
from assistant.store.phrases import TaughtPhrase
from assistant.store.plans import Calendar, Closure, Expectation, IepVersion, MakeUp, Repaid, ServiceLine
from assistant.store.record import NOTES, AuditEvent, LogEntry, SchoolLog, SchoolLogRow
from assistant.store.rehearsals import Rehearsal
from assistant.store.sending import (
    Attachment,
    Fact,
    OutgoingMessage,
    Sender,
    StatusEvent,
    Template,
    TemplateAct,
)
from assistant.store.set_ups import SetUp

__all__ = [
    "NOTES",
    "AddressChange",
    "Alert",
    "Attachment",
    "Attempt",
    "AuditEvent",
    "Base",
    "Calendar",
    "Caregiver",
    "Case",
    "Child",
    "Closure",
    "Consent",
    "Detail",
    "Draft",
    "Enrolment",
    "Expectation",
    "Fact",
    "FollowUp",
    "Guardianship",
    "GuideReview",
    "IepVersion",
    "InboundMail",
    "InboundText",
    "Invitation",
    "JurisdictionChoice",
    "LinkAsk",
    "LogEntry",
    "Mailbox",
    "MakeUp",
    "MeasuredMonth",
    "Media",
    "OutgoingMessage",
    "PolicyVersion",
    "Proposal",
    "Question",
    "QuestionItem",
    "RecoveryCode",
    "Refusal",
    "Rehearsal",
    "Repaid",
    "SchoolLog",
    "SchoolLogRow",
    "Sender",
    "ServiceLine",
    "SetUp",
    "SignIn",
    "Signal",
    "Staff",
    "StatusEvent",
    "Step",
    "StepClock",
    "Store",
    "StoreBusyError",
    "StoreError",
    "TaughtPhrase",
    "Template",
    "TemplateAct",
    "open_store",
]
