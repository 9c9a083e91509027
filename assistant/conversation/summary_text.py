"""What a summary says, section by section: what was held first, then what was not, calm and short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from babel.dates import format_date
from sqlalchemy.orm import Session

from assistant.conversation.unknowns import question_for
from assistant.conversation.wording import Item
from assistant.escalation.types import Occasion
from assistant.evidence.weeks import Kind, Tally, kind_of
from assistant.schedule.weekly import Span
from assistant.store import MakeUp
from assistant.words import Asks, Cause, Language
from messages import sections, templates
from messages.sections import Section
from messages.templates import Rendered, Shelf, counted, short_day, word

_LOCALES = {"en": "en_US", "es": "es_MX"}
_MOST_DAYS = 4  # named one by one
# What tells for itself why a session was not held, beside its date.
_UNSAID = (Cause.OTHER, Cause.NOT_GIVEN)


@dataclass(frozen=True, slots=True)
class Service:
    """One service line's share of a summary. `asked` are the unknown sessions of the question to copy."""

    name: str
    asks: Asks
    week: Tally | None = None
    month: Tally | None = None
    make_ups: tuple[MakeUp, ...] = ()
    first_miss: bool = False
    asked: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class OfChild:
    """One child's share. `seal`: the head of the child's chain and its entry's number."""

    child_id: int
    nickname: str
    services: tuple[Service, ...]
    seal: tuple[str, int] | None = None

    @property
    def open(self) -> bool:
        """Whether something of the week is not known or not answered."""
        if any(service.asked for service in self.services):
            return True
        weeks = [service.week for service in self.services if service.week]
        return any(week.count(kind) for week in weeks for kind in (Kind.UNKNOWN, Kind.UNANSWERED))


@dataclass(frozen=True, slots=True)
class Summary:
    """All that one caregiver is told. `week` or `month` is None where nothing was due in it."""

    name: str
    language: Language
    children: tuple[OfChild, ...]
    week: Span | None
    month: Span | None
    page: str
    by_text: bool  # whether they text with us
    extra: tuple[Section, ...] = field(default=())


def write(session: Session, summary: Summary) -> tuple[Rendered, str]:
    """The e-mail, and its HTML. Raises TemplateError for a sentence that is not there."""
    say = _Sayer(Shelf(session), summary.language)
    found = [one for one in _sections(say, summary) if one.text or one.html]
    subject = _subject(say, summary)
    body = Rendered("summary", subject.version, sections.as_text(found) + "\n", subject.body)
    return body, sections.as_html(found, subject.body, summary.language)


def month_name(month: Span, language: Language) -> str:
    """ "September", "septiembre"."""
    return str(format_date(month[0], "LLLL", locale=_LOCALES[language]))


@dataclass(frozen=True, slots=True)
class _Sayer:
    shelf: Shelf
    language: Language

    def __call__(self, key: str, **values: str) -> str:
        return self.rendered(key, **values).body

    def rendered(self, key: str, **values: str) -> Rendered:
        return templates.part(self.shelf, f"summary.{key}", self.language, values)


def _subject(say: _Sayer, summary: Summary) -> Rendered:
    child = ", ".join(one.nickname for one in summary.children)
    day = short_day(summary.week[0], say.language) if summary.week else ""
    month = month_name(summary.month, say.language) if summary.month else ""
    key = "subject_both" if day and month else "subject_week" if day else "subject_month"
    values = {"child": child, **({"day": day} if day else {}), **({"month": month} if month else {})}
    return say.rendered(key, **values)


def _sections(say: _Sayer, summary: Summary) -> Iterator[Section]:
    yield sections.paragraph(say("hello", name=summary.name))
    if summary.week:
        monday, sunday = (short_day(day, say.language) for day in summary.week)
        yield sections.paragraph(say("lead_week", first=monday, last=sunday))
        for child in summary.children:
            yield from _week_of(say, child)
        if any(child.open for child in summary.children):
            yield sections.paragraph(say("never_counted"))
        first = [one.name for child in summary.children for one in child.services if one.first_miss]
        if first:
            alias = f" {word('and', say.language)} ".join(dict.fromkeys(first))
            yield sections.paragraph(say("first_miss", alias=alias))
        yield from _questions(say, summary)
        yield from _action(say, summary)
    if summary.month:
        yield from _month(say, summary, summary.month)
    yield from summary.extra
    yield from _end(say, summary)


def _week_of(say: _Sayer, child: OfChild) -> Iterator[Section]:
    lines = [_week_line(one, one.week, child.nickname, say.language) for one in child.services if one.week]
    lines += [_make_up(one, made, say.language) for one in child.services for made in one.make_ups]
    if lines:
        yield sections.heading(child.nickname)
        yield sections.items(lines)


def _week_line(service: Service, week: Tally, child: str, language: Language) -> str:
    """ "speech: held 1 of 2; not held: Tue 9/8 (provider out)"."""
    if service.asks is Asks.MINUTES:
        return f"{service.name}: {'; '.join(_minutes(week, child, language))}"
    style = service.asks if service.asks in (Asks.HEARD, Asks.WITHOUT, Asks.GIVEN) else Asks.HAPPENED
    parts = [_sum(style, week, language)]
    for kind, those in week.by_kind.items():
        if kind is Kind.HELD:
            continue
        key = f"kind_{kind}"
        if (kind is Kind.MISSED and style in (Asks.WITHOUT, Asks.GIVEN)) or (
            kind is Kind.UNKNOWN and style is Asks.HEARD
        ):
            key += f"_{style}"
        what = _which(service.asks, those, language)
        own = {"child": child} if kind in (Kind.AWAY, Kind.REFUSED) else {}
        parts.append(word(key, language, what=what, **own))
    return f"{service.name}: {'; '.join(parts)}"


