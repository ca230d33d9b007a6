// Quick fingers: a tap while the last answer is still under way waits for it, and then speaks of what that answer showed.
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const panel = ctx.sourceElement.closest?.("#panel");
  if (!panel || !(ctx.request.body instanceof URLSearchParams) || !ctx.request.body.has("version")) return;
  ctx.request.body.set("version", panel.dataset.version);
  ctx.request.body.set("step", panel.dataset.step);
});

// The answer to a tap may lie below the fold: a refusal, a stale page or an error comes into view and is read out.
document.addEventListener("htmx:after:swap", () => {
  const news = document.querySelector("#panel #refusal, #panel #stale, #panel .field-error");
  news?.scrollIntoView({ block: "nearest" });
});
