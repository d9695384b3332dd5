// Values: what they were, what they become, and where exactly the two differ. Values are text, never markup.

const MOST_ALIGNED = 300; // lines; aligning takes the square of their number
const CONTEXT = 2; // lines kept beside a difference

const number = (count) => count.toLocaleString("en");

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const absent = (text) => make("span", { class: "absent" }, text);

// In one line, for what is folded; properties that were filtered for come first.
function gist(ids, isWanted) {
  const kind = kindOf(ids[0]), all = ids.length === 1 ? rows[ids[0]][VALUES] : commonValues(ids);
  if (!all.length) return [commonNotes(ids)[0] ?? ""];
  const parts = [];
  const values = [...all].sort((one, other) => isWanted(nameOf(other)) - isWanted(nameOf(one)));
  for (const value of values.slice(0, 3)) {
    if (parts.length) parts.push(make("span", { class: "apart" }, " · "));
    parts.push(make("b", {}, nameOf(value)), " ", ...gistOf(value, kind));
  }
  if (values.length > 3) parts.push(make("span", { class: "apart" }, ` · ${values.length - 3} more`));
  return parts;
}

function gistOf(value, kind) {
  const before = value[BEFORE], after = value[AFTER];
  const between = (sign) => make("span", { class: "arrow" }, ` ${sign} `);
  if (kind.against) return [short(before, "(empty)"), between("≠"), short(after, "(empty)")];
  if (before === null) return [short(after, "(empty)")];
  const [start, end] = aroundDifference(before, after ?? "");
  return [short(start, ""), between("→"), after === null ? absent("(cleared)") : short(end, "")];
}

const SHORT = 60; // characters of a value in a folded row

function short(text, instead) {
  if (text === null) return absent(instead);
  const line = text.replaceAll("\n", " ⏎ ");
  return line.length > SHORT ? `${line.slice(0, SHORT)}…` : line;
}

// Long texts from a little before they begin to differ.
function aroundDifference(before, after) {
  const start = commonStart(before, after) - 20;
  const isLong = Math.max(before.length, after.length) > SHORT;
  return isLong && start > 0 && after ? [`…${before.slice(start)}`, `…${after.slice(start)}`] : [before, after];
}

