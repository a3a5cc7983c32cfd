// Which filters are on: in the form, on the map, and in the address.

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
