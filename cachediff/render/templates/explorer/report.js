// The explorer of one report. Its parts are this and the files that follow it in html.py, one script in that order.
"use strict";

const $ = (id) => document.getElementById(id);
const { tag, findings: reported, packages, places, bodies, coverage, causes, rules, ...policy } = JSON.parse($("data").textContent);
const form = $("filters");

const MOST_ROWS = 50; // before "show more": so many rows are made in a few milliseconds, whatever the report holds
const MOST_SPECS = 20;
const MOST_LINES = 5;
const MOST_ALIKE = 30;
const FACETS = ["stack", "platform", "os", "target"];
const SEVERITIES = ["error", "warning", "note", "other"]; // other: a package that differs, and no finding is about it
