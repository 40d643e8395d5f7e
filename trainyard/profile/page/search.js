// Finding instructions by their name, lane, place or operands; every word must occur. A match is
// framed, the rest is dimmed.

class Search {
  constructor(app) {
    this.app = app;
    this.input = byId("find");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.run(), 150);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.step(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        this.set("");
        this.app.timeline.canvas.focus();
      }
    });
    byId("before").addEventListener("click", () => this.step(-1));
    byId("after").addEventListener("click", () => this.step(1));
  }

  set(text) {
    this.input.value = text;
    return this.run();
  }

  async run() {
    const { kernel, timeline } = this.app;
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { look } = timeline;
    const serial = this.serial = (this.serial || 0) + 1;
    this.at = -1;
    byId("before").hidden = byId("after").hidden = words.length === 0;
    if (words.length === 0) {
      look.found = null;
      this.matches = [];
      this.say("");
      timeline.draw();
      return;
    }
    const texts = await kernel.lowerArguments(), names = await kernel.tensorNames();
    if (serial !== this.serial) return;
    const found = this.find(kernel, words, texts, names);
    const before = new Uint32Array(kernel.size + 1);
    const matches = [];
    for (let i = 0; i < kernel.size; i++) {
      before[i + 1] = before[i] + found[i];
      if (found[i]) matches.push(i);
    }
    matches.sort((a, b) => kernel.start[a] - kernel.start[b]);
    look.found = found;
    look.foundBefore = before;
    this.matches = matches;
    this.say(matches.length ? `${count(matches.length)} found` : "nothing found");
    timeline.draw();
  }

  // By interval 1 or 0. Each word is looked up once in each list of texts.
  find(kernel, words, texts, names) {
    const found = new Uint8Array(kernel.size).fill(1);
    for (const word of words) {
      const has = (text) => text.toLowerCase().includes(word);
      const labels = kernel.labels.map(has);
      const lanes = kernel.lanes.map((lane) => has(lane.name));
      const sources = kernel.sources.map(([file, line]) => line && this.placed(word, file, line));
      const within = this.inArguments(word, texts, names);
      for (let i = 0; i < kernel.size; i++)
        if (!(labels[kernel.label[i]] || lanes[kernel.lane[i]] || sources[kernel.source[i]] ||
              within[kernel.arguments[i]])) found[i] = 0;
    }
    return found;
  }

  // "attention.py:45" is that line and not 450.
  placed(word, file, line) {
    const text = (file + ":" + line).toLowerCase();
    return /:\d+$/.test(word) ? text.endsWith(word) : text.includes(word);
  }

  // A tensor is found by its id, whole, and by the name that the kernel gave it.
  inArguments(word, texts, names) {
    const isId = /^t\d+$/.test(word);
    const ids = isId ? [word] : (names.named.get(word) || []).slice(0, 1000);
    if (ids.length === 0) return texts.map((text) => text.includes(word));
    const pattern = new RegExp(`\\b(${ids.join("|")})\\b`);
    return texts.map((text) => pattern.test(text) || (!isId && text.includes(word)));
  }

  step(by) {
    const { matches } = this;
    if (!matches || matches.length === 0) return;
    const { kernel, timeline } = this.app;
    if (this.at < 0) { // the first one in view
      const next = matches.findIndex((i) => kernel.start[i] >= timeline.axis.from);
      this.at = by > 0 ? Math.max(0, next) : next > 0 ? next - 1 : matches.length - 1;
    } else {
      this.at = (this.at + by + matches.length) % matches.length;
    }
    this.say(`${count(this.at + 1)} of ${count(matches.length)}`);
    timeline.select(matches[this.at], true);
  }

  say(text) {
    byId("found").textContent = text;
  }
}
