// The map: coast, water, our own sites, and the trucks between them; a list beside it for whoever cannot see it.
//
// Data (json_script named by data-from): {
//   trucks: [{id, plate, trip, at: [lng, lat] | null, heading, state, from, next, eta, behind, stops, shipments, seen, path: [[lng, lat]]}],
//   sites: [{code, name, at, hot, out}],
//   stops: [{name, at, state}]            only on the page of one trip
// }
import { $, $$, asset, el, mark, pageData, token } from "./dom.js";
import { Fleet, STATES } from "./fleet.js";
import { word } from "./words.js";

const DETAILED = { west: 68, south: -2, east: 154, north: 56 }; // inside this, the detailed map of Asia

const points = (data) => [
  ...data.sites.map((s) => s.at),
  ...(data.stops ?? []).map((s) => s.at),
  ...data.trucks.filter((t) => t.at).map((t) => t.at),
];
const inside = ([x, y]) => x > DETAILED.west && x < DETAILED.east && y > DETAILED.south && y < DETAILED.north;

function bounds(list) {
  const xs = list.map((p) => p[0]);
  const ys = list.map((p) => p[1]);
  return [
    [Math.min(...xs) - 0.3, Math.min(...ys) - 0.3],
    [Math.max(...xs) + 0.3, Math.max(...ys) + 0.3],
  ];
}

function colours() {
  const names = { water: "--water", land: "--land", line: "--land-line", river: "--river", label: "--map-label" };
  const states = Object.fromEntries(STATES.map((state) => [state, token(`--${state}`)]));
  const own = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, token(name)]));
  return { ...own, ...states, edge: token("--land"), ring: token("--t1"), panel: token("--s-1"), text: token("--t1"), border: token("--line-2") };
}

const feature = (geometry, properties) => ({ type: "Feature", properties, geometry });
const collection = (features) => ({ type: "FeatureCollection", features });

function routes(data) {
  return collection(
    data.trucks
      .filter((t) => t.at && t.path.length)
      .map((t) => feature({ type: "LineString", coordinates: [t.at, ...t.path] }, { id: t.id, state: t.state })),
  );
}

function sitePoints(data) {
  return collection(data.sites.map((s) => feature({ type: "Point", coordinates: s.at }, { name: s.name, code: s.code, hot: s.hot > 0 })));
}

function stopPoints(data) {
  return collection((data.stops ?? []).map((s) => feature({ type: "Point", coordinates: s.at }, { name: s.name, state: s.state })));
}

const byState = (c) => ["match", ["get", "state"], "late", c.late, "risk", c.risk, "idle", c.idle, c.ok];

function style(base, data, c) {
  const source = (json) => ({ type: "geojson", data: json });
  const label = {
    "text-field": ["get", "name"],
    "text-font": ["Inter, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"],
    "text-size": 12,
    "text-variable-anchor": ["left", "right", "top", "bottom"],
    "text-radial-offset": 0.9,
    "text-justify": "auto",
  };
  const ink = { "text-color": c.text, "text-halo-color": c.land, "text-halo-width": 1.6 };
  return {
    version: 8,
    sources: {
      land: source(base.land),
      lakes: source(base.lakes),
      rivers: source(base.rivers),
      routes: source(routes(data)),
      sites: source(sitePoints(data)),
      stops: source(stopPoints(data)),
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": c.water } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": c.land } },
      { id: "coast", type: "line", source: "land", paint: { "line-color": c.line, "line-width": 1 } },
      { id: "rivers", type: "line", source: "rivers", paint: { "line-color": c.river, "line-width": 1.4 } },
      { id: "lakes", type: "fill", source: "lakes", paint: { "fill-color": c.water } },
      {
        id: "routes",
        type: "line",
        source: "routes",
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": byState(c),
          "line-width": ["match", ["get", "state"], ["late", "risk"], 1.8, 1.1],
          "line-opacity": ["match", ["get", "state"], ["late", "risk"], 0.75, 0.38],
        },
      },
      {
        id: "stops",
        type: "circle",
        source: "stops",
        paint: { "circle-radius": 5, "circle-color": c.panel, "circle-stroke-width": 2, "circle-stroke-color": byState(c) },
      },
      { id: "stop-names", type: "symbol", source: "stops", layout: label, paint: ink },
      {
        id: "sites",
        type: "circle",
        source: "sites",
        paint: {
          "circle-radius": ["case", ["get", "hot"], 7, 6],
          "circle-color": c.panel,
          "circle-stroke-width": 2,
          "circle-stroke-color": ["case", ["get", "hot"], c.risk, c.label],
        },
      },
      { id: "site-dots", type: "circle", source: "sites", paint: { "circle-radius": 2, "circle-color": c.label } },
      { id: "site-names", type: "symbol", source: "sites", layout: label, paint: ink },
    ],
  };
}

