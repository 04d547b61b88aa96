// Small things every island uses.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
export const asset = (path) => document.body.dataset.static + path;
export const chinese = () => document.documentElement.lang.startsWith("zh");
export const locale = () => (chinese() ? "zh-CN" : "en-GB");

const SVG = "http://www.w3.org/2000/svg";

/** Build an element: el("p", {class: "meta"}, "text", child). Text is text, never HTML. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c != null));
  return node;
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export function icon(name) {
  const node = svg("svg", { class: "ic", "aria-hidden": "true" });
  node.append(svg("use", { href: `${asset("vendor/icons.svg")}#${name}` }));
  return node;
}

const SHAPES = {
  ok: ["circle", { cx: 5, cy: 5, r: 4 }],
  risk: ["path", { d: "M5 .6 9.6 9H.4z" }],
  late: ["path", { d: "M5 0l5 5-5 5-5-5z" }],
  idle: ["rect", { x: 1.4, y: 1.4, width: 7.2, height: 7.2, rx: 1, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }],
};

export function mark(state) {
  const node = svg("svg", { class: `mk ${state}`, viewBox: "0 0 10 10", fill: "currentColor", "aria-hidden": "true" });
  node.append(svg(...SHAPES[state]));
  return node;
}

/** The JSON a page carries for an island: <script type="application/json" id="…">, or json_script of Django. */
export const pageData = (id) => JSON.parse(document.getElementById(id).textContent);
