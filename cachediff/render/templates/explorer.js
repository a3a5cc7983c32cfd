// The explorer: filters, the map's squares, specs side by side, copying. Whatever it shows goes through h(), which makes text nodes and
// never markup; the page's content security policy (trusted types) turns every other way into an error.
"use strict";

const $ = (id) => document.getElementById(id);
const { tag, findings, packages, places, bodies, coverage, causes, rules, ...policy } = JSON.parse($("data").textContent);
const form = $("filters");

const MOST_ROWS = 50; // before "show more": so many rows are made in a few milliseconds, whatever the report holds
const MOST_SPECS = 20;
const MOST_LINES = 5;
const MOST_ALIKE = 30;
const MOST_TEXT = 1000; // as in visible.py
const FACETS = ["stack", "platform", "os", "target"];
const SEVERITIES = ["error", "warning", "note"];
const BUCKETS = ["removed", "added", "changed", "rebuilt", "unchanged"];
const FATES = {
  superseded: "another version is in its place",
  retargeted: "its stack has it on another os or target",
  merged: "an equal spec stays",
  unwanted: "no lock asks for it any more", unneeded: "nothing needs it any more",
  "stack-gone": "gone with its stack", "package-gone": "gone with its package",
  lost: "nothing took its place",
};

// --- text and elements -------------------------------------------------------------------------------------------------

/** Return text cut to size, with \x1b and \u202e for what does not print or reorders what does: as make_visible() does in Python. */
function visible(text) {
  const cut = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
  return escapeHidden(cut);
}

