// Comforts of the configurator; every one of them works without this file, by its buttons and links.
(() => {
  let answered = 200;  // the status of the last answer
  let place = document.querySelector("#panel")?.dataset.place;

  // Quick fingers: a tap while the last answer is still under way waits for it, and then speaks of what that answer
  // showed. An answer that refused or found the page stale is first to be read by the person.
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const panel = ctx.sourceElement.closest?.("#panel");
    if (!panel || answered !== 200 || !ctx.request.body?.has?.("version")) return;
    ctx.request.body.set("version", panel.dataset.version);
    ctx.request.body.set("step", panel.dataset.step);
    ctx.request.body.set("was", panel.dataset.was);
  });
  document.addEventListener("htmx:after:request", (event) => {
    answered = event.detail.ctx.response?.status ?? answered;
  });

  // The answer to a tap may lie below the fold: a refusal, a stale page or an error comes into view. Another step
  // begins at its top, and the keyboard goes on from its heading.
  document.addEventListener("htmx:after:swap", () => {
    const panel = document.querySelector("#panel");
    if (!panel) return;
    panel.querySelector("#refusal, #stale, .field-error")?.scrollIntoView({ block: "nearest" });
    panel.querySelector(".steps [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    if (panel.dataset.place === place) return;
    place = panel.dataset.place;
    panel.scrollIntoView({ block: "start" });
    panel.querySelector("#block-title")?.focus({ preventScroll: true });
  });

  // Escape closes the sheet of the bill, which a link opened.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#bill") location.hash = "#panel";
  });

  // A number is saved when its field is left, unless the button beside it was what took the focus.
  let sent = 0;
  document.addEventListener("submit", () => { sent = Date.now(); }, true);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("#panel .number")?.closest("form");
    const left = Date.now();
    if (form) setTimeout(() => { if (sent < left && form.isConnected) form.requestSubmit(); }, 300);
  });
})();
