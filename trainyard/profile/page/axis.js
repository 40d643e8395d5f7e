// The stretch of time that is shown, and its scale.

class Axis {
  constructor(span) {
    this.span = span;
    this.from = 0;
    this.to = span;
    this.left = 0; // pixels
    this.width = 1;
  }

  x(time) {
    return this.left + (time - this.from) / (this.to - this.from) * this.width;
  }

  time(x) {
    return this.from + (x - this.left) / this.width * (this.to - this.from);
  }

  perPixel() {
    return (this.to - this.from) / this.width;
  }

  // Never closer than a tenth of a nanosecond a pixel, never much beyond the ends.
  show(from, to) {
    const least = Math.min(this.span, 100 * this.width);
    let length = Math.min(Math.max(to - from, least), this.span * 1.02);
    const middle = (from + to) / 2;
    const edge = this.span * 0.01;
    this.from = Math.max(-edge, Math.min(middle - length / 2, this.span + edge - length));
    this.to = this.from + length;
  }

  whole() {
    this.show(-this.span * 0.01, this.span * 1.01);
  }

  zoom(factor, time) {
    const at = time === undefined ? (this.from + this.to) / 2 : time;
    this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  pan(pixels) {
    const by = pixels * this.perPixel();
    const length = this.to - this.from;
    this.show(this.from + by, this.from + by + length);
  }

  // Round times some `pixels` apart: {step, at: [...]}.
  ticks(pixels) {
    const rough = this.perPixel() * pixels;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const at = [];
    for (let t = Math.ceil(Math.max(0, this.from) / step) * step; t <= this.to; t += step)
      at.push(t);
    return { step, at };
  }

  // A tick's time, with as many digits as its step needs.
  label(time, step) {
    const [size, name] = unitOf(Math.max(Math.abs(time), step, 1000));
    const decimals = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9));
    return (time / size).toFixed(decimals) + " " + name;
  }
}
