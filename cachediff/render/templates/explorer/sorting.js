// In which order the rows stand: that of the header that was chosen, and where it makes no difference the gravest first.

/** What each header sorts by, the smallest first, and whether the largest come first where it is chosen. */
const SORTS = {
  severity: { key: ({ severity }) => SEVERITIES.indexOf(severity), isFalling: false },
  package: { key: ({ name }) => name, isFalling: false },
  numbers: { key: lossOf, isFalling: true },
  findings: { key: (row) => row.findings.length, isFalling: true },
};
const AS_EVER = "severity";
let sorting = { name: AS_EVER, isFalling: false };

/** Return one number for what a row's package, or its finding about the whole snapshot, lost: cells before all else. */
function lossOf({ name, findings: [{ cells, facets }] }) {
  const one = named.get(name);
  return one ? one.lost.length * 1e6 + one.specs.removed : name ? 0 : cells * 1e6 + facets;
}

const isLess = (a, b) => (a < b ? -1 : Number(a > b));

/** Return rows as they are to stand; equal ones keep their order. */
function sortRows(rows) {
  const { key } = SORTS[sorting.name];
  const sign = sorting.isFalling ? -1 : 1;
  const rank = (row) => (row.name ? -lossOf(row) : -Infinity); // those about the whole snapshot stand in order already
  const keys = new Map(rows.map((row) => [row, [key(row), SORTS.severity.key(row), rank(row), row.name]]));
  const compare = ([first, ...others], [second, ...rest]) =>
    sign * isLess(first, second) || others.reduce((found, one, index) => found || isLess(one, rest[index]), 0);
  return rows.sort((a, b) => compare(keys.get(a), keys.get(b)));
}

/** Make the headers buttons that sort: the same one again turns the order round. */
function makeSortable(table) {
  for (const header of table.tHead.querySelectorAll("[data-sort]")) {
    const name = header.dataset.sort;
    const made = button("", () => sortBy(name), { className: "plain" });
    made.append(...header.childNodes);
    header.append(made);
  }
}

function sortBy(name) {
  sorting = { name, isFalling: sorting.name === name ? !sorting.isFalling : SORTS[name].isFalling };
  update();
}

/** Return what the address calls the order, empty where it is the usual one. */
function nameOrder() {
  const order = `${sorting.isFalling ? "-" : ""}${sorting.name}`;
  return order === AS_EVER ? "" : order;
}

/** Sort as an address says. */
function readOrder(order) {
  const name = order.replace("-", "");
  sorting = Object.hasOwn(SORTS, name) ? { name, isFalling: order.startsWith("-") } : { name: AS_EVER, isFalling: false };
}

/** Say in the headers which one the rows are sorted by. */
function markSorted(table) {
  for (const header of table.tHead.querySelectorAll("[data-sort]")) {
    if (header.dataset.sort === sorting.name) header.ariaSort = sorting.isFalling ? "descending" : "ascending";
    else header.removeAttribute("aria-sort");
  }
}
