// The rows of the timeline. Each draws itself for whatever stretch of time the axis shows, in time
// that grows with the pixels and not with the intervals: where many intervals share a pixel, sums
// that were made once say how much of it they fill.

const TEXT = "11px system-ui, sans-serif";

function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const letters = Math.floor(width / 6.2) - 1;
  return letters > 2 ? text.slice(0, letters) + "\u2026" : "";
}

// The instructions of one lane.
class LaneRow {
  constructor(kernel, lane, height) {
    Object.assign(this, { kernel, lane, height, name: lane.name });
    this.busy = kernel.busyBefore[lane.end] - kernel.busyBefore[lane.first];
  }

  note() {
    return percent(this.busy / this.kernel.span);
  }

  draw(context, axis, colours, top, look) {
    const { kernel, lane } = this;
    const first = Math.max(lane.first,
      lowerBound(kernel.start, axis.from, lane.first, lane.end) - 1);
    const end = lowerBound(kernel.start, axis.to, lane.first, lane.end);
    if (end - first < axis.width * 1.5) this.drawEach(context, axis, colours, top, look, first, end);
    else this.drawDense(context, axis, colours, top, look, first, end);
  }

  drawEach(context, axis, colours, top, look, first, end) {
    const { kernel } = this;
    const right = axis.left + axis.width, height = this.height - 4;
    context.font = TEXT;
    for (let i = first; i < end; i++) {
      const x0 = Math.max(axis.left, axis.x(kernel.start[i]));
      const x1 = Math.min(right, axis.x(kernel.freed[i]));
      if (x1 < axis.left) continue;
      const width = Math.max(1, x1 - x0), label = kernel.labels[kernel.label[i]];
      const tail = Math.min(right, axis.x(kernel.end[i]));
      const colour = colours.of(label);
      context.globalAlpha = look.dimmed(i) ? 0.18 : 1;
      if (tail - x1 > 3) { // on its way to the result
        context.fillStyle = colour;
        context.fillRect(x1, top + 2 + height - 2, tail - x1, 2);
      }
      context.fillStyle = colour;
      context.fillRect(x0, top + 2, width > 3 ? width - 0.5 : width, height);
      if (look.onPath(i)) {
        context.fillStyle = colours.accent;
        context.fillRect(x0, top + 2, width, 3);
      }
      if (width > 26 && height > 12) {
        context.fillStyle = colours.dark ? "#0d1117" : "#14202e";
        context.fillText(clipped(context, label, width - 6), x0 + 3, top + height / 2 + 6);
      }
      context.globalAlpha = 1;
      if (look.matches(i)) this.frame(context, colours.hit, x0, top + 2, width, height);
      if (look.selected === i) this.frame(context, colours.ink, x0, top + 2, width, height);
    }
  }

  frame(context, colour, x, y, width, height) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, Math.max(3, width) + 1, height + 2);
  }

  // One bar a pixel: its height is the share of time that the lane is busy.
  drawDense(context, axis, colours, top, look, first, end) {
    const { kernel } = this;
    const height = this.height - 4;
    let from = first;
    for (let x = axis.left; x < axis.left + axis.width; x++) {
      const t0 = axis.time(x), t1 = axis.time(x + 1);
      const to = lowerBound(kernel.start, t1, from, end);
      const before = Math.max(from - 1, this.lane.first);
      const busy = this.busyWithin(before, to, t0, t1);
      if (busy > 0) {
        const longest = this.longest(before, to, t0, t1);
        const share = Math.min(1, busy / (t1 - t0));
        context.fillStyle = colours.of(kernel.labels[kernel.label[longest]]);
        context.globalAlpha = look.searching() ? 0.25 : 1;
        const drawn = Math.max(2, height * share);
        context.fillRect(x, top + 2 + height - drawn, 1, drawn);
        context.globalAlpha = 1;
        if (look.matchesWithin(from, to)) {
          context.fillStyle = colours.hit;
          context.fillRect(x, top + 2, 1, height);
        }
        if (look.onPathWithin(from, to)) {
          context.fillStyle = colours.accent;
          context.fillRect(x, top + 1, 1, 3);
        }
      }
      from = to;
    }
    const selected = look.selected;
    if (selected >= first && selected < end)
      this.frame(context, colours.ink, axis.x(kernel.start[selected]), top + 2, 1, height);
  }

  // Picoseconds of [t0, t1) that the intervals from `from` to `to` fill.
  busyWithin(from, to, t0, t1) {
    const { kernel } = this;
    if (from >= to) return 0;
    let busy = kernel.busyBefore[to] - kernel.busyBefore[from];
    const last = to - 1;
    if (kernel.freed[last] > t1) busy -= kernel.freed[last] - t1;
    if (kernel.start[from] < t0) {
      const until = Math.min(kernel.freed[from], t0);
      busy -= until - kernel.start[from];
    }
    return Math.max(0, busy);
  }

  // Of the first few: what a pixel is coloured by.
  longest(from, to, t0, t1) {
    const { kernel } = this;
    let best = to - 1, most = -1;
    for (let i = from; i < Math.min(to, from + 8); i++) {
      const time = Math.min(kernel.freed[i], t1) - Math.max(kernel.start[i], t0);
      if (time > most) {
        most = time;
        best = i;
      }
    }
    return best;
  }

  hit(axis, x) {
    return { interval: this.kernel.nearest(this.lane, axis.time(x)) };
  }
}

