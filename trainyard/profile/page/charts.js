// The charts, drawn by Chart.js (MIT): use over time, roofline, DMA rates.

class Charts {
  constructor(colours) {
    this.colours = colours;
    this.all = [];
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    Chart.defaults.font.family = "system-ui, sans-serif";
  }

  clear() {
    for (const chart of this.all) chart.destroy();
    this.all = [];
    Chart.defaults.color = this.colours.dim;
    Chart.defaults.borderColor = this.colours.line;
  }

  add(section, label, config) {
    const canvas = make("canvas", { role: "img", "aria-label": label });
    section.append(make("div", { class: "chart" }, canvas));
    this.all.push(new Chart(canvas, config));
  }

  show(kernel) {
    this.clear();
    this.showUse(kernel.tables);
    this.showRoofline(kernel.tables);
    this.showTransfers(kernel.tables);
  }

  line(label, data, colour, more) {
    return { label, data, borderColor: colour, backgroundColor: colour, borderWidth: 1.5,
      pointRadius: 0, ...more };
  }

  showUse({ utilisation: use, hbm, time }) {
    const section = cleared("use");
    const [size, unit] = unitOf(time.ps);
    const spread = (values, scale) =>
      values.map((y, part) => ({ x: (part + 0.5) * use.part_ps / size, y: y * scale }));
    const sets = use.lanes.filter((lane) => !lane.name.includes("dma"))
      .slice(0, 12)
      .map((lane, i) => this.line(lane.name, spread(lane.busy_share, 100), PALETTE[i % PALETTE.length]));
    if (hbm.gb_s_peak > 0)
      sets.push(this.line("HBM", spread(use.hbm_gb_s, 100 / hbm.gb_s_peak),
        this.colours.dim, { fill: true, backgroundColor: this.colours.dim + "33" }));
    const text = (item) => `${item.dataset.label} ${item.parsed.y.toFixed(1)} %`;
    this.add(section, "Share of time that engines are busy, and of HBM bandwidth, over time", {
      type: "line", data: { datasets: sets },
      options: {
        parsing: false, normalized: true, interaction: { mode: "index", intersect: false },
        scales: {
          x: { type: "linear", min: 0, max: time.ps / size, title: { display: true, text: unit } },
          y: { min: 0, max: 100, title: { display: true, text: "% of the peak" } } },
        plugins: { legend: { labels: { boxWidth: 12 } }, tooltip: { callbacks: {
          title: (items) => items.length ? items[0].parsed.x.toFixed(2) + " " + unit : "",
          label: text } } },
      },
    });
  }

  showRoofline({ roofline: r, kernel }) {
    const section = cleared("roofline");
    if (!r.tflops || !r.gb_s_peak || !r.flops_per_byte) {
      section.append(make("p", { class: "dim" }, r.tflops
        ? "No traffic of HBM is known, so there is no roofline."
        : "No matmul: the roofline of the Tensor Engine does not apply."));
      return;
    }
    const ridge = 1000 * r.tflops_peak / r.gb_s_peak;
    const low = Math.min(r.flops_per_byte, ridge) / 8, high = Math.max(r.flops_per_byte, ridge) * 8;
    const roof = (gbS) => [low, 1000 * r.tflops_peak / gbS, high]
      .filter((x) => x >= low && x <= high)
      .map((x) => ({ x, y: Math.min(r.tflops_peak, x * gbS / 1000) }));
    section.append(make("p", {},
      `${digits(r.tflops, 4)} TFLOP/s at ${digits(r.flops_per_byte, 4)} operations a byte of HBM: ` +
      `${percent(r.tflops / r.tflops_roof)} of what is possible there; bound by `,
      make("b", {}, r.bound), "."));
    const sets = [
      this.line(`HBM ${digits(r.gb_s_peak, 3)} GB/s, Tensor Engine ${digits(r.tflops_peak, 3)} ` +
        "TFLOP/s (bf16)", roof(r.gb_s_peak), PALETTE[0])];
    if (r.dma_gb_s_peak > 0 && r.dma_gb_s_peak < r.gb_s_peak)
      sets.push(this.line(`DMA engines ${digits(r.dma_gb_s_peak, 3)} GB/s`, roof(r.dma_gb_s_peak),
        PALETTE[1], { borderDash: [5, 4] }));
    sets.push({ label: kernel, data: [{ x: r.flops_per_byte, y: r.tflops }], pointRadius: 6,
      type: "scatter", backgroundColor: this.colours.accent, borderColor: this.colours.accent });
    this.add(section, "Roofline", {
      type: "line", data: { datasets: sets },
      options: {
        parsing: false,
        scales: {
          x: { type: "logarithmic", min: low, max: high,
            title: { display: true, text: "operations a byte of HBM" } },
          y: { type: "logarithmic", min: Math.min(r.tflops, low * r.gb_s_peak / 1000) / 2,
            title: { display: true, text: "TFLOP/s" } } },
        plugins: { legend: { labels: { boxWidth: 12 } } },
      },
    });
  }

  showTransfers({ transfers: t }) {
    const section = cleared("transfers");
    if (t.sizes.length === 0) {
      section.hidden = true;
      return;
    }
    const best = Math.max(...t.rates_of_128_rows.map((r) => r.gb_s), 1);
    const largest = Math.max(...t.sizes.map((s) => s.count * s.bytes));
    const sets = [
      this.line("tiles of 128 rows, back to back",
        t.rates_of_128_rows.map((r) => ({ x: r.row_bytes, y: 100 * r.gb_s / best })), PALETTE[0]),
      { label: "this kernel (area: bytes moved)", type: "bubble",
        backgroundColor: this.colours.accent + "99", borderColor: this.colours.accent,
        data: t.sizes.map((s) => ({ x: s.row_bytes, y: 100 * s.gb_s / best,
          r: 3 + 12 * Math.sqrt(s.count * s.bytes / largest), size: s })) }];
    const text = ({ raw }) => raw.size
      ? `${count(raw.size.count)} of ${bytes(raw.size.bytes)} in rows of ${binary(raw.x)}: ` +
        `${digits(raw.size.gb_s, 4)} GB/s`
      : `${binary(raw.x)} a row: ${raw.y.toFixed(1)} %`;
    this.add(section, "Share of the best DMA rate by bytes of a row", {
      type: "line", data: { datasets: sets },
      options: {
        scales: {
          x: { type: "logarithmic", title: { display: true, text: "bytes of a row" },
            ticks: { callback: (v) => Math.log2(v) % 1 === 0 ? binary(v) : "" },
            afterBuildTicks: (axis) => {
              axis.ticks = [];
              for (let v = 2 ** Math.ceil(Math.log2(axis.min)); v <= axis.max; v *= 4)
                axis.ticks.push({ value: v });
            } },
          y: { min: 0, max: 105, title: { display: true, text: "% of the best rate" },
            ticks: { callback: (v) => v > 100 ? "" : v } } },
        plugins: { legend: { labels: { boxWidth: 12 } },
          tooltip: { callbacks: { title: () => "", label: text } } },
      },
    });
  }
}
