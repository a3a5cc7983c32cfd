// Which findings the filters leave, and in which rows they stand.

const findings = [...putLargestFirst(reported), ...listOthers()];
const named = new Map(packages.map((one) => [one.package, one]));
const placesOf = new Map(packages.map((one) => [one.package, findPlaces(one)]));
const changedPlaces = coverage.filter((place) => place.lost || place.gained);
const searched = findings.map((finding) =>
  [finding.severity, finding.rule, finding.message, finding.cause ?? "", ...Object.values(finding.subject)].join(" ").toLowerCase());

/** Return findings of which losses of the whole snapshot stand by their size, in each other's places: as outline.py does. */
function putLargestFirst(all) {
  const isWide = ({ subject, cells, facets }) => !subject.package && (cells || facets);
  const place = ({ severity }) => SEVERITIES.indexOf(severity);
  const bySize = all.filter(isWide).sort((a, b) => place(a) - place(b) || b.cells - a.cells || b.facets - a.facets);
  return all.map((finding) => (isWide(finding) ? bySize.shift() : finding));
}

/** Return what stands for packages that differ though no finding is about them, so that they, too, are found. */
function listOthers() {
  const told = new Set(reported.map((finding) => finding.subject.package));
  const subjects = packages.filter((one) => !told.has(one.package)).map((one) => ({ package: one.package }));
  return subjects.map((subject) => ({ severity: "other", rule: "", message: "", subject, status: "open", cells: 0, problems: [] }));
}

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
  const words = value("text").toLowerCase().split(/\s+/).filter(Boolean);
  return {
    words,
    starts: words.map(hashIn).filter(Boolean),
    holders: new Map(words.map((word) => [word, findHolders(word)])),
    name,
    isWhole: findings.some((finding) => finding.subject.package === name),
    rule: value("rule"),
    cause: value("cause"),
    facets: FACETS.filter(value).map((facet) => [facet, value(facet)]),
    kinds: new Set(["accepted", "folded", ...SEVERITIES].filter((kind) => form.elements[kind].checked)),
  };
}

function matches(finding, index, { words, holders, name, isWhole, rule, cause, facets }) {
  const own = finding.subject.package ?? "";
  return (!rule || finding.rule === rule)
    && (!cause || finding.cause === cause)
    && (!name || (isWhole ? own === name : own.includes(name)))
    && words.every((word) => searched[index].includes(word) || holders.get(word).has(own))
    && (facets.length === 0 || isAt(finding, facets));
}

/** Return whether a finding is about a place, or may be: its subject says so, or its package has news there, or none is known. */
function isAt({ subject, problems }, facets) {
  if (facets.some(([facet, value]) => subject[facet] && subject[facet] !== value)) return false;
  const open = facets.filter(([facet]) => !subject[facet]);
  // A dependency that is missing may matter to any stack. A page that cannot be trusted, too, but has a section of its own.
  if (open.length === 0 || (subject.package && !placesOf.has(subject.package) && !problems.length)) return true;
  const stated = FACETS.filter((facet) => subject[facet]);
  const candidates = subject.package ? placesOf.get(subject.package) ?? [] : stated.length ? changedPlaces : [];
  return candidates.some((place) =>
    open.every(([facet, value]) => place[facet] === value) && stated.every((facet) => place[facet] === subject[facet]));
}

/** Return which box of the form shows a finding. */
function kindOf({ status, severity, subsumed_by, repeats }) {
  return status === "accepted" ? "accepted" : subsumed_by || repeats ? "folded" : severity;
}

/** Return the rows to show, one a package and severity or a finding about the whole snapshot, and how many matches are not shown. */
function select(filters) {
  const rows = new Map();
  const hidden = {};
  let shown = 0;
  for (const [index, finding] of findings.entries()) {
    if (!matches(finding, index, filters)) continue;
    const kind = kindOf(finding);
    if (!filters.kinds.has(kind)) { hidden[kind] = (hidden[kind] ?? 0) + 1; continue; }
    shown += kind !== "other";
    const { severity, fingerprint, subject: { package: name = "" } } = finding;
    const key = `${SEVERITIES.indexOf(severity)}${name ? ` package ${name}` : ` all ${fingerprint}`}`;
    if (!rows.has(key)) rows.set(key, { key, severity, name, findings: [] });
    rows.get(key).findings.push(finding);
  }
  return { rows: sortRows([...rows.values()]), shown, hidden };
}
