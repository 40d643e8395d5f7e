// Puts the page together. The tables are there at once; the timeline follows when its columns are
// unpacked, the charts when it has been painted.

const KEYS = [
  ["\u2190 \u2192  or  A D", "move"],
  ["\u2191 \u2193  or  W S  or  + \u2212", "zoom"],
  ["0", "the whole kernel"],
  ["F", "zoom to the selected instruction"],
  ["[  ]", "along the critical path"],
  [",  .", "previous, next instruction of the lane"],
  ["P", "to what the selected one waited for"],
  ["/", "find; Enter and Shift+Enter: next, previous"],
  ["Esc", "select nothing, find nothing"],
];

class App {
  constructor() {
    this.colours = new Colours();
    this.detail = new Detail(this);
    this.timeline = new Timeline(this.colours, (hit) => this.detail.show(hit));
    this.search = new Search(this);
    this.source = new SourceView(this);
    this.tables = new Tables(this);
    this.charts = new Charts(this.colours);
    this.listen();
  }

  async start() {
    const numbers = [...document.querySelectorAll('script[id$="-tables"]')].length;
    this.kernels = Array.from({ length: numbers }, (_, n) => new Kernel(n));
    if (numbers === 0) return;
    const chooser = byId("kernels");
    chooser.hidden = numbers < 2;
    chooser.append(...this.kernels.map((kernel, n) =>
      make("option", { value: n }, `${n + 1}: ${kernel.tables.kernel}, ${kernel.tables.time.text}`)));
    chooser.addEventListener("change", () => this.show(Number(chooser.value)));
    const wanted = this.fragment();
    await this.show(Math.min(numbers, Math.max(1, Number(wanted.get("kernel")) || 1)) - 1, wanted);
  }

  async show(number, wanted) {
    const kernel = this.kernels[number];
    const { tables } = kernel;
    byId("kernels").value = number;
    byId("kernel").textContent = tables.kernel;
    byId("machine").textContent = `${tables.machine}: ${tables.machine_line}`;
    byId("time").textContent = tables.time.text;
    document.title = `${tables.kernel} on ${tables.machine}`;
    this.tables.show(kernel);
    await frame(); // these are painted before the columns are unpacked
    if (!kernel.start) await kernel.load();
    this.kernel = kernel;
    this.colours.assign(tables.operations);
    this.detail.showHint();
    this.timeline.show(kernel);
    await frame();
    this.charts.show(kernel);
    this.source.show(kernel);
    if (wanted) await this.follow(wanted);
    document.documentElement.dataset.ready = kernel.size;
  }

  // #find=matmul&kernel=2&at=100: what a link can say.
  fragment() {
    return new URLSearchParams(location.hash.slice(1));
  }

  async follow(wanted) {
    if (wanted.has("find")) {
      await this.search.set(wanted.get("find"));
      this.search.step(1);
    }
    const at = Number(wanted.get("at"));
    if (wanted.has("at") && at >= 0 && at < this.kernel.size) this.timeline.select(at, true);
  }

  listen() {
    byId("in").addEventListener("click", () => this.zoom(0.5));
    byId("out").addEventListener("click", () => this.zoom(2));
    byId("whole").addEventListener("click", () => this.press("0"));
    byId("help").addEventListener("click", () => byId("keys").showModal());
    byId("keys").querySelector("dl").append(...KEYS.flatMap(([keys, what]) =>
      [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, what)]));
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.kernel) return;
      if (event.target.closest("input, select, dialog, .lines")) return;
      if (this.press(event.key)) event.preventDefault();
    });
    addEventListener("hashchange", () => this.follow(this.fragment()));
    this.colours.query.addEventListener("change", () => {
      this.colours.read();
      if (!this.kernel) return;
      this.colours.assign(this.kernel.tables.operations);
      this.timeline.draw();
      this.charts.show(this.kernel);
    });
  }

  zoom(factor) {
    const { timeline } = this;
    const i = timeline.look.selected, { axis } = timeline;
    const at = i >= 0 ? this.kernel.start[i] : undefined;
    axis.zoom(factor, at >= axis.from && at <= axis.to ? at : undefined);
    timeline.draw();
  }

  // Whether the key means something.
  press(key) {
    const { timeline, kernel } = this;
    const { axis } = timeline, i = timeline.look.selected;
    const step = axis.width / 6;
    switch (key.length === 1 ? key.toLowerCase() : key) {
      case "ArrowLeft": case "a": axis.pan(-step); break;
      case "ArrowRight": case "d": axis.pan(step); break;
      case "ArrowUp": case "w": case "+": case "=": this.zoom(0.7); break;
      case "ArrowDown": case "s": case "-": this.zoom(1 / 0.7); break;
      case "0": axis.whole(); break;
      case "f": timeline.zoomToSelected(); break;
      case "[": this.alongPath(-1); break;
      case "]": this.alongPath(1); break;
      case ",": this.alongLane(-1); break;
      case ".": this.alongLane(1); break;
      case "p": if (i >= 0 && kernel.waited[i] >= 0) timeline.select(kernel.waited[i], true); break;
      case "/": byId("find").focus(); byId("find").select(); break;
      case "?": byId("keys").showModal(); break;
      case "Escape": this.search.set(""); timeline.select(-1); break;
      default: return false;
    }
    timeline.draw();
    return true;
  }

  alongPath(by) {
    const { path } = this.kernel, i = this.timeline.look.selected;
    if (path.length === 0) return;
    let at = path.indexOf(i);
    if (at < 0) at = this.pathInView();
    else at = Math.max(0, Math.min(path.length - 1, at + by));
    this.timeline.select(path[at], true);
  }

  // The place on the path of its first instruction in view.
  pathInView() {
    const { path, start } = this.kernel;
    for (let n = 0; n < path.length; n++)
      if (start[path[n]] >= this.timeline.axis.from) return n;
    return 0;
  }

  alongLane(by) {
    const i = this.timeline.look.selected;
    if (i < 0) return;
    const lane = this.kernel.lanes[this.kernel.lane[i]];
    this.timeline.select(Math.max(lane.first, Math.min(lane.end - 1, i + by)), true);
  }
}

function frame() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}

function fail(error) {
  const text = typeof DecompressionStream === "undefined"
    ? "This browser is too old for the timeline: it has no DecompressionStream."
    : "The report is damaged: " + error.message;
  byId("timeline").prepend(make("p", { class: "problem" }, text));
  document.documentElement.dataset.problem = text;
}

const app = window.trainyard = new App();
app.start().catch(fail);
