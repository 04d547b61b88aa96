// One stream for the page. The header tells the truth about it: live, late by so much, or disconnected.
import { $ } from "./dom.js";
import { word } from "./words.js";

const LATE_AFTER = 6000;
const HIDDEN_FOR = 30000;
const handlers = new Map();
let source = null;
let heardAt = 0;
let openedAt = 0;
let hiddenTimer = 0;
let lastId = "";

/** on("fleet", data => …): data is the parsed payload of every event of that name. */
export function on(name, handler) {
  if (!handlers.has(name)) {
    handlers.set(name, new Set());
    if (source) listen(name);
  }
  handlers.get(name).add(handler);
}

function listen(name) {
  source.addEventListener(name, (event) => {
    heardAt = performance.now();
    lastId = event.lastEventId || lastId;
    const data = JSON.parse(event.data);
    for (const handler of handlers.get(name)) handler(data, event);
  });
}

function open(topics) {
  const last = lastId ? `&last=${encodeURIComponent(lastId)}` : "";
  source = new EventSource(`/live/stream?topics=${encodeURIComponent(topics)}${last}`);
  openedAt = performance.now();
  source.addEventListener("open", () => (heardAt = performance.now()));
  for (const name of handlers.keys()) listen(name);
}

function close() {
  source?.close();
  source = null;
}

function stateNow() {
  const now = performance.now();
  const age = now - (heardAt || openedAt);
  if (!source || source.readyState === EventSource.CLOSED) return ["down", 0];
  if (source.readyState === EventSource.CONNECTING && (heardAt || age > 3000)) return age > 3000 ? ["down", 0] : ["late", age];
  if (!heardAt) return ["idle", 0];
  return age > LATE_AFTER ? ["late", age] : ["live", 0];
}

function show(box) {
  const [state, age] = stateNow();
  const texts = { live: () => word("live"), late: () => word("late_by", Math.round(age / 1000)), down: () => word("down"), idle: () => word("connecting") };
  const text = texts[state]();
  if (box.dataset.state !== state || box.lastElementChild.textContent !== text) {
    box.dataset.state = state;
    box.lastElementChild.textContent = text;
    document.documentElement.classList.toggle("stale", state === "late" || state === "down");
  }
}

/** Called once by the shell on pages that name topics. */
export function connect(topics) {
  const box = $("#live");
  box.hidden = false;
  on("beat", () => {});
  // The gap is longer than the table keeps: only a fresh page is the truth.
  on("reset", () => location.reload());
  open(topics);
  setInterval(() => show(box), 500);
  // HTTP/1.1 allows six connections to a host: a forgotten tab gives its own back, and asks for the gap when it returns.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(close, HIDDEN_FOR);
    else if (!source || source.readyState === EventSource.CLOSED) open(topics);
  });
  setInterval(() => {
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open(topics);
  }, 5000);
}
