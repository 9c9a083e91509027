"""Tables, sessions and migrations. One import for the rest of the house."""

from assistant.store.asking import InboundText, Proposal, Question, QuestionItem
from assistant.store.base import Base
from assistant.store.cases import Case, Step
from assistant.store.engine import Store, StoreError, open_store
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
from assistant.store.plans import Calendar, Expectation, IepVersion, MakeUp, Repaid, ServiceLine
from assistant.store.record import AuditEvent, LogEntry
from assistant.store.sending import Attachment, Fact, OutgoingMessage, StatusEvent, Template

__all__ = [
    "Attachment",
    "AuditEvent",
    "Base",
    "Calendar",
    "Caregiver",
    "Case",
    "Child",
    "Consent",
    "Enrolment",
    "Expectation",
    "Fact",
    "Guardianship",
    "IepVersion",
    "InboundText",
    "Invitation",
    "LogEntry",
    "MakeUp",
    "OutgoingMessage",
    "Proposal",
    "Question",
    "QuestionItem",
    "Repaid",
    "ServiceLine",
    "SignIn",
    "Staff",
    "StatusEvent",
    "Step",
    "Store",
    "StoreError",
    "Template",
    "open_store",
]
