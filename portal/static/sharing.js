// A configuration that somebody shared can be taken back while its page is open. The answer to the next tap is the same
// "nothing here" that everybody gets for what is not his; only this page knows that it was here a moment ago, and says so.
(() => {
  document.addEventListener("htmx:after:swap", () => {
    const shared = document.getElementById("shared-with-me");
    const error = document.querySelector('#notices #error[data-status="404"]');
    if (!shared || !error) return;
    error.querySelector("h1").textContent = shared.dataset.ended;
    error.querySelector("p").textContent = shared.dataset.endedMore;
    for (const control of document.querySelectorAll("#panel button, #panel input, #panel select")) control.disabled = true;
  });
})();
