"""Putting the pages together. Everything they need comes in a House; they start nothing by themselves."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask import session as cookie
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from assistant.families.register import takes_a_phone_twice
from assistant.families.sign_in import LASTS
from assistant.web import (
    account,
    again,
    alerts,
    answer,
    audit,
    calendars,
    closures,
    consent_pages,
    consents,
    contacts,
    enter,
    erase,
    evidence,
    families,
    family,
    family_pages,
    feed,
    guide_pages,
    health,
    inbox,
    landing,
    language,
    letters,
    mail_hook,
    mark,
    meant,
    measures,
    metrics,
    month,
    note,
    own_words,
    phrases,
    promise,
    public,
    queues,
    refusals,
    register,
    rehearsals,
    requests,
    said,
    sandbox,
    school_log,
    settings,
    signals,
    signed_in,
    staff,
    staff_in,
    staff_pages,
    start,
    start_check,
    start_joined,
    start_paste,
    static_files,
    step,
    steps,
    texts,
    thresholds,
    twilio,
    twilio_check,
    unknown,
    wordings,
)
from assistant.web.house import House
from assistant.web.limits import install as install_limits
from assistant.web.security import install as install_security
from assistant.web.speech import speech

MAX_BYTES = 2_000_000  # of one request; a district's calendar file is the largest thing anyone sends


def create_app(house: House) -> Flask:
    """The pages of a house. Raises ValueError without a secret key: every link and form is signed with it."""
    if not house.settings.server.secret_key:
        raise ValueError("server.secret_key: missing, and links and forms are signed with it")
    secure = house.settings.base_url().startswith("https://")
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=house.settings.server.secret_key,
        MAX_CONTENT_LENGTH=MAX_BYTES,
        # A browser takes a cookie of such a name from this very host only, over https, for all of its paths.
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_PATH="/",
        # Whether a session still lasts is decided by its row; the cookie only carries its number.
        PERMANENT_SESSION_LIFETIME=LASTS,
        # A parent may leave a form open overnight; the token then lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        # Our pages send no Referer, not even to ourselves; the token, bound to the cookie, is what counts.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["house"] = house
    if house.settings.server.proxies:
        hops = house.settings.server.proxies  # what further ones claim is anybody's word
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    requests.install(app)
    static_files.install(app)
    language.install(app, house.settings)
    install_security(app, house.settings)
    install_limits(app)
    refusals.install(app, house)
    signed_in.install(app)
    own_words.install(app)
    csrf = CSRFProtect(app)
    for room in (
        *(landing, public, register, answer, step, said, meant, consent_pages, feed),
        *(health, twilio, mail_hook),
        *(enter, family, inbox, staff_in, thresholds),
        *(account, again, audit, families, phrases, queues, staff),
        *(contacts, evidence, letters, promise, school_log, signals, steps),
        *(start, start_check, start_joined, start_paste),
        consents,
        *(month, mark, note, texts),
        unknown,
        twilio_check,
        alerts,
        rehearsals,
        measures,
        metrics,
        erase,
        wordings,
        *(calendars, closures, guide_pages),
        settings,
    ):
        app.register_blueprint(room.blueprint)
    app.register_blueprint(settings.new_address)
    if house.settings.sandbox:
        app.register_blueprint(sandbox.blueprint)
    csrf.exempt(twilio.blueprint)
    csrf.exempt(mail_hook.blueprint)
    csrf.exempt(twilio_check.blueprint)
    # Mail programs press this for people (RFC 8058), without having seen the page: so without a token.
    csrf.exempt(consent_pages.unsubscribe)
    _install_words(app, house)
    alerts.install(app)
    staff_pages.install(app)
    again.install(app)
    family_pages.install(app)
    _install_errors(app)
    return app


def _install_words(app: Flask, house: House) -> None:
    """What every template may use."""

    @app.context_processor
    def shared() -> dict[str, object]:
        words = language.words()
        return {
            "t": words.say,
            "words": words,
            "program": house.settings.program.name,
            "sandbox": house.settings.sandbox,
            "languages": [
                (code, speech(code).say("layout.name_of_language"), language.in_language(code))
                for code in house.settings.program.languages
            ],
        }


def _install_errors(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> tuple[str, int]:
        return render_template("error.html", key="stale_form"), 400

    @app.errorhandler(IntegrityError)
    def at_once(error: IntegrityError) -> tuple[str, int]:
        if not takes_a_phone_twice(error):
            raise error
        return render_template("error.html", key="at_once"), 409

    @app.errorhandler(HTTPException)
    def plain(error: HTTPException) -> tuple[str, int] | HTTPException:
        code = error.code or 500
        if code < 400 or request.path.startswith(("/twilio/", "/mail/")):
            return error
        key = {404: "not_found", 413: "too_large", 405: "not_found", 429: "too_many"}.get(code, "fault")
        # Nobody is signed in here: the page may be theirs all the same.
        asked = enter.safe_next(request.path) if code == 404 and "sign_in" not in cookie else None
        return render_template("error.html", key=key, sign_in=asked), code
