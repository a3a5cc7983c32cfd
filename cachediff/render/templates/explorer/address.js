// The address says which filters are on and how the rows are sorted: Back, a reload, and whoever is sent it find the same.

let typedIn = null; // the field in which letters were typed last: those of one field are one step of the history

/** Return what the address says of the page as it is. */
function nameAddress() {
  const address = new URLSearchParams(fields.filter(isOn).map((one) => [one.name, isBox(one) ? Number(one.checked) : one.value]));
  if (nameOrder()) address.set("sort", nameOrder());
  return address;
}

/** Make the page as it is a step of the history. */
function remember(typed) {
  const address = `#${nameAddress()}`;
  const isStep = address !== (location.hash || "#") && (!typed || typed !== typedIn);
  typedIn = typed;
  setAddress(address, isStep);
}

function setAddress(address, isStep) {
  try {
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  } catch {
    // A page inside another's frame may have no address of its own.
  }
}

/** Set the form and the order as the address says. */
function readAddress() {
  const address = new URLSearchParams(location.hash.slice(1));
  form.reset();
  for (const field of fields) {
    const value = address.get(field.name);
    if (isBox(field) && value !== null) field.checked = value === "1";
    else if (!isBox(field)) field.value = value ?? "";
  }
  readOrder(address.get("sort") ?? "");
  if (address.has("package")) openAll(select(readFilters()).rows.filter((row) => row.name === address.get("package")));
}

/** Follow a link within the page, which keeps the filters, or go back or on to what the address says. */
function followAddress() {
  typedIn = null;
  const place = document.getElementById(location.hash.slice(1));
  if (place) {
    const address = nameAddress();
    address.set("at", place.id);
    setAddress(`#${address}`, false);
  } else {
    readAddress();
    draw();
  }
}

/** Show what the address asks for that the page was opened by. */
function openAddress() {
  const place = document.getElementById(new URLSearchParams(location.hash.slice(1)).get("at") ?? "");
  const isFiltered = fields.some(isOn);
  const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; // a reload keeps its place
  if (isFresh && (place || isFiltered)) (place ?? $("findings")).scrollIntoView({ behavior: "instant" });
}

/** Return the link to a package: all that there is of it is shown. */
function nameLink(name) {
  const kinds = new Set(findings.filter(({ subject }) => subject.package === name).map(kindOf));
  const boxes = fields.filter((field) => kinds.has(field.name) && !field.defaultChecked).map((field) => [field.name, 1]);
  return `#${new URLSearchParams([["package", name], ...boxes])}`;
}
