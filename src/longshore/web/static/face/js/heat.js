// Stock cover: items by sites. The order of alarm is carried by fill (solid, outline, tint), by colour second.
import { init } from "../../vendor/echarts.js";
import { $, $$, pageData, rem, token } from "./dom.js";
import { word } from "./words.js";

const GAP = 1.5;

function band(tenths, [out, low, over]) {
  if (tenths < out) return "out";
  if (tenths < low) return "low";
  if (tenths > over) return "over";
  return "fine";
}

function paints() {
  const fine = token("--cover-1");
  return {
    out: { fill: token("--cover-out"), text: token("--cover-out-t"), weight: 600 },
    low: { fill: fine, text: token("--cover-low-t"), line: token("--cover-low"), weight: 600 },
    fine: { fill: fine, text: token("--t2"), weight: 400 },
    over: { fill: token("--cover-over"), text: token("--cover-over-t"), weight: 400 },
  };
}

const shown = (tenths) => (tenths >= 100 ? String(Math.round(tenths / 10)) : (tenths / 10).toFixed(1));

function cell(params, api, paint, kinds) {
  const [x, y] = [api.value(0), api.value(1)];
  const [cx, cy] = api.coord([x, y]);
  const [w, h] = api.size([1, 1]);
  const look = paint[kinds[params.dataIndex]];
  const inset = GAP + (look.line ? 0.75 : 0);
  const rect = {
    type: "rect",
    shape: { x: cx - w / 2 + inset, y: cy - h / 2 + inset, width: w - 2 * inset, height: h - 2 * inset, r: 4 },
    style: { fill: look.fill, stroke: look.line ?? null, lineWidth: look.line ? 1.5 : 0 },
    emphasis: { style: { stroke: token("--t1"), lineWidth: 1.5 } },
  };
  const size = 11 * rem();
  const text = {
    type: "text",
    silent: true,
    x: cx,
    y: cy,
    style: {
      text: shown(api.value(2)),
      fill: look.text,
      font: `${look.weight} ${size}px ${token("--font")}`,
      align: "center",
      verticalAlign: "middle",
    },
  };
  return { type: "group", children: h > size ? [rect, text] : [rect] };
}

function options(data, width) {
  const columns = new Map(data.sites.map(([code], i) => [code, i]));
  const lines = new Map(data.items.map(([code], i) => [code, i]));
  const points = data.cells.map(([item, site, tenths]) => [columns.get(site), lines.get(item), tenths]);
  const kinds = data.cells.map(([, , tenths]) => band(tenths, data.limits));
  const paint = paints();
  const bare = { axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  const size = 11 * rem();
  return {
    animation: false,
    textStyle: { fontFamily: token("--font") },
    aria: { enabled: true },
    grid: { left: 10, right: 10, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      backgroundColor: token("--s-3"),
      borderColor: token("--line-2"),
      textStyle: { color: token("--t1"), fontSize: 12 * rem() },
      renderMode: "richText",
      formatter: ({ dataIndex }) => {
        const [item, site, tenths, qty] = data.cells[dataIndex];
        const name = data.items[lines.get(item)][1];
        return `${name} · ${data.sites[columns.get(site)][1]}\n${word("days", shown(tenths))} · ${word("on_hand")} ${qty.toLocaleString()}`;
      },
    },
    xAxis: {
      type: "category",
      data: data.sites.map(([, , short]) => short),
      position: "top",
      axisLabel: { color: token("--t3"), fontSize: size, interval: 0, margin: 6, width: Math.max(28, (width - 140 * rem()) / data.sites.length - 4), overflow: "truncate" },
      ...bare,
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: data.items.map(([, name]) => name),
      axisLabel: { color: token("--t2"), fontSize: size, margin: 9, width: 120 * rem(), overflow: "truncate" },
      ...bare,
    },
    series: [
      { type: "custom", data: points, encode: { x: 0, y: 1, tooltip: 2 }, renderItem: (p, api) => cell(p, api, paint, kinds) },
    ],
  };
}

/** The picture, its refresh, and the switch to its table twin. */
export function heat(panel) {
  const box = panel && $("[data-heat-chart]", panel);
  if (!box) return null;
  let data = pageData(panel.dataset.from);
  const chart = init(box, null, { renderer: "canvas" });
  const draw = () => chart.setOption(options(data, box.clientWidth), true);
  chart.on("click", ({ dataIndex }) => {
    const [item, site] = data.cells[dataIndex];
    location.assign(`/stock/${encodeURIComponent(item)}/?site=${encodeURIComponent(site)}`);
  });
  new ResizeObserver(() => {
    chart.resize();
    draw();
  }).observe(box);
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (!button) return;
    for (const other of $$("[data-show]", panel)) other.setAttribute("aria-pressed", String(other === button));
    const table = button.dataset.show === "table";
    box.hidden = table;
    $("[data-heat-table]", panel).hidden = !table;
  });
  async function refresh() {
    const response = await fetch(panel.dataset.refresh);
    if (!response.ok) return;
    data = await response.json();
    draw();
  }
  return { draw, refresh };
}
