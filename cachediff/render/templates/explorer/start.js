// What brings the page to life.

/** Change between light and dark, for the next time, too; where that is what the system has, it is followed again. */
function toggleTheme() {
  const { dataset } = document.documentElement;
  const usual = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (dataset.theme ?? usual) === "dark" ? "light" : "dark";
  if (next === usual) delete dataset.theme;
  else dataset.theme = next;
  try {
    if (next === usual) localStorage.removeItem("cachediff-theme");
    else localStorage.setItem("cachediff-theme", next);
  } catch {
    // A page inside another's frame may store nothing.
  }
}

function start() {
  fillForm();
  for (const element of [$("theme"), ...document.querySelectorAll(".needs-script")]) element.hidden = false;
  form.hidden = findings.length === 0;
  $("count").hidden = form.hidden;
  form.oninput = ({ target }) => update(target.type === "search" ? target : null);
  form.onsubmit = (event) => event.preventDefault();
  for (const name of ["clear", "clear-all"]) $(name).onclick = clearAll;
  makeSortable($("rows"));
  $("theme").onclick = toggleTheme;
  if (document.querySelector("#map tbody tr")) enliven($("map"));
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
  window.onpopstate = followAddress;
  readAddress();
  draw();
  openAddress();
}

start();
