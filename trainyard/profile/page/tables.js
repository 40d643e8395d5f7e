// The sections of words and numbers.

class Tables {
  constructor(app) {
    this.app = app;
  }

  show(kernel) {
    const tables = kernel.tables;
    this.showFigures(tables);
    this.showStalls(tables);
    this.showWhatIf(tables);
    this.showPath(tables);
    this.showOperations(tables);
    this.showFindings(tables);
  }

  jump(interval, text) {
    return make("button", { class: "link", click: () => {
      byId("timeline").scrollIntoView({ behavior: "smooth" });
      this.app.timeline.select(interval, true);
    } }, text);
  }

  find(text, shown) {
    return make("button", { class: "link", title: "Find in the timeline", click: () => {
      byId("timeline").scrollIntoView({ behavior: "smooth" });
      this.app.search.set(text);
    } }, shown);
  }

  at(row) {
    return row.line ? make("button", { class: "link code",
      click: () => this.app.source.reveal(row.file, row.line) }, place(row.file, row.line)) : "";
  }

  showFigures(t) {
    const figure = (name, value, share) => make("div", { class: "figure" }, make("b", {}, value),
      make("span", {}, name),
      share === undefined ? "" : make("i", { style: { width: Math.min(100, 100 * share) + "%" } }));
    const engines = t.engines.filter((e) => e.busy_ps > 0).slice(0, 10)
      .map((e) => figure(e.name, percent(e.busy_share), e.busy_share));
    const memory = (name, m) => m && m.peak_partition_bytes > 0
      ? figure(name + " at most", percent(m.peak_partition_bytes / m.partition_bytes),
        m.peak_partition_bytes / m.partition_bytes) : "";
    byId("figures").replaceChildren(figure("instructions", count(t.instructions)), ...engines,
      ...[t.hbm.bytes > 0 ? figure("HBM bandwidth", percent(t.hbm.share), t.hbm.share) : "",
        t.tensor.flops > 0 ? figure("of peak TFLOP/s", percent(t.tensor.share), t.tensor.share) : "",
        memory("SBUF", t.sbuf), memory("PSUM", t.psum),
        t.energy ? figure("on average, an estimate", digits(t.energy.watts, 3) + " W") : ""]
        .filter(Boolean));
  }

  showStalls(t) {
    const section = cleared("stalls");
    const shown = t.stalls.filter((s) => s.share >= 0.001).slice(0, 8);
    if (shown.length === 0)
      section.append(make("p", { class: "dim" }, t.critical_path.known
        ? "No engine waits for another for long."
        : "This trace does not say what waited for what."));
    for (const stall of shown)
      section.append(make("div", { class: "stall" },
        make("div", {}, make("span", { class: "share" }, percent(stall.share)),
          make("div", {}, make("span", { class: "meter",
            style: { width: Math.max(1, 110 * stall.share) + "px" } }))),
        make("div", {},
          make("div", { class: "what" }, this.jump(stall.longest_interval, stall.text)),
          make("div", { class: "advice" }, stall.advice),
          make("div", { class: "dim" }, `${count(stall.count)} times, ${duration(stall.time_ps)}; `,
            stall.critical_ps > 0 ? `${percent(stall.critical_ps / t.time.ps)} of the kernel's ` +
              "time is on its critical path. " : "not on the critical path. ", this.at(stall)))));
  }

  showWhatIf(t) {
    const section = cleared("whatif");
    section.hidden = t.what_if.length === 0;
    const most = Math.max(1.0001, ...t.what_if.map((w) => w.speedup));
    section.append(table([
      ["changed", (w) => w.change],
      ["time", (w) => duration(w.ps), true],
      ["", (w) => make("span", { class: "meter",
        style: { width: 90 * Math.max(0, w.speedup - 1) / (most - 1) + "px" } })],
      ["faster", (w) => w.speedup.toFixed(2) + " \u00d7", true]], t.what_if,
      (w) => ({ class: w.speedup >= 1.05 ? "best" : null })),
      make("p", { class: "dim" }, "The same program timed again on machines with one change each."));
  }

  showPath(t) {
    const section = cleared("path");
    section.hidden = !t.critical_path.known;
    if (section.hidden) return;
    const lanes = t.critical_path.lanes.slice().sort((a, b) => b.time_ps - a.time_ps)
      .map((lane) => `${lane.name} ${percent(lane.share)}`).join(" \u00b7 ");
    section.append(make("p", {}, `${count(t.critical_path.steps)} instructions: ${lanes}`),
      table([
        ["share", (r) => percent(r.share), true],
        ["instruction", (r) => this.jump(r.longest_interval, r.instruction)],
        ["on", (r) => r.lane],
        ["times", (r) => count(r.count), true],
        ["source", (r) => this.at(r)]], t.critical_path.rows.slice(0, 10)));
  }

  showOperations(t) {
    cleared("operations").append(table([
      ["instruction", (o) => this.find(o.instruction, o.instruction)],
      ["on", (o) => o.lane],
      ["times", (o) => count(o.count), true],
      ["busy", (o) => duration(o.busy_ps), true],
      ["share", (o) => percent(o.share), true],
      ["critical", (o) => percent(o.critical_ps / t.time.ps), true]], t.operations.slice(0, 14)));
  }

  showFindings(t) {
    const section = cleared("findings");
    if (t.fidelity) section.append(make("p", {}, "Values: " + t.fidelity.text));
    for (const finding of t.findings || [])
      section.append(make("p", {}, finding.text + " ", this.at(finding)));
    for (const finding of t.sanitizer || [])
      section.append(make("p", {}, `${finding.kind}: ${finding.text} `, this.at(finding.hurts)));
    if (t.time.kind === "simulated" && !t.time.calibrated)
      section.append(make("p", { class: "dim" }, "Simulated times follow public documents and " +
        "measurements, and have not been calibrated against a chip."));
    section.hidden = section.children.length < 2;
  }
}
