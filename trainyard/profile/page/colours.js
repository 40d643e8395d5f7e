// One colour a kind of instruction; tensors are coloured by the line that declares them.

const PALETTE = ["#5b8fd6", "#f0a04b", "#5fb57a", "#b98acb", "#58bcc4", "#e3c14f", "#c78b6b",
  "#8fb8ee", "#9ccb6a", "#e58f86", "#8d8fd0", "#b5ada4"];

// "nc_matmul first" and "nc_matmul second" are of one kind.
function kindOf(label) {
  return label.split(" ")[0];
}

function hashed(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0) % 9973;
}

class Colours {
  constructor() {
    this.query = matchMedia("(prefers-color-scheme: dark)");
    this.read();
  }

  read() {
    this.dark = this.query.matches;
    for (const name of ["ink", "dim", "line", "soft", "card", "accent", "link", "hit"])
      this[name] = css("--" + name);
    this.cache = new Map();
  }

  // The busiest kinds of instruction differ most.
  assign(operations) {
    this.cache.clear();
    this.kinds = new Map();
    for (const { instruction } of operations) {
      const kind = kindOf(instruction);
      if (!this.kinds.has(kind)) this.kinds.set(kind, PALETTE[this.kinds.size % PALETTE.length]);
    }
    this.loading = PALETTE[0];
    this.storing = PALETTE[1];
  }

  of(label) {
    let colour = this.cache.get(label);
    if (!colour) {
      const kind = kindOf(label);
      colour = this.kinds.get(kind) || PALETTE[hashed(kind) % PALETTE.length];
      this.cache.set(label, colour);
    }
    return colour;
  }

  // "#rrggbb" as a pixel, 0xAABBGGRR, mixed with the background so that it stands back.
  pixel(colour) {
    const back = this.dark ? 24 : 255;
    const part = (at) => Math.round(0.75 * parseInt(colour.slice(at, at + 2), 16) + 0.25 * back);
    return (0xff000000 | part(5) << 16 | part(3) << 8 | part(1)) >>> 0;
  }
}
