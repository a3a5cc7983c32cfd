// What brings the page to life.

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
  makeSortable($("rows"));
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
