// The drawn family: drag to move, the wheel with Ctrl or the buttons to zoom, a thing under the pointer shows its links.
// The drawing itself comes from the server, so it is there without this script, on paper too.
import { $, $$ } from "./dom.js";

const NEAREST = 1.6;
const FARTHEST = 0.3;

function zoomable(box, drawing) {
  const size = { width: Number(drawing.getAttribute("width")), height: Number(drawing.getAttribute("height")) };
  let scale = 1;
  const set = (next) => {
    const middle = [(box.scrollLeft + box.clientWidth / 2) / scale, (box.scrollTop + box.clientHeight / 2) / scale];
    scale = Math.min(NEAREST, Math.max(FARTHEST, next));
    drawing.setAttribute("width", size.width * scale);
    drawing.setAttribute("height", size.height * scale);
    box.scrollTo(middle[0] * scale - box.clientWidth / 2, middle[1] * scale - box.clientHeight / 2);
  };
  for (const button of $$("[data-trace-zoom] [data-zoom]")) {
    button.addEventListener("click", () => set(scale * (button.dataset.zoom === "1" ? 1.25 : 0.8)));
  }
  box.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      set(scale * (event.deltaY < 0 ? 1.1 : 0.9));
    },
    { passive: false },
  );
}

function draggable(box) {
  let from = null;
  let moved = false;
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const x = from.x - event.clientX;
    const y = from.y - event.clientY;
    if (!moved && Math.abs(x - box.scrollLeft) + Math.abs(y - box.scrollTop) < 5) return;
    moved = true;
    box.classList.add("is-held");
    box.scrollTo(x, y);
  });
  addEventListener("pointerup", () => {
    from = null;
    box.classList.remove("is-held");
  });
  box.addEventListener("click", (event) => moved && event.preventDefault(), true);
  box.addEventListener("dragstart", (event) => event.preventDefault());
}

function asking(drawing) {
  const show = (node) => {
    const id = node?.dataset.node;
    drawing.classList.toggle("is-asked", Boolean(id));
    const near = new Set([id]);
    for (const link of $$(".trace-link", drawing)) {
      const mine = link.dataset.source === id || link.dataset.target === id;
      link.classList.toggle("is-near", mine);
      if (mine) near.add(link.dataset.source).add(link.dataset.target);
    }
    for (const other of $$(".trace-node", drawing)) other.classList.toggle("is-near", near.has(other.dataset.node));
  };
  for (const node of $$(".trace-node", drawing)) {
    node.addEventListener("pointerenter", () => show(node));
    node.addEventListener("pointerleave", () => show(null));
    node.addEventListener("focus", () => show(node));
    node.addEventListener("blur", () => show(null));
  }
}

const box = $("[data-trace]");
if (box) {
  const drawing = $(".trace", box);
  zoomable(box, drawing);
  draggable(box);
  asking(drawing);
  const focus = $(".is-focus rect", drawing)?.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (focus) box.scrollTo(focus.x - frame.x - frame.width / 2 + 90, focus.y - frame.y - frame.height / 2);
}