def _sum(style: str, tally: Tally, language: Language) -> str:
    """ "held 1 of 2"; "given 0 of 1 time"."""
    held = tally.count(Kind.HELD)
    if style in (Asks.WITHOUT, Asks.GIVEN):
        return counted(f"sum_{style}", language, tally.due, held=held, due=tally.due)
    return word(f"sum_{style}", language, held=held, due=tally.due)


def _which(asks: Asks, those: Sequence[Occasion], language: Language) -> str:
    """The days where each has one of its own, else how many."""
    if asks is Asks.HAPPENED and len(those) <= _MOST_DAYS:
        return ", ".join(_day(one, language) for one in those)
    if asks is Asks.WITHOUT:
        return word("sum_day_one" if len(those) == 1 else "sum_days", language, **_many(len(those)))
    return str(len(those))


def _many(count: int) -> dict[str, int]:
    return {} if count == 1 else {"count": count}


def _day(one: Occasion, language: Language) -> str:
    more = ""
    if one.given and one.given < one.due:
        more = word("part_minutes", language, given=one.given, due=one.due)
    elif one.cause and one.cause not in _UNSAID and kind_of(one) in (Kind.MISSED, Kind.OTHER):
        more = word(one.cause, language)
    return short_day(one.date, language) + (f" ({more})" if more else "")


def _make_up(service: Service, made: MakeUp, language: Language) -> str:
    on = {"on": short_day(made.day, language)} if made.day else {}
    key = f"make_up_{made.state}"
    what = word(key, language, **(on if made.state in ("given", "promised", "not_given") else {}))
    return word("make_up_line", language, service=service.name, minutes=made.minutes, what=what)


def _questions(say: _Sayer, summary: Summary) -> Iterator[Section]:
    asked = [one for child in summary.children for one in child.services if one.asked]
    if not asked:
        return
    yield sections.heading(say("ask_title"))
    for service in asked:
        first = service.asked[0]
        english = question_for(say.shelf, service.asked, "en")
        yield sections.paragraph(say("ask_lead", alias=first.alias))
        yield sections.quote(english, "en")
        if say.language != "en":
            yield sections.paragraph(say("ask_beside"))
            yield sections.quote(question_for(say.shelf, service.asked, say.language), say.language)
        yield sections.letter_link(say("ask_mail"), f"{first.child}: {first.alias}", english)
    yield sections.paragraph(say("ask_after"))
    last = asked[0].asked[-1]
    if summary.by_text and last.span is None:
        yield sections.paragraph(say("ask_text", alias=last.alias, day=_typed_day(last.day, say.language)))


def _typed_day(day: date, language: Language) -> str:
    """A date as people text it, and as a text of theirs is read: "9/8", "8 de septiembre"."""
    return f"{day.month}/{day.day}" if language == "en" else format_date(day, "d 'de' MMMM", locale="es_MX")


def _month(say: _Sayer, summary: Summary, month: Span) -> Iterator[Section]:
    name = month_name(month, say.language)
    if not summary.week:
        yield sections.paragraph(say("lead_month", month=name))
    yield sections.heading(say("month_title", month=name[:1].upper() + name[1:]))
    for child in summary.children:
        lines = [
            f"{one.name}: {'; '.join(_month_line(one, one.month, child.nickname, say.language))}"
            for one in child.services
            if one.month
        ]
        if not lines:
            continue
        if len(summary.children) > 1:
            yield sections.paragraph(f"{child.nickname}:")
        yield sections.items(lines)
        if child.seal:
            code, number = child.seal
            yield sections.paragraph(say("seal", child=child.nickname, seal=code, number=str(number)))


def _month_line(service: Service, month: Tally, child: str, language: Language) -> list[str]:
    if month.ledger.expected:
        return _minutes(month, child, language, shares=True)
    style = service.asks if service.asks in (Asks.HEARD, Asks.WITHOUT, Asks.GIVEN) else Asks.HAPPENED
    return [_sum(style, month, language)]


def _minutes(tally: Tally, child: str, language: Language, shares: bool = False) -> list[str]:
    """Minutes due and given, and where the others fall; together they are all that was due."""
    ledger = tally.ledger
    short = ledger.school - ledger.made_up
    parts = [word("min_given", language, given=ledger.held, due=ledger.expected)]
    if short:
        said = word("min_short", language, minutes=short)
        percents = {"all": ledger.of_all_percent, "attended": ledger.of_attended_percent}
        both = word("min_percent", language, **percents)
        parts.append(f"{said} ({both})" if shares else said)
    away = ledger.grey + ledger.family + ledger.refused + ledger.closure
    for key, minutes in (
        ("min_made_up", ledger.made_up),
        ("min_other", ledger.other),
        ("min_not_counted", away),
        ("min_not_known", ledger.unknown + ledger.unanswered),
    ):
        if minutes:
            own = {"child": child} if key == "min_not_counted" else {}
            parts.append(word(key, language, minutes=minutes, **own))
    return parts


def _action(say: _Sayer, summary: Summary) -> Iterator[Section]:
    """The one thing to do: tell what is still open."""
    waiting = [child.child_id for child in summary.children if child.open]
    if waiting:
        end = f"unknown/{waiting[0]}" if len(waiting) == 1 else ""
        yield sections.link(say("fill_in"), f"{summary.page}{end}")


def _end(say: _Sayer, summary: Summary) -> Iterator[Section]:
    if not summary.extra and not any(child.open for child in summary.children):
        yield sections.paragraph(say("nothing"))
    yield sections.link(say("page"), summary.page, button=False)
    yield sections.paragraph(say("not_sent"))
