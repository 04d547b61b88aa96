// The control tower: what the stream says, shown where it belongs.
import { $, chinese, el, locale, pageData } from "./dom.js";
import { on } from "./live.js";
import { heat } from "./heat.js";
import { makeMap } from "./map.js";

const FEED_ROWS = 14;
const names = pageData("kind-names");

/** Calls `act` at once, then at most every `every` ms however often it is asked. */
function calmly(act, every) {
  let last = -Infinity;
  let timer = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(
      () => {
        timer = 0;
        last = performance.now();
        act();
      },
      Math.max(0, every - (performance.now() - last)),
    );
  };
}

const send = (selector, name) => $(selector)?.dispatchEvent(new CustomEvent(name));
const refreshPulse = calmly(() => send("#pulse", "refresh-pulse"), 3000);
const refreshInbox = calmly(() => send("#inbox", "refresh-inbox"), 1000);

function feedRow(row) {
  const at = new Date(row.at).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  const name = chinese() && row.name_zh ? row.name_zh : row.name;
  const way = el("span", { class: "muted" }, `${row.from} → ${row.to}`);
  return el(
    "li",
    { "data-movement": row.id, title: names[row.kind] },
    el("time", {}, at),
    el("span", {}, `${name} `, way),
    el("b", {}, row.qty.toLocaleString(locale())),
  );
}

function showMovements({ rows }) {
  const feed = $("#feed");
  for (const row of [...rows].reverse()) {
    if (!$(`[data-movement="${row.id}"]`, feed)) feed.prepend(feedRow(row));
  }
  while (feed.childElementCount > FEED_ROWS) feed.lastElementChild.remove();
}

// The clock of the wall shows the business's time: a living demo has its own.
let ahead = new Date(document.body.dataset.now) - Date.now();

function tick() {
  const now = new Date(Date.now() + ahead);
  const zone = { timeZone: "Asia/Shanghai" };
  const day = now.toLocaleDateString(locale(), { month: "long", day: "numeric", weekday: "short", ...zone });
  $("#clock").replaceChildren(el("small", {}, day), now.toLocaleTimeString("en-GB", zone));
}

function setClock(at) {
  const seen = new Date(at) - Date.now();
  if (seen > ahead) ahead = seen;
}

const board = heat($("[data-heat]"));
const refreshHeat = calmly(() => board?.refresh(), 15000);
on("movement", (data) => {
  showMovements(data);
  for (const row of data.rows) setClock(row.at);
  refreshPulse();
  refreshHeat();
});
on("order", refreshPulse);
on("kpi", () => {
  refreshPulse();
  refreshHeat();
});
on("exception", () => {
  refreshInbox();
  refreshPulse();
});
if (document.documentElement.dataset.mode === "wall") {
  tick();
  setInterval(tick, 1000);
}
const map = await makeMap($("[data-map]"));
const refreshMap = calmly(() => map.refresh(), 2000);
on("fleet", (data) => (data.reload ? refreshMap() : map.move(data)));
addEventListener("longshore:theme", () => {
  map.recolour();
  board?.draw();
});
