// The coverage map.

/** Make every square or place, and every heading of the map, a button that filters: one tab stop, and arrow keys between them. */
function enliven(map) {
  const grid = [...map.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("[data-place]")].map(makeButton));
  const stop = (next) => grid.flat().forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
  stop(map.querySelector("tbody button"));
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
    const unsaid = cell.closest(".map") ? 2 : 1;
    made.append(h("span", { className: "hidden" }, describe(place).slice(0, unsaid).join(", ")), " ");
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
  return rows.flat().find((one) => one.column === from.column && one.checkVisibility());
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
