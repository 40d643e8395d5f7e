// The timeline: rows on one canvas, one axis, and everything that moves it.

const GUTTER = 118, RULER = 22, OVERVIEW = 18;

class Timeline {
  constructor(colours, onSelect) {
    this.colours = colours;
    this.onSelect = onSelect;
    this.canvas = byId("canvas");
    this.context = this.canvas.getContext("2d");
    this.rows = [];
    this.look = {
      selected: -1, tensor: -1, names: null, found: null, foundBefore: null,
      searching: () => this.look.found !== null,
      matches: (i) => this.look.found !== null && this.look.found[i] === 1,
      dimmed: (i) => this.look.found !== null && this.look.found[i] === 0,
      matchesWithin: (a, b) => this.look.found !== null &&
        this.look.foundBefore[b] > this.look.foundBefore[a],
      onPath: (i) => this.kernel.onPath[i + 1] > this.kernel.onPath[i],
      onPathWithin: (a, b) => this.kernel.onPath[b] > this.kernel.onPath[a],
    };
    this.listen();
    new ResizeObserver(() => this.resize()).observe(byId("scroll"));
  }

  show(kernel) {
    this.kernel = kernel;
    this.axis = new Axis(kernel.span);
    Object.assign(this.look, { selected: -1, tensor: -1, names: null, found: null });
    const busy = kernel.lanes.filter((lane) => lane.end > lane.first);
    const height = busy.length > 24 ? 14 : busy.length > 12 ? 18 : 26;
    this.rows = busy.map((lane) => new LaneRow(kernel, lane, height));
    if (kernel.transfers.size) this.rows.push(new TransferRow(kernel, 46));
    for (let core = 0; core < Math.min(kernel.tables.page.cores, 4); core++) {
      const suffix = kernel.tables.page.cores > 1 ? " " + core : "";
      const { sbuf, psum } = kernel.tables; // a capture knows neither
      for (const row of [
        new MemoryRow(kernel, 1, core, sbuf?.partition_bytes, "SBUF" + suffix, 96),
        new MemoryRow(kernel, 2, core, psum?.partition_bytes, "PSUM" + suffix, 56)])
        if (row.tensors.length) this.rows.push(row);
    }
    this.resize();
    this.axis.whole();
    this.draw();
    if (kernel.tensors.size)
      kernel.tensorNames().then((names) => {
        this.look.names = names;
        this.draw();
      });
  }

  resize() {
    if (!this.kernel) return;
    const width = byId("scroll").clientWidth;
    let top = RULER + OVERVIEW;
    for (const row of this.rows) {
      row.top = top;
      top += row.height + 2;
    }
    const scale = Math.min(3, devicePixelRatio || 1);
    this.scale = scale;
    this.height = top + 4;
    this.width = width;
    this.canvas.style.width = width + "px";
    this.canvas.style.height = this.height + "px";
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.axis.left = GUTTER;
    this.axis.width = Math.max(50, width - GUTTER - 4);
    this.draw();
  }

  draw() {
    if (!this.pending && this.kernel)
      this.pending = requestAnimationFrame(() => {
        this.pending = 0;
        this.paint();
      });
  }

  paint() {
    const began = performance.now();
    const { context, axis, colours } = this;
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.paintRuler();
    for (const row of this.rows) {
      context.fillStyle = colours.soft;
      context.fillRect(axis.left, row.top + 1, axis.width, row.height);
      row.draw(context, axis, colours, row.top, this.look, this.scale);
      this.paintName(row);
    }
    this.paintGuides();
    this.paintOverview();
    byId("view").textContent = duration(axis.to - axis.from) + " shown";
    this.painted = performance.now() - began;
    this.paints = (this.paints || 0) + 1;
  }

  paintName(row) {
    const { context, colours } = this;
    context.font = TEXT;
    context.fillStyle = colours.ink;
    const middle = row.top + row.height / 2 + 4;
    const high = row.height > 36;
    context.fillText(clipped(context, row.name, high ? GUTTER - 8 : GUTTER - 50), 2,
      high ? middle - 6 : middle);
    context.fillStyle = colours.dim;
    const note = row.note();
    if (high) context.fillText(note, 2, middle + 8);
    else context.fillText(note, GUTTER - 6 - context.measureText(note).width, middle);
  }

  paintRuler() {
    const { context, axis, colours } = this;
    const { step, at } = axis.ticks(110);
    context.font = TEXT;
    context.strokeStyle = colours.line;
    context.fillStyle = colours.dim;
    context.lineWidth = 1;
    for (const time of at) {
      const x = Math.round(axis.x(time)) + 0.5;
      context.beginPath();
      context.moveTo(x, OVERVIEW + RULER - 5);
      context.lineTo(x, this.height);
      context.stroke();
      context.fillText(axis.label(time, step), x + 3, OVERVIEW + RULER - 7);
    }
  }

  // The whole kernel, and which part of it is shown.
  paintOverview() {
    const { context, axis, colours, kernel } = this;
    const lanes = kernel.tables.utilisation.lanes;
    context.fillStyle = colours.soft;
    context.fillRect(axis.left, 0, axis.width, OVERVIEW - 4);
    const parts = lanes.length ? lanes[0].busy_share.length : 0;
    context.fillStyle = colours.link;
    for (let part = 0; part < parts; part++) {
      let most = 0;
      for (const lane of lanes) most = Math.max(most, lane.busy_share[part]);
      const x = axis.left + part / parts * axis.width;
      context.globalAlpha = 0.15 + 0.5 * most;
      const height = most * (OVERVIEW - 4);
      context.fillRect(x, OVERVIEW - 4 - height, axis.width / parts + 0.5, height);
    }
    context.globalAlpha = 1;
    const x0 = axis.left + Math.max(0, axis.from / axis.span) * axis.width;
    const x1 = axis.left + Math.min(1, axis.to / axis.span) * axis.width;
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.5;
    context.strokeRect(x0 + 0.75, 0.75, Math.max(3, x1 - x0 - 1.5), OVERVIEW - 5.5);
  }