// What DMAs have in flight.
class TransferRow {
  constructor(kernel, height) {
    Object.assign(this, { kernel, height, name: "in flight" });
  }

  note() {
    return count(this.kernel.transfers.size) + " DMAs";
  }

  draw(context, axis, colours, top, look) {
    const t = this.kernel.transfers;
    const first = lowerBound(t.start, axis.from, 0, t.size), end = lowerBound(t.start, axis.to, 0, t.size);
    if (end - first < axis.width * 1.5) this.drawEach(context, axis, colours, top, look, end);
    else this.drawDense(context, axis, colours, top);
  }

  drawEach(context, axis, colours, top, look, end) {
    const t = this.kernel.transfers;
    const height = (this.height - 4) / Math.max(1, t.slots);
    const right = axis.left + axis.width;
    // Few transfers are in flight at once; those that began before the view are close before it.
    for (let i = end - 1, missed = 0; i >= 0 && missed < 4096; i--) {
      if (t.end[i] < axis.from) {
        missed++;
        continue;
      }
      const x0 = Math.max(axis.left, axis.x(t.start[i]));
      const x1 = Math.min(right, axis.x(t.end[i]));
      const interval = t.interval[i];
      const store = this.kernel.lanes[this.kernel.lane[interval]].name.endsWith("store");
      context.globalAlpha = look.dimmed(interval) ? 0.2 : 1;
      context.fillStyle = store ? colours.storing : colours.loading;
      context.fillRect(x0, top + 2 + t.slot[i] * height, Math.max(1, x1 - x0),
        Math.max(1, height - (height > 3 ? 1 : 0)));
      context.globalAlpha = 1;
      if (look.selected === interval) {
        context.strokeStyle = colours.ink;
        context.lineWidth = 1.5;
        context.strokeRect(x0, top + 2 + t.slot[i] * height, Math.max(2, x1 - x0), height - 1);
      }
    }
  }

  drawDense(context, axis, colours, top) {
    const t = this.kernel.transfers;
    const height = this.height - 4;
    context.fillStyle = colours.loading;
    // The integral of what is in flight, from sums of starts and of ends.
    const until = (times, sums, time) => {
      const n = lowerBound(times, time, 0, t.size);
      return n * time - sums[n];
    };
    const before = (time) => until(t.start, t.startSums, time) - until(t.ends, t.endSums, time);
    let past = before(axis.time(axis.left));
    for (let x = axis.left; x < axis.left + axis.width; x++) {
      const now = before(axis.time(x + 1));
      const mean = (now - past) / axis.perPixel();
      past = now;
      const drawn = Math.max(1, Math.min(1, mean / Math.max(1, t.slots)) * height);
      if (mean > 1e-3) context.fillRect(x, top + 2 + height - drawn, 1, drawn);
    }
  }

  hit(axis, x, y) {
    const t = this.kernel.transfers;
    const time = axis.time(x), slack = 3 * axis.perPixel();
    const slot = Math.floor((y - 2) / ((this.height - 4) / Math.max(1, t.slots)));
    for (let i = lowerBound(t.start, time + slack, 0, t.size) - 1, n = 0; i >= 0 && n < 4096; i--, n++)
      if (t.slot[i] === slot && t.end[i] + slack >= time) return { interval: t.interval[i] };
    return { interval: -1 };
  }
}

