// The pipeline, live: asks the console every few seconds for what came since.

import { Plot } from "./plot.js";

const page = document.getElementById("pipeline");
const POINTS = 300;

if (page) {
  const words = JSON.parse(page.dataset.words);
  const locale = page.dataset.locale;
  const digits = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const legend = [...document.querySelectorAll("[data-series]")];
  const names = legend.map((item) => item.dataset.series);
  const labels = Object.fromEntries(legend.map((item) => [item.dataset.series, item.textContent]));
  const colours = Object.fromEntries(legend.map((item) => [item.dataset.series, item.className]));
  const plots = [...document.querySelectorAll("[data-plot]")].map((figure) => ({
    what: figure.dataset.plot,
    plot: new Plot(figure, names, labels, colours, words, locale),
  }));
  let last = 0;
  let times = [];
  let series = {};

  function extend(answer) {
    if (answer.whole) {
      times = [];
      series = Object.fromEntries(names.map((name) => [name, Object.fromEntries(plots.map(({ what }) => [what, []]))]));
    }
    last = answer.last;
    times = [...times, ...answer.times].slice(-POINTS);
    for (const name of names) {
      for (const { what } of plots) {
        series[name][what] = [...series[name][what], ...answer.series[name][what]].slice(-POINTS);
      }
    }
    for (const { what, plot } of plots) {
      plot.show(times, Object.fromEntries(names.map((name) => [name, series[name][what]])));
    }
  }

  function tell(name, point) {
    for (const element of document.querySelectorAll(`[data-worker="${CSS.escape(name)}"]`)) {
      element.classList.remove("is-ok", "is-behind", "is-standby", "is-held", "is-away");
      element.classList.add(`is-${point.state}`);
      element.querySelector(".state").textContent = words[`state.${point.state}`];
      const detail = element.querySelector(".node-detail");
      detail.textContent = point.trouble ? words[`trouble.${point.trouble}`] : "";
      detail.hidden = !point.trouble;
      const raw = element.querySelector(".node-raw"); // in the table, not in the picture
      if (raw) {
        raw.querySelector("code").textContent = point.detail;
        raw.hidden = !point.detail;
      }
      for (const number of element.querySelectorAll("[data-what]")) {
        const what = number.dataset.what;
        const value = what === "copies" ? `${point.ready}/${point.copies}` : point[what];
        number.textContent =
          value === null ? words.unknown : typeof value === "number" ? digits.format(value) : value;
        number.classList.toggle("has-dead", what === "dead" && value > 0);
      }
    }
  }

  function tellLetters(letters) {
    const line = document.getElementById("open-letters");
    line.hidden = !letters || letters.count === 0;
    if (line.hidden) return;
    const minutes = letters.oldest_seconds / 60;
    const [size, unit] = minutes < 90 ? [minutes, "minute"] : minutes < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
    const age = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
    line.textContent = (letters.count === 1 ? words.letters_one : words.letters).replace("{n}", letters.count).replace("{age}", age.format(size));
  }

  let looking = false;

  async function look() {
    if (looking) return; // two answers to one question would be drawn twice
    looking = true;
    const away = document.getElementById("console-away");
    try {
      const answer = await fetch(`/pipeline/data?after=${last}`, { signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(answer.status);
      const now = await answer.json();
      for (const [name, point] of Object.entries(now.workers)) tell(name, point);
      document.getElementById("kafka-away").hidden = now.kafka;
      tellLetters(now.letters);
      if (now.times.length || now.whole) extend(now);
      away.hidden = true;
    } catch {
      away.hidden = false;
    } finally {
      looking = false;
    }
  }

  async function watch() {
    if (!document.hidden) await look();
    setTimeout(watch, 1000 * Number(page.dataset.every));
  }
  document.addEventListener("visibilitychange", () => document.hidden || look());
  watch();
}
