// Lines over the last quarter of an hour, as SVG.

const SVG = "http://www.w3.org/2000/svg";
const SPAN = 15 * 60_000;
const LEFT = 44, RIGHT = 8, TOP = 8, BOTTOM = 22;

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function niceTop(highest) {
  // Four steps of 1, 2 or 5 times a power of ten; at least 1, so that a quiet line lies on the ground.
  const step = Math.max(1, highest / 4);
  const power = 10 ** Math.floor(Math.log10(step));
  return 4 * [1, 2, 5, 10].map((n) => n * power).find((n) => n >= step);
}

export class Plot {
  constructor(figure, names, labels, colours, words, locale) {
    this.figure = figure;
    this.svg = figure.querySelector("svg");
    this.tip = figure.querySelector(".tip");
    this.names = names;
    this.labels = labels;
    this.colours = colours;
    this.words = words;
    this.digits = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    // 1.2万 for a Chinese reader, 12K for an English one.
    this.short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    this.clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
    this.times = [];
    this.lines = {};
    new ResizeObserver(() => this.draw()).observe(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.leave());
  }

  show(times, lines) {
    this.times = times;
    this.lines = lines;
    this.draw();
  }

  get size() {
    return { width: this.svg.clientWidth, height: this.svg.clientHeight };
  }

  x(time) {
    const end = this.times.at(-1) ?? 0;
    return LEFT + (this.size.width - LEFT - RIGHT) * (1 - (end - time) / SPAN);
  }

  y(value) {
    const { height } = this.size;
    return height - BOTTOM - ((height - TOP - BOTTOM) * value) / this.top;
  }

  draw() {
    const { width, height } = this.size;
    if (!width) return;
    const known = Object.values(this.lines).flat().filter((value) => value !== null);
    this.top = niceTop(Math.max(0, ...known));
    const parts = [];
    for (let step = 0; step <= 4; step++) {
      const value = (this.top * step) / 4;
      const y = Math.round(this.y(value)) + 0.5;
      parts.push(make("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }));
      parts.push(make("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, this.short.format(value)));
    }
    for (const minutes of width < 380 ? [15, 5, 0] : [15, 10, 5, 0]) {
      const x = LEFT + ((width - LEFT - RIGHT) * (15 - minutes)) / 15;
      const text = minutes ? this.words.minutes_ago.replace("{n}", minutes) : this.words.now;
      const anchor = minutes === 15 ? "start" : minutes ? "middle" : "end";
      parts.push(make("text", { x, y: height - 5, "text-anchor": anchor }, text));
    }
    this.names.forEach((name) => {
      const d = this.path(this.lines[name] ?? []);
      if (d) parts.push(make("path", { class: this.colours[name], d }));
    });
    this.marks = make("g", {});
    this.svg.replaceChildren(...parts, this.marks);
  }

  path(values) {
    let d = "", drawing = false;
    values.forEach((value, n) => {
      const x = this.x(this.times[n]);
      if (value === null || x < LEFT) drawing = false;
      else {
        d += `${drawing ? "L" : "M"}${x.toFixed(1)} ${this.y(value).toFixed(1)}`;
        drawing = true;
      }
    });
    return d;
  }

  point(event) {
    if (!this.times.length) return;
    const at = event.clientX - this.svg.getBoundingClientRect().left;
    let nearest = 0;
    this.times.forEach((time, n) => {
      if (Math.abs(this.x(time) - at) < Math.abs(this.x(this.times[nearest]) - at)) nearest = n;
    });
    const x = this.x(this.times[nearest]);
    const { width, height } = this.size;
    const marks = [make("line", { class: "cursor", x1: x, x2: x, y1: TOP, y2: height - BOTTOM })];
    const rows = [this.row("", this.clock.format(this.times[nearest]), "")];
    this.names.forEach((name) => {
      const value = this.lines[name]?.[nearest] ?? null;
      if (value === null) return;
      marks.push(make("circle", { class: this.colours[name], cx: x, cy: this.y(value), r: 3 }));
      rows.push(this.row(this.colours[name], this.labels[name], this.digits.format(value)));
    });
    this.marks.replaceChildren(...marks);
    this.tip.replaceChildren(...rows);
    this.tip.hidden = false;
    this.tip.style.left = `${x > width / 2 ? x - this.tip.offsetWidth - 4 : x + 24}px`;
  }

  row(colour, name, value) {
    const row = document.createElement("p");
    const label = document.createElement("i");
    if (colour) label.className = colour;
    label.textContent = name;
    row.append(label, value);
    return row;
  }

  leave() {
    this.marks?.replaceChildren();
    this.tip.hidden = true;
  }
}
