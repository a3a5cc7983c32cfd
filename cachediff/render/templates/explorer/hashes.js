// Hashes: who searches for one, whole or its beginning, finds the specs that have it, and the causes of new hashes.

const MOST_CAUSES = 5;
const HASH_DIGITS = 7; // as in html_data.py
const hashesOf = new Map(packages.map((one) => [one.package, one.changes.flatMap(([, old, now]) => [old?.[1], now?.[1]])]));
const causesOfHashes = [...document.querySelectorAll(".rebuilds details")].map((details) =>
  ({ details, hashes: [...details.querySelectorAll(".hashes code")].map((code) => code.textContent.slice(1)) }));

/** Return the hash that a word may begin, empty where it cannot be one: a few letters are rather a word, but after a slash. */
const hashIn = (word) => /^(?:\/(?=.)|(?=.{5}))([a-z2-7]{0,32})$/.exec(word)?.[1] ?? "";

/** Return the packages of which a spec that differs has a hash like this. */
function findHolders(word) {
  const start = hashIn(word).slice(0, HASH_DIGITS);
  const holders = start ? packages.filter((one) => hashesOf.get(one.package).some((hash) => hash?.startsWith(start))) : [];
  return new Set(holders.map((one) => one.package));
}

/** Return whether somebody searches for a spec by its hash. */
const isSought = (hash) => readFilters().words.some((word) => hashIn(word) && hash.startsWith(hashIn(word).slice(0, HASH_DIGITS)));

/** Say which causes of new hashes have a hash that is searched for, and lead to them. */
function showCauses({ words }) {
  const starts = words.map(hashIn).filter(Boolean);
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
