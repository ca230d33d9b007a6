// A visit on a phone, on top of a page that works without this: where the engineer is, and a signature that is drawn.
(() => {
  // The place is sent with arrival and leaving when the device says it; without one the button does the same.
  const WAIT = 8000;
  const submit = (form) => {
    if (form.dataset.going) return;
    form.dataset.going = "yes";
    form.submit();
  };
  for (const form of document.querySelectorAll("form[data-place]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (form.dataset.asked) return;
      form.dataset.asked = "yes";
      if (!navigator.geolocation) { submit(form); return; }
      const says = form.querySelector("[data-place-says]");
      says.textContent = says.dataset.placeSays;
      setTimeout(() => submit(form), WAIT + 1000);  // some browsers never answer a question nobody decided
      navigator.geolocation.getCurrentPosition((found) => {
        form.elements.latitude.value = found.coords.latitude;
        form.elements.longitude.value = found.coords.longitude;
        form.elements.taken_at.value = Math.round(found.timestamp);
        submit(form);
      }, () => submit(form), { enableHighAccuracy: true, timeout: WAIT, maximumAge: 0 });
    });
  }

  const form = document.querySelector("form[data-sign]");
  if (!form) return;
  const pad = form.querySelector(".sign-pad"), canvas = pad.querySelector("canvas"), pen = canvas.getContext("2d");
  let drawn = false, drawing = false;
  const clear = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "#111";
    pen.lineWidth = 5;
    pen.lineCap = pen.lineJoin = "round";
    drawn = false;
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  pad.hidden = false;
  clear();
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
    drawn = true;
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { drawing = false; });
  pad.querySelector("[data-clear]").addEventListener("click", clear);
  form.addEventListener("submit", (event) => {
    if (!drawn) return;
    event.preventDefault();
    event.stopPropagation();
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "signature.png", { type: "image/png" }));
      form.elements.drawn.files = files.files;
      submit(form);
    }, "image/png");
  });
})();
