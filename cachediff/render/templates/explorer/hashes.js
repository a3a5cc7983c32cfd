// Hashes: who searches for one, whole or its beginning, finds the specs that have it, and the causes of new hashes.

const MOST_CAUSES = 5;
const HASH_DIGITS = 7; // as in html_data.py
const hashesIn = ({ changes }) => changes.flatMap(([, old, now]) => [old, now]).filter(Boolean).map(([, hash]) => hash);
const hashesOf = new Map(packages.map((one) => [one.package, hashesIn(one)]));
const causesOfHashes = [...document.querySelectorAll(".rebuilds details")].map((details) =>
  ({ details, hashes: [...details.querySelectorAll(".hashes code")].map((code) => code.textContent.slice(1)) }));

let sought = []; // how the hashes begin that are searched for

/** Return how the hash begins that a word may be, empty where it is none: a few letters are one after a slash only. */
const hashIn = (word) => /^(?:\/|(?=.{5}))([a-z2-7]{1,32})$/.exec(word)?.[1] ?? "";
const begins = (starts, hash) => starts.some((start) => hash.startsWith(start.slice(0, HASH_DIGITS)));

/** Return the packages of which a spec that differs has a hash like this. */
function findHolders(word) {
  const starts = [hashIn(word)].filter(Boolean);
  const holders = packages.filter((one) => starts.length && hashesOf.get(one.package).some((hash) => begins(starts, hash)));
  return new Set(holders.map((one) => one.package));
}

/** Say which causes of new hashes have a hash that is searched for, and lead to them. */
function showCauses({ starts }) {
  const isFound = ({ hashes }) => starts.some((start) => hashes.some((hash) => hash.startsWith(start)));
  const found = causesOfHashes.filter(isFound);
  const links = found.slice(0, MOST_CAUSES).map(({ details }) =>
    button(data(details.querySelector("b").textContent), () => openCause(details), { className: "plain" }));
  $("why").replaceChildren(...(found.length ? ["why this hash is new: ", ...links, more(found.length - MOST_CAUSES)] : []));
}

function openCause(details) {
  for (let one = details; one; one = one.parentNode.closest("details")) one.open = true;
  details.firstElementChild.focus();
  details.scrollIntoView({ block: "center" });
}
