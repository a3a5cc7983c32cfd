// Copying: specs, commands, and what accepts a finding.

function copyButton(label, text) {
  const made = button(label, async () => {
    await copy(text());
    made.textContent = "copied";
    $("said").textContent = `${label}: copied`;
    setTimeout(() => { made.textContent = label; }, 1500);
  }, { className: "copy" });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that was not served safely has no clipboard; the old way copies a selection.
    const field = h("textarea", { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

const spelled = new Map(Object.entries(policy.spelled));
const spell = (value) => spelled.get(value) ?? value;

/** Return a finding's entry for the policy's `accepted`, in which the reason is left for somebody to give. */
function acceptance({ rule, subject }) {
  const fields = Object.entries(subject).map(([name, value]) => `${name}: ${spell(value)}`);
  const values = { RULE: spell(rule), SUBJECT: fields.join(", "), UNTIL: monthAfter(tag) };
  return policy.acceptance.replace(/RULE|SUBJECT|UNTIL/g, (name) => values[name]);
}

/** Return whether an entry for a finding accepts nothing outside of the part that was compared. */
const isWithin = ({ subject }) => policy.narrowed.every((name) => name in subject);

/** Return the day 30 days after the one in a dated tag: that is when expiry is judged. */
function monthAfter(dated) {
  const day = Date.parse(/\d{4}-\d\d-\d\d/.exec(dated)?.[0]);
  return Number.isNaN(day) ? "YYYY-MM-DD" : new Date(day + 30 * 864e5).toISOString().slice(0, 10);
}
