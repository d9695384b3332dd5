// What the rows can be filtered by, and the filter: one pass over all rows finds what is shown and every count.

const FEW = 8; // options shown of a facet before somebody asks for all

const facets = [
  facet("action", titles.action, (id) => [kindOf(id).action]),
  facet("reason", titles.reason, (id) => (kindOf(id).reason ? [kindOf(id).reason] : [])),
  facet("object", "Object", (id) => (kindOf(id).object ? [kindOf(id).object] : [])),
  facet("property", "Property", (id) => rows[id][VALUES].map(nameOf), waysOfValues),
  facet("file", "File", (id) => filesOf(id)),
];

function waysOfValues(id) {
  return rows[id][VALUES].map((value) => wayOf(value, kindOf(id)));
}

function filesOf(id) {
  const found = new Set([rows[id][FILE], ...rows[id][VALUES].map((value) => value[REMARK]?.file ?? -1)]);
  found.delete(-1);
  return Array.from(found, (file) => files[file]);
}

// The options of row `id` are `option[start[id]]` up to `option[start[id + 1]]`, as numbers; what `slot` has
// there is where the option is counted, in its way.
function facet(name, title, optionsOf, waysOf = null) {
  const start = new Uint32Array(rows.length + 1);
  const numbers = new Map(), option = [], slot = [];
  for (let id = 0; id < rows.length; id++) {
    const ways = waysOf?.(id);
    optionsOf(id).forEach((text, index) => {
      if (!numbers.has(text)) numbers.set(text, numbers.size);
      option.push(numbers.get(text));
      slot.push(numbers.get(text) * WAYS.length + (ways ? ways[index] : 0));
    });
    start[id + 1] = option.length;
  }
  return {
    name, title, start,
    hasWays: waysOf !== null,
    option: Uint32Array.from(option),
    slot: Uint32Array.from(slot),
    texts: [...numbers.keys()],
    chosen: new Uint8Array(numbers.size), // 1 where somebody chose the option
    counts: new Uint32Array(numbers.size * WAYS.length),
  };
}

const isActive = (one) => one.chosen.includes(1);

// The rows that `words` and every facet let through, in the order of `ids`. A facet's counts are those of the
// rows that all other facets let through: what choosing an option would show.
function filtered(ids, words) {
  const view = new Uint32Array(ids.length);
  let shown = 0;
  for (const one of facets) one.counts.fill(0);
  const active = facets.filter(isActive);
  const hits = words.length ? rowsWith(words) : null;
  for (const id of ids) {
    if (hits && !hits[id]) continue;
    let stopper = null, stoppers = 0;
    for (const one of active) {
      if (!lets(one, id)) {
        stopper = one;
        if (++stoppers > 1) break;
      }
    }
    if (stoppers === 0) {
      view[shown++] = id;
      for (const one of facets) count(one, id);
    } else if (stoppers === 1) {
      count(stopper, id);
    }
  }
  return view.subarray(0, shown);
}

function lets(one, id) {
  for (let at = one.start[id]; at < one.start[id + 1]; at++) {
    if (one.chosen[one.option[at]]) return true;
  }
  return false;
}

function count({ start, slot, counts }, id) {
  for (let at = start[id]; at < start[id + 1]; at++) counts[slot[at]]++;
}

function countOf(one, option) {
  let sum = 0;
  for (let at = option * WAYS.length; at < (option + 1) * WAYS.length; at++) sum += one.counts[at];
  return sum;
}

function isChosenProperty(text) {
  const one = facets.find(({ name }) => name === "property");
  return one.chosen[one.texts.indexOf(text)] === 1;
}

// The sidebar. Options keep their places, the most frequent first; actions keep those of their risk.
function showFacets(onChange) {
  const parent = document.getElementById("facets");
  for (const one of facets) {
    if (one.texts.length < (one.hasWays ? 1 : 2)) continue; // nothing to choose
    const order = [...one.texts.keys()];
    if (one.name !== "action") order.sort((a, b) => countOf(one, b) - countOf(one, a));
    one.most = countOf(one, order[0]); // the longest bar
    const box = make("fieldset", { class: one.name }, make("legend", {}, one.title));
    const legend = WAYS.map((way) => make("span", { class: way }, way));
    if (one.hasWays) box.append(make("p", { class: "ways" }, ...legend));
    one.shown = [];
    const add = (options) => box.append(...options.map((option) => optionRow(one, option, onChange)));
    add(order.slice(0, FEW));
    if (order.length > FEW) {
      const rest = make("button", { type: "button", class: "more" }, `${number(order.length - FEW)} more`);
      rest.addEventListener("click", () => {
        rest.remove();
        add(order.slice(FEW));
        refreshFacet(one);
        one.shown[FEW].input.focus();
      });
      box.append(rest);
    }
    parent.append(box);
    refreshFacet(one);
  }
}

function optionRow(one, option, onChange) {
  const input = make("input", { type: "checkbox" });
  const figure = make("span", { class: "figure" });
  const bars = one.hasWays ? WAYS.map((way) => make("i", { class: way })) : [];
  input.addEventListener("change", () => {
    one.chosen[option] = input.checked ? 1 : 0;
    onChange();
  });
  one.shown.push({ option, input, figure, bars });
  const bar = one.hasWays ? [make("span", { class: "stack", "aria-hidden": "true" }, ...bars)] : [];
  const text = one.texts[option];
  return make("label", {}, input, make("span", { class: "option", title: text }, text), figure, ...bar);
}

function refreshFacet(one) {
  for (const { option, input, figure, bars } of one.shown ?? []) {
    const sum = countOf(one, option);
    figure.textContent = number(sum);
    input.checked = one.chosen[option] === 1;
    input.closest("label").classList.toggle("none", sum === 0);
    bars.forEach((bar, way) => {
      bar.style.width = `${(100 * one.counts[option * WAYS.length + way]) / one.most}%`;
    });
  }
}
