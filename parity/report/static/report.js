(() => {
"use strict";
const all = (what, within = document) => [...within.querySelectorAll(what)];
const one = (what, within = document) => within.querySelector(what);
const box = one(".box"), bar = one(".bar"), chips = one(".chips"), input = one("#q");
const said = one(".live"), help = one("#help");
const say = (text) => { said.textContent = text; };
const target = (hash) => hash.length > 1 ? document.getElementById(decode(hash.slice(1))) : null;
const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
const go = (where) => { location.hash = where; };

/* What the search looks at: read from the page once, when it is first needed. */
const WORDS = {p: "pass", f: "fail", e: "error", c: "crash", t: "timeout", s: "stale", k: "known", u: "unsupported",
  n: "not run", r: "no record", x: "not selected"};
let index = null;
const read = () => {
  if (index || !box) return index || [];
  const routes = all(".head span", box).slice(1).map((head) => head.textContent);
  index = all(".mx tbody tr", box).map((row) => {
    const head = row.cells[0], link = one("a", head);
    const name = (link || head.firstChild).textContent;
    const section = link ? target(link.hash) : null;
    return {row, section, name: name.toLowerCase(), family: row.closest("details"), layers: row.dataset.l.split(" "),
      text: head.textContent.toLowerCase(),
      cells: [...row.cells].slice(1).map((cell, i) => {
        const figure = one("b", cell), kind = one("small", cell), link = one("a", cell);
        const ratio = figure ? figure.textContent : "";
        return {cell, route: routes[i].toLowerCase(), word: WORDS[cell.className[0]] || "", hash: link ? link.hash : "",
          kind: kind ? kind.textContent.toLowerCase() : "", absent: cell.className[0] === "x",
          ratio: ratio === "" ? null : ratio === "NaN" ? Infinity : Number(ratio)};
      })};
  });
  return index;
};

/* The query: words and tokens, all of which must hold; ! before one turns it round. */
const parse = (query) => (query.match(/!?(?:[a-z]+:)?(?:"[^"]*"?|[^\s"]+)/gi) || []).map((part) => {
  const not = part.startsWith("!") && part.length > 1;
  const [, key, value] = /^(?:(verdict|kind|layer|route|case|family|ratio|is):)?(.*)$/i.exec(not ? part.slice(1) : part);
  return {not, key: (key || "").toLowerCase(), value: value.replaceAll('"', "").toLowerCase()};
}).filter((token) => token.value);
const glob = (pattern, text) => pattern.includes("*")
  ? new RegExp(`^${pattern.split("*").map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`).test(text)
  : pattern === text || text.startsWith(`${pattern} (`) || text.startsWith(`${pattern}@`);
const compare = (value, ratio) => {
  const [, sign, number] = /^(>=|<=|>|<|=)?(.*)$/.exec(value);
  const limit = Number(number);
  if (ratio === null || Number.isNaN(limit)) return false;
  return sign === ">" || !sign ? ratio > limit : sign === "<" ? ratio < limit : sign === ">=" ? ratio >= limit
    : sign === "<=" ? ratio <= limit : ratio === limit;
};
const TESTS = {
  verdict: (v, r, c) => c.word.replace(" ", "-") === v.replace(" ", "-") || c.kind.split(" ").includes(v),
  kind: (v, r, c) => c.kind.includes(v),
  is: (v, r, c) => c.kind.split(" ").includes(v),
  layer: (v, r) => r.layers.some((kind) => kind === v || glob(v, kind)),
  route: (v, r, c) => glob(v, c.route),
  case: (v, r) => r.name.includes(v),
  family: (v, r) => r.name.split("/")[0] === v,
  ratio: (v, r, c) => compare(v, c.ratio),
  "": (v, r, c) => r.text.includes(v) || c.word.includes(v) || c.kind.includes(v) || c.route.includes(v),
};
const holds = (tokens, row, cell) => !cell.absent && tokens.every((t) => TESTS[t.key](t.value, row, cell) !== t.not);

let tokens = [];
const spell = (token) => `${token.not ? "!" : ""}${token.key ? token.key + ":" : ""}${token.value.includes(" ") ? `"${token.value}"` : token.value}`;

const filter = (query) => {
  tokens = parse(query);
  const on = tokens.length > 0;
  let checks = 0, cases = 0;
  const kept = new Set();
  const families = new Map();
  for (const row of read()) {
    let hits = 0;
    for (const cell of row.cells) {
      const hit = !on || holds(tokens, row, cell);
      cell.cell.classList.toggle("dim", !hit);
      if (hit && !cell.absent) { hits += 1; if (cell.hash) kept.add(cell.hash); }
    }
    const shown = !on || hits > 0;
    row.row.hidden = !shown;
    if (row.section) row.section.hidden = !shown;
    if (shown) { cases += 1; checks += hits; families.set(row.family, true); } else if (!families.has(row.family)) families.set(row.family, false);
  }
  for (const [family, shown] of families) {
    family.hidden = !shown;
    if (family.dataset.was === undefined) family.dataset.was = family.open ? "1" : "";
    family.open = on ? shown : family.dataset.was === "1";
    if (!on) delete family.dataset.was;
  }
  for (const group of all(".group")) {
    let left = group.dataset.all === undefined ? 0 : 1;
    for (const item of all(".names li", group)) {
      const link = one("a", item);
      item.hidden = on && link !== null && !kept.has(link.hash);
      if (!item.hidden && link) left += 1;
    }
    group.hidden = on && left === 0 && one(".names a", group) !== null;
  }
  one(".none").hidden = cases > 0;
  one("output", bar).textContent = on ? `${checks.toLocaleString("en")} checks in ${cases.toLocaleString("en")} cases` : "";
  count();
};

