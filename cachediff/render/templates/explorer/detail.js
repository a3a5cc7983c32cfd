// One row in full: its findings, lost cells, and specs side by side.

const BUCKETS = ["removed", "added", "changed", "rebuilt", "unchanged"];
const FATES = {
  superseded: "another version is in its place",
  retargeted: "its stack has it on another os or target",
  merged: "an equal spec stays",
  unwanted: "no lock asks for it any more", unneeded: "nothing needs it any more",
  "stack-gone": "gone with its stack", "package-gone": "gone with its package",
  lost: "nothing took its place",
};

function detailOf(row) {
  const byRule = Object.entries(Object.groupBy(row.findings.filter(({ rule }) => rule), (finding) => finding.rule));
  const one = named.get(row.name);
  const links = row.name ? [linksOf(row.name)] : [];
  const parts = [...links, ...byRule.flatMap(([rule, group]) => ruleOf(rule, group)), ...(one ? specsOf(one) : [])];
  return h("tr", { className: "detail" }, h("td", { colSpan: 4 }, parts));
}

/** Return what leads elsewhere from a package, and to it. */
function linksOf(name) {
  const links = [h("a", { href: nameLink(name) }, "link to this package")];
  // Of what Spack would take as a name, so that no other address is made of a page's text.
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    const href = `https://packages.spack.io/package.html?name=${name}`;
    links.push(h("a", { href, rel: "noopener", target: "_blank" }, `${name} on packages.spack.io`));
  }
  return h("p", { className: "links" }, links);
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
  if (finding.status === "open" && !isWithin(finding)) parts.push(quiet("accept what is in this part alone: cachediff accept"));
  else if (finding.status === "open") parts.push(copyButton("copy acceptance", () => acceptance(finding)));
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
  const isLast = ([, ...sides]) => !sides.slice(0, 2).some((side) => side && begins(sought, side[1]));
  const changes = one.changes.toSorted((a, b) => isLast(a) - isLast(b));
  const pairs = changes.slice(from, to).map((change) => pairOf(one.package, change));
  const rest = one.changes.length - to;
  if (rest > 0) pairs.push(button(`show more of ${number(rest, "spec")}`, (event) => event.target.replaceWith(...pairsOf(one, to))));
  return pairs;
}

function pairOf(name, [kind, old, now, fields, became, facts]) {
  const none = (text) => h("div", { className: "none" }, text);
  const side = (title, spec, value) => sideOf(name, spec, fields, `${title}, ${kind}`, facts.map((fact) => [fact[0], fact[value]]));
  return h("div", { className: "pair" },
    old ? side("old", old, 1) : none("not in old"),
    now ? side("new", now, 2) : none(became ? `not in new: ${FATES[became]}` : "not in new"));
}

/** Return one spec in Spack's notation and its stacks, with the fields that differ marked, and what else differs. */
function sideOf(name, [body, hash], fields, title, facts) {
  const { variants, stacks, ...spec } = bodies[body];
  const mark = (field, text = spec[field]) => (fields.includes(field) ? h("mark", {}, text) : text);
  const words = [
    [`${name}@`, mark("version"), ...(spec.compiler === "none" ? [] : ["%", mark("compiler")])],
    ...variants.map((text) => [mark(`variants.${text.replace(/^[+~]/, "").split("=")[0]}`, text)]),
    ["arch=", mark("platform"), "-", mark("os"), "-", mark("target")],
    [begins(sought, hash) ? h("mark", {}, `/${hash}`) : `/${hash}`],
  ];
  const code = h("code", {}, words.flatMap((word) => [...word, " "]));
  return h("div", {},
    h("div", { className: "head" }, title, copyButton("copy spec", () => code.textContent.trim())),
    code,
    ...(stacks.join() === "default" && !fields.includes("stacks") ? [] : [quiet("in ", mark("stacks", stacks.join(", ") || "root only"))]),
    ...facts.map(([label, value]) => quiet(data(label), " ", h("mark", { className: "data" }, value))));
}
