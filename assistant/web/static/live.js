// The preview follows the words while they are typed. Without this script the Look button shows the same.
"use strict";
(() => {
  const form = document.querySelector("form[data-look]");
  const look = document.getElementById("look");
  if (!form || !look) return;
  const WAIT = 400; // ms after the last key
  let timer = 0;
  let turn = 0;
  async function show() {
    const mine = ++turn;
    try {
      const answer = await fetch(form.dataset.look, { method: "POST", body: new FormData(form) });
      const page = await answer.text();
      if (answer.ok && !answer.redirected && mine === turn) look.innerHTML = page;
    } catch {
      // Offline: what is shown stays, and the button still works.
    }
  }
  document.addEventListener("input", (event) => { // the choice of a family stands beside the form, not in it
    if (event.target.form !== form || !/^(body|family|w\d+)$/.test(event.target.id)) return;
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  });
})();
