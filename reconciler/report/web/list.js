// The list: only the items near the window exist, whether there are ten or a hundred thousand.

const OVERSCAN = 400; // pixels drawn above and below the window
const MOST_UNFOLDED = 10_000; // entries at once: browsers bound how high something may be
const rowsBox = document.getElementById("rows");
const head = document.getElementById("head"); // covers the top of the window
const grid = document.getElementById("grid");

const list = {
  view: new Uint32Array(0), // the items shown, in order
  tops: new Float64Array(1), // where each begins, in pixels, and where the last one ends
  drawn: new Map(), // item to its element
  heights: new Map(), // measured heights of details; the others are guessed
  unusual: new Set(), // items folded otherwise than the most
  allOpen: false,
  active: -1, // the item that keys act on
  rowHeight: 32,
  memberHeight: 32,
  headingHeight: 40,
};

const windowHeight = () => grid.clientHeight - head.offsetHeight;
const isUnfoldedByAll = (item) => isAlike(item) || (isEntry(item) && !isMember(item));
const isOpen = (item) => list.unusual.has(item) !== (list.allOpen && isUnfoldedByAll(item));
const guessedHeight = (item) => 52 + 27 * rows[isEntry(item) ? item : idsOf(item)[0]][VALUES].length;
const isShort = (item) => isRest(item) || levelOf(item) === 3; // without a second line on narrow screens
const heightOf = (item) => (isHeading(item) ? list.headingHeight : isShort(item) ? list.memberHeight : list.rowHeight);

function setView(ids, isGrouped) {
  list.allOpen &&= ids.length <= MOST_UNFOLDED;
  list.view = arranged(ids, isGrouped, list.allOpen);
  if (!list.view.includes(list.active)) list.active = -1;
  grid.classList.toggle("flat", !isGrouped);
  list.drawn.clear(); // what an item tells depends on the filter
  rowsBox.replaceChildren();
  grid.scrollTop = 0;
  relayout();
}

// The same entries, after a heading was folded or a group shown in whole.
function rearrange() {
  list.view = arranged(arrangement.ids, arrangement.isGrouped, list.allOpen);
  list.drawn.clear();
  rowsBox.replaceChildren();
  placeRows();
  draw();
}

function relayout() {
  const size = (name) => parseFloat(getComputedStyle(grid).getPropertyValue(name));
  list.rowHeight = size("--row");
  list.memberHeight = size("--member");
  list.headingHeight = size("--heading");
  placeRows();
  draw();
}

function placeRows() {
  const { view } = list;
  list.tops = new Float64Array(view.length + 1);
  for (let index = 0; index < view.length; index++) {
    const item = view[index];
    const below = isOpen(item) ? (list.heights.get(item) ?? guessedHeight(item)) : 0;
    list.tops[index + 1] = list.tops[index] + heightOf(item) + below;
  }
  rowsBox.style.height = `${list.tops[view.length]}px`;
  grid.setAttribute("aria-rowcount", view.length + 1);
}

// The item at `y` pixels from the top of the list.
function indexAt(y) {
  let low = 0, high = list.view.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list.tops[middle] <= y) low = middle;
    else high = middle;
  }
  return low;
}

function draw() {
  const first = indexAt(grid.scrollTop - OVERSCAN);
  const last = list.view.length ? indexAt(grid.scrollTop + windowHeight() + OVERSCAN) : -1;
  const wanted = new Set(list.view.subarray(first, last + 1));
  for (const [item, element] of list.drawn) {
    if (!wanted.has(item) || element.classList.contains("open") !== isOpen(item)) {
      element.remove();
      list.drawn.delete(item);
    }
  }
  let next = rowsBox.firstChild;
  for (let index = first; index <= last; index++) {
    const item = list.view[index];
    let element = list.drawn.get(item);
    if (!element) list.drawn.set(item, (element = itemElement(item)));
    if (element === next) next = next.nextSibling;
    else rowsBox.insertBefore(element, next); // in the order in which they are read
    element.style.transform = `translateY(${list.tops[index]}px)`;
    element.firstChild.setAttribute("aria-rowindex", index + 2);
    element.classList.toggle("active", item === list.active);
  }
  if (list.drawn.has(list.active)) grid.setAttribute("aria-activedescendant", `item-${list.active}`);
  else grid.removeAttribute("aria-activedescendant");
  if (measure(first, last)) draw();
}

// Replace guessed heights by real ones; what is in the window stays where it is.
function measure(first, last) {
  const top = indexAt(grid.scrollTop);
  let isMoved = false, above = 0;
  for (let index = first; index <= last; index++) {
    const item = list.view[index], below = list.drawn.get(item).children[1];
    if (!below) continue;
    const height = below.offsetHeight, before = list.heights.get(item) ?? guessedHeight(item);
    if (Math.abs(height - before) < 1) continue;
    list.heights.set(item, height);
    isMoved = true;
    if (index < top) above += height - before;
  }
  if (isMoved) {
    placeRows();
    grid.scrollTop += above;
  }
  return isMoved;
}

function toggle(item) {
  if (isHeading(item) || isRest(item)) {
    const [of, key] = isHeading(item) ? [arrangement.folded, item] : [arrangement.whole, item - REST];
    if (!of.delete(key)) of.add(key);
    rearrange();
  } else {
    if (!list.unusual.delete(item)) list.unusual.add(item);
    placeRows();
    draw();
  }
}

// Whether something is shown below the item, or as a part of it.
const isExpanded = (item) =>
  isHeading(item) ? !arrangement.folded.has(item) : isRest(item) ? arrangement.whole.has(item - REST) : isOpen(item);

function unfoldAll(isWanted) {
  list.allOpen = isWanted;
  list.unusual.clear();
  arrangement.folded.clear();
  arrangement.whole.clear();
  grid.scrollTop = 0;
  rearrange();
}

// Make the item at `index` the one that keys act on, and bring it into the window.
function goTo(index) {
  if (!list.view.length) return;
  const at = Math.max(0, Math.min(list.view.length - 1, index));
  list.active = list.view[at];
  if (list.tops[at] < grid.scrollTop) grid.scrollTop = list.tops[at];
  const overhang = list.tops[at] + heightOf(list.active) - grid.scrollTop - windowHeight();
  if (overhang > 0) grid.scrollTop += overhang;
  draw();
}

// The item that the one at `index` belongs to: a group or a heading.
function parentOf(index) {
  let at = index;
  while (at > 0 && levelOf(list.view[at]) >= levelOf(list.view[index])) at--;
  return at;
}
