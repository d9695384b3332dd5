// The list: only the rows near the window exist, whether there are ten or a hundred thousand.

const OVERSCAN = 400; // pixels drawn above and below the window
const MOST_UNFOLDED = 10_000; // rows at once: browsers bound how high something may be
const scroll = document.getElementById("scroll");
const rowsBox = document.getElementById("rows");
const grid = document.getElementById("grid");

const list = {
  view: new Uint32Array(0), // the rows shown, in order
  tops: new Float64Array(1), // where each begins, in pixels, and where the last one ends
  drawn: new Map(), // row to its element
  heights: new Map(), // measured heights of details; the others are guessed
  unusual: new Set(), // rows folded otherwise than the most
  allOpen: false,
  active: -1, // the row that keys act on
  rowHeight: 32,
};

const isOpen = (id) => list.unusual.has(id) !== list.allOpen;
const guessedHeight = (id) => 52 + 27 * rows[id][VALUES].length;

function setView(view) {
  list.view = view;
  list.allOpen &&= view.length <= MOST_UNFOLDED;
  if (!view.includes(list.active)) list.active = -1;
  list.drawn.clear(); // what a row tells depends on the filter
  rowsBox.replaceChildren();
  scroll.scrollTop = 0;
  relayout();
}

function relayout() {
  list.rowHeight = parseFloat(getComputedStyle(grid).getPropertyValue("--row"));
  placeRows();
  draw();
}

function placeRows() {
  const { view } = list;
  list.tops = new Float64Array(view.length + 1);
  for (let index = 0; index < view.length; index++) {
    const id = view[index];
    const below = isOpen(id) ? (list.heights.get(id) ?? guessedHeight(id)) : 0;
    list.tops[index + 1] = list.tops[index] + list.rowHeight + below;
  }
  rowsBox.style.height = `${list.tops[view.length]}px`;
  grid.setAttribute("aria-rowcount", view.length + 1);
}

// The row at `y` pixels from the top of the list.
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
  const first = indexAt(scroll.scrollTop - OVERSCAN);
  const last = list.view.length ? indexAt(scroll.scrollTop + scroll.clientHeight + OVERSCAN) : -1;
  const wanted = new Set(list.view.subarray(first, last + 1));
  for (const [id, element] of list.drawn) {
    if (!wanted.has(id) || element.classList.contains("open") !== isOpen(id)) {
      element.remove();
      list.drawn.delete(id);
    }
  }
  let next = rowsBox.firstChild;
  for (let index = first; index <= last; index++) {
    const id = list.view[index];
    let element = list.drawn.get(id);
    if (!element) list.drawn.set(id, (element = item(id)));
    if (element === next) next = next.nextSibling;
    else rowsBox.insertBefore(element, next); // in the order in which they are read
    element.style.transform = `translateY(${list.tops[index]}px)`;
    element.firstChild.setAttribute("aria-rowindex", index + 2);
    element.classList.toggle("active", id === list.active);
  }
  if (list.drawn.has(list.active)) grid.setAttribute("aria-activedescendant", `row-${list.active}`);
  else grid.removeAttribute("aria-activedescendant");
  if (measure(first, last)) draw();
}

// Replace guessed heights by real ones; what is in the window stays where it is.
function measure(first, last) {
  const top = indexAt(scroll.scrollTop);
  let isMoved = false, above = 0;
  for (let index = first; index <= last; index++) {
    const id = list.view[index], below = list.drawn.get(id).children[1];
    if (!below) continue;
    const height = below.offsetHeight, before = list.heights.get(id) ?? guessedHeight(id);
    if (Math.abs(height - before) < 1) continue;
    list.heights.set(id, height);
    isMoved = true;
    if (index < top) above += height - before;
  }
  if (isMoved) {
    placeRows();
    scroll.scrollTop += above;
  }
  return isMoved;
}

function item(id) {
  const row = rows[id], kind = kindOf(id), open = isOpen(id);
  const cell = (name, ...children) => make("div", { role: "gridcell", class: name }, ...children);
  const line = make(
    "div",
    { role: "row", class: "row", id: `row-${id}`, "aria-level": 1, "aria-expanded": open },
    cell("action", make("span", { class: "sign", "aria-hidden": "true" }, kind.sign), kind.action),
    cell("record", row[ADDRESS] || "–"),
    cell("changes", ...gist(id, isChosenProperty)),
    cell("reason", kind.reason),
    cell("place", make("bdi", {}, placeOf(row[FILE], row[LINE]))),
  );
  const element = make("div", { class: `item ${kind.tone}${open ? " open" : ""}`, role: "none" }, line);
  line.addEventListener("click", () => {
    list.active = id;
    grid.focus({ preventScroll: true });
    if (!getSelection().toString()) toggle(id);
  });
  if (open) {
    const below = make("div", { role: "row", class: "detail", "aria-level": 2 });
    below.append(make("div", { role: "gridcell" }, ...detail(id)));
    element.append(below);
  }
  return element;
}

function toggle(id) {
  if (!list.unusual.delete(id)) list.unusual.add(id);
  placeRows();
  draw();
}

function unfoldAll(isWanted) {
  list.allOpen = isWanted;
  list.unusual.clear();
  scroll.scrollTop = 0;
  placeRows();
  draw();
}

// Make the row at `index` the one that keys act on, and bring it into the window.
function goTo(index) {
  if (!list.view.length) return;
  const at = Math.max(0, Math.min(list.view.length - 1, index));
  list.active = list.view[at];
  if (list.tops[at] < scroll.scrollTop) scroll.scrollTop = list.tops[at];
  const overhang = list.tops[at] + list.rowHeight - scroll.scrollTop - scroll.clientHeight;
  if (overhang > 0) scroll.scrollTop += overhang;
  draw();
}
