// The API's documentation, out of its OpenAPI description.

import { get } from "./api.js";
import { h } from "./dom.js";

function parameters(list) {
  if (!list?.length) return null;
  return h(
    "table",
    { class: "list" },
    h("thead", {}, h("tr", {}, ...["Parameter", "In", "What"].map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...list.map((one) =>
        h("tr", {}, h("td", {}, h("code", {}, one.name), one.required ? " *" : ""), h("td", {}, one.in), h("td", {}, one.description ?? "")),
      ),
    ),
  );
}

function body(content) {
  return Object.entries(content ?? {}).flatMap(([mime, { schema, example }]) => [
    h(
      "p",
      {},
      h("code", {}, mime),
      ": ",
      Object.entries(schema.properties ?? {})
        .map(([name, one]) => `${name}${schema.required?.includes(name) ? " *" : ""} (${one.description ?? one.type})`)
        .join(", "),
    ),
    ...(example ? [h("pre", { class: "doc-example" }, JSON.stringify(example, null, 2))] : []),
  ]);
}

function operation(path, method, one) {
  return h(
    "details",
    { class: "doc-op" },
    h("summary", {}, h("span", { class: "method" }, method.toUpperCase()), h("code", {}, path), ` ${one.summary ?? ""}`),
    ...(one.description ?? "").split(/\n\s*\n/).map((text) => h("p", {}, text)),
    parameters(one.parameters),
    ...body(one.requestBody?.content),
  );
}

const api = await get("/openapi.json");
const groups = new Map();
for (const [path, operations] of Object.entries(api.paths)) {
  for (const [method, one] of Object.entries(operations)) {
    const group = one.tags?.[0] ?? "other";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(operation(path, method, one));
  }
}
document.getElementById("main").replaceChildren(
  h("h1", {}, `${api.info.title} ${api.info.version}`),
  h("p", {}, api.info.description),
  h("p", {}, "The machine-readable form is ", h("a", { href: "/openapi.json" }, "/openapi.json"), "."),
  ...[...groups].flatMap(([name, list]) => [h("h2", {}, name), ...list]),
);
