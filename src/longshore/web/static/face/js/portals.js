// The portal monitor: when something passes, its parts are asked for again, at most once a second.
import { $ } from "./dom.js";
import { on } from "./live.js";

let timer = 0;
on("passage", () => {
  clearTimeout(timer);
  timer = setTimeout(() => $("#portals")?.dispatchEvent(new CustomEvent("passed")), 250);
});
