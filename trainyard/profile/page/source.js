// The source with the time of each line beside it.

class SourceView {
  constructor(app) {
    this.app = app;
  }

  show(kernel) {
    const { tables } = kernel;
    const section = cleared("source");
    const files = new Map();
    for (const line of tables.lines) {
      if (!files.has(line.file)) files.set(line.file, new Map());
      files.get(line.file).set(line.line, line);
    }
    section.hidden = files.size === 0;
    this.rows = new Map();
    for (const [file, lines] of files) {
      const known = tables.page.files[file] || [];
      const text = known.length ? known : [...lines.keys()].sort((a, b) => a - b)
        .map((number) => [number, ""]);
      const box = make("div", { class: "lines", tabindex: "0" },
        this.file(file, lines, text, tables));
      section.append(make("p", { class: "file" }, file), box);
      const first = this.rows.get(file + ":" + [...lines.keys()][0]);
      if (first) box.scrollTop = first.offsetTop - 80;
    }
  }

  file(file, lines, text, tables) {
    const span = Math.max(1, tables.time.ps);
    let most = 1;
    for (const line of lines.values()) most = Math.max(most, line.critical_ps, line.busy_ps);
    const body = text.map(([number, content], index) => {
      const line = lines.get(number);
      const skipped = index > 0 && text[index - 1][0] !== number - 1;
      const cells = line
        ? [this.share(line.critical_ps, span), this.share(line.busy_ps, span),
          this.share(line.waiting_ps, span), count(line.count)] : ["", "", "", ""];
      const row = make("tr", line ? { class: "used", title: "Find in the timeline",
        click: () => this.app.tables.find(place(file, number)).click() } : {},
        cells.map((cell) => make("td", { class: "n" }, cell)),
        make("td", {}, line ? this.meter(line, most) : ""),
        make("td", { class: "number" }, (skipped ? "\u22ee " : "") + number),
        make("td", {}, content));
      this.rows.set(file + ":" + number, row);
      return row;
    });
    const heads = ["critical", "busy", "idle before", "times", "", "line", ""];
    return make("table", {}, make("thead", {}, make("tr", {},
      heads.map((head, i) => make("th", { class: i < 4 || i === 5 ? "n" : null }, head)))),
      make("tbody", {}, body));
  }

  share(ps, span) {
    return ps > 0 ? percent(ps / span) : "";
  }

  meter(line, most) {
    const width = (ps) => 70 * ps / most + "px";
    return [make("span", { class: "meter", style: { width: width(line.critical_ps),
      background: "var(--accent)", display: "block", height: "5px" } }),
    make("span", { class: "meter", style: { width: width(line.busy_ps), display: "block",
      height: "5px" } })];
  }

  reveal(file, line) {
    const row = this.rows.get(file + ":" + line);
    if (!row) return;
    for (const other of document.querySelectorAll("tr.target")) other.classList.remove("target");
    row.classList.add("target");
    row.scrollIntoView({ block: "center", behavior: "smooth" });
  }
}
