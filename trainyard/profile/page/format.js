// Figures as text, and elements from data. Text only ever becomes text nodes, never markup.

const UNITS = [[1e12, "s"], [1e9, "ms"], [1e6, "us"], [1e3, "ns"]];

function unitOf(ps) {
  return UNITS.find(([size]) => Math.abs(ps) >= size) || UNITS[3];
}

function digits(value, count) {
  const before = Math.abs(value) >= 1 ? Math.floor(Math.log10(Math.abs(value))) + 1 : 1;
  return value.toFixed(Math.max(0, count - before));
}

function duration(ps) {
  if (ps === 0) return "0 ns";
  const [size, name] = unitOf(ps);
  return digits(ps / size, 4) + " " + name;
}

function percent(share) {
  const value = 100 * share;
  return (value > 0 && value < 0.05 ? "<0.1" : value.toFixed(1)) + " %";
}

function count(n) {
  return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

function bytes(n) {
  for (const [size, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]])
    if (n >= size) return digits(n / size, 4) + " " + name;
  return n + " B";
}

function binary(n) {
  return n >= 1024 && n % 1024 === 0 ? n / 1024 + " KiB" : n + " B";
}

function place(file, line) {
  return file && line ? file.split("/").pop() + ":" + line : "";
}

// An element with attributes and children; handlers are given as functions.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "style") Object.assign(element.style, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== "") element.append(child);
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

// Empties a section but for its heading.
function cleared(id) {
  const section = byId(id);
  while (section.children.length > 1) section.lastElementChild.remove();
  section.hidden = false;
  return section;
}

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// A table: columns are [heading, cell of a row, numeric].
function table(columns, rows, attributesOf) {
  const head = columns.map(([title, , numeric]) => make("th", { class: numeric && "n" }, title));
  const body = rows.map((row, index) =>
    make("tr", attributesOf && attributesOf(row, index),
      columns.map(([, cell, numeric]) => make("td", { class: numeric ? "n" : null }, cell(row)))));
  return make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, body));
}
