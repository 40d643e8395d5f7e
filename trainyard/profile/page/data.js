// What the page carries, unpacked: columns of numbers become typed arrays. The order of columns is
// that of page_data.cc.

async function unpacked(id) {
  const text = byId(id).textContent;
  let packed;
  if (Uint8Array.fromBase64) {
    packed = Uint8Array.fromBase64(text);
  } else {
    const binary = atob(text);
    packed = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function text(id) {
  return new TextDecoder().decode(await unpacked(id));
}

// Each text ends with a zero.
function parts(joined) {
  const list = joined.split("\0");
  list.pop();
  return list;
}

// Reads columns of numbers of seven bits a byte, one after another.
class Columns {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  next() {
    const bytes = this.bytes;
    let byte = bytes[this.at++];
    let value = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      byte = bytes[this.at++];
      value += (byte & 0x7f) * scale;
    }
    return value;
  }

  nextSigned() {
    const value = this.next();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  column(array, signed) {
    for (let i = 0; i < array.length; i++) array[i] = signed ? this.nextSigned() : this.next();
    return array;
  }

  signed(n) {
    return this.column(new Float64Array(n), true);
  }

  unsigned(n) {
    return this.column(new Uint32Array(n), false);
  }
}

// In place: differences become sums.
function summed(array) {
  for (let i = 1; i < array.length; i++) array[i] += array[i - 1];
  return array;
}

function sumsBefore(array) {
  const sums = new Float64Array(array.length + 1);
  for (let i = 0; i < array.length; i++) sums[i + 1] = sums[i] + array[i];
  return sums;
}

// The first index from `low` on, before `high`, whose value is not below `value`.
function lowerBound(array, value, low, high) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// One kernel. Intervals are numbered lane by lane; a lane has those from `first` to `end`.
class Kernel {
  constructor(number) {
    this.prefix = "k" + number + "-";
    this.tables = JSON.parse(byId(this.prefix + "tables").textContent);
    const page = this.tables.page;
    this.span = Math.max(1, this.tables.time.ps);
    this.sources = page.sources;
    let first = 0;
    this.lanes = page.lanes.map((lane, index) => {
      const own = { ...lane, index, first, end: first + lane.count };
      first = own.end;
      return own;
    });
    this.size = first;
  }

  async load() {
    const pieces = await Promise.all(
      ["intervals", "path", "transfers", "tensors"].map((name) => unpacked(this.prefix + name)));
    this.labels = parts(await text(this.prefix + "labels"));
    this.readIntervals(new Columns(pieces[0]));
    this.readPath(new Columns(pieces[1]));
    this.readTransfers(new Columns(pieces[2]));
    this.readTensors(new Columns(pieces[3]));
  }

  readIntervals(columns) {
    const n = this.size;
    const gap = columns.signed(n), busy = columns.signed(n), tail = columns.signed(n);
    this.label = columns.unsigned(n);
    this.source = columns.unsigned(n);
    const waited = columns.signed(n);
    this.arguments = columns.unsigned(n);
    this.start = new Float64Array(n);
    this.freed = new Float64Array(n);
    this.end = new Float64Array(n);
    this.waited = new Int32Array(n).fill(-1);
    this.busyBefore = new Float64Array(n + 1); // sums, over all lanes
    this.lane = new Uint16Array(n);
    for (const lane of this.lanes) {
      let free = 0;
      for (let i = lane.first; i < lane.end; i++) {
        this.start[i] = free + gap[i];
        free = this.freed[i] = this.start[i] + busy[i];
        this.end[i] = free + tail[i];
        if (waited[i] !== 0) this.waited[i] = i - waited[i];
        this.busyBefore[i + 1] = this.busyBefore[i] + busy[i];
        this.lane[i] = lane.index;
      }
    }
    this.gap = gap;
  }

  readPath(columns) {
    const n = this.tables.page.path;
    this.path = summed(columns.signed(n));
    const time = columns.signed(n);
    this.pathTime = new Map();
    this.onPath = new Uint32Array(this.size + 1); // counts before, so that ranges are differences
    for (let i = 0; i < n; i++) {
      this.onPath[this.path[i] + 1] = 1;
      this.pathTime.set(this.path[i], time[i]);
    }
    summed(this.onPath);
  }

  readTransfers(columns) {
    const n = this.tables.page.transfers;
    const start = summed(columns.signed(n)), time = columns.signed(n);
    const end = start.map((s, i) => s + time[i]);
    this.transfers = {
      size: n, start, end, ends: end.slice().sort(), interval: summed(columns.signed(n)),
      hbmBytes: columns.signed(n), bytes: columns.signed(n), rowBytes: columns.signed(n),
    };
    this.transfers.startSums = sumsBefore(start);
    this.transfers.endSums = sumsBefore(this.transfers.ends);
    this.transferOf = new Map();
    for (let i = 0; i < n; i++) this.transferOf.set(this.transfers.interval[i], i);
    this.stackTransfers();
  }

  // Transfers that overlap lie in slots of their own, as far as there are slots.
  stackTransfers() {
    const { size, start, end } = this.transfers;
    const free = new Float64Array(16);
    const slot = this.transfers.slot = new Uint8Array(size);
    this.transfers.slots = 0;
    for (let i = 0; i < size; i++) {
      let best = 0;
      for (let s = 0; s < free.length; s++) {
        if (free[s] <= start[i]) {
          best = s;
          break;
        }
        if (free[s] < free[best]) best = s;
      }
      slot[i] = best;
      free[best] = end[i];
      this.transfers.slots = Math.max(this.transfers.slots, best + 1);
    }
  }

  readTensors(columns) {
    const n = this.tables.page.tensors;
    const t = this.tensors = { size: n };
    t.memory = columns.unsigned(n);
    for (const name of ["core", "address", "bytes", "partition", "partitions", "first", "last"])
      t[name] = columns.signed(n);
    summed(t.first);
    for (let i = 0; i < n; i++) t.last[i] += t.first[i];
    t.source = columns.unsigned(n);
  }

  // Long lists of text are unpacked when they are first asked for.
  argumentText() {
    return (this.argumentTextLoaded ||= text(this.prefix + "arguments"));
  }

  argumentTexts() {
    return (this.argumentsLoaded ||= this.argumentText().then(parts));
  }

  // For searching.
  lowerArguments() {
    return (this.lowerLoaded ||=
      this.argumentText().then((joined) => parts(joined.toLowerCase())));
  }

  // {list: id, name and type of each, index: core and id -> tensor, named: name -> ids}
  tensorNames() {
    return (this.namesLoaded ||= text(this.prefix + "tensor-names").then((joined) => {
      const names = { list: parts(joined), index: new Map(), named: new Map() };
      for (let i = 0; i < this.tensors.size; i++) {
        const id = names.list[3 * i], name = names.list[3 * i + 1].toLowerCase();
        names.index.set(this.tensors.core[i] + " " + id, i);
        if (!name) continue;
        if (!names.named.has(name)) names.named.set(name, []);
        names.named.get(name).push(id);
      }
      return names;
    }));
  }

  placeOf(interval) {
    return this.sources[this.source[interval]] || ["", 0];
  }

  // The interval of a lane at or nearest to a time; -1 on an empty lane.
  nearest(lane, time) {
    if (lane.first === lane.end) return -1;
    const next = lowerBound(this.start, time, lane.first, lane.end);
    if (next === lane.first) return next;
    if (next === lane.end || time <= this.freed[next - 1]) return next - 1;
    return time - this.freed[next - 1] <= this.start[next] - time ? next - 1 : next;
  }
}
