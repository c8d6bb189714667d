// Fills the inner frame, which may run nothing, with what the console sends.
window.addEventListener("message", (event) => {
  if (event.source === parent) document.querySelector("iframe").srcdoc = String(event.data);
});
