// A classic script, so that the chosen theme is there before the first paint.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("faceplate-theme");
  } catch {
    // Storage is switched off: the system's theme holds.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