function commonStart(left, right) {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

function commonEnd(left, right, from) {
  const most = Math.min(left.length, right.length) - from;
  let length = 0;
  while (length < most && left[left.length - 1 - length] === right[right.length - 1 - length]) length++;
  return length;
}

// Everything about an entry, for one that is unfolded.
function detail(id) {
  const row = rows[id];
  const aside = row[EXTRA]?.aside ?? lineOfManifest(row[FILE], row[LINE], asideOf(id));
  const facts = [row[ADDRESS] + displayName(id), recordOf(id), aside];
  return details(kindOf(id), facts.filter(Boolean), row[VALUES], row[NOTES], row[FILE]);
}

// HubSpot's id of the record, with a link to its page if that is known.
function recordOf(id) {
  const number = rows[id][RECORD_ID], { page } = kindOf(id);
  if (!number || !page) return number && `record ${number}`;
  return linkTo(page + encodeURIComponent(number), `record ${number} in HubSpot`);
}

const linkTo = (href, text) => make("a", { href, target: "_blank", rel: "noreferrer" }, text);

// A manifest line, with a link to the repository if that is known.
function lineOfManifest(file, line, text) {
  return pages[file] ? linkTo(`${pages[file]}#L${line}`, text) : text;
}

// What like entries have in common.
const detailOfAll = (ids) => details(kindOf(ids[0]), [], commonValues(ids), commonNotes(ids), -1);

function details(kind, facts, values, notes, file) {
  const about = facts.map((fact) => make("span", { class: "fact" }, fact));
  const parts = [make("p", { class: "about" }, make("span", { class: "why" }, kind.why), ...about)];
  if (values.length) {
    const caption = make("caption", { class: "hidden" }, facts.length ? `Values of ${facts[0]}` : "Values that they have in common");
    parts.push(make("table", {}, caption, ...values.map((value) => valueRow(value, file, kind))));
  }
  for (const note of notes) parts.push(make("p", { class: "note" }, note));
  return parts;
}

function valueRow(value, file, kind) {
  const remark = value[REMARK] ?? {};
  const place = remark.file === file && file >= 0 ? `:${remark.line}` : placeOf(remark.file ?? -1, remark.line);
  const reason = remark.reason === undefined ? "" : reasons[remark.reason];
  const shown = kind.against ? bothSides(value, kind.against) : difference(value[BEFORE], value[AFTER]);
  const cell = make("td", { class: "value" }, ...shown);
  if (remark.note) cell.append(make("p", { class: "note" }, remark.note));
  return make(
    "tr", {},
    make("th", { scope: "row" }, nameOf(value)), cell,
    make("td", { class: "place" }, reason, reason && place ? " " : "", place && lineOfManifest(remark.file, remark.line, place)),
  );
}

function bothSides(value, against) {
  const side = (label, text) =>
    make("div", { class: "side" }, make("span", { class: "label" }, label), text ?? absent("(empty)"));
  return [side("HubSpot", value[BEFORE]), side(against, value[AFTER])];
}

function difference(before, after) {
  if (before === null) return [after === null ? absent("(empty)") : make("ins", {}, after)];
  if (after === null) return [make("del", {}, before), make("span", { class: "arrow" }, " → "), absent("(cleared)")];
  if (before.includes("\n") || after.includes("\n")) return [lineDifference(before.split("\n"), after.split("\n"))];
  const [removed, added] = marked(before, after);
  if (Math.max(before.length, after.length) > SHORT) {
    const old = make("del", { "data-sign": "-" }, ...removed), young = make("ins", { "data-sign": "+" }, ...added);
    return [make("div", { class: "lines" }, old, young)];
  }
  return [make("del", {}, ...removed), make("span", { class: "arrow" }, " → "), make("ins", {}, ...added)];
}

// Both texts with the part that differs marked, unless next to nothing is the same.
function marked(before, after) {
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  if (start + end < Math.max(before.length, after.length) / 3) return [[before], [after]];
  const parts = (text) => {
    const middle = text.slice(start, text.length - end);
    return [text.slice(0, start), ...(middle ? [make("mark", {}, middle)] : []), text.slice(text.length - end)];
  };
  return [parts(before), parts(after)];
}

function lineDifference(before, after) {
  const list = make("div", { class: "lines" });
  const edits = aligned(before, after);
  edits.forEach(([sign, text], index) => {
    const isNear = edits.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([other]) => other !== " ");
    if (isNear) {
      const tag = sign === "-" ? "del" : sign === "+" ? "ins" : "span";
      list.append(make(tag, { "data-sign": sign }, text || " "));
    } else if (list.lastChild?.className !== "gap") {
      list.append(make("span", { class: "gap", "data-sign": " " }, "…"));
    }
  });
  return list;
}

// Lines that both have, that were removed, and that were added: a longest common subsequence.
function aligned(before, after) {
  const start = commonStart(before, after), end = commonEnd(before, after, start);
  const old = before.slice(start, before.length - end), young = after.slice(start, after.length - end);
  const same = (lines) => lines.map((text) => [" ", text]);
  const middle =
    Math.max(old.length, young.length) > MOST_ALIGNED
      ? [...old.map((text) => ["-", text]), ...young.map((text) => ["+", text])]
      : subsequence(old, young);
  return [...same(before.slice(0, start)), ...middle, ...same(before.slice(before.length - end))];
}

function subsequence(old, young) {
  const width = young.length + 1;
  const length = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      length[i * width + j] =
        old[i] === young[j]
          ? length[(i + 1) * width + j + 1] + 1
          : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  const edits = [];
  let i = 0, j = 0;
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      edits.push([" ", old[i++]]);
      j++;
    } else if (j === young.length || (i < old.length && length[(i + 1) * width + j] >= length[i * width + j + 1])) {
      edits.push(["-", old[i++]]);
    } else {
      edits.push(["+", young[j++]]);
    }
  }
  return edits;
}
