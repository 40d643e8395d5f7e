// What is known of the selected instruction or tensor.

class Detail {
  constructor(app) {
    this.app = app;
    this.panel = byId("detail");
  }

  show({ interval, tensor }) {
    this.shown = interval;
    if (interval >= 0) this.showInterval(interval);
    else if (tensor >= 0) this.showTensor(tensor);
    else this.showHint();
  }

  showHint() {
    const { colours, search } = this.app;
    const swatch = (colour) => make("span", { class: "swatch", style: { background: colour } });
    const kinds = [...colours.kinds].slice(0, 12).map(([kind, colour]) =>
      make("div", {}, swatch(colour),
        make("button", { class: "link", click: () => search.set(kind) }, kind)));
    this.panel.replaceChildren(
      make("p", { class: "dim" }, "Select an instruction to see its operands, its source line and " +
        "what it waited for. Click the timeline, then scroll to zoom and drag to move."),
      make("div", { class: "legend" }, kinds,
        this.app.kernel.path.length
          ? make("div", {}, swatch(css("--accent")), "critical path: keys [ and ] walk along it")
          : null));
  }

  link(text, interval) {
    return make("button", { class: "link", click: () => this.app.timeline.select(interval, true) },
      text);
  }

  name(interval) {
    const { kernel } = this.app;
    const lane = kernel.lanes[kernel.lane[interval]].name;
    return `${kernel.labels[kernel.label[interval]]} on ${lane}`;
  }

  facts(pairs) {
    return make("dl", {}, pairs.filter(([, value]) => value !== null && value !== "")
      .map(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
  }

  source([file, line]) {
    if (!line) return null;
    return make("button", { class: "link", click: () => this.app.source.reveal(file, line) },
      place(file, line));
  }

  showInterval(i) {
    const { kernel } = this.app;
    const waited = kernel.waited[i];
    const transfer = kernel.transferOf.get(i);
    const moved = transfer === undefined ? null : kernel.transfers;
    const path = kernel.pathTime.get(i);
    this.panel.replaceChildren(
      make("h3", {}, kernel.labels[kernel.label[i]]),
      this.facts([
        ["lane", kernel.lanes[kernel.lane[i]].name],
        ["source", this.source(kernel.placeOf(i))],
        ["start", duration(kernel.start[i])],
        ["issues for", duration(kernel.freed[i] - kernel.start[i])],
        ["result after", duration(kernel.end[i] - kernel.start[i])],
        ["lane idle before", kernel.gap[i] > 0 ? duration(kernel.gap[i]) : null],
        ["waited for", waited >= 0 ? this.link(this.name(waited), waited) : null],
        ["critical path", path !== undefined ? duration(path) + " of it" : null],
        ["moves", moved && moved.bytes[transfer] ? bytes(moved.bytes[transfer]) : null],
        ["in rows of", moved && moved.rowBytes[transfer] ? binary(moved.rowBytes[transfer]) : null],
        ["HBM traffic", moved && moved.hbmBytes[transfer] ? bytes(moved.hbmBytes[transfer]) : null],
        ["in flight", moved
          ? duration(moved.end[transfer] - moved.start[transfer]) : null],
      ]));
    this.addArguments(i);
    this.addWaiters(i);
  }

  async addArguments(i) {
    const { kernel } = this.app;
    if (!kernel.arguments[i]) return;
    const texts = await kernel.argumentTexts(), names = await kernel.tensorNames();
    if (this.shown !== i) return;
    const text = texts[kernel.arguments[i]];
    const core = kernel.lanes[kernel.lane[i]].core;
    const seen = new Set(text.match(/\bt\d+\b/g) || []);
    const tensors = [...seen].map((id) => names.index.get(core + " " + id))
      .filter((tensor) => tensor !== undefined);
    // One argument a line; spaces inside brackets and quotes stay.
    this.panel.append(make("code", {}, text.replace(/ (?=\w+=)/g, "\n")),
      make("dl", {}, tensors.map((tensor) => [
        make("dt", {}, names.list[3 * tensor]), make("dd", {}, this.describe(tensor, names))])));
  }

  describe(tensor, names) {
    const t = this.app.kernel.tensors;
    const name = names.list[3 * tensor + 1], type = names.list[3 * tensor + 2];
    const memory = ["HBM", "SBUF", "PSUM"][t.memory[tensor]];
    const at = t.memory[tensor] === 0 ? "" : ` at byte ${count(t.address[tensor])}`;
    return `${name ? name + ": " : ""}${type} in ${memory}${at}`;
  }

  addWaiters(i) {
    const { kernel } = this.app;
    const waiters = [];
    for (let k = 0; k < kernel.size && waiters.length < 8; k++)
      if (kernel.waited[k] === i) waiters.push(k);
    if (waiters.length)
      this.panel.append(make("div", { class: "row dim" }, "waited for by"),
        waiters.map((k) => make("div", {}, this.link(this.name(k), k))));
  }

  async showTensor(tensor) {
    const { kernel } = this.app;
    const names = await kernel.tensorNames();
    const t = kernel.tensors;
    this.panel.replaceChildren(
      make("h3", {}, names.list[3 * tensor + 1] || names.list[3 * tensor]),
      this.facts([
        ["tensor", names.list[3 * tensor]],
        ["type", names.list[3 * tensor + 2]],
        ["memory", ["HBM", "SBUF", "PSUM"][t.memory[tensor]]],
        ["bytes", `${count(t.address[tensor])} to ` +
          `${count(t.address[tensor] + t.bytes[tensor])} of each partition`],
        ["partitions", t.partition[tensor] +
          " to " + (t.partition[tensor] + t.partitions[tensor] - 1)],
        ["in use", `${duration(t.first[tensor])} to ${duration(t.last[tensor])}`],
        ["declared", this.source(kernel.sources[t.source[tensor]] || ["", 0])],
      ]),
      make("p", {}, make("button", {
        click: () => this.app.search.set(names.list[3 * tensor]) }, "Find its uses")));
  }
}