// Which tensors lie where in each partition of a memory: address upwards, as far as it is used,
// time to the right.
class MemoryRow {
  constructor(kernel, memory, core, size, name, height) {
    Object.assign(this, { kernel, whole: size, name, height, size: 1 });
    const t = kernel.tensors;
    const own = [];
    for (let i = 0; i < t.size; i++)
      if (t.memory[i] === memory && t.core[i] === core && t.bytes[i] > 0) own.push(i);
    own.sort((a, b) => t.first[a] - t.first[b]);
    this.tensors = Uint32Array.from(own);
    this.colour = this.tensors.map((i) => hashed(this.kind(i)) % PALETTE.length);
    // Beside each other, since every picture goes through all of them.
    const column = (of) => Float64Array.from(own, of);
    this.first = column((i) => t.first[i]);
    this.last = column((i) => t.last[i]);
    this.low = column((i) => t.address[i]);
    this.high = column((i) => t.address[i] + t.bytes[i]);
    for (const end of this.high) this.size = Math.max(this.size, end);
  }

  note() {
    return `${digits(this.size / 1024, 3)} of ${digits(this.whole / 1024, 3)} KiB`;
  }

  draw(context, axis, colours, top, look, scale) {
    const width = Math.max(1, Math.round(axis.width * scale));
    const height = Math.max(1, Math.round((this.height - 4) * scale));
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      this.surface = document.createElement("canvas");
      this.surface.width = width;
      this.surface.height = height;
      this.image = this.surface.getContext("2d").createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(0);
    const perPixel = (axis.to - axis.from) / width, perByte = height / this.size;
    const named = [], { first, last, low, high } = this;
    const paints = PALETTE.map((colour) => colours.pixel(colour));
    for (let n = 0; n < first.length; n++) {
      if (last[n] < axis.from) continue;
      if (first[n] > axis.to) break;
      const x0 = Math.max(0, Math.floor((first[n] - axis.from) / perPixel));
      const x1 = Math.min(width, Math.max(x0 + 1, Math.ceil((last[n] - axis.from) / perPixel)));
      const y1 = height - Math.floor(low[n] * perByte);
      const y0 = Math.max(0, Math.min(y1 - 1, height - Math.ceil(high[n] * perByte)));
      this.fill(width, x0, x1, y0, y1, paints[this.colour[n]]);
      if (x1 - x0 > 60 * scale && y1 - y0 > 12 * scale && named.length < 200)
        named.push([this.tensors[n], axis.left + x0 / scale, top + 2 + y0 / scale,
          (x1 - x0) / scale, (y1 - y0) / scale]);
    }
    this.surface.getContext("2d").putImageData(this.image, 0, 0);
    context.drawImage(this.surface, axis.left, top + 2, axis.width, this.height - 4);
    this.nameTensors(context, colours, named, look);
  }

  // A darker first column and lowest row keep neighbours apart.
  fill(width, x0, x1, y0, y1, pixel) {
    const { pixels } = this;
    if (x1 - x0 === 1) {
      for (let at = y0 * width + x0; at < y1 * width; at += width) pixels[at] = pixel;
      return;
    }
    const edge = (pixel & 0xfefefe) >>> 1 | 0xff000000;
    for (let y = y0; y < y1; y++) {
      const row = y * width;
      pixels.fill(y === y1 - 1 && y1 - y0 > 3 ? edge : pixel, row + x0, row + x1);
      if (x1 - x0 > 3) pixels[row + x0] = edge;
    }
  }

  kind(i) {
    const { source, bytes } = this.kernel.tensors;
    return source[i] ? this.kernel.sources[source[i]].join(":") + bytes[i] : String(i);
  }

  nameTensors(context, colours, named, look) {
    if (!look.names) return;
    context.font = TEXT;
    context.fillStyle = colours.dark ? "#f2f5f8" : "#14202e";
    for (const [i, x, y, width, height] of named) {
      const { list } = look.names;
      const text = clipped(context, list[3 * i + 1] || list[3 * i], width - 6);
      context.fillText(text, x + 4, y + height / 2 + 4);
    }
  }

  hit(axis, x, y) {
    const t = this.kernel.tensors;
    const time = axis.time(x), slack = axis.perPixel();
    const address = (1 - (y - 2) / (this.height - 4)) * this.size;
    const margin = this.size / (this.height - 4);
    let found = -1;
    for (const i of this.tensors) {
      if (t.first[i] > time + slack) break;
      if (t.last[i] + slack >= time && address >= t.address[i] - margin &&
          address <= t.address[i] + t.bytes[i] + margin) found = i;
    }
    return { interval: -1, tensor: found };
  }
}
