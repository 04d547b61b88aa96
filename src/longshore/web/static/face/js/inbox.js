import { $ } from "./dom.js";
import { on } from "./live.js";

let timer = 0;
on("exception", () => {
  clearTimeout(timer);
  timer = setTimeout(() => $("#inbox-page").dispatchEvent(new CustomEvent("refresh-inbox")), 400);
});
