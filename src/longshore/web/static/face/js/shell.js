// What every page has: theme, toasts, palette, keys, side sheet, live state.
import { $, $$ } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { connect } from "./live.js";
import { openPalette, preparePalette } from "./palette.js";

const TOAST_FOR = 6000;

function showThemeIcon() {
  const dark = document.documentElement.dataset.theme === "dark";
  for (const form of $$("[data-theme-switch]")) {
    const use = $("use", form);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, dark ? "#sun" : "#moon"));
    $("button", form).value = dark ? "light" : "dark";
  }
}

function switchTheme(event) {
  const form = event.target.closest("[data-theme-switch]");
  if (!form) return;
  event.preventDefault();
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.themeAsked = theme;
  const body = new FormData(form);
  body.set("theme", theme);
  fetch(form.action, { method: "POST", body, redirect: "manual" });
  showThemeIcon();
  dispatchEvent(new CustomEvent("longshore:theme"));
}

function tidyToasts() {
  for (const toast of $$("[data-toast]:not([data-timed])")) {
    toast.dataset.timed = "";
    setTimeout(() => toast.remove(), TOAST_FOR);
  }
}

function watchToasts() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-toast]")) event.target.closest("[data-toast]").remove();
  });
  new MutationObserver(tidyToasts).observe($("#toasts"), { childList: true });
  tidyToasts();
}

/** An answer swapped into #sheet opens it; [data-close-sheet] or Escape closes it. */
function watchSheet() {
  const sheet = $("#sheet");
  if (!sheet) return;
  document.body.addEventListener("htmx:after:swap", () => {
    if (sheet.childElementCount && !sheet.open && sheet.dataset.shown !== sheet.innerHTML) {
      sheet.dataset.shown = "";
      sheet.showModal();
    }
  });
  sheet.addEventListener("close", () => {
    sheet.replaceChildren();
    document.activeElement?.blur();
  });
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("[data-close-sheet]")) sheet.close();
  });
  document.body.addEventListener("close-sheet", () => sheet.close());
}

function watchBusy() {
  const bar = $("#busy");
  let waiting = 0;
  let timer = 0;
  document.addEventListener("htmx:before:request", () => {
    waiting += 1;
    clearTimeout(timer);
    timer = setTimeout(() => bar.classList.toggle("on", waiting > 0), 150);
  });
  document.addEventListener("htmx:finally:request", () => {
    waiting -= 1;
    if (waiting === 0) bar.classList.remove("on");
  });
}

function watchOpeners() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens='palette']")) openPalette();
    if (event.target.closest("[data-print]")) print();
    const opener = event.target.closest("[data-dialog]");
    if (opener) $(opener.dataset.dialog).showModal();
  });
}

/** A table with [data-bulk], and the others of its form, count their ticked boxes into [data-bulk-count]. */
function watchBulk() {
  document.addEventListener("change", (event) => {
    const table = event.target.closest("[data-bulk]");
    if (!table || event.target.type !== "checkbox") return;
    if (event.target.matches("[data-all]")) {
      for (const box of $$("tbody input[type=checkbox]", table)) box.checked = event.target.checked;
    }
    const boxes = $$("tbody input[type=checkbox]", table.closest("form") ?? table);
    for (const box of boxes) box.closest("tr").classList.toggle("on", box.checked);
    const count = boxes.filter((box) => box.checked).length;
    for (const out of $$("[data-bulk-count]")) out.textContent = count || "";
  });
}

showThemeIcon();
document.addEventListener("submit", switchTheme);
watchToasts();
watchSheet();
watchBusy();
watchOpeners();
watchBulk();
preparePalette();
listenToKeys();
const live = $("#live");
if (live?.dataset.topics) connect(live.dataset.topics);
