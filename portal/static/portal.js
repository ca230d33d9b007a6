// Small comforts on top of pages that work without them: shortcuts of the search field, menus that close, one question
// before what cannot be undone, and a button that is pressed once only.
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  // Up and down lead from the search field through what it found and back.
  const step = (event) => {
    const field = event.target.closest("[data-search]") || document.querySelector("[data-search]");
    const found = [...document.querySelectorAll("#results .rows a")];
    if (!field || !found.length || !(event.target === field || event.target.closest("#results"))) return;
    event.preventDefault();
    const places = [field, ...found];
    const at = places.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    places[(at + places.length) % places.length].focus();
  };
  const closeQuick = () => document.getElementById("quick")?.replaceChildren();

  // Escape leads back: from what was found to the field, and from the field to where the shortcut was pressed.
  let before = null;
  const back = () => {
    const field = document.querySelector("form.search:not(.search-page) [data-search]");
    const here = document.activeElement;
    if (here?.closest("#quick")) {
      closeQuick();
      field.focus();
    } else if (field && here === field) {
      closeQuick();
      field.value = "";
      if (before?.isConnected) before.focus();
      else field.blur();
    }
  };

  document.addEventListener("keydown", (event) => {
    const shortcut = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing(event.target));
    if (shortcut && !event.altKey) {
      const field = [...document.querySelectorAll("[data-search]")].find((input) => input.offsetParent !== null);
      const link = document.querySelector(".search-link");
      if (!field && !link) return;
      event.preventDefault();
      if (field !== document.activeElement) before = document.activeElement;
      if (field) field.select();
      else link.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      step(event);
    } else if (event.key === "Escape") {
      back();
      closeQuick();
      for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("form.search")) closeQuick();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("form.search")) closeQuick();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.textContent = copy.dataset.done; });
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.ask;
    if ((question && !window.confirm(question)) || form.dataset.sent) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (form.method === "post" && !event.defaultPrevented && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) {
      form.dataset.sent = "yes";
      setTimeout(() => { delete form.dataset.sent; }, 5000);  // the answer may be a file, and the page stays
    }
  }, true);

  // A page that comes back from the browser's memory can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
