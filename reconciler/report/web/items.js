// What an item of the list looks like: a heading, an entry, like entries together, or what shows all of them.

function itemElement(item) {
  const open = isOpen(item);
  const line = isHeading(item) ? headingLine(item) : isRest(item) ? restLine(item) : entryLine(item);
  line.id = `item-${item}`;
  line.setAttribute("aria-level", levelOf(item));
  line.setAttribute("aria-expanded", isExpanded(item));
  const tone = isHeading(item) ? "" : kindOf(isEntry(item) ? item : idsOf(item)[0]).tone;
  const classes = ["item", tone, open && "open", isExpanded(item) && "expanded", levelOf(item) === 3 && "member"];
  const element = make("div", { class: classes.filter(Boolean).join(" "), role: "none" }, line);
  line.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    list.active = item;
    grid.focus({ preventScroll: true });
    if (!getSelection().toString()) toggle(item);
  });
  if (open) {
    const below = make("div", { role: "row", class: "detail", "aria-level": levelOf(item) + 1 });
    below.append(make("div", { role: "gridcell" }, ...(isEntry(item) ? detail(item) : detailOfAll(idsOf(item)))));
    element.append(below);
  }
  return element;
}

const cell = (name, ...children) => make("div", { role: "gridcell", class: name }, ...children);
const lineOf = (name, ...cells) => make("div", { role: "row", class: name }, ...cells);

function headingLine(item) {
  const kind = kinds[item - HEADING], count = idsOf(item).length;
  const object = kind.object ? `${kind.object}: ` : "";
  const title = `${object}${number(count)} ${(count === 1 && kind.one) || kind.what}`;
  return lineOf("heading", cell("name", make("b", {}, title), " ", make("span", { class: "why" }, kind.why)));
}

function restLine(item) {
  const count = idsOf(item).length;
  const text = isExpanded(item) ? `Show only ${MOST_ALIKE}` : `Show all ${number(count)}`;
  return lineOf("row rest", cell("record", make("span", { class: "link" }, text)));
}

function entryLine(item) {
  const ids = isEntry(item) ? [item] : idsOf(item), id = ids[0], kind = kindOf(id);
  const record = isEntry(item) ? rows[id][ADDRESS] || "–" : `${number(ids.length)} ${kind.several || kind.object || "entries"}`;
  const isSaidAbove = isEntry(item) && isMember(id);
  return lineOf(
    "row",
    cell(
      "action",
      make("span", { class: "sign", "aria-hidden": "true" }, kind.sign),
      make("span", { class: "word" }, kind.short || kind.action),
      make("span", { class: "reason" }, kind.reason && !arrangement.isGrouped ? kind.reason : ""),
    ),
    cell("record", record, ...(isEntry(item) ? named(id) : [])),
    cell("changes", ...(isSaidAbove ? [] : gist(ids, isChosenProperty))),
    cell(rows[id][EXTRA]?.aside ? "aside" : "aside place", make("bdi", {}, isEntry(item) ? asideOf(id) : "")),
  );
}

const named = (id) => (displayName(id) ? [make("span", { class: "called" }, displayName(id))] : []);
