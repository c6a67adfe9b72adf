// Draws equity curves from what the page already holds; without this file the table beside them is all there is.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  const minute = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const second = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const whole = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const drawn = new Map();

  // A custom property may hold a reference to another: the browser resolves it for an element's colour.
  function colour(name, alpha) {
    const probe = document.createElement("i");
    probe.className = "probe-" + name;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return alpha === undefined ? found : found.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
  }

  function draw(place) {
    const points = JSON.parse(place.dataset.chart).map(([time, value]) => ({ time, value: Number(value) }));
    const span = points[points.length - 1].time - points[0].time;
    const tone = points[points.length - 1].value >= points[0].value ? "gain" : "loss";
    const chart = LightweightCharts.createChart(place, {
      autoSize: true,
      layout: { background: { color: "transparent" }, textColor: colour("muted"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11, attributionLogo: false },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("line") } },
      rightPriceScale: { borderVisible: false, entireTextOnly: true },
      timeScale: { borderVisible: false, timeVisible: true, fixLeftEdge: true, fixRightEdge: true, tickMarkFormatter: (time) => (span > 172800 ? day : span > 1200 ? minute : second).format(new Date(time * 1000)) },
      localization: { timeFormatter: (time) => whole.format(new Date(time * 1000)) },
      handleScroll: false,
      handleScale: false,
      crosshair: { horzLine: { visible: false, labelVisible: false } },
    });
    const series = chart.addSeries(LightweightCharts.AreaSeries, {
      lineColor: colour(tone), topColor: colour(tone, 0.22), bottomColor: colour(tone, 0), lineWidth: 2, priceLineVisible: false, lastValueVisible: false,
    });
    series.setData(points);
    chart.timeScale().fitContent();
    drawn.set(place, chart);
  }

  function refresh() {
    for (const [place, chart] of drawn) {
      if (!place.isConnected) { chart.remove(); drawn.delete(place); }
    }
    for (const place of document.querySelectorAll("[data-chart]")) {
      if (!drawn.has(place)) draw(place);
    }
  }

  function again() {
    for (const chart of drawn.values()) chart.remove();
    drawn.clear();
    refresh();
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  document.addEventListener("htmx:afterSettle", refresh);
  refresh();
})();
