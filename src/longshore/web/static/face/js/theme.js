// Runs before the first paint: "as the device" is something only the device knows.
(() => {
  const root = document.documentElement;
  if (root.dataset.themeAsked === "auto") {
    root.dataset.theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }
})();