/* Chips: each with the number of checks it would leave, were it the only one of its kind. */
const count = () => {
  const by = {};
  for (const chip of all(".chip", chips)) {
    const [token] = parse(chip.dataset.t);
    (by[token.key] = by[token.key] || []).push({chip, token});
  }
  for (const [key, members] of Object.entries(by)) {
    const rest = tokens.filter((t) => t.key !== key);
    const found = members.map(() => 0);
    for (const row of read()) for (const cell of row.cells) {
      if (!holds(rest, row, cell)) continue;
      members.forEach(({token}, i) => { if (TESTS[key](token.value, row, cell)) found[i] += 1; });
    }
    members.forEach(({chip, token}, i) => {
      one("b", chip).textContent = found[i].toLocaleString("en");
      chip.setAttribute("aria-pressed", String(tokens.some((t) => spell(t) === spell(token))));
    });
  }
};

/* The address holds the state: #anchor, or #?q=query&at=anchor. */
const address = (query, at) => query ? `#?q=${encodeURIComponent(query)}${at ? `&at=${encodeURIComponent(at)}` : ""}` : at ? `#${encodeURIComponent(at)}` : "#";
const state = () => {
  if (!location.hash.startsWith("#?")) return {query: "", at: decode(location.hash.slice(1))};
  const found = new URLSearchParams(location.hash.slice(2));
  return {query: found.get("q") || "", at: found.get("at") || ""};
};
const open = (element) => {
  for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
};
const show = (anchor) => {
  const element = anchor ? document.getElementById(anchor) : null;
  if (!element) return;
  for (const old of all(".here")) old.classList.remove("here");
  element.classList.add("here");
  open(element);
  element.scrollIntoView();
  const focus = element.matches("details") ? one("summary", element) : element;
  if (focus.tabIndex < 0) focus.tabIndex = -1;
  focus.focus({preventScroll: true});
};
const arrive = () => {
  const {query, at} = state();
  if (input && input.value.trim() !== query) input.value = query;
  if (box && (query || tokens.length)) filter(query);
  show(at);
};
const search = () => {
  const query = input.value.trim();
  history.replaceState(null, "", address(query, ""));
  filter(query);
};

if (box) {
  bar.hidden = chips.hidden = false;
  let waiting = 0;
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 60); });
  bar.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  chips.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip) return;
    const [token] = parse(chip.dataset.t), on = chip.getAttribute("aria-pressed") === "true";
    const kept = parse(input.value).filter((t) => on ? spell(t) !== spell(token) : t.key !== token.key || t.not);
    input.value = [...kept, ...on ? [] : [token]].map(spell).join(" ");
    search();
  });
  one(".ask").addEventListener("click", () => help.showModal());
}

/* Links keep the query; a second click on the one we are at works too. */
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = decode(link.getAttribute("href").slice(1));
  event.preventDefault();
  const there = address(input ? input.value.trim() : "", at);
  if (location.hash === there) show(at); else go(there);
});
addEventListener("hashchange", arrive);

/* Copy buttons, made where they can be seen. */
const buttons = (within) => {
  for (const code of all("code.cmd", within)) {
    if (code.previousElementSibling || !code.checkVisibility()) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.setAttribute("aria-label", `copy: ${code.textContent}`);
    code.before(button);
  }
};
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("not copied");
  }
};
document.addEventListener("toggle", (event) => { if (event.target.open) buttons(event.target); }, true);
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  try {
    await copy(button.nextElementSibling.textContent);
    button.textContent = "copied";
  } catch {
    button.textContent = "select it";
  }
  say(button.textContent);
  setTimeout(() => { button.textContent = "copy"; }, 1500);
});

/* Keys. */
const visible = (element) => element.checkVisibility() && element.getClientRects().length > 0;
const step = (stops, by) => {
  if (!stops.length) return;
  const at = stops.findIndex((stop) => stop.contains(document.activeElement) || stop.parentElement.contains(document.activeElement) && stop.parentElement.matches("th"));
  let next;
  if (at >= 0) next = at + by;
  else {
    const place = document.activeElement === document.body ? -1 : stops.findIndex((s) => document.activeElement.compareDocumentPosition(s) & Node.DOCUMENT_POSITION_FOLLOWING);
    next = by > 0 ? Math.max(place, 0) : place < 0 ? stops.length - 1 : place - 1;
  }
  const stop = stops[Math.min(Math.max(next, 0), stops.length - 1)];
  stop.focus();
  stop.scrollIntoView({block: "center"});
};
const rows = () => all(".fam > summary, .mx tbody th a", box || document).filter(visible);
const failures = () => all(".failing").filter((f) => !f.closest("[hidden]") && !f.matches(".k"));
const failure = (by) => {
  const found = failures();
  if (!found.length) { say("no failure is shown"); return; }
  const at = found.findIndex((f) => f.id === state().at);
  const next = found[at < 0 ? by > 0 ? 0 : found.length - 1 : (at + by + found.length) % found.length];
  go(address(input ? input.value.trim() : "", next.id));
  say(`failure ${found.indexOf(next) + 1} of ${found.length}: ${next.id}`);
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const typing = event.target.matches("input, textarea");
  if (event.key === "Escape" && input) {
    if (input.value) { input.value = ""; search(); } else input.blur();
    return;
  }
  if (typing) return;
  const act = {"/": () => input && input.focus(), j: () => step(rows(), 1), k: () => step(rows(), -1),
    n: () => failure(1), N: () => failure(-1), "?": () => help.showModal()}[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
arrive();
})();
