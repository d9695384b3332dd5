// The page: search, filters, sorting, keys and printing, wired to the list.

const MOST_PRINTED = 2000; // rows on paper

const search = document.getElementById("search");
const countLine = document.getElementById("count");
const clear = document.getElementById("clear");
const unfold = document.getElementById("unfold");
const limit = document.getElementById("limit"); // why that button is not there
const sorted = { column: "action", isDescending: false };

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function refresh() {
  const words = wordsOf(search.value);
  setView(filtered(order(sorted.column, sorted.isDescending), words), sorted.column === "action");
  facets.forEach(refreshFacet);
  const isFiltered = words.length > 0 || facets.some(isActive);
  const count = arrangement.ids.length, shown = number(count), all = number(rows.length);
  const nothing = rows.length ? "Nothing matches." : "Nothing to show: everything is in step.";
  const some = isFiltered ? `${shown} of ${all} entries` : `${all} ${rows.length === 1 ? "entry" : "entries"}`;
  countLine.textContent = count ? some : nothing;
  clear.hidden = !isFiltered;
  unfold.hidden = !count || count > MOST_UNFOLDED;
  limit.hidden = count <= MOST_UNFOLDED;
  showUnfold();
}

function showUnfold() {
  unfold.textContent = list.allOpen ? "Collapse all" : "Expand all";
}

// The first column fits the longest action.
function fitActions() {
  const longest = Math.max(8, ...kinds.map(({ action }) => action.length));
  document.documentElement.style.setProperty("--action", `${(0.5 * longest + 3.6).toFixed(1)}rem`);
}

function showColumns() {
  for (const [name, { title }] of Object.entries(COLUMNS)) {
    const button = make("button", { type: "button" }, title);
    const header = make("div", { role: "columnheader", class: name }, button);
    button.addEventListener("click", () => {
      sorted.isDescending = sorted.column === name && !sorted.isDescending;
      sorted.column = name;
      showSorted();
      refresh();
    });
    document.getElementById("columns").append(header);
  }
}

function showSorted() {
  for (const header of document.querySelectorAll("[role=columnheader]")) {
    const isSorted = header.classList.contains(sorted.column);
    header.setAttribute("aria-sort", !isSorted ? "none" : sorted.isDescending ? "descending" : "ascending");
  }
}

function clearFilters() {
  search.value = "";
  facets.forEach((one) => one.chosen.fill(0));
  refresh();
  search.focus();
}

const STEPS = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + Math.floor(windowHeight() / list.rowHeight),
  PageUp: (at) => at - Math.floor(windowHeight() / list.rowHeight),
  Home: () => 0,
  End: () => list.view.length - 1,
};

function onGridKey(event) {
  if (event.target.closest("button, a") || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = list.view.indexOf(list.active), item = list.active;
  if (STEPS[event.key]) goTo(at < 0 && event.key !== "End" ? 0 : STEPS[event.key](at));
  else if (at < 0) return;
  else if (event.key === "Enter" || event.key === " ") toggle(item);
  else if (event.key === "ArrowRight" && !isExpanded(item)) toggle(item);
  else if (event.key === "ArrowLeft" && isExpanded(item)) toggle(item);
  else if (event.key === "ArrowLeft") goTo(parentOf(at));
  else return;
  event.preventDefault();
}

// Paper has no window to draw for: what is filtered is laid out whole, unfolded, like entries together.
function layOutForPrint() {
  const printed = document.getElementById("printed");
  const ids = arrangement.ids.subarray(0, MOST_PRINTED), parts = [];
  for (let at = 0, end; at < ids.length; at = end) {
    end = arrangement.isGrouped ? endOf(ids, at, GROUP) : at + 1;
    const alike = ids.subarray(at, end), kind = kindOf(ids[at]);
    const addresses = Array.from(alike, (id) => rows[id][ADDRESS]).join(", ");
    const contents = alike.length === 1 ? detail(ids[at]) : detailOfAll(alike);
    parts.push(make("article", {}, make("h2", {}, `${kind.sign} ${kind.action} ${addresses}`), ...contents));
  }
  const rest = arrangement.ids.length - ids.length;
  printed.replaceChildren(make("p", {}, countLine.textContent), ...parts);
  if (rest) printed.append(make("p", {}, `${number(rest)} more are not printed: filter the page first.`));
}

document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", refresh);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    grid.focus();
    goTo(0);
  }
});
clear.addEventListener("click", clearFilters);
unfold.addEventListener("click", () => {
  unfoldAll(!list.allOpen);
  showUnfold();
});
grid.addEventListener("keydown", onGridKey);
grid.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
addEventListener("resize", () => {
  list.heights.clear();
  relayout();
});
addEventListener("beforeprint", layOutForPrint);
addEventListener("afterprint", () => document.getElementById("printed").replaceChildren());
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.select();
    search.focus();
  }
});

const narrow = matchMedia("(max-width: 48rem)"); // as in the style
const foldFilters = () => { document.getElementById("narrow").open = !narrow.matches; };
narrow.addEventListener("change", foldFilters);
foldFilters();
limit.textContent = `Filter to ${number(MOST_UNFOLDED)} entries or fewer, and they can be expanded all at once.`;
fitActions();
showColumns();
showSorted();
refresh();
showFacets(refresh);

// Made ready while nobody types yet, so that the first letter is as quick as the second.
setTimeout(composeSearched, 50);
