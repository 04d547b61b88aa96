// Charts of the pages: <div class="chart" data-chart="KIND" data-from="ID of a json_script">.
//
// series      [[iso time, value], …]                         one line over time
// lines       {x: [labels], series: [{name, values, state?, dashed?, area?, step?}], marks: [{name, value, state?}], now?: index}
//             values may hold null; `marks` are horizontal lines (reorder point, safety stock)
// bars        {x: [labels], series: [{name, values, state?}], stack?: true}
// projection  the same as lines, drawn as steps: stock expected over the coming days
// band        {x, wanted, mean, low, high, now, names: {wanted, mean, band, points}, points: [{at, value}],
//             spans: [{from, to, name}], surges?: [{at, value}], surge_name?, before?: [values], before_name?}
//             what was, what is expected and how sure that is; days that surged, and the band's upper end before
import { init } from "../../vendor/echarts.js";
import { $$, locale, pageData, rem, token } from "./dom.js";

const PALETTE = ["--info", "--t3", "--ok", "--risk", "--late"];
const colourOf = (series, i) => token(series.state ? `--${series.state}` : PALETTE[i % PALETTE.length]);

function frame() {
  const size = 11 * rem();
  return {
    animation: false,
    textStyle: { fontFamily: token("--font") },
    aria: { enabled: true },
    grid: { left: 12, right: 16, top: 28, bottom: 8, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: token("--s-3"),
      borderColor: token("--line-2"),
      textStyle: { color: token("--t1"), fontSize: 12 * rem() },
      valueFormatter: (value) => (value == null ? "–" : Number(value).toLocaleString(locale())),
    },
    legend: { top: 2, right: 8, itemWidth: 12, itemHeight: 8, textStyle: { color: token("--t3"), fontSize: size } },
    yAxis: {
      type: "value",
      splitLine: { lineStyle: { color: token("--line") } },
      axisLabel: { color: token("--t3"), fontSize: size, formatter: (value) => value.toLocaleString(locale()) },
    },
  };
}

function labels(data) {
  return {
    type: "category",
    data: data.x,
    axisLine: { lineStyle: { color: token("--line-2") } },
    axisTick: { show: false },
    axisLabel: { color: token("--t3"), fontSize: 11 * rem() },
  };
}

// The highest line is named above itself, the others below: two that lie close do not write over each other.
function markLines(data) {
  const top = Math.max(...(data.marks ?? []).map((mark) => mark.value));
  const lines = (data.marks ?? []).map((mark) => ({
    yAxis: mark.value,
    name: mark.name,
    lineStyle: { color: token(mark.state ? `--${mark.state}` : "--t3"), type: "dashed" },
    label: {
      formatter: mark.name,
      color: token("--t2"),
      position: mark.value === top ? "insideEndTop" : "insideEndBottom",
      fontSize: 11 * rem(),
    },
  }));
  if (data.now !== undefined) lines.push({ xAxis: data.now, lineStyle: { color: token("--t1"), type: "solid" }, label: { show: false } });
  return { silent: true, symbol: "none", data: lines };
}

function lines(data, step) {
  return {
    ...frame(),
    xAxis: { ...labels(data), boundaryGap: false },
    series: data.series.map((series, i) => ({
      type: "line",
      name: series.name,
      data: series.values,
      showSymbol: false,
      step: step || series.step ? "end" : false,
      connectNulls: false,
      lineStyle: { width: 1.6, color: colourOf(series, i), type: series.dashed ? "dashed" : "solid" },
      itemStyle: { color: colourOf(series, i) },
      areaStyle: series.area ? { color: colourOf(series, i), opacity: 0.1 } : undefined,
      markLine: i === 0 ? markLines(data) : undefined,
    })),
  };
}

function spans(data) {
  return {
    silent: true,
    itemStyle: { color: token("--t3"), opacity: 0.12 },
    label: { color: token("--t2"), fontSize: 11 * rem(), position: "insideTop" },
    // neighbours' names stand on two lines, so that they do not cover each other
    data: (data.spans ?? []).map((span, i) => [
      { xAxis: span.from, name: span.name, label: { distance: i % 2 ? 18 : 3 } },
      { xAxis: span.to },
    ]),
  };
}

function band(data) {
  const line = (name, values, colour, more) => ({
    type: "line", name, data: values, showSymbol: false, lineStyle: { width: 1.6, color: colour }, itemStyle: { color: colour }, ...more,
  });
  const hidden = { lineStyle: { opacity: 0 }, stack: "band", tooltip: { show: false } };
  const width = data.high.map((high, i) => (high == null ? null : high - data.low[i]));
  const added = [];
  if (data.surges?.length) {
    added.push({
      type: "scatter", name: data.surge_name, symbol: "triangle", symbolSize: 11, itemStyle: { color: token("--late") },
      data: data.surges.map((point) => [point.at, point.value]),
    });
  }
  if (data.before) {
    const dashes = { width: 1.4, color: token("--t3"), type: "dashed" };
    added.push(line(data.before_name, data.before, token("--t3"), { lineStyle: dashes }));
  }
  return {
    ...frame(),
    legend: { ...frame().legend, data: [data.names.wanted, data.names.mean, data.names.band, data.names.points, ...added.map((each) => each.name)] },
    xAxis: { ...labels(data), boundaryGap: false },
    series: [
      ...added,
      line(data.names.wanted, data.wanted, token("--t3"), { markLine: markLines(data), markArea: spans(data) }),
      line(data.names.mean, data.mean, token("--info")),
      line("low", data.low, token("--info"), hidden),
      line(data.names.band, width, token("--info"), { ...hidden, areaStyle: { color: token("--info"), opacity: 0.14 } }),
      {
        type: "scatter", name: data.names.points, symbol: "diamond", symbolSize: 9, itemStyle: { color: token("--risk") },
        data: data.points.map((point) => [point.at, point.value]),
      },
    ],
  };
}

const KINDS = {
  lines: (data) => lines(data, false),
  projection: (data) => lines(data, true),
  bars: (data) => ({
    ...frame(),
    xAxis: labels(data),
    series: data.series.map((series, i) => ({
      type: "bar",
      name: series.name,
      data: series.values,
      stack: data.stack ? "all" : undefined,
      barMaxWidth: 18,
      itemStyle: { color: colourOf(series, i), borderRadius: data.stack ? 0 : [2, 2, 0, 0] },
      markLine: i === 0 ? markLines(data) : undefined,
    })),
  }),
  band: (data) => band(data),
  series: (data) => ({
    ...frame(),
    legend: { show: false },
    grid: { left: 12, right: 16, top: 12, bottom: 8, containLabel: true },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: token("--line-2") } },
      axisLabel: { color: token("--t3"), fontSize: 11 * rem(), hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: { ...frame().yAxis, scale: true },
    series: [
      {
        type: "line",
        data,
        showSymbol: false,
        lineStyle: { width: 1.6, color: token("--info") },
        itemStyle: { color: token("--info") },
        areaStyle: { color: token("--info"), opacity: 0.08 },
      },
    ],
  }),
};

function draw(box) {
  const data = pageData(box.dataset.from);
  const chart = init(box, null, { renderer: "canvas" });
  const paint = () => chart.setOption(KINDS[box.dataset.chart](data), true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(box);
  addEventListener("longshore:theme", paint);
}

$$("[data-chart]").forEach(draw);
