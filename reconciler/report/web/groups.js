// Like a terminal's report: entries of one kind under a heading, and like ones together. Every item of the list
// has a number: below ENTRIES it is an entry, then come headings, groups, and what shows a group in whole.

const MOST_ALIKE = 3; // entries of a group that are listed before somebody asks for all
const ENTRIES = rows.length;
const GROUPS = ENTRIES ? rows[ENTRIES - 1][GROUP] + 1 : 0;
const HEADING = ENTRIES, ALIKE = HEADING + kinds.length, REST = ALIKE + GROUPS;

const arrangement = {
  ids: new Uint32Array(0), // the entries shown, in order
  spans: new Map(), // heading or group to the part of `ids` that is its own: [start, end]
  folded: new Set(), // headings
  whole: new Set(), // groups that are listed in whole
  isGrouped: true,
};

const isEntry = (item) => item < ENTRIES;
const isHeading = (item) => item >= HEADING && item < ALIKE;
const isAlike = (item) => item >= ALIKE && item < REST;
const isRest = (item) => item >= REST;
const hasContent = (id) => rows[id][VALUES].length > 0 || rows[id][NOTES].length > 0;
const idsOf = (item) => arrangement.ids.subarray(...arrangement.spans.get(isRest(item) ? item - REST + ALIKE : item));
const isMember = (id) => arrangement.isGrouped && arrangement.spans.has(ALIKE + rows[id][GROUP]) && hasContent(id);

function levelOf(item) {
  if (isHeading(item) || !arrangement.isGrouped) return 1;
  const id = isRest(item) ? idsOf(item)[0] : item;
  return !isAlike(item) && isMember(id) ? 3 : 2;
}

// The items that show `ids`: only they, if they are sorted by a column.
function arranged(ids, isGrouped, showsAll) {
  Object.assign(arrangement, { ids, isGrouped, spans: new Map() });
  if (!isGrouped) return ids;
  const items = new Uint32Array(ids.length + 2 * kinds.length + 2 * GROUPS);
  let count = 0;
  const isFolded = () => items[count - 1] >= HEADING && arrangement.folded.has(items[count - 1]);
  for (let at = 0, end; at < ids.length; at = end) {
    end = endOf(ids, at, KIND);
    const heading = HEADING + rows[ids[at]][KIND];
    arrangement.spans.set(heading, [at, end]);
    items[count++] = heading;
    if (isFolded()) continue;
    for (let start = at, next; start < end; start = next) {
      next = endOf(ids, start, GROUP);
      count = addGroup(items, count, ids, start, next, showsAll);
    }
  }
  return items.subarray(0, count);
}

function addGroup(items, count, ids, start, end, showsAll) {
  if (end - start === 1) {
    items[count++] = ids[start];
    return count;
  }
  const group = rows[ids[start]][GROUP];
  arrangement.spans.set(ALIKE + group, [start, end]);
  if (hasContent(ids[start])) items[count++] = ALIKE + group;
  const hasRest = end - start > MOST_ALIKE + 1; // a line instead of a single entry would save nothing
  const isWhole = showsAll || arrangement.whole.has(group) || !hasRest;
  const last = isWhole ? end : start + MOST_ALIKE;
  for (let at = start; at < last; at++) items[count++] = ids[at];
  if (hasRest && !showsAll) items[count++] = REST + group;
  return count;
}

// Where the entries end that have the same `column` as the one at `start`.
function endOf(ids, start, column) {
  let end = start + 1;
  while (end < ids.length && rows[ids[end]][column] === rows[ids[start]][column]) end++;
  return end;
}

// The values that like entries have in common: those of the first, without what is said only of it.
function commonValues(ids) {
  const others = Array.from(ids.subarray(1), (id) => rows[id][VALUES]);
  const same = (one, other) => one?.[NAME] === other[NAME] && one[BEFORE] === other[BEFORE] && one[AFTER] === other[AFTER];
  return rows[ids[0]][VALUES].flatMap((value, index) => {
    if (!others.every((values) => same(values[index], value))) return [];
    const { note, reason } = value[REMARK] ?? {};
    const isSaidOfAll = others.every((values) => values[index][REMARK]?.note === note);
    return [[value[NAME], value[BEFORE], value[AFTER], { reason, note: isSaidOfAll ? note : undefined }]];
  });
}

const commonNotes = (ids) => rows[ids[0]][NOTES].filter((note) => ids.every((id) => rows[id][NOTES].includes(note)));
