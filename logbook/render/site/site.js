"use strict";
/* The two things of this site that need a script: filtering a table, and the search. Nothing is ever sent. */

// --- how old the site is: asof.js calls this
function logbookAsOf(moment, commit) {
  for (const place of document.querySelectorAll("[data-asof]")) place.textContent = "· " + place.dataset.asof + " " + moment + " " + commit;
}

// --- a line to filter the rows of a table
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

function filterable(table) {
  const rows = Array.from(table.tBodies[0].rows);
  if (rows.length < 8) return;
  const line = document.createElement("p"), label = document.createElement("label"), input = document.createElement("input");
  const told = document.createElement("output");
  line.className = "filter";
  input.type = "search";
  label.append(table.dataset.filter + " ", input);
  line.append(label, told);
  table.before(line);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      if (!row.hidden) shown += 1;
    });
    told.textContent = words.length ? fill(table.dataset.shown, { shown: shown, all: rows.length }) : "";
  });
}

// --- the search: files of words and of records, each loaded once as a script, for a page may be opened from a disk
const loaded = new Map(), words = new Map(), records = new Map();
let site = null;

function logbookSite(about) { site = about; }
function logbookWords(shard, terms) { words.set(shard, new Map(Object.entries(terms))); }
function logbookRecords(group, rows) { records.set(group, rows); }

function load(file) {
  if (!loaded.has(file)) {
    loaded.set(file, new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = file;
      script.onload = done;
      script.onerror = () => failed(file);
      document.head.append(script);
    }));
  }
  return loaded.get(file);
}

const HAN = /[\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
const RUNS = /([\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]+)|((?:(?![\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}])[\p{L}\p{N}])+)/gu;

// The file of a term, as core/siteshards.py cuts them.
function shardOf(term) {
  const signs = Array.from(term), head = HAN.test(signs[0]) ? signs[0] : signs.slice(0, 2).join("");
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(head)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value % site.shards;
}

// Terms to look up, each exact or as a beginning.
function termsOf(text) {
  const found = [];
  for (const [, han, word] of text.normalize("NFKC").toLowerCase().matchAll(RUNS)) {
    if (word) {
      if (Array.from(word).length > 1) found.push({ term: Array.from(word).slice(0, 24).join(""), start: true });
      continue;
    }
    const signs = Array.from(han);
    if (signs.length === 1) found.push({ term: signs[0], start: true });
    for (let place = 0; place + 1 < signs.length; place += 1) found.push({ term: signs[place] + signs[place + 1], start: false });
  }
  return found;
}

// group -> numbers of the records in which a term stands
async function where(one) {
  const shard = shardOf(one.term), found = new Map();
  if (!site.there.includes(shard)) return found;
  await load("s/t/" + String(shard).padStart(3, "0") + ".js");
  for (const [term, groups] of words.get(shard)) {
    if (one.start ? !term.startsWith(one.term) : term !== one.term) continue;
    for (const [group, numbers] of Object.entries(groups)) {
      const known = found.get(group) || new Set();
      for (const number of numbers.split(" ")) known.add(number);
      found.set(group, known);
    }
  }
  return found;
}

function both(one, other) {
  const found = new Map();
  for (const [group, numbers] of one) {
    const left = new Set(Array.from(numbers).filter((number) => (other.get(group) || new Set()).has(number)));
    if (left.size) found.set(group, left);
  }
  return found;
}

// A number, or its beginning: the groups say where it must be.
async function numbered(text) {
  const wanted = text.toUpperCase(), found = new Map();
  if (!/^[A-Z]+-\d{4,8}(-.*)?$/.test(wanted)) return found;
  for (const one of site.groups) {
    if (!one.stem || !(one.stem.startsWith(wanted) || wanted.startsWith(one.stem))) continue;
    await load(one.file);
    const numbers = records.get(one.group).map((row) => row[0]).filter((number) => idOf(one, number).toUpperCase().startsWith(wanted));
    if (numbers.length) found.set(one.group, new Set(numbers));
  }
  return found;
}

function idOf(group, number) { return number.startsWith("=") ? number.slice(1) : group.stem + number; }

function hrefOf(group, row) {
  const href = row[4] || "r/" + group.form + "/" + (group.month === "all" ? "" : group.month.replace("-", "/") + "/") + idOf(group, row[0]) + ".html";
  return href.split("/").map(encodeURIComponent).join("/");
}

const MOST = 100;
let turn = 0;

async function search(text) {
  const mine = (turn += 1), told = document.getElementById("told"), table = document.getElementById("found"), body = table.tBodies[0];
  const said = told.dataset;
  body.replaceChildren();
  table.hidden = true;
  told.textContent = "";
  if (!text.trim()) return;
  told.textContent = said.wait;
  let found = null;
  try {
    for (const piece of text.trim().split(/\s+/)) {
      let here = await numbered(piece);
      if (!here.size) {
        here = null;
        for (const one of termsOf(piece)) here = here === null ? await where(one) : both(here, await where(one));
        if (here === null) continue;
      }
      found = found === null ? here : both(found, here);
    }
    const groups = site.groups.filter((one) => found !== null && found.has(one.group));
    groups.sort((one, other) => (one.month < other.month ? 1 : one.month > other.month ? -1 : 0));
    const all = groups.reduce((sum, one) => sum + found.get(one.group).size, 0);
    const rows = [];
    let month = null;
    for (const one of groups) {
      if (rows.length >= MOST && one.month !== month) break;
      month = one.month;
      await load(one.file);
      const numbers = found.get(one.group);
      for (const row of records.get(one.group)) if (numbers.has(row[0])) rows.push([one, row]);
    }
    if (mine !== turn) return;
    rows.sort((one, other) => (one[1][3] < other[1][3] ? 1 : one[1][3] > other[1][3] ? -1 : 0));
    for (const [group, row] of rows.slice(0, MOST)) {
      const line = body.insertRow(), head = document.createElement("th"), link = document.createElement("a");
      head.scope = "row";
      link.href = hrefOf(group, row);
      link.textContent = idOf(group, row[0]);
      head.append(link);
      line.append(head);
      const states = site.forms[group.form].states;
      const status = row[2] === "voided" ? said.voided : Object.hasOwn(states, row[2]) ? states[row[2]] : row[2];
      for (const value of [site.forms[group.form].title, row[1], status, row[3]]) line.insertCell().textContent = value;
    }
    const shown = Math.min(rows.length, MOST);
    told.textContent = all ? fill(all > shown ? said.first : said.found, { count: all, shown: shown }) : said.none;
    table.hidden = !all;
  } catch (file) {
    if (mine === turn) told.textContent = fill(said.broken, { file: String(file) });
  }
}

for (const table of document.querySelectorAll("table[data-filter]")) filterable(table);
window.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("ask"), line = document.getElementById("q");
  if (!form || !site) return;
  const other = document.getElementById("q0");
  line.value = new URLSearchParams(location.search).get("q") || "";
  if (other) other.value = "";
  if (line.value) search(line.value);
  else line.focus();
});
