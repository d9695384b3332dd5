// HubSpot's own Node SDK drives the emulator: each scenario is one test of tests/emulator/test_node_sdk.py.
// Prints one JSON object: what became of each scenario, "" for those that passed.
"use strict";

const assert = require("node:assert/strict");
const { Client } = require("@hubspot/api-client");

const client = new Client({
  accessToken: process.env.PORTAL_TOKEN,
  basePath: process.env.PORTAL_URL,
  numberOfApiCallRetries: 0,
});
const { crm } = client;
const EQUALS = { propertyName: "city", operator: "EQ", value: "nowhere" };

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

const scenarios = {
  async "single records"() {
    const made = await crm.contacts.basicApi.create({
      properties: { email: "Ada@Acme.example", firstname: "Ada" },
      associations: [],
    });
    assert.equal(made.properties.email, "ada@acme.example");
    assert.ok(made.createdAt instanceof Date);
    const changed = await crm.contacts.basicApi.update(
      "ada@acme.example",
      { properties: { lastname: "L" } },
      "email",
    );
    assert.equal(changed.id, made.id);
    const found = await crm.contacts.basicApi.getById(made.id, ["firstname", "lastname"], ["lastname"]);
    assert.equal(found.properties.lastname, "L");
    assert.equal(found.propertiesWithHistory.lastname[0].value, "L");
    const twice = await refused(
      crm.contacts.basicApi.create({ properties: { email: "ada@acme.example" }, associations: [] }),
    );
    assert.equal(twice.code, 409);
    await crm.contacts.basicApi.archive(made.id);
    assert.equal((await refused(crm.contacts.basicApi.getById(made.id))).code, 404);
    const gone = await crm.contacts.basicApi.getById(made.id, [], [], [], true);
    assert.equal(gone.archived, true);
  },

  async "every page"() {
    for (let number = 0; number < 5; number += 1) {
      await crm.products.basicApi.create({ properties: { name: `P${number}` }, associations: [] });
    }
    const all = await crm.products.getAll(2, undefined, ["name"]);
    assert.deepEqual(all.map((record) => record.properties.name), ["P0", "P1", "P2", "P3", "P4"]);
    const page = await crm.products.basicApi.getPage(2, undefined, ["name"]);
    const next = new URL(page.paging.next.link);
    assert.equal(next.origin, process.env.PORTAL_URL);
    assert.equal(next.searchParams.get("after"), page.paging.next.after);
    const raw = await client.apiRequest({ path: next.pathname + next.search });
    assert.deepEqual((await raw.json()).results.map((record) => record.properties.name), ["P2", "P3"]);
  },

  async batches() {
    const { batchApi } = crm.companies;
    const inputs = [
      { id: "k-1", idProperty: "ext_key", properties: { name: "A" }, objectWriteTraceId: "row-1" },
      { id: "k-2", idProperty: "ext_key", properties: { nmae: "B" }, objectWriteTraceId: "row-2" },
    ];
    const written = await batchApi.upsert({ inputs });
    assert.equal(written.results[0]._new, true);
    assert.equal(written.numErrors, 1);
    assert.deepEqual(written.errors[0].context.objectWriteTraceId, ["row-2"]);
    const [{ id }] = written.results;
    const changed = await batchApi.update({ inputs: [{ id, properties: { name: "C" } }] });
    assert.equal(changed.results[0].properties.name, "C");
    const read = await batchApi.read({
      inputs: [{ id: "k-1" }, { id: "k-9" }],
      idProperty: "ext_key",
      properties: ["name"],
      propertiesWithHistory: [],
    });
    assert.equal(read.results[0].properties.name, "C");
    assert.deepEqual(read.errors[0].context.ids, ["k-9"]);
    const whole = await refused(batchApi.create({ inputs: [{ properties: { nmae: "B" }, associations: [] }] }));
    assert.equal(whole.code, 400);
    assert.match(whole.body.message, /^Property values were not valid/);
    const empty = await refused(batchApi.update({ inputs: [{ id, properties: {} }] }));
    assert.equal(empty.body.message, "No properties found to update, please provide at least one.");
    await batchApi.archive({ inputs: [{ id }] });
    assert.equal((await refused(crm.companies.basicApi.getById(id))).code, 404);
  },

  async search() {
    for (const name of ["F0", "F1", "F2"]) {
      await crm.companies.basicApi.create({ properties: { name, city: "Nowhere" }, associations: [] });
    }
    const found = await crm.companies.searchApi.doSearch({
      filterGroups: [{ filters: [EQUALS] }],
      sorts: ["-name"],
      properties: ["name"],
      limit: 2,
      after: "0",
    });
    assert.equal(found.total, 3);
    assert.deepEqual(found.results.map((record) => record.properties.name), ["F2", "F1"]);
    assert.equal(found.paging.next.after, "2");
  },

  async associations() {
    const contact = await crm.contacts.basicApi.create({ properties: { email: "bob@acme.example" }, associations: [] });
    const company = await crm.companies.basicApi.create({ properties: { name: "Acme" }, associations: [] });
    const { v4 } = crm.associations;
    const label = await v4.schema.definitionsApi.create("contacts", "companies", { name: "billing", label: "Billing" });
    const { category, typeId } = label.results[0];
    const types = [{ associationCategory: category, associationTypeId: typeId }];
    const pair = { _from: { id: contact.id }, to: { id: company.id } };
    const made = await v4.batchApi.create("contacts", "companies", { inputs: [{ ...pair, types }] });
    assert.deepEqual(made.results[0].labels, ["Billing"]);
    const page = await v4.basicApi.getPage("contacts", contact.id, "companies");
    assert.equal(String(page.results[0].toObjectId), company.id);
    const read = await v4.batchApi.getPage("contacts", "companies", { inputs: [{ id: contact.id }, { id: "9" }] });
    const labels = read.results[0].to[0].associationTypes.map((type) => type.label ?? null);
    assert.deepEqual(new Set(labels), new Set([null, "Billing"]));
    assert.equal(read.errors.length, 1);
    await v4.batchApi.archiveLabels("contacts", "companies", { inputs: [{ ...pair, types }] });
    await v4.batchApi.archive("contacts", "companies", { inputs: [{ _from: pair._from, to: [pair.to] }] });
    assert.deepEqual((await v4.basicApi.getPage("contacts", contact.id, "companies")).results, []);
  },

  async definitions() {
    await crm.properties.groupsApi.create("companies", { name: "ours", label: "Ours", displayOrder: -1 });
    const made = await crm.properties.coreApi.create("companies", {
      name: "tier",
      label: "Tier",
      type: "enumeration",
      fieldType: "select",
      groupName: "ours",
      options: [{ label: "Gold", value: "gold", hidden: false, displayOrder: 0 }],
    });
    assert.equal(made.options[0].value, "gold");
    const all = await crm.properties.coreApi.getAll("companies");
    assert.ok(all.results.some((property) => property.name === "tier"));
    const lacking = await refused(crm.properties.coreApi.create("companies", { name: "x" }));
    assert.match(lacking.body.message, /were not set: \[label, type, fieldType, groupName\]$/);
    const pipeline = await crm.pipelines.pipelinesApi.create("deals", {
      label: "Renewals",
      displayOrder: 1,
      stages: [{ label: "Open", displayOrder: 0, metadata: { probability: "0.5" } }],
    });
    assert.equal(pipeline.stages[0].metadata.probability, "0.5");
    await crm.pipelines.pipelinesApi.archive("deals", pipeline.id);
  },

  async "custom objects"() {
    const schema = await crm.schemas.coreApi.create({
      name: "boat",
      labels: { singular: "Boat", plural: "Boats" },
      primaryDisplayProperty: "boat_name",
      requiredProperties: ["boat_name"],
      searchableProperties: ["boat_name"],
      secondaryDisplayProperties: [],
      properties: [{ name: "boat_name", label: "Name", type: "string", fieldType: "text" }],
      associatedObjects: ["CONTACT"],
    });
    const boat = await crm.objects.basicApi.create("p_boat", { properties: { boat_name: "Ida" }, associations: [] });
    for (const address of [schema.objectTypeId, schema.fullyQualifiedName, "p_boat"]) {
      const found = await crm.objects.basicApi.getById(address, boat.id, ["boat_name"]);
      assert.equal(found.properties.boat_name, "Ida");
      assert.equal((await crm.schemas.coreApi.getById(address)).name, "boat");
    }
    assert.equal((await crm.schemas.coreApi.getById("contacts")).objectTypeId, "0-1");
  },

  async "owners and users"() {
    const owners = await crm.owners.ownersApi.getPage("ada@acme.example");
    assert.deepEqual(owners.results.map((owner) => owner.id), ["9"]);
    assert.equal(owners.results[0].createdAt.toISOString(), "2024-02-03T04:05:06.000Z");
    const users = await client.settings.users.usersApi.getPage();
    assert.deepEqual(users.results.map((user) => user.email), ["ada@acme.example"]);
    const teams = await client.settings.users.teamsApi.getAll();
    assert.deepEqual(teams.results.map((team) => team.name), ["North"]);
  },

  async "older associations"() {
    const deal = await crm.deals.basicApi.create({ properties: { dealname: "D", dealstage: "closedwon" }, associations: [] });
    const ticket = await crm.tickets.basicApi.create({ properties: { subject: "S", hs_pipeline_stage: "1" }, associations: [] });
    const pair = { _from: { id: deal.id }, to: { id: ticket.id }, type: "deal_to_ticket" };
    const { batchApi } = crm.associations;
    const made = await batchApi.create("deals", "tickets", { inputs: [pair] });
    assert.equal(made.results[0].type, "deal_to_ticket");
    const read = await batchApi.read("deals", "tickets", { inputs: [{ id: deal.id }] });
    assert.deepEqual(read.results[0].to.map((to) => to.id), [ticket.id]);
    await batchApi.archive("deals", "tickets", { inputs: [pair] });
    const { results } = await crm.associations.schema.typesApi.getAll("deals", "tickets");
    assert.ok(results.some((type) => type.name === "deal_to_ticket"));
  },

  async lists() {
    const found = await crm.lists.listsApi.doSearch({ query: "target", offset: 0, count: 5 });
    assert.deepEqual(found.lists.map((list) => list.name), ["Targets"]);
    const [list] = (await crm.lists.listsApi.getAll([found.lists[0].listId])).lists;
    assert.equal(list.processingType, "MANUAL");
    assert.deepEqual((await crm.lists.membershipsApi.getPage(list.listId)).results, []);
  },

  async "what is not imitated"() {
    const error = await refused(crm.lists.foldersApi.getAll());
    assert.equal(error.code, 404);
    assert.equal(error.body.category, "EMULATOR_DOES_NOT_IMITATE");
  },
};

async function main() {
  const outcomes = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario();
      outcomes[name] = "";
    } catch (error) {
      outcomes[name] = `${error.stack}\n${JSON.stringify(error.body) ?? ""}`;
    }
  }
  process.stdout.write(JSON.stringify(outcomes));
}

main();
