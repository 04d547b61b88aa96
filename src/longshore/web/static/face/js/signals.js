// Live signal charts: <div data-signal="ID of a json_script" data-code data-range data-every>.
// Data: {device, metric, code, unit, step, since, until, points: [[ms, mean, lowest, highest], …]}.
// The band is lowest to highest, so that a peak between two points is seen; a gap in the data is a gap in the line.
import { init } from "../../vendor/echarts.js";
import { $, $$, locale, pageData, rem, token } from "./dom.js";
import { on } from "./live.js";

const MOST = 4000;
const SITE_MS = 8 * 3600 * 1000; // times are shown as at the sites, wherever the reader sits
const charts = new Map();

/** Points with a hole wherever more than three steps are missing. */
function withGaps(points, gap) {
  const rows = [];
  points.forEach((point, i) => {
    if (i && point[0] - points[i - 1][0] > gap) rows.push([points[i - 1][0] + 1, null, null, null]);
    rows.push(point);
  });
  return rows;
}

function option(state) {
  const { data } = state;
  const rows = withGaps(data.points, state.gap);
  const size = 11 * rem();
  const axis = { color: token("--t3"), fontSize: size };
  const line = { type: "line", showSymbol: data.points.length < 3, connectNulls: false, emphasis: { disabled: true } };
  const hidden = { ...line, stack: "band", lineStyle: { opacity: 0 }, symbol: "none", tooltip: { show: false }, silent: true };
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: token("--font") },
    aria: { enabled: true },
    grid: { left: 4, right: 12, top: 10, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: token("--s-3"),
      borderColor: token("--line-2"),
      textStyle: { color: token("--t1"), fontSize: 12 * rem() },
      formatter: (items) => tip(items, data),
    },
    xAxis: {
      type: "time",
      min: data.until - state.span + SITE_MS,
      max: data.until + SITE_MS,
      axisLine: { lineStyle: { color: token("--line-2") } },
      axisLabel: { ...axis, hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: { type: "value", scale: true, splitNumber: 3, splitLine: { lineStyle: { color: token("--line") } }, axisLabel: axis },
    series: [
      { ...hidden, data: rows.map((p) => [p[0] + SITE_MS, p[2]]) },
      { ...hidden, data: rows.map((p) => [p[0] + SITE_MS, p[2] == null ? null : p[3] - p[2]]), areaStyle: { color: token("--info"), opacity: 0.22 } },
      { ...line, data: rows.map((p) => [p[0] + SITE_MS, p[1]]), lineStyle: { width: 1.5, color: token("--info") }, itemStyle: { color: token("--info") } },
    ],
  };
}

const shown = (value) => value.toLocaleString(locale(), { maximumFractionDigits: 2 });

function tip(items, data) {
  const last = items[items.length - 1];
  const point = data.points.find((p) => p[0] + SITE_MS === last.value[0]);
  const box = document.createElement("div");
  const at = new Date(last.value[0]).toLocaleString(locale(), { timeZone: "UTC" });
  const range = point && point[2] !== point[3] ? ` (${shown(point[2])} – ${shown(point[3])})` : "";
  box.append(at, document.createElement("br"), point ? `${shown(point[1])} ${data.unit}${range}` : "–");
  return box;
}

function paint(state) {
  state.chart.setOption(option(state), true);
}

function draw(box) {
  const data = pageData(box.dataset.signal);
  const state = {
    box,
    data,
    chart: init(box, null, { renderer: "canvas" }),
    span: data.until - data.since,
    gap: 3000 * Math.max(data.step, Number(box.dataset.every) || 0, 1),
  };
  charts.set(`${data.device}/${data.metric}`, state);
  paint(state);
  new ResizeObserver(() => state.chart.resize()).observe(box);
  addEventListener("longshore:theme", () => paint(state));
}

/** A live reading joins its step; a late one is left to the next load, which knows all of them. */
function take(state, at, value) {
  const { data } = state;
  const bucket = Math.floor(at / (data.step * 1000)) * data.step * 1000;
  const last = data.points[data.points.length - 1];
  if (last && last[0] > bucket) return;
  if (last && last[0] === bucket) {
    last[2] = Math.min(last[2], value);
    last[3] = Math.max(last[3], value);
    last[4] = (last[4] ?? 1) + 1;
    last[1] += (value - last[1]) / last[4];
  } else {
    data.points.push([bucket, value, value, value]);
  }
  data.until = Math.max(data.until, at);
  while (data.points.length > MOST || data.points[0][0] < data.until - state.span) data.points.shift();
  const now = $(`[data-now-of="${state.box.dataset.signal}"]`);
  if (now) now.textContent = shown(value);
}

function hear({ device, values }) {
  for (const [metric, at, value] of values) {
    const state = charts.get(`${device}/${metric}`);
    if (!state) continue;
    take(state, at, value);
    paint(state);
  }
}

async function reload(state) {
  const asked = new URLSearchParams({ metric: state.data.code, range: state.box.dataset.range });
  const answer = await fetch(`/devices/${encodeURIComponent(state.box.dataset.code)}/series.json?${asked}`);
  if (!answer.ok) return;
  const { step, points } = await answer.json();
  Object.assign(state.data, { step, points });
  paint(state);
}

let greeted = false;
on("hello", () => {
  // The line was lost and is back: what was said in between is in the tables.
  if (greeted) for (const state of charts.values()) reload(state);
  greeted = true;
});
on("signal", hear);
$$("[data-signal]").forEach(draw);