const webgl2 = () => Boolean(document.createElement("canvas").getContext("webgl2"));

function padding(panel) {
  const px = parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (document.documentElement.dataset.mode === "wall") {
    return { top: 10 * px, bottom: 16 * px, left: 20 * px, right: 25 * px };
  }
  // The names of the sites stand to the right of them.
  const side = panel.clientWidth / 16;
  return { top: 52, bottom: 64, left: side, right: 3.6 * side };
}

class Panel {
  constructor(root) {
    this.root = root;
    this.data = pageData(root.dataset.from);
    this.card = $(".map-card", root);
    this.drawList();
    root.addEventListener("click", (event) => this.click(event));
  }

  async open() {
    if (!webgl2()) {
      this.root.append(el("p", { class: "note map-none" }, word("no_webgl")));
      this.show("list");
      return this;
    }
    const near = points(this.data).every(inside);
    const [{ Map: Chart }, base] = await Promise.all([
      import("../../vendor/maplibre-gl.mjs"),
      fetch(asset(near ? "geo/asia.json" : "geo/world.json")).then((r) => r.json()),
    ]);
    this.map = new Chart({
      container: $(".map-box", this.root),
      style: style(base, this.data, colours()),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      renderWorldCopies: false,
      maxZoom: 12,
      ...(points(this.data).length ? { bounds: bounds(points(this.data)), fitBoundsOptions: { padding: padding(this.root), maxZoom: 9 } } : { center: [110, 32], zoom: 3 }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.fleet = new Fleet(this.map, colours);
    this.place(true);
    this.map.on("click", (event) => this.select(this.fleet.at(event.point.x, event.point.y)));
    this.map.on("load", () => (this.root.dataset.ready = "true"));
    return this;
  }

  place(all) {
    this.fleet?.update(this.data.trucks.map((t) => [t.id, t.at?.[0] ?? null, t.at?.[1] ?? null, t.heading, t.state]), all);
    this.legend();
  }

  legend() {
    const box = $("[data-legend]", this.root);
    if (!box) return;
    const counts = Object.fromEntries(STATES.map((s) => [s, this.data.trucks.filter((t) => t.state === s).length]));
    box.replaceChildren(
      ...["ok", "risk", "late", "idle"].map((state) =>
        el(
          "button",
          { type: "button", class: "chip", "data-state": state, "aria-pressed": String(this.fleet?.shown.has(state) ?? true) },
          mark(state),
          word(state),
          el("b", {}, String(counts[state])),
        ),
      ),
    );
  }

  click(event) {
    const target = (selector) => event.target.closest(selector);
    if (target("[data-show]")) this.show(target("[data-show]").dataset.show);
    else if (target("[data-zoom]")) this.map?.[target("[data-zoom]").dataset.zoom === "1" ? "zoomIn" : "zoomOut"]();
    else if (target("[data-state]")) this.toggle(target("[data-state]").dataset.state);
    else if (target("[data-close-card]")) this.select(null);
    else if (target("[data-truck]")) this.select(Number(target("[data-truck]").dataset.truck));
  }

  show(which) {
    for (const button of $$("[data-show]", this.root)) button.setAttribute("aria-pressed", String(button.dataset.show === which));
    const list = $(".map-list", this.root);
    if (list) list.hidden = which !== "list";
  }

  toggle(state) {
    if (!this.fleet) return;
    if (!this.fleet.shown.delete(state)) this.fleet.shown.add(state);
    this.map.setFilter("routes", ["in", ["get", "state"], ["literal", [...this.fleet.shown]]]);
    this.fleet.draw();
    this.legend();
  }

  select(id) {
    const truck = this.data.trucks.find((t) => t.id === id);
    if (this.fleet) {
      this.fleet.selected = truck ? id : null;
      this.fleet.draw();
    }
    if (!this.card) return;
    this.card.hidden = !truck;
    if (truck) this.card.replaceChildren(...cardParts(truck));
  }

  drawList() {
    const body = $(".map-list tbody", this.root);
    body?.replaceChildren(
      ...this.data.trucks.map((t) =>
        el(
          "tr",
          { "data-truck": t.id },
          el("td", { class: "key" }, mark(t.state), " ", el("a", { href: `/shipments/trips/${t.trip}/` }, t.plate), el("span", { class: "sr" }, word(t.state))),
          el("td", {}, t.next ?? "–"),
          el("td", {}, t.eta ?? "–"),
          el("td", { class: "n" }, t.behind || "–"),
        ),
      ),
    );
  }

  /** A live frame: [[id, lng, lat, heading, state]] of the trucks that moved. */
  move({ trucks }) {
    const known = new Map(this.data.trucks.map((t) => [t.id, t]));
    const fresh = trucks.filter(([id]) => known.has(id));
    for (const [id, lng, lat, heading, state] of fresh) Object.assign(known.get(id), { at: [lng, lat], heading, state });
    this.fleet?.update(fresh, false);
    this.legend();
    if (fresh.length < trucks.length) this.refresh();
  }

  async refresh() {
    if (!this.root.dataset.refresh) return;
    const response = await fetch(this.root.dataset.refresh);
    if (!response.ok) return;
    this.data = await response.json();
    this.drawList();
    this.place(true);
    this.map?.getSource("routes")?.setData(routes(this.data));
    this.map?.getSource("sites")?.setData(sitePoints(this.data));
  }

  recolour() {
    if (!this.map) return;
    const c = colours();
    for (const layer of style({}, this.data, c).layers) {
      for (const [name, value] of Object.entries(layer.paint)) this.map.setPaintProperty(layer.id, name, value);
    }
    this.fleet.draw();
  }
}

function cardParts(truck) {
  const close = el("button", { type: "button", class: "x", "data-close-card": true, "aria-label": word("close") }, "×");
  const rows = [
    [word("lane"), `${truck.from} → ${truck.next ?? ""}`],
    [word("eta"), truck.eta ?? "–"],
    [word("against_plan"), truck.behind || "–"],
    [word("load"), word("shipments", truck.shipments)],
    [word("as_of"), truck.seen ?? "–"],
  ];
  const facts = el("dl", { class: "facts right" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  const tag = el("span", { class: `tag ${truck.state}` }, word(truck.state));
  return [
    el("header", {}, mark(truck.state), el("h3", {}, truck.plate), tag, close),
    facts,
    el("footer", {}, el("a", { class: "btn prime", href: `/shipments/trips/${truck.trip}/` }, word("open_trip"))),
  ];
}

/** Draw the map of a [data-map] panel; answers with what the page may do to it: move, refresh, recolour. */
export async function makeMap(root) {
  const panel = new Panel(root);
  panel.legend();
  return panel.open();
}

for (const root of $$("[data-map='still']")) {
  const panel = await makeMap(root);
  addEventListener("longshore:theme", () => panel.recolour());
}
