// The plan as rows: what stands in which column of the data, and the text that a search looks through.
// The first part of the page's one script, which is strict as a whole.
"use strict";

const { kinds, files, names, pages, reasons, rows, titles } = JSON.parse(document.getElementById("data").textContent);

// Of a row; rows of one group are alike, and EXTRA is left out where there is nothing more to say.
const KIND = 0, ADDRESS = 1, FILE = 2, LINE = 3, RECORD_ID = 4, VALUES = 5, NOTES = 6, GROUP = 7, EXTRA = 8;
const NAME = 0, BEFORE = 1, AFTER = 2, REMARK = 3; // of a value; what follows BEFORE and AFTER is often left out

const kindOf = (id) => kinds[rows[id][KIND]];
const nameOf = (value) => names[value[NAME]];
const displayName = (id) => rows[id][EXTRA]?.name ?? "";
const asideOf = (id) => rows[id][EXTRA]?.aside ?? placeOf(rows[id][FILE], rows[id][LINE]);
const placeOf = (file, line) => (file < 0 ? "" : `${files[file]}:${line}`);

// What becomes of a value, as a number: its place in this list.
const WAYS = ["set", "changed", "cleared", "held"];

function wayOf(value, kind) {
  if (kind.against) return 3;
  if (value[BEFORE] === null) return 0;
  return value[AFTER] === null ? 2 : 1;
}

// All that a search looks through is one long text: looking through it once is quicker than through many.
const searched = { text: null, ends: new Uint32Array(rows.length) }; // where each row's part ends

function composeSearched() {
  const parts = [];
  let end = 0;
  for (const row of rows) {
    const kind = kinds[row[KIND]];
    let part = `${row[ADDRESS]}${row[EXTRA]?.name ?? ""}\n${kind.action} ${kind.reason}\n${placeOf(row[FILE], row[LINE])}\n${row[EXTRA]?.aside ?? ""}\n`;
    for (const value of row[VALUES]) {
      part += `${nameOf(value)}\n${value[BEFORE] ?? ""}\n${value[AFTER] ?? ""}\n${value[REMARK]?.note ?? ""}\n`;
    }
    for (const note of row[NOTES]) part += `${note}\n`;
    part = part.toLowerCase();
    end += part.length;
    searched.ends[parts.length] = end;
    parts.push(part);
  }
  searched.text = parts.join("");
}

// 1 for every row that has all of `words`, which have no white space and no capitals.
function rowsWith(words) {
  if (searched.text === null) composeSearched();
  const { text, ends } = searched;
  const hits = new Uint8Array(rows.length);
  for (const word of words) {
    let id = 0;
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, ends[id])) {
      while (ends[id] <= at) id++;
      hits[id]++;
    }
  }
  return hits.map((count) => (count === words.length ? 1 : 0));
}

// Orders of all rows, made when first asked for; a filter walks along one of them and never sorts.
const made = new Map();

function order(column, isDescending) {
  if (!made.has(column)) {
    const ids = Uint32Array.from(rows.keys());
    const keyOf = COLUMNS[column].key;
    if (keyOf) {
      const keys = Array.from(rows, (_, id) => keyOf(id));
      ids.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b));
    }
    made.set(column, ids);
  }
  return isDescending ? made.get(column).slice().reverse() : made.get(column);
}

const COLUMNS = {
  action: { title: titles.action, key: null }, // as told: what risks most first, like changes together
  record: { title: "Record", key: (id) => rows[id][ADDRESS] },
  changes: { title: "Changes", key: (id) => -rows[id][VALUES].length },
  aside: {
    title: titles.aside,
    key: (id) => rows[id][EXTRA]?.aside ?? `${files[rows[id][FILE]] ?? ""}\n${String(rows[id][LINE]).padStart(9, "0")}`,
  },
};
