// A picture from the camera, looked at before it is used.

import { open } from "../dialogs.js";
import { h, show } from "../dom.js";
import { button, notice } from "../parts.js";

/** Let a person take a picture; returns a File, or null. The camera is off again afterwards. */
export async function shoot() {
  let stream = null;
  const shot = await open("Take a picture", (close) => {
    const video = h("video", { autoplay: true, playsinline: true, muted: true, class: "video" });
    const take = button("Take the picture", () => snap(video).then(close), { kind: "primary", disabled: true });
    const place = h("div", { class: "video-place" }, video);
    start(video).then(
      (found) => {
        stream = found;
        take.disabled = false;
        // The dialog was closed while the permission was asked for.
        if (!place.isConnected) stop(found);
        else take.focus();
      },
      () => show(place, notice("warn", "No camera.", reason())),
    );
    return [
      h("p", { class: "hint" }, "Nothing is sent before you take the picture."),
      place,
      h("div", { class: "buttons" }, button("Cancel", () => close()), take),
    ];
  });
  if (stream) stop(stream);
  return shot;
}

const reason = () =>
  window.isSecureContext
    ? "There is none, or this page may not use it."
    : "Browsers give the camera to pages of this machine or over HTTPS only.";

async function start(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
  video.srcObject = stream;
  await new Promise((resolve) => video.addEventListener("loadeddata", resolve, { once: true }));
  return stream;
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

async function snap(video) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  return new File([blob], `camera-${stamp()}.jpg`, { type: "image/jpeg" });
}

/** Return the time down to the millisecond, for names. */
export const stamp = () => new Date().toISOString().replace(/\D/g, "");
