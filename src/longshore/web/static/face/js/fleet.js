// Moving trucks on one 2D canvas over a still map: the WebGL map repaints only when a person moves it. Trucks glide
// between the positions the stream tells, and are redrawn only as often as something would move a quarter of a pixel.

export const STATES = ["idle", "ok", "risk", "late"]; // drawn in this order: what is late lies on top

const FRAME = 1000 / 30;
const SLOWEST = 1000;
const JUMP = 0.0008; // of the world's width, some 30 km: further than that is a jump, not a drive
const CROWD = 600; // from here on, trucks in time become dots so that the late ones are seen
const KEEP_RIGHT = 3.2; // px: the two directions of a road do not hide each other

function mercator(lng, lat) {
  return [(lng + 180) / 360, (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2];
}

export class Fleet {
  constructor(map, colours) {
    this.map = map;
    this.colours = colours;
    this.trucks = new Map();
    this.shown = new Set(STATES);
    this.selected = null;
    this.gap = SLOWEST;
    this.movedAt = 0;
    this.fastest = 0;
    this.drawnAt = 0;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "fleet";
    map.getCanvasContainer().append(this.canvas);
    this.pen = this.canvas.getContext("2d");
    this.resize();
    map.on("resize", () => this.resize());
    map.on("move", () => this.draw());
    const loop = (now) => {
      requestAnimationFrame(loop);
      if (!document.hidden && now - this.drawnAt >= this.pause() - 4) this.draw(now);
    };
    requestAnimationFrame(loop);
  }

  resize() {
    const box = this.map.getContainer();
    this.ratio = Math.min(2, devicePixelRatio || 1);
    this.width = box.clientWidth;
    this.height = box.clientHeight;
    this.canvas.width = this.width * this.ratio;
    this.canvas.height = this.height * this.ratio;
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.draw();
  }

  /** trucks: [[id, lng, lat, heading in degrees, state]]; `all` drops the ones that are not named. */
  update(trucks, all) {
    const now = performance.now();
    const part = this.progress(now);
    this.fastest = 0;
    const named = new Set();
    for (const [id, lng, lat, heading, state] of trucks) {
      named.add(id);
      if (lng === null) continue;
      const [x, y] = mercator(lng, lat);
      const old = this.trucks.get(id);
      const far = !old || Math.abs(x - old.x1) + Math.abs(y - old.y1) > JUMP;
      const from = far ? [x, y] : [old.x0 + (old.x1 - old.x0) * part, old.y0 + (old.y1 - old.y0) * part];
      if (!far) this.fastest = Math.max(this.fastest, Math.abs(x - from[0]), Math.abs(y - from[1]));
      this.trucks.set(id, { x0: from[0], y0: from[1], x1: x, y1: y, turn: (heading * Math.PI) / 180, state });
    }
    for (const [id, truck] of this.trucks) {
      if (named.has(id)) continue;
      if (all) this.trucks.delete(id);
      else Object.assign(truck, { x0: truck.x1, y0: truck.y1 });
    }
    this.gap = this.movedAt ? Math.min(2500, Math.max(400, now - this.movedAt)) : SLOWEST;
    this.movedAt = now;
    this.draw();
  }

  pause() {
    const pixels = (this.fastest * 512 * 2 ** this.map.getZoom()) / this.gap;
    return Math.max(FRAME, Math.min(SLOWEST, 0.25 / (pixels || 1e-9)));
  }

  progress(now) {
    return Math.min(1, (now - this.movedAt) / this.gap);
  }

  /** Where a truck is on the screen now. */
  place() {
    const part = this.progress(performance.now());
    const scale = 512 * 2 ** this.map.getZoom();
    const zero = this.map.project([0, 0]);
    return (t) => [
      (t.x0 + (t.x1 - t.x0) * part) * scale + zero.x - scale / 2,
      (t.y0 + (t.y1 - t.y0) * part) * scale + zero.y - scale / 2,
    ];
  }

  draw(now = performance.now()) {
    this.drawnAt = now;
    const { pen, ratio } = this;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const place = this.place();
    const colours = this.colours();
    const crowd = this.trucks.size > CROWD;
    const size = Math.min(9, (crowd ? 3.6 : 4.8) + Math.max(0, this.map.getZoom() - 4.2) * 1.1);
    for (const state of STATES) {
      if (!this.shown.has(state)) continue;
      pen.fillStyle = pen.strokeStyle = colours[state];
      pen.beginPath();
      for (const truck of this.trucks.values()) {
        if (truck.state !== state) continue;
        const [x, y] = place(truck);
        if (x < -12 || y < -12 || x > this.width + 12 || y > this.height + 12) continue;
        if (crowd && state === "ok") pen.rect(x - 1, y - 1, 2, 2);
        else this.outline(state, x, y, truck.turn, size);
      }
      this.paint(state, crowd, colours);
    }
    this.ring(place, size, colours);
  }

  paint(state, crowd, colours) {
    const { pen } = this;
    pen.lineWidth = 1.6;
    if (state === "idle") {
      pen.stroke();
      return;
    }
    if (!crowd) {
      pen.strokeStyle = colours.edge;
      pen.stroke();
    }
    pen.fill();
  }

  /** The shape says the state again: slim arrow, wide arrow, diamond, hollow square. */
  outline(state, x, y, turn, size) {
    const { pen } = this;
    if (state === "idle") {
      const half = size * 0.66;
      pen.rect(x - half, y - half, 2 * half, 2 * half);
      return;
    }
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const [px, py] = [x + c * KEEP_RIGHT, y + s * KEEP_RIGHT];
    const at = (side, ahead) => [px + c * side + s * ahead, py + s * side - c * ahead];
    const r = size * { ok: 1, risk: 1.08, late: 1.22 }[state];
    const corners = {
      ok: [[0, 1.3], [0.78, -0.8], [0, -0.3], [-0.78, -0.8]],
      risk: [[0, 1.3], [1, -0.8], [-1, -0.8]],
      late: [[0, 1.35], [0.9, 0], [0, -0.95], [-0.9, 0]],
    }[state];
    corners.forEach(([side, ahead], i) => pen[i ? "lineTo" : "moveTo"](...at(side * r, ahead * r)));
    pen.closePath();
  }

  ring(place, size, colours) {
    const truck = this.trucks.get(this.selected);
    if (!truck) return;
    const [x, y] = place(truck);
    this.pen.beginPath();
    this.pen.arc(x, y, size * 2.6, 0, 2 * Math.PI);
    this.pen.lineWidth = 2;
    this.pen.strokeStyle = colours.ring;
    this.pen.stroke();
  }

  /** The truck under a point of the screen, late ones first. */
  at(x, y, reach = 13) {
    const place = this.place();
    let best = null;
    let least = reach * reach;
    for (const [id, truck] of this.trucks) {
      if (!this.shown.has(truck.state)) continue;
      const [tx, ty] = place(truck);
      const distance = (tx - x) ** 2 + (ty - y) ** 2 - (truck.state === "late" ? 20 : 0);
      if (distance < least) [best, least] = [id, distance];
    }
    return best;
  }

  count() {
    const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const truck of this.trucks.values()) counts[truck.state] += 1;
    return counts;
  }
}
