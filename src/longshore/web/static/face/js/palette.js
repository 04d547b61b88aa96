// The command palette: the server searches, this only moves the cursor.
import { $, $$ } from "./dom.js";

const links = () => $$("#palette-list a");

function mark(at) {
  const list = links();
  list.forEach((link, i) => link.classList.toggle("on", i === at));
  list[at]?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const list = links();
  const at = list.findIndex((link) => link.classList.contains("on"));
  if (list.length) mark((at + by + list.length) % list.length);
}

export function openPalette() {
  const dialog = $("#palette");
  if (!dialog || dialog.open) return;
  const input = $("input", dialog);
  input.value = "";
  dialog.showModal();
  input.focus();
  input.dispatchEvent(new Event("palette-open"));
}

export function preparePalette() {
  const dialog = $("#palette");
  if (!dialog) return;
  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter") $("#palette-list a.on")?.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("htmx:after:swap", () => mark(0));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    const command = event.target.closest("[data-command]");
    if (!command) return;
    event.preventDefault();
    dialog.close();
    $(command.dataset.command)?.click();
  });
  // Without this the closed dialog keeps the focus and single keys go nowhere.
  dialog.addEventListener("close", () => document.activeElement?.blur());
}
