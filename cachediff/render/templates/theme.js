// Takes the theme that was chosen last, before anything is drawn: a page that is dark does not flash.
"use strict";

try {
  const theme = localStorage.getItem("cachediff-theme");
  if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
} catch {
  // A page inside another's frame may store nothing.
}
