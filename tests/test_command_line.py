"""The commands as a script uses them: exit status, one clear line a problem, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader
from sqlalchemy import select

import app
from assistant.clock import VirtualClock
from assistant.config import Database, Settings, load
from assistant.serve import open_migrated
from assistant.store import AuditEvent
from tests.support.family import family, registered

SCHEDULE = """timezone = "America/Los_Angeles"
[calendar]
first_day = 2026-08-12
last_day = 2027-06-03
{calendar}
[[services]]
name = "Speech"
minutes = 30
times = ["tue 14:00"]
{service}
"""


KEY = "ASSISTANT_SERVER_DATA_KEY"


def run(*args: str, stdin: str = "", env: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(app.cli, args, input=stdin, env=env)
    assert "Traceback" not in result.output
    if result.exception is not None:
        assert isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*args: str, stdin: str = "", env: dict[str, str] | None = None) -> list[str]:
    result = run(*args, stdin=stdin, env=env)
    assert result.exit_code == 2, result.output
    return result.stderr.strip().splitlines()


@pytest.mark.parametrize("command", sorted(app.cli.commands))
def test_every_command_explains_itself(command: str) -> None:
    assert run(command, "--help").exit_code == 0


def test_the_example_configuration_is_right_and_complete() -> None:
    assert run("check-config", "config.example.toml").stdout == "ok\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[twilio]\naccount_sid = "AC1"\n',
            ["twilio.auth_token: missing", "twilio.messaging_service_sid: missing"],
        ),
        ('[sms]\nchannel = "twilio"\n', ["twilio.account_sid: missing", "server.public_url: missing"]),
        ('[email]\nchannel = "smtp"\n', ["smtp.host: missing"]),
        ('[smtp]\nusername = "x"\n', ["smtp.password: missing"]),
        ("[asking]\ndelay_minuts = 5\n", ['asking.delay_minuts: unknown key; did you mean "delay_minutes"?']),
        ("[server]\nport = 99999\n", ["server.port: input should be less than or equal to 65535"]),
        ("[asking]\nquiet_start = 08:00:00\n", ["asking: quiet_end must come before quiet_start"]),
        ('[database]\nurl = "mysql://x"\n', ['database.url: expected "sqlite:///FILE"']),
        ("[escalation]\nmisses_for_document = 1\n", ["escalation.misses_for_document: "]),
        ("[server\n", ["not TOML"]),
        ("[nonsense]\na = 1\n", ["nonsense: unknown key"]),
    ],
)
def test_each_configuration_problem_is_a_line(tmp_path: Path, text: str, said: Sequence[str]) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    lines = refused("check-config", str(file))
    assert all(line.startswith("config.toml: ") for line in lines)
    for wanted in said:
        assert any(wanted in line for line in lines), lines


def test_the_environment_comes_over_the_file() -> None:
    assert refused("check-config", env={"ASSISTANT_SERVER_PORT": "0"})[0].startswith(
        "environment: server.port"
    )
    assert refused("check-config", env={"ASSISTANT_PROGRAM_JURISDICTION": "us-xx"}) == [
        "program.jurisdiction: there is no guide 'us-xx'"
    ]
    assert "no setting has this name" in refused("check-config", env={"ASSISTANT_FOO_BAR": "1"})[0]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    for command in (("check-config",), ("simulate",), ("verify",)):
        lines = refused(*command, str(tmp_path / "none.toml"))
        assert len(lines) == 1
        assert "none.toml" in lines[0]


def test_expect_writes_the_contracts_lines() -> None:
    result = run(
        "expect", "examples/fall-2026/rivera-schedule.toml", "--from", "2026-10-29", "--to", "2026-11-03"
    )
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["start"] for one in found] == ["2026-10-29T14:00:00-07:00", "2026-11-03T14:00:00-08:00"]
    assert found[0] == {
        "service": "Speech-language therapy",
        "form": "slot",
        "date": "2026-10-29",
        "start": "2026-10-29T14:00:00-07:00",
        "end": "2026-10-29T14:30:00-07:00",
        "due_sessions": 1,
        "due_minutes": 30,
        "due_at": "2026-10-29T14:30:00-07:00",
    }


@pytest.mark.parametrize(
    ("calendar", "service", "said"),
    [
        ("", "ends = 2026-01-01", "services[0].ends"),
        (
            "breaks = [{ from = 2026-11-23, to = 2026-11-27 }, { from = 2026-11-26, to = 2026-12-01 }]",
            "",
            "calendar.breaks",
        ),
        ('ics = "broken.ics"', "", "calendar.ics"),
        ('ics = "missing.ics"', "", "calendar.ics"),
        ("", "minute = 3", "services[0].minute"),
    ],
)
def test_a_bad_schedule_is_named_by_key(tmp_path: Path, calendar: str, service: str, said: str) -> None:
    (tmp_path / "broken.ics").write_text("this is no calendar")
    file = tmp_path / "schedule.toml"
    file.write_text(SCHEDULE.format(calendar=calendar, service=service))
    lines = refused("expect", str(file), "--from", "2026-09-01", "--to", "2026-09-30")
    assert any(said in line for line in lines), lines


def test_an_unknown_zone_is_named(tmp_path: Path) -> None:
    file = tmp_path / "schedule.toml"
    file.write_text(SCHEDULE.format(calendar="", service="").replace("Los_Angeles", "Los_Angles"))
    lines = refused("expect", str(file), "--from", "2026-09-01", "--to", "2026-09-30")
    assert "America/Los_Angeles" in lines[0]


def test_interpret_and_segments_read_lines() -> None:
    line = {
        "text": "no, she was out",
        "lang": "en",
        "received": "2026-09-01T15:10:00-07:00",
        "open": [
            {"id": "7", "service": "Speech", "aliases": ["speech"], "date": "2026-09-01", "minutes": 30}
        ],
    }
    answer = json.loads(run("interpret", stdin=json.dumps(line)).output)
    assert (answer["intent"], answer["answers"][0]["id"], answer["answers"][0]["outcome"]) == (
        "answer",
        "7",
        "missed",
    )
    assert set(answer) == {"intent", "answers", "ask_back", "confidence"}
    assert json.loads(run("segments", stdin='{"text": "¿Tuvo su sesión?"}').output) == {
        "encoding": "UCS-2",
        "units": 16,
        "segments": 1,
        "unicode_chars": ["ó"],
    }
    for command in ("interpret", "segments"):
        assert refused(command, stdin="{}\n")[0].startswith("standard input: line 1: ")
        assert refused(command, stdin="nonsense\n")[0].startswith("standard input: line 1: ")


def test_an_unreachable_database_is_one_line_without_its_password() -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/none"
    lines = refused("migrate", env={"ASSISTANT_DATABASE_URL": url})
    assert len(lines) == 1
    assert "cannot be reached" in lines[0]
    assert "secret" not in lines[0]


def test_an_exported_file_is_verified_and_one_changed_letter_is_found(
    tmp_path: Path, clock: VirtualClock
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_migrated(Settings(database=Database(url=url)))
    with store.write() as session:
        registered(session, family(), clock.now())
    store.close()
    out = tmp_path / "evidence.json"
    env = {"ASSISTANT_DATABASE_URL": url}
    assert run("export", "1", "--format", "json", "--out", str(out), env=env).exit_code == 0
    assert run("verify", str(out)).output == "intact: 0 entries\n"
    assert run("export", "1", "--format", "csv", "--out", str(tmp_path / "e.csv"), env=env).exit_code == 0
    assert refused("export", "9", "--format", "json", "--out", str(out), env=env) == [
        "no child has the number 9"
    ]
    out.write_text(out.read_text().replace('"head": "0', '"head": "1'))
    broken = run("verify", str(out))
    assert broken.exit_code == 1
    assert "missing at the end" in broken.stderr


def test_the_evidence_is_written_whole_or_not_at_all(tmp_path: Path, clock: VirtualClock) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_migrated(Settings(database=Database(url=url)))
    with store.write() as session:
        registered(session, family(), clock.now())
    env = {"ASSISTANT_DATABASE_URL": url}
    folder = tmp_path / "out"
    folder.mkdir()
    paper, table = folder / "log.pdf", folder / "log.csv"
    paper.write_text("an older file")
    options = ("--from", "2026-09-01", "--to", "2026-09-30", "--full-name", "--language", "es")
    assert run("export", "1", "--format", "pdf", "--out", str(paper), *options, env=env).output == ""
    text = " ".join(PdfReader(paper).pages[0].extract_text().split())
    assert "Registro de servicios: Leonardo Rivera" in text
    assert "1 sept 2026 a 30 sept 2026" in text
    backwards = ("--from", "2026-09-02", "--to", "2026-09-01")
    assert refused("export", "1", "--format", "csv", "--out", str(table), *backwards, env=env) == [
        "the range ends before it begins: 2026-09-02 to 2026-09-01"
    ]
    nowhere = tmp_path / "nowhere" / "log.csv"
    assert refused("export", "1", "--format", "csv", "--out", str(nowhere), env=env) == [
        f"{nowhere}: No such file or directory"
    ]
    assert (
        "Invalid value for '--from'"
        in run("export", "1", "--format", "csv", "--out", str(table), "--from", "soon", env=env).output
    )
    assert sorted(one.name for one in folder.iterdir()) == ["log.pdf"]  # nothing half-written lies about
    with store.read() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "exported")).all()
    assert (event.subject, event.detail["format"], event.detail["full_name"]) == ("child 1", "pdf", True)
    assert "Rivera" not in json.dumps(event.detail)
    store.close()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"", 2, "not an evidence file"),
        (b"\xff\xfe", 2, "not an evidence file"),
        (b'{"format": "every-session-evidence-2"}', 1, "entries: is missing"),
        (
            b'{"format": "every-session-evidence-2", "entries": [7]}',
            1,
            "entry 1: is not written as an entry is",
        ),
        (b'{"format": "every-session-evidence-2"', 1, "line 1: is not JSON"),
        (b'{"format": "something"}', 2, "not an evidence file"),
    ],
)
def test_a_file_that_does_not_hold_is_told_in_one_line(
    tmp_path: Path, data: bytes, status: int, said: str
) -> None:
    file = tmp_path / "evidence.json"
    file.write_bytes(data)
    found = run("verify", str(file))
    assert found.exit_code == status
    [line] = found.stderr.strip().splitlines()
    assert line.startswith(f"{file}: ")
    assert said in line
    assert run("verify", str(tmp_path)).exit_code == 2


def test_a_key_is_put_on_and_changed_and_a_wrong_one_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old, new = (run("new-key").stdout.strip() for _ in range(2))
    assert len(old) >= 32
    assert old != new
    assert "in clear" in run("check-config").stderr
    run("admin", "create", "owner@example.org")
    assert "no key is set" in refused("seal")[0]
    for keys in (old, f"{new},{old}"):
        assert "staff: 1 rows" in run("seal", env={KEY: keys}).stdout
    assert run("check-config", env={KEY: new}).stderr == ""
    for wrong in ({}, {KEY: old}):
        (line,) = refused("migrate", env=wrong)
        assert KEY in line
        assert old not in line
    assert run("migrate", env={KEY: new}).exit_code == 0
    assert "only in the environment" in refused_file(tmp_path, f'[server]\ndata_key = ["{new}"]\n')[0]
    for odd in ("short", f"{new},{new}", ",".join(f"{n}" * 40 for n in range(4))):
        (line,) = refused("migrate", env={KEY: odd})
        assert "server.data_key" in line
        assert odd.split(",")[0] not in line


def refused_file(folder: Path, content: str) -> list[str]:
    file = folder / "with-key.toml"
    file.write_text(content, encoding="utf-8")
    return refused("check-config", str(file))


def test_no_secret_is_shown_by_the_settings_or_their_errors(tmp_path: Path) -> None:
    secrets = {
        "ASSISTANT_SERVER_SECRET_KEY": "hush-1-hush-1-hush-1",
        KEY: "hush-2" * 8,
        "ASSISTANT_TWILIO_AUTH_TOKEN": "hush-3",
        "ASSISTANT_TWILIO_NEXT_AUTH_TOKEN": "hush-4",
        "ASSISTANT_TWILIO_ACCOUNT_SID": "AC1",
        "ASSISTANT_TWILIO_FROM_NUMBER": "+14155550100",
        "ASSISTANT_SMTP_USERNAME": "me",
        "ASSISTANT_SMTP_PASSWORD": "hush-5",
        "ASSISTANT_DATABASE_URL": "postgresql://me:hush-6@127.0.0.1/x",
        "ASSISTANT_EMAIL_BOUNCE_TOKEN": "hush-7-hush-7-hush-7-hush-7-hush",
    }
    settings = load(environ=secrets)
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings)
    assert "hush" not in f"{settings.server} {settings.twilio} {settings.smtp} {settings.email}"
    for variable in secrets:
        wrong = "hush" * 200 if "URL" not in variable else "mysql://me:hush@x/y"
        result = run("check-config", env={**secrets, variable: wrong})
        assert "hush" not in result.output, variable
