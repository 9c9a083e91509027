"""Staff choose whose law holds, for all and for one child, and see first what that changes."""

from __future__ import annotations

from assistant.clock import VirtualClock
from assistant.families.jurisdictions import of_centre, of_child
from assistant.guide.loader import load_guide
from assistant.store import Store
from assistant.words import LANGUAGES
from messages.links import step_token
from tests.support.family import SETTINGS, SPEECH, family, registered
from tests.support.logged import logged, suggested
from tests.web.pages_support import SANDBOX, SECRET, client_of, press, signed_in, staff_in
from tests.web.test_pages_guide import GUIDE, as_role

STATES = f"{GUIDE}states"
LEO = f"{STATES}/1"
IL = {"jurisdiction": "us-il", "whom": "all", "reason": "We serve Illinois now."}


def test_the_state_is_chosen_after_looking_at_what_changes(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    editor = as_role(store, clock, "editor")
    for language in LANGUAGES:
        page = editor.get(f"{STATES}?lang={language}").get_data(as_text=True)
        assert load_guide("us-il").state[language] in page
    looked = press(editor, f"{STATES}?lang=en", STATES, **IL, do="look").get_data(as_text=True)
    for told in ("What changes: California to Illinois", "10 business days", "Children it holds for: 1."):
        assert told in looked
    quiet = SANDBOX.quiet.model_validate({"states": {"IL": {"weekdays": "10:00-18:00"}}})
    elsewhere = client_of(store, clock, SANDBOX.model_copy(update={"quiet": quiet}))
    staff_in(elsewhere, store, clock, "editor@example.org")
    looked = press(elsewhere, f"{STATES}?lang=en", STATES, **IL, do="look").get_data(as_text=True)
    assert "10:00\xa0AM – 6:00\xa0PM" in looked
    with store.read() as session:  # only looked at
        assert of_centre(session, SETTINGS).program.jurisdiction == "us-ca"
    for wrong in ({"jurisdiction": "us-xx"}, {"jurisdiction": "us-ca"}, {"reason": ""}):
        assert press(editor, STATES, **(IL | wrong), do="choose").status_code == 400
    assert press(editor, STATES, **IL, do="choose").status_code == 303
    page = editor.get(STATES).get_data(as_text=True)
    assert "We serve Illinois now." in page
    assert "Now: Illinois." in page
    with store.read() as session:
        assert of_child(session, 1, SETTINGS).program.jurisdiction == "us-il"
    guide = editor.get(GUIDE).get_data(as_text=True)
    assert load_guide("us-il").jurisdiction["en"] in guide
    other = editor.get(f"{GUIDE}facts?of=us-ca").get_data(as_text=True)
    assert f"{GUIDE}fact/cite.records?of=us-ca" in other


def test_one_child_lives_under_another_law(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    owner = as_role(store, clock, "owner")
    assert LEO in owner.get("/admin/families/1").get_data(as_text=True)
    looked = press(owner, f"{LEO}?lang=en", LEO, jurisdiction="us-il", reason="", do="look")
    assert "What changes: California to Illinois" in looked.get_data(as_text=True)
    chosen = {"jurisdiction": "us-il", "reason": "They moved.", "do": "choose"}
    assert press(owner, LEO, **chosen).status_code == 303
    assert "They moved." in owner.get(LEO).get_data(as_text=True)
    with store.read() as session:
        assert of_child(session, 1, SETTINGS).program.jurisdiction == "us-il"
        assert of_centre(session, SETTINGS).program.jurisdiction == "us-ca"
    assert owner.get(f"{STATES}/9").status_code == 404
    assert press(owner, LEO, jurisdiction="", reason="Back again.", do="choose").status_code == 303
    with store.read() as session:
        assert of_child(session, 1, SETTINGS).program.jurisdiction == "us-ca"


def test_who_may_not_choose_is_refused(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    for role, looks in (("reviewer", 200), ("helper", 200)):
        client = as_role(store, clock, role)
        page = client.get(STATES)
        assert page.status_code == looks
        assert "Owners and editors choose" in page.get_data(as_text=True)
        assert press(client, "/family/enter", STATES, **IL, do="choose").status_code == 403
        assert client.get(LEO).status_code == 403
    editor = as_role(store, clock, "editor")  # sees no family
    assert editor.get(LEO).status_code == 403


def test_a_parents_letter_is_the_chosen_states(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    token = step_token(SECRET, suggested(store, clock, "written_notice"))
    parent, owner = signed_in(store, clock), as_role(store, clock, "owner")

    def pages() -> str:
        step = parent.get(f"/step/{token}").get_data(as_text=True)
        return step + parent.get("/family/1/steps").get_data(as_text=True)

    california, illinois = (load_guide(key).jurisdiction["en"] for key in ("us-ca", "us-il"))
    assert california in pages()
    chosen = {"jurisdiction": "us-il", "reason": "They moved.", "do": "choose"}
    assert press(owner, LEO, **chosen).status_code == 303
    assert illinois in pages()
    assert california not in pages()
