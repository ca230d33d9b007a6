// Scanning a label: the browser's own reader where it has one, a photo that the server reads everywhere else.
(() => {
  const sentOnce = new WeakSet();

  const liveWorks = () => "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia;

  const showLive = () => {
    const button = document.getElementById("scan-live");
    if (button && liveWorks()) button.hidden = false;
  };

  const look = async (video, detector) => {
    if (!video.isConnected || !video.srcObject) return;
    const found = await detector.detect(video).catch(() => []);
    if (!found.length) {
      requestAnimationFrame(() => look(video, detector));
      return;
    }
    stop(video);
    const form = document.getElementById("scan-typed");
    form.elements.serial.value = found[0].rawValue.slice(0, 500);
    form.requestSubmit();
  };

  const stop = (video) => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    video.hidden = true;
  };

  document.addEventListener("click", async (event) => {
    if (!event.target.closest("#scan-live")) return;
    const video = document.getElementById("scan-view");
    if (video.srcObject) {
      stop(video);
      return;
    }
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.hidden = false;
      await video.play();
      look(video, new window.BarcodeDetector());
    } catch {
      stop(video);
      document.getElementById("photo").click();  // no camera, or none that we may use
    }
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest(".scan-photo");
    if (form && event.target.files.length && !sentOnce.has(form)) {
      sentOnce.add(form);
      form.requestSubmit();
    }
  });

  document.addEventListener("DOMContentLoaded", showLive);
  document.addEventListener("htmx:after:swap", showLive);
})();
