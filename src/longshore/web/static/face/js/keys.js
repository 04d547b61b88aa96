// Single keys, off while somebody types or an input method is composing.
import { $, $$ } from "./dom.js";
import { openPalette } from "./palette.js";

let afterG = -Infinity; // when `g` was pressed
let cursor = { id: null, index: 0 };

const typing = (event) => event.isComposing || event.target.closest?.("input, textarea, select, [contenteditable]");
const rows = () => $$("[data-rows] [data-row]").filter((row) => row.offsetParent !== null);
const current = () => $("[data-row][aria-current='true']");

function stand(row) {
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  cursor = { id: row.dataset.row, index: rows().indexOf(row) };
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(current());
  const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
  stand(next);
  next.scrollIntoView({ block: "nearest" });
}

/** A fresh list knows nothing of the cursor: stand on the same row again, or on the one that took its place. */
function standAgain() {
  if (cursor.id === null || current()) return;
  const list = rows();
  const row = list.find((r) => r.dataset.row === cursor.id) ?? list[Math.min(cursor.index, list.length - 1)];
  if (row) stand(row);
}

function press(name) {
  const button = current() && $(`[data-key="${name}"]`, current());
  if (!button) return false;
  button.click();
  return true;
}

function openRow() {
  const target = current() && ($("[data-open]", current()) ?? $("a[href]", current()));
  if (!target) return false;
  target.click();
  return true;
}

const SIMPLE = {
  j: () => move(1),
  k: () => move(-1),
  e: () => press("e"),
  s: () => press("s"),
  a: () => press("a"),
  u: () => $("[data-undo]")?.click(),
  "/": () => openPalette(),
  "?": () => $("#keys")?.showModal(),
  Enter: () => document.activeElement === document.body && openRow(),
};

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]:modal")) return;
    if (performance.now() - afterG < 1200) {
      afterG = -Infinity;
      const link = $(`[data-go="${event.key}"]`);
      if (link) {
        event.preventDefault();
        location.assign(link.href);
      }
      return;
    }
    if (event.key === "g") {
      afterG = performance.now();
      return;
    }
    if (event.key === "Escape" && document.documentElement.dataset.mode === "wall") location.assign("/");
    const act = SIMPLE[event.key];
    if (act && act() !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || !row.closest("[data-rows]")) return;
    stand(row);
  });
  document.body.addEventListener("htmx:after:swap", standAgain);
}