  // From what the selected instruction waited for to its start.
  paintGuides() {
    const { context, axis, colours, kernel, look } = this;
    const i = look.selected;
    if (i < 0) return;
    const from = kernel.waited[i];
    if (from >= 0) {
      const a = this.rowOf(from), b = this.rowOf(i);
      if (!a || !b) return;
      const x0 = axis.x(kernel.end[from]), x1 = axis.x(kernel.start[i]);
      const y0 = a.top + a.height / 2, y1 = b.top + b.height / 2;
      context.save();
      context.beginPath();
      context.rect(axis.left, OVERVIEW + RULER, axis.width, this.height);
      context.clip();
      context.strokeStyle = context.fillStyle = colours.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x0, y0);
      const bend = Math.max(12, Math.abs(x1 - x0) / 2);
      context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
      context.stroke();
      context.beginPath();
      context.arc(x1, y1, 3, 0, 7);
      context.fill();
      context.restore();
    }
  }

  rowOf(interval) {
    const lane = this.kernel.lane[interval];
    return this.rows.find((row) => row.lane && row.lane.index === lane);
  }

  select(interval, move) {
    this.look.selected = interval;
    this.look.tensor = -1;
    if (interval >= 0 && move) this.reveal(interval);
    this.onSelect({ interval, tensor: -1 });
    this.draw();
  }

  // Moves the view as little as it takes to see an interval well.
  reveal(interval) {
    const { kernel, axis } = this;
    const start = kernel.start[interval], end = kernel.end[interval];
    const length = Math.max(1, end - start), shown = axis.to - axis.from;
    if (start < axis.from || end > axis.to || length < shown / 400) {
      const wanted = Math.min(shown, Math.max(40 * length, axis.span / 1e6));
      axis.show((start + end - wanted) / 2, (start + end + wanted) / 2);
    }
    const row = this.rowOf(interval), box = byId("scroll");
    if (row && (row.top < box.scrollTop || row.top + row.height > box.scrollTop + box.clientHeight))
      box.scrollTop = row.top - 60;
  }

  hit(x, y) {
    const row = this.rows.find((r) => y >= r.top && y < r.top + r.height + 2);
    if (!row || x < this.axis.left) return { interval: -1, tensor: -1 };
    return { tensor: -1, ...row.hit(this.axis, x, y - row.top) };
  }

  listen() {
    const canvas = this.canvas;
    let drag = null;
    canvas.addEventListener("wheel", (event) => {
      if (!this.kernel) return;
      if (event.ctrlKey || event.metaKey || event.altKey || !event.shiftKey && this.fits()) {
        event.preventDefault();
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.axis.pan(event.deltaX);
        else this.axis.zoom(Math.exp(event.deltaY * 0.002), this.axis.time(event.offsetX));
        this.draw();
      }
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.kernel || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      drag = { x: event.offsetX, y: event.offsetY, moved: false, overview: event.offsetY < OVERVIEW };
      if (drag.overview) this.jump(event.offsetX);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.kernel) return;
      if (!drag) return this.hover(event);
      if (drag.overview) return this.jump(event.offsetX);
      if (Math.abs(event.offsetX - drag.x) > 3) drag.moved = true;
      if (drag.moved) {
        this.axis.pan(drag.x - event.offsetX);
        drag.x = event.offsetX;
        this.draw();
      }
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved && !drag.overview) {
        const hit = this.hit(event.offsetX, event.offsetY);
        this.look.selected = hit.interval;
        this.look.tensor = hit.tensor;
        this.onSelect(hit);
        this.draw();
      }
      drag = null;
    });
    canvas.addEventListener("dblclick", () => this.zoomToSelected());
    canvas.addEventListener("pointerleave", () => (byId("tip").hidden = true));
  }

  // A page that can scroll keeps its wheel unless a key asks for zoom.
  fits() {
    return document.activeElement === this.canvas;
  }

  jump(x) {
    const { axis } = this;
    const at = (x - axis.left) / axis.width * axis.span, half = (axis.to - axis.from) / 2;
    axis.show(at - half, at + half);
    this.draw();
  }

  zoomToSelected() {
    const i = this.look.selected;
    if (i < 0) return;
    const { kernel, axis } = this;
    const length = Math.max(1000, kernel.end[i] - kernel.start[i]);
    axis.show(kernel.start[i] - length, kernel.end[i] + length);
    this.draw();
  }

  hover(event) {
    const tip = byId("tip");
    const hit = this.hit(event.offsetX, event.offsetY);
    const text = this.tipOf(hit);
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.left = left + "px";
    tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
  }

  tipOf({ interval, tensor }) {
    const { kernel } = this;
    if (interval >= 0) {
      const [file, line] = kernel.placeOf(interval);
      return [kernel.labels[kernel.label[interval]],
        duration(kernel.freed[interval] - kernel.start[interval]), place(file, line)]
        .filter(Boolean).join("  \u00b7  ");
    }
    if (tensor < 0 || !this.look.names) return "";
    const { list } = this.look.names, t = kernel.tensors;
    return [list[3 * tensor + 1] || list[3 * tensor], list[3 * tensor + 2],
      `bytes ${count(t.address[tensor])} to ${count(t.address[tensor] + t.bytes[tensor])}`]
      .join("  \u00b7  ");
  }
}
