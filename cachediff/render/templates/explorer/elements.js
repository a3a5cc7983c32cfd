// Text and elements. Whatever the page shows goes through h(), which makes text nodes and never markup; the page's content
// security policy (trusted types) turns every other way into an error.

const MOST_TEXT = 1000; // as in visible.py

/** Return text cut to size, with \x1b and \u202e for what does not print or reorders what does: as make_visible() does in Python. */
function visible(text) {
  const cut = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
  return escapeHidden(cut);
}

function escapeHidden(text) {
  if (/^[ -~]*$/.test(text)) return text; // nearly always, and much faster to see
  return text.replace(/(?! )[\p{C}\p{Z}\p{DI}]/gu, (char) => {
    const code = char.codePointAt(0);
    const letter = { 9: "t", 10: "n", 13: "r" }[code];
    if (letter) return `\\${letter}`;
    const [sign, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${sign}${code.toString(16).padStart(width, "0")}`;
  });
}

/** Return an element with properties or attributes, named by us, and children: strings become text nodes, made visible. */
function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

const data = (text) => h("span", { className: "data" }, text);
const quiet = (...children) => h("p", { className: "quiet" }, ...children);
const button = (label, onclick, properties = {}) => h("button", { type: "button", onclick, ...properties }, label);
const digits = (count) => count.toLocaleString("en");
const number = (count, noun) => `${digits(count)} ${noun}${count === 1 ? "" : "s"}`;
const more = (count) => (count > 0 ? ` and ${digits(count)} more` : "");