function escapeHidden(text) {
  if (/^[ -~]*$/.test(text)) return text; // nearly always, and much faster to see
  return text.replace(/(?! )[\p{C}\p{Z}\p{DI}]/gu, (char) => {
    const code = char.codePointAt(0);
    const letter = { 9: "t", 10: "n", 13: "r" }[code];
    if (letter) return `\\${letter}`;
    const [sign, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${sign}${code.toString(16).padStart(width, "0")}`;
  });
}

/** Return an element with properties or attributes, named by us, and children: strings become text nodes, made visible. */
function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

const data = (text) => h("span", { className: "data" }, text);
const quiet = (...children) => h("p", { className: "quiet" }, ...children);
const button = (label, onclick, properties = {}) => h("button", { type: "button", onclick, ...properties }, label);
const digits = (count) => count.toLocaleString("en");
const number = (count, noun) => `${digits(count)} ${noun}${count === 1 ? "" : "s"}`;
const more = (count) => (count > 0 ? ` and ${digits(count)} more` : "");

// --- copying -----------------------------------------------------------------------------------------------------------

function copyButton(label, text) {
  const made = button(label, async () => {
    await copy(text());
    made.textContent = "copied";
    $("said").textContent = `${label}: copied`;
    setTimeout(() => { made.textContent = label; }, 1500);
  }, { className: "copy" });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that was not served safely has no clipboard; the old way copies a selection.
    const field = h("textarea", { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

const spelled = new Map(Object.entries(policy.spelled));
const spell = (value) => spelled.get(value) ?? value;

/** Return a finding's entry for the policy's `accepted`, in which the reason is left for somebody to give. */
function acceptance({ rule, subject }) {
  const fields = Object.entries(subject).map(([name, value]) => `${name}: ${spell(value)}`);
  const values = { RULE: spell(rule), SUBJECT: fields.join(", "), UNTIL: monthAfter(tag) };
  return policy.acceptance.replace(/RULE|SUBJECT|UNTIL/g, (name) => values[name]);
}

/** Return the day 30 days after the one in a dated tag: that is when expiry is judged. */
function monthAfter(dated) {
  const day = Date.parse(/\d{4}-\d\d-\d\d/.exec(dated)?.[0]);
  return Number.isNaN(day) ? "YYYY-MM-DD" : new Date(day + 30 * 864e5).toISOString().slice(0, 10);
}

// --- which findings match ----------------------------------------------------------------------------------------------

const named = new Map(packages.map((one) => [one.package, one]));
const placesOf = new Map(packages.map((one) => [one.package, findPlaces(one)]));
const changedPlaces = coverage.filter((place) => place.lost || place.gained);
const searched = findings.map((finding) =>
  [finding.severity, finding.rule, finding.message, finding.cause ?? "", ...Object.values(finding.subject)].join(" ").toLowerCase());

/** Return where a package has news: the cells that it lost or gained, and those of the specs that differ. */
function findPlaces(one) {
  const changed = new Set(one.changes.flatMap(([, old, now]) => [old, now]).filter(Boolean).map(([body]) => bodies[body]));
  const cells = [...changed].flatMap(({ stacks, platform, os, target }) => stacks.map((stack) => ({ stack, platform, os, target })));
  return [...one.lost.map(([place]) => places[place]), ...one.gained.map((place) => places[place]), ...cells];
}

/** Return the filters as the form has them, which is the only place that holds them. */
function readFilters() {
  const value = (name) => form.elements[name].value;
  const name = value("package").trim();
  return {
    words: value("text").toLowerCase().split(/\s+/).filter(Boolean),
    name,
    isWhole: findings.some((finding) => finding.subject.package === name),
    rule: value("rule"),
    cause: value("cause"),
    facets: FACETS.filter(value).map((facet) => [facet, value(facet)]),
    shows: (kind) => form.elements[kind].checked,
  };
}

function matches(finding, index, { words, name, isWhole, rule, cause, facets }) {
  const own = finding.subject.package ?? "";
  return (!rule || finding.rule === rule)
    && (!cause || finding.cause === cause)
    && (!name || (isWhole ? own === name : own.includes(name)))
    && words.every((word) => searched[index].includes(word))
    && (facets.length === 0 || isAt(finding, facets));
}

/** Return whether a finding is about a place: its subject says so, or its package has news there. */
function isAt({ subject }, facets) {
  if (facets.some(([facet, value]) => subject[facet] && subject[facet] !== value)) return false;
  const open = facets.filter(([facet]) => !subject[facet]);
  if (open.length === 0) return true;
  const stated = FACETS.filter((facet) => subject[facet]);
  const candidates = subject.package ? placesOf.get(subject.package) ?? [] : stated.length ? changedPlaces : [];
  return candidates.some((place) =>
    open.every(([facet, value]) => place[facet] === value) && stated.every((facet) => place[facet] === subject[facet]));
}

const rankOf = ({ severity, name }) => 2 * SEVERITIES.indexOf(severity) + Boolean(name);
const lossOf = (name) => (named.get(name)?.lost.length ?? 0) * 1e6 + (named.get(name)?.specs.removed ?? 0);

/** Return the rows to show, one a package and severity or a finding about the whole snapshot, and how many matches are not shown. */
function select(filters) {
  const rows = new Map();
  const hidden = {};
  let shown = 0;
  for (const [index, finding] of findings.entries()) {
    if (!matches(finding, index, filters)) continue;
    const kind = finding.status === "accepted" ? "accepted" : finding.subsumed_by || finding.repeats ? "folded" : finding.severity;
    if (!filters.shows(kind)) { hidden[kind] = (hidden[kind] ?? 0) + 1; continue; }
    shown += 1;
    const { severity, fingerprint, subject: { package: name = "" } } = finding;
    const key = `${SEVERITIES.indexOf(severity)}${name ? ` package ${name}` : ` all ${fingerprint}`}`;
    if (!rows.has(key)) rows.set(key, { key, severity, name, findings: [] });
    rows.get(key).findings.push(finding);
  }
  return { rows: [...rows.values()].sort((a, b) => rankOf(a) - rankOf(b) || (a.name ? lossOf(b.name) - lossOf(a.name) : 0)), shown, hidden };
}

// --- the table ---------------------------------------------------------------------------------------------------------

const opened = new Set();

function update() {
  const filters = readFilters();
  const { rows, shown, hidden } = select(filters);
  const left = Object.entries(hidden).map(([kind, count]) =>
    (SEVERITIES.includes(kind) ? number(count, kind) : `${digits(count)} ${kind}`));
  const names = new Set(rows.map((row) => row.name).filter(Boolean));
  $("count").textContent = number(shown, "finding") + (names.size ? ` in ${number(names.size, "package")}` : "")
    + (left.length ? `; not shown: ${left.join(", ")}` : "");
  const body = h("tbody");
  if (rows.length === 0) {
    const nothing = left.length ? "nothing of what is ticked; see above what else there is" : "no finding matches";
    body.append(h("tr", {}, h("td", { colSpan: 4, className: "nothing" }, findings.length ? nothing : "no findings")));
  }
  addRows(body, rows, 0);
  $("rows").tBodies[0].replaceWith(body);
  markActive(filters);
}

function addRows(body, rows, from) {
  const to = Math.min(from + MOST_ROWS, rows.length);
  for (const row of rows.slice(from, to)) body.append(...rowOf(row));
  const rest = rows.length - to;
  const showMore = button(`show ${digits(Math.min(rest, MOST_ROWS))} of them`, () => {
    addRows(body, rows, to);
    body.querySelectorAll(".toggle")[to].focus();
  });
  $("more").replaceChildren(...(rest ? [`and ${number(rest, "more row")} `, showMore] : []));
}

/** Return a row, and below it what it opens to if it is open. */
function rowOf(row) {
  const one = named.get(row.name);
  const lost = one?.lost.length ?? 0;
  const counts = one?.kind === "changed"
    ? `${digits(one.specs.old)} → ${number(one.specs.new, "spec")}${lost ? `, ${sayLost(one)}` : ""}` : "";
  const lines = row.findings.slice(0, MOST_LINES).map((finding) => h("li", {}, h("b", {}, finding.rule), " ", data(say(finding))));
  if (row.findings.length > MOST_LINES) lines.push(h("li", { className: "quiet" }, more(row.findings.length - MOST_LINES)));
  const toggle = button(data(row.name || "the whole snapshot"), null, { className: "plain toggle", "aria-expanded": opened.has(row.key) });
  const element = h("tr", {},
    h("td", {}, h("span", { className: `severity ${row.severity}` }, row.severity)),
    h("td", {}, toggle),
    h("td", { className: "quiet" }, counts),
    h("td", {}, h("ul", {}, lines)));
  toggle.onclick = () => {
    const isOpen = !opened.delete(row.key);
    if (isOpen) opened.add(row.key);
    if (isOpen) element.after(detailOf(row));
    else element.nextSibling.remove();
    toggle.setAttribute("aria-expanded", isOpen);
  };
  return opened.has(row.key) ? [element, detailOf(row)] : [element];
}

/** Return how many cells a package lost, and how many of them nobody needs: as note_unneeded() does in Python. */
function sayLost({ lost }) {
  const counts = ["needed", "wanted"].map((word) => [lost.filter(([, became]) => became === `un${word}`).length, word]).filter(([count]) => count);
  const parts = counts.map(([count, word]) => `${count < lost.length ? `${digits(count)} ` : ""}no longer ${word}`);
  return `${number(lost.length, "cell")} lost${parts.length ? ` (${parts.join(", ")})` : ""}`;
}

/** Return what a finding says where its package stands already. */
function say({ subject, message }) {
  const lead = `${subject.package ?? ""} `;
  return message.startsWith(lead) ? message.slice(lead.length) : message;
}

// --- one row in full ---------------------------------------------------------------------------------------------------

function detailOf(row) {
  const byRule = Object.entries(Object.groupBy(row.findings, (finding) => finding.rule));
  const one = named.get(row.name);
  const parts = [...byRule.flatMap(([rule, group]) => ruleOf(rule, group)), ...(one ? specsOf(one) : [])];
  return h("tr", { className: "detail" }, h("td", { colSpan: 4 }, parts));
}

/** Return a rule's findings in full, where they are if that is one place, and what the rule is about. */
function ruleOf(rule, group) {
  const at = new Set(group.filter((one) => one.location && !one.problems.length).map((one) => nameLocation(one.location)));
  const { why, fix } = rules[rule] ?? {};
  const about = why ? [h("details", {}, h("summary", {}, "why it matters, and what to do"), h("p", {}, why), h("p", {}, fix))] : [];
  return [
    h("h3", {}, rule),
    h("ul", {}, group.map(findingOf)),
    ...[...at].slice(0, MOST_LINES).map((place) => quiet(h("code", {}, place))),
    ...about,
  ];
}

function findingOf(finding) {
  const { accepted, cause, fingerprint } = finding;
  const parts = [data(finding.message), " "];
  if (finding.status === "open") parts.push(copyButton("copy acceptance", () => acceptance(finding)));
  if (accepted) {
    const by = accepted.owner && ` by ${accepted.owner}`;
    parts.push(quiet(`accepted until ${accepted.until}${by}: `, data(accepted.reason)));
  }
  if (cause) parts.push(quiet("because nothing in new has ", data(cause)));
  if (finding.subsumed_by) parts.push(quiet("folded: a finding about the whole snapshot says it already"));
  const alike = [...new Set(findings.filter((other) => other.subsumed_by === fingerprint).map((other) => other.subject.package))];
  if (alike.length) {
    const some = data(alike.slice(0, MOST_ALIKE).join(", "));
    parts.push(quiet(`says it for ${number(alike.length, "package")}: `, some, more(alike.length - MOST_ALIKE)));
  }
  parts.push(...finding.problems.slice(0, MOST_SPECS).map(problemOf));
  return h("li", {}, parts);
}

const nameLocation = (at) => `${at.path}${at.line ? `:${at.line}:${at.column}` : ""}${at.pointer ? `  ${at.pointer}` : ""}`;

function problemOf({ message, location, excerpt, expected, found }) {
  const parts = [h("p", {}, data(message)), quiet(h("code", {}, nameLocation(location)))];
  if (excerpt) {
    const text = [...excerpt.text]; // it counts characters, not UTF-16 units
    const cuts = [0, excerpt.start, excerpt.start + excerpt.length, text.length];
    const [before, marked, after] = [0, 1, 2].map((part) => visible(text.slice(cuts[part], cuts[part + 1]).join("")));
    const carets = h("span", { className: "carets", ariaHidden: "true" }, " ".repeat(before.length) + "^".repeat(marked.length || 1));
    parts.push(h("pre", { tabIndex: 0 }, before, h("mark", {}, marked), after, document.createTextNode("\n"), carets));
  }
  return h("div", { className: "problem" }, parts, h("p", {}, "expected ", data(expected), ", found ", h("code", {}, found)));
}

const nameCell = ({ stack, platform, os, target }) => `${stack} ${platform}-${os}-${target}`;

/** Return a package's lost cells, and its specs side by side. */
function specsOf(one) {
  const [parts, { lost }] = [[], one];
  if (lost.length) {
    const cells = lost.slice(0, MOST_SPECS).map(([place, became]) =>
      h("li", {}, data(nameCell(places[place])), h("span", { className: "quiet" }, `: ${FATES[became]}`)));
    parts.push(h("h3", {}, sayLost(one)), h("ul", {}, cells, more(lost.length - MOST_SPECS)));
  }
  const buckets = BUCKETS.filter((kind) => one.specs[kind]).map((kind) => `${digits(one.specs[kind])} ${kind}`);
  parts.push(h("h3", {}, `${digits(one.specs.old)} → ${number(one.specs.new, "spec")}: ${buckets.join(", ")}`));
  return [...parts, ...pairsOf(one, 0)];
}

function pairsOf(one, from) {
  const to = from + MOST_SPECS;
  const pairs = one.changes.slice(from, to).map((change) => pairOf(one.package, change));
  const rest = one.changes.length - to;
  if (rest > 0) pairs.push(button(`show more of ${number(rest, "spec")}`, (event) => event.target.replaceWith(...pairsOf(one, to))));
  return pairs;
}

function pairOf(name, [kind, old, now, fields, became, facts]) {
  const fate = became ? `not in new: ${FATES[became]}` : "not in new";
  return h("div", { className: "pair" },
    old ? sideOf(name, old, fields, `old, ${kind}`, facts.map(([label, value]) => [label, value])) : h("div", { className: "none" }, "not in old"),
    now ? sideOf(name, now, fields, `new, ${kind}`, facts.map(([label, , value]) => [label, value])) : h("div", { className: "none" }, fate));
}

/** Return one spec in Spack's notation and its stacks, with the fields that differ marked, and what else differs. */
function sideOf(name, [body, hash], fields, title, facts) {
  const { variants, stacks, ...spec } = bodies[body];
  const mark = (field, text = spec[field]) => (fields.includes(field) ? h("mark", {}, text) : text);
  const words = [
    [`${name}@`, mark("version"), ...(spec.compiler === "none" ? [] : ["%", mark("compiler")])],
    ...variants.map((text) => [mark(`variants.${text.replace(/^[+~]/, "").split("=")[0]}`, text)]),
    ["arch=", mark("platform"), "-", mark("os"), "-", mark("target")],
    [`/${hash}`],
  ];
  const code = h("code", {}, words.flatMap((word) => [...word, " "]));
  return h("div", {},
    h("div", { className: "head" }, title, copyButton("copy spec", () => code.textContent.trim())),
    code,
    ...(stacks.join() === "default" && !fields.includes("stacks") ? [] : [quiet("in ", mark("stacks", stacks.join(", ") || "root only"))]),
    ...facts.map(([label, value]) => quiet(data(label), " ", h("mark", { className: "data" }, value))));
}

// --- the map -----------------------------------------------------------------------------------------------------------

/** Make every square and heading of the map a button that filters: one tab stop, and arrow keys between them. */
function enliven(map) {
  const grid = [...map.rows].slice(1).map((row) => [...row.querySelectorAll("[data-place]")].map(makeButton));
  const stop = (next) => grid.flat().forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
  stop(grid[1][0]);
  map.onkeydown = (event) => {
    const next = neighbour(grid, event.target, event.key);
    if (!next) return;
    event.preventDefault();
    stop(next);
    next.focus();
  };
  for (const event of ["mouseover", "focusin"]) map.addEventListener(event, ({ target }) => showTip(target.closest("td[data-place]")));
  for (const event of ["mouseleave", "focusout"]) map.addEventListener(event, () => showTip(null));
}

function makeButton(cell) {
  const place = coverage[cell.dataset.place];
  const facets = cell.dataset.by.split(" ");
  const made = button("", () => filterBy(facets.map((facet) => [facet, place[facet]])));
  Object.assign(made, { place, facets, column: Number(cell.dataset.column) });
  if (cell.tagName === "TD") {
    // What the square's row, column and tip say is said to who cannot see them, too.
    made.append(h("span", { className: "hidden" }, describe(place).slice(0, 2).join(", ")), " ");
    made.setAttribute("aria-describedby", "tip");
  }
  made.append(...cell.childNodes);
  cell.append(made);
  return made;
}

/** Return the next button in the direction of an arrow key. */
function neighbour(grid, from, key) {
  const row = grid.findIndex((buttons) => buttons.includes(from));
  if (row < 0) return undefined;
  if (key === "ArrowRight") return grid[row].find((one) => one.column > from.column);
  if (key === "ArrowLeft") return grid[row].findLast((one) => one.column < from.column);
  const rows = { ArrowDown: grid.slice(row + 1), ArrowUp: grid.slice(0, row).reverse() }[key] ?? [];
  return rows.flat().find((one) => one.column === from.column);
}

function describe(place) {
  const changes = ["lost", "gained"].filter((word) => place[word]).map((word) => `${digits(place[word])} ${word}`);
  return [
    visible(place.stack),
    visible(`${place.platform} ${place.os} ${place.target}`),
    `${digits(place.old)} → ${number(place.new, "package")}`,
    changes.join(", ") || "the same packages",
  ];
}

function showTip(cell) {
  const tip = $("tip");
  tip.hidden = !cell;
  if (!cell) return;
  const place = coverage[cell.dataset.place];
  const here = places.findIndex((other) => FACETS.every((facet) => other[facet] === place[facet]));
  const gone = packages.filter((one) => one.lost.some(([other]) => other === here)).map((one) => one.package);
  const [stack, arch, counts, changes] = describe(place);
  tip.replaceChildren(h("strong", {}, stack), quiet(arch), h("p", {}, `${counts}: ${changes}`));
  if (gone.length) tip.append(h("p", {}, "lost: ", data(gone.slice(0, MOST_LINES).join(", ")), more(gone.length - MOST_LINES)));
  const box = cell.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${box.bottom + scrollY + 6}px`;
}

// --- the toolbar -------------------------------------------------------------------------------------------------------

/** Filter by these facets alone, or by none of them where they are set already, and go to the findings. */
function filterBy(pairs) {
  const isSet = pairs.every(([facet, value]) => form.elements[facet].value === value);
  for (const name of [...FACETS, "cause"]) form.elements[name].value = "";
  if (!isSet) for (const [facet, value] of pairs) form.elements[facet].value = value;
  update();
  if (!isSet && form.getBoundingClientRect().top > innerHeight / 2) $("findings").scrollIntoView();
}

/** Show which filters are on: in the form, on the map, and in the address, which can be passed on. */
function markActive({ facets }) {
  const address = new URLSearchParams();
  for (const field of form.querySelectorAll("[name]")) {
    const isBox = field.type === "checkbox";
    const isOn = isBox ? field.checked !== field.defaultChecked : field.value !== "";
    field.classList.toggle("on", isOn);
    if (field.options) field.parentNode.hidden = field.options.length < 3 && !isOn; // one value is no choice
    if (isOn) address.set(field.name, isBox ? Number(field.checked) : field.value);
  }
  try {
    history.replaceState(null, "", `#${address}`);
  } catch {
    // A page inside another's frame may have no address of its own.
  }
  const set = new Map(facets);
  for (const one of document.querySelectorAll("#map button")) {
    one.ariaPressed = one.facets.length === set.size && one.facets.every((facet) => set.get(facet) === one.place[facet]);
  }
}

function fillForm() {
  const values = { rule: findings.map((finding) => finding.rule), cause: causes };
  const found = [...coverage, ...bodies, ...findings.map((finding) => finding.subject)];
  for (const facet of FACETS) values[facet] = found.map((place) => place[facet]);
  const options = (list) => [...new Set(list)].filter(Boolean).sort().map((value) => h("option", { value }, value));
  for (const [name, list] of Object.entries(values)) form.elements[name].append(...options(list));
  $("packages").append(...options(findings.map((finding) => finding.subject.package)));
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = form.elements.namedItem(name);
    if (field?.type === "checkbox") field.checked = value === "1";
    else if (field) field.value = value;
  }
}

function toggleTheme() {
  const { dataset } = document.documentElement;
  const now = dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  dataset.theme = now === "dark" ? "light" : "dark";
}

function start() {
  fillForm();
  for (const element of [$("theme"), ...document.querySelectorAll(".needs-script")]) element.hidden = false;
  form.hidden = findings.length === 0;
  $("count").hidden = form.hidden;
  form.oninput = update;
  form.onsubmit = (event) => event.preventDefault();
  $("clear").onclick = () => {
    form.reset();
    update();
  };
  $("theme").onclick = toggleTheme;
  if ($("map")?.tBodies[0].rows.length) enliven($("map"));
  for (const cell of document.querySelectorAll("[data-cause]")) {
    const made = button("", () => filterBy([["cause", causes[cell.dataset.cause]]]), { className: "plain" });
    made.append(...cell.childNodes);
    cell.append(made);
  }
  const command = document.querySelector(".command");
  command.append(copyButton("copy", () => command.firstChild.textContent));
  document.onkeydown = (event) => {
    if (event.key === "Escape") showTip(null);
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      form.elements.text.focus();
    }
  };
  update();
}

start();
