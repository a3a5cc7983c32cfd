// Which filters are on: in the form, on the map, and above all else, where each can be taken off again.

const fields = [...form.querySelectorAll("[name]")];
const isBox = (field) => field.type === "checkbox";
const isOn = (field) => (isBox(field) ? field.checked !== field.defaultChecked : field.value !== "");

/** Filter by these facets alone, or by none of them where they are set already, and go to the findings. */
function filterBy(pairs) {
  const isSet = pairs.every(([facet, value]) => form.elements[facet].value === value);
  for (const name of [...FACETS, "cause"]) form.elements[name].value = "";
  if (!isSet) for (const [facet, value] of pairs) form.elements[facet].value = value;
  update();
  if (!isSet && form.getBoundingClientRect().top > innerHeight / 2) $("findings").scrollIntoView();
}

function clearAll() {
  form.reset();
  update();
}

function clearOne(field) {
  if (isBox(field)) field.checked = field.defaultChecked;
  else field.value = "";
  update();
  ($("on").querySelector("button") ?? $("findings")).focus({ preventScroll: true });
}

/** Show which filters are on. */
function markActive({ facets }) {
  for (const field of fields) {
    field.classList.toggle("on", isOn(field));
    if (field.options) field.parentNode.hidden = field.options.length < 3 && !isOn(field); // one value is no choice
  }
  const on = fields.filter(isOn);
  $("active").hidden = on.length === 0;
  $("on").replaceChildren(...on.map((field) => h("li", {}, button(sayField(field), () => clearOne(field), { title: "take off" }))));
  const set = new Map(facets);
  for (const one of document.querySelectorAll("#map button")) {
    one.ariaPressed = one.facets.length === set.size && one.facets.every((facet) => set.get(facet) === one.place[facet]);
  }
}

/** Return what a filter that is on does. */
function sayField(field) {
  if (isBox(field)) return [field.checked ? "with " : "without ", h("strong", {}, field.labels[0].textContent.trim())];
  return [`${field.labels[0].firstChild.textContent.trim()} `, h("strong", { className: "data" }, field.value)];
}

function fillForm() {
  const values = { rule: findings.map((finding) => finding.rule), cause: causes };
  const found = [...coverage, ...bodies, ...findings.map((finding) => finding.subject)];
  for (const facet of FACETS) values[facet] = found.map((place) => place[facet]);
  const options = (list) => [...new Set(list)].filter(Boolean).sort().map((value) => h("option", { value }, value));
  for (const [name, list] of Object.entries(values)) form.elements[name].append(...options(list));
  $("packages").append(...options(findings.map((finding) => finding.subject.package)));
  form.elements.other.parentNode.hidden = findings.length === reported.length;
}
