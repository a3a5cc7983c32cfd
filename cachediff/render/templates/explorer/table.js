// The table of findings.

const opened = new Set();

/** Show what the form and the headers ask for, and make it a step of the history. */
function update(typed = null) {
  draw();
  remember(typed);
}

function draw() {
  const filters = readFilters();
  const { rows, shown, hidden } = select(filters);
  sought = filters.starts;
  if ([...filters.holders.values()].some((holders) => holders.size) && rows.length <= MOST_LINES) openAll(rows);
  const left = Object.entries(hidden).map(([kind, count]) => sayKind(kind, count));
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
  markSorted($("rows"));
  markActive(filters);
  showCauses(filters);
}

function openAll(rows) {
  for (const row of rows) opened.add(row.key);
}

/** Return how many there are of a kind. */
function sayKind(kind, count) {
  if (kind === "other") return `${number(count, "package")} without findings`;
  return SEVERITIES.includes(kind) ? number(count, kind) : `${digits(count)} ${kind}`;
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
  const lines = row.findings.slice(0, MOST_LINES).map((finding) => h("li", {}, h("b", {}, finding.rule), " ", data(say(finding))));
  if (row.findings.length > MOST_LINES) lines.push(h("li", { className: "quiet" }, more(row.findings.length - MOST_LINES)));
  const toggle = button(data(row.name || "the whole snapshot"), null, { className: "plain toggle", "aria-expanded": opened.has(row.key) });
  const element = h("tr", {},
    h("td", {}, h("span", { className: `severity ${row.severity}` }, row.severity)),
    h("td", {}, toggle),
    h("td", { className: "quiet" }, sayCounts(row)),
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

/** Return the numbers of a row: as count_row() and count_lost() do in Python. */
function sayCounts({ name, findings: [{ cells, facets }] }) {
  const one = named.get(name);
  if (!name) return cells ? `${number(cells, "cell")} lost` : facets ? `${number(facets, "facet")} lost` : "";
  if (one?.kind !== "changed") return "";
  return `${digits(one.specs.old)} → ${number(one.specs.new, "spec")}${one.lost.length ? `, ${sayLost(one)}` : ""}`;
}

/** Return how many cells a package lost, and how many of them nobody needs: as note_unneeded() does in Python. */
function sayLost({ lost }) {
  const countOf = (word) => lost.filter(([, became]) => became === `un${word}`).length;
  const counts = ["needed", "wanted"].map((word) => [countOf(word), word]).filter(([count]) => count);
  const parts = counts.map(([count, word]) => `${count < lost.length ? `${digits(count)} ` : ""}no longer ${word}`);
  return `${number(lost.length, "cell")} lost${parts.length ? ` (${parts.join(", ")})` : ""}`;
}

/** Return what a finding says where its package stands already. */
function say({ subject, message }) {
  const lead = `${subject.package ?? ""} `;
  return message.startsWith(lead) ? message.slice(lead.length) : message;
}
