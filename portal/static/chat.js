// A conversation on top of a page that works without this: news as they come, files with progress, drafts that are
// kept, messages that are sent once however often the line breaks.
(() => {
  const chat = document.querySelector("[data-chat]");
  if (!chat) return;
  const texts = JSON.parse(chat.dataset.texts);
  const log = chat.querySelector("#chat-log"), said = chat.querySelector("#chat-said");
  const status = chat.querySelector("#chat-end");
  const form = chat.querySelector("#chat-form");
  const field = form?.querySelector("textarea");
  const chosen = chat.querySelector("#chat-chosen");
  const csrf = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}")["X-CSRFToken"] || "";
  const headers = { "HX-Request": "true", "X-CSRFToken": csrf };
  const QUICK = 3000, SLOW = 15000, ACTIVE = 60000;
  let over = false, pending = null;

  const say = (text, kind = "") => {
    status.textContent = text;
    status.className = `chat-status ${kind}`;
  };
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const parsed = (html) => new DOMParser().parseFromString(html, "text/html").body;
  const problemOf = (html) => parsed(html).querySelector("[role=alert], p")?.textContent.trim() || texts.offline;

  // ---- What is kept on this device: only what the server has not confirmed, under the name of who typed it.
  const local = {
    key: `chat:${chat.dataset.chat}`,
    get() { try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; } },
    set(value) { try { localStorage.setItem(this.key, JSON.stringify(value)); } catch { /* private window: the server has it */ } },
    clear() { try { localStorage.removeItem(this.key); } catch { /* as above */ } },
  };

  // ---- News
  let timer = 0, wait = QUICK, active = Date.now(), asking = false;
  const isNear = () => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };

  // What stands beside the conversation (clocks, who has it, what may be done) follows it, unless somebody is at it.
  const isUsed = (part) => part.contains(document.activeElement) || part.querySelector("details[open]")
    || [...part.querySelectorAll("textarea, input")].some((each) => each.value !== each.defaultValue);
  const stands = (tag) => tag.split("-").filter((_part, place) => place !== 2).join("-");  // without marks of what was read
  const follow = async () => {
    try {
      const answer = await fetch(location.pathname);
      if (!answer.ok || answer.redirected) return;
      const page = parsed(await answer.text());
      for (const part of document.querySelectorAll("[data-follows]")) {
        const fresh = page.querySelector(`#${part.id}`);
        if (!fresh || isUsed(part)) continue;
        part.replaceChildren(...[...fresh.childNodes].map((each) => document.importNode(each, true)));
        window.htmx?.process(part);
      }
    } catch { /* the next news try again */ }
  };

  const takeIn = (html) => {
    const news = parsed(html).querySelector("[data-tag]");
    if (!news) return null;
    if (stands(chat.dataset.tag) !== stands(news.dataset.tag)) follow();
    const near = isNear();
    let added = 0;
    for (const entry of news.querySelectorAll("ol:first-child > li")) {
      if (document.getElementById(entry.id)) continue;
      said.append(document.importNode(entry, true));
      if (!entry.classList.contains("mine")) added += 1;
    }
    const marks = news.querySelector("#chat-marks"), there = chat.querySelector("#chat-marks");
    if (marks && there) there.textContent = marks.textContent.trim();
    chat.dataset.tag = news.dataset.tag;
    chat.dataset.since = news.dataset.since;
    for (const place of document.querySelectorAll("[data-ticket-state]")) place.textContent = news.dataset.state;
    if (near) toEnd();
    else if (added) say(texts.new);
    if (added) active = Date.now();
    markRead();
    return news;
  };

  const finish = (text) => {
    over = true;
    clearTimeout(timer);
    say(text, "bad");
    for (const control of form?.querySelectorAll("button, input, select") ?? []) control.disabled = true;
  };
  const refused = (answer) => {  // for whatever is asked: out of sight, or nobody signed in
    if (answer.status === 404) finish(texts.gone);
    else if (answer.status === 401) finish(texts.out);
    return answer.status === 404 || answer.status === 401;
  };

  const look = async () => {
    if (over || asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(`${chat.dataset.news}?since=${chat.dataset.since}`, {
        headers: { ...headers, "If-None-Match": `"${chat.dataset.tag}"` },
      });
      if (refused(answer)) return;
      if (answer.status === 200) takeIn(await answer.text());
      if (status.classList.contains("offline")) say("");
      if (pending) transmit();
    } catch {
      say(texts.offline, "offline");
    } finally {
      asking = false;
      plan();
    }
  };
  const plan = () => {
    if (over) return;
    const busy = document.visibilityState === "visible" && Date.now() - active < ACTIVE;
    wait = busy ? QUICK : Math.min(SLOW, document.visibilityState === "visible" ? wait * 1.5 : SLOW);
    clearTimeout(timer);
    timer = setTimeout(look, wait * (0.9 + Math.random() * 0.2));
  };
  const wake = () => {
    const slept = Date.now() - active > ACTIVE;
    active = Date.now();
    if (slept || wait > QUICK) { wait = QUICK; look(); }
  };
  for (const kind of ["keydown", "pointerdown", "focus"]) window.addEventListener(kind, wake);
  window.addEventListener("online", look);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { wake(); markRead(); } });

  // ---- How far this person has read
  let marked = "";
  const markRead = () => {
    const all = said.querySelectorAll("li[data-message]"), newest = all[all.length - 1];
    if (!chat.dataset.marks || over || !newest || newest.classList.contains("mine")) return;
    if (document.visibilityState !== "visible" || marked === newest.dataset.message) return;
    marked = newest.dataset.message;
    fetch(chat.dataset.read, { method: "POST", headers, body: new URLSearchParams({ message: marked }) })
      .catch(() => { marked = ""; });
  };

  toEnd();
  markRead();
  plan();
  if (!form) return;

  // ---- Drafts
  const target = () => form.querySelector("[name=target]:checked")?.value || "reply";
  let saving = Promise.resolve(), later = 0, unsaved = false;
  const saveDraft = () => {
    clearTimeout(later);
    const body = field.value;
    saving = saving.then(async () => {
      try {
        const words = new URLSearchParams({ body, target: target() });
        const answer = await fetch(chat.dataset.draft, { method: "POST", headers, body: words });
        if (refused(answer) || !answer.ok) return;
        if (field.value === body) {
          unsaved = false;
          local.clear();
          form.querySelector("#chat-saved").textContent = texts.saved;
        }
      } catch { /* it lies on this device until the line is back */ }
    });
    return saving;
  };
  const typed = () => {
    unsaved = true;
    local.set({ body: field.value, target: target(), key: form.elements.form_key.value });
    form.querySelector("#chat-saved").textContent = "";
    clearTimeout(later);
    later = setTimeout(saveDraft, 800);
  };
  field.addEventListener("input", typed);
  for (const choice of form.querySelectorAll("[name=target]")) {
    choice.addEventListener("change", () => { chat.classList.toggle("noting", target() === "note"); if (field.value) typed(); });
  }
  chat.classList.toggle("noting", target() === "note");
  window.addEventListener("pagehide", () => {
    if (!unsaved || pending) return;
    navigator.sendBeacon(chat.dataset.draft, new URLSearchParams({ csrf_token: csrf, body: field.value, target: target() }));
  });
  const left = local.get();
  if (left?.body && left.body !== field.value) {
    field.value = left.body;
    if (left.pending) form.elements.form_key.value = left.key;  // perhaps it arrived: the same key is the same message
    const choice = [...form.querySelectorAll("[name=target]")].find((each) => each.value === left.target);
    if (choice) choice.checked = true;
    saveDraft();
  }

  // ---- Articles that go with the answer: their lines stand in the field, where they can be moved or taken out
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.name !== "articles") return;
    const line = box.dataset.line;
    const rest = field.value.replace(line, "").trimEnd();
    field.value = box.checked ? [rest, line].filter(Boolean).join("\n\n") : rest;
    typed();
  });

  // ---- Sending: the same key until the server has answered, so that no message comes twice
  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    delete form.dataset.sent;  // the guard against double clicks is the key
    if (pending || over) return;
    if (uploading) { say(texts.wait, "bad"); return; }
    if (!field.value.trim() && !chosen.children.length) { field.focus(); return; }
    clearTimeout(later);
    pending = new FormData(form);
    pending.delete("files");
    field.readOnly = true;
    local.set({ body: field.value, target: target(), key: pending.get("form_key"), pending: true });
    await saving;  // a draft on its way must not come back after the message
    transmit();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const settle = () => { pending = null; field.readOnly = false; };
  const transmit = async () => {
    if (!pending || sending) return;
    sending = true;
    say(texts.sending);
    try {
      const answer = await fetch(form.action, { method: "POST", headers, body: pending });
      if (answer.headers.get("HX-Redirect") && answer.status === 204) {
        local.clear();
        unsaved = false;
        window.location.assign(answer.headers.get("HX-Redirect"));
        return;
      }
      if (refused(answer)) { settle(); return; }
      const html = await answer.text();
      if (answer.status >= 500 && answer.status !== 503) throw new Error("server");
      settle();
      if (!answer.ok) { say(problemOf(html), "bad"); return; }
      field.value = "";
      if (form.elements.then) form.elements.then.selectedIndex = 0;  // the next message must not solve it once more
      chosen.replaceChildren();
      for (const box of form.querySelectorAll("[name=articles]:checked")) box.checked = false;
      unsaved = false;
      local.clear();
      form.querySelector("#chat-saved").textContent = "";
      form.elements.form_key.value = takeIn(html).dataset.formKey;
      toEnd();
      say(texts.sent);
      active = Date.now();
      field.focus();
    } catch {
      say(texts.offline, "offline");
    } finally {
      sending = false;
      if (pending) setTimeout(transmit, QUICK);
    }
  };

  // ---- Files, one after the other
  let uploading = 0;
  const line = () => {
    const item = document.createElement("li"), label = document.createElement("span"), bar = document.createElement("progress");
    item.className = "chosen going";
    bar.max = 100;
    item.append(label, bar);
    chosen.append(item);
    return { item, label, bar };
  };
  let queue = Promise.resolve();
  const upload = (file) => {
    const { item, label, bar } = line();
    uploading += 1;
    label.textContent = file.name;
    const go = () => new Promise((done) => {
      const request = new XMLHttpRequest(), body = new FormData();
      body.append("file", file, file.name);
      request.open("POST", chat.dataset.attach);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => {
        if (!event.lengthComputable) return;
        bar.value = Math.round((event.loaded / event.total) * 100);
        label.textContent = filled(texts.uploading, { name: file.name, percent: bar.value });
      };
      const failed = (text) => {
        bar.remove();
        item.classList.add("bad");
        label.textContent = `${filled(texts.failed, { name: file.name })} ${text}`;
        const again = document.createElement("button");
        again.type = "button";
        again.className = "btn btn-quiet";
        again.textContent = texts.again;
        again.addEventListener("click", () => { item.remove(); upload(file); });
        item.append(again);
        done();
      };
      request.onload = () => {
        if (refused(request)) { item.remove(); done(); return; }
        const fresh = request.status === 201 && parsed(request.responseText).querySelector("li");
        if (!fresh) { failed(problemOf(request.responseText)); return; }
        if (document.getElementById(fresh.id)) item.remove();
        else item.replaceWith(document.importNode(fresh, true));
        done();
      };
      request.onerror = () => failed(texts.offline);
      request.send(body);
    });
    queue = queue.then(go).finally(() => { uploading -= 1; });
  };
  const uploadAll = (files) => { for (const file of files) upload(file); };

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => { uploadAll([...input.files]); input.value = ""; });
  }
  field.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    uploadAll(files);
  });
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  chat.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    chat.classList.add("dropping");
  });
  for (const kind of ["dragleave", "drop"]) chat.addEventListener(kind, () => chat.classList.remove("dropping"));
  chat.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    uploadAll([...event.dataTransfer.files]);
  });
  chosen.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-take-out]");
    if (!button) return;
    event.preventDefault();
    try {
      const answer = await fetch(button.formAction, { method: "POST", headers });
      if (answer.ok) button.closest("li").remove();
      else refused(answer);
    } catch {
      say(texts.offline, "offline");
    }
  });

  // ---- Voice
  const voice = form.querySelector("[data-voice]");
  if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder) {
    voice.hidden = false;
    const label = voice.querySelector("span");
    let recorder = null, ticking = 0;
    voice.addEventListener("click", async () => {
      if (recorder) { recorder.stop(); return; }
      let stream;
      try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { say(texts.no_voice, "bad"); return; }
      const pieces = [], began = Date.now();
      recorder = new MediaRecorder(stream);
      recorder.ondataavailable = (event) => { if (event.data.size) pieces.push(event.data); };
      recorder.onstop = () => {
        clearInterval(ticking);
        for (const track of stream.getTracks()) track.stop();
        const kind = recorder.mimeType.split(";")[0] || "audio/webm";
        const ending = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" }[kind] || "webm";
        recorder = null;
        voice.classList.remove("recording");
        label.textContent = texts.record;
        if (pieces.length) upload(new File(pieces, `${texts.voice}.${ending}`, { type: kind }));
      };
      recorder.start();
      voice.classList.add("recording");
      const tick = () => { label.textContent = filled(texts.stop, { seconds: Math.round((Date.now() - began) / 1000) }); };
      tick();
      ticking = setInterval(tick, 1000);
    });
  }
})();
