import assert from "node:assert/strict";
import { doorRoutes } from "./door_routes.ts";
import { openApi } from "./openapi.ts";
import { routes } from "./routes.ts";

interface Operation {
  parameters: { name: string; in: string }[];
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

Deno.test("openApi() describes every route, with its path parameters and answers", () => {
  const paths = openApi("1").paths as Record<string, Record<string, Operation>>;
  let described = 0;
  for (const { method, path } of [...routes, ...doorRoutes]) {
    const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method];
    assert.ok(operation, `${method} ${path} is not described`);
    const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const inPath = operation.parameters.filter((one) => one.in === "path").map((one) => one.name);
    assert.deepEqual(inPath, named);
    assert.ok(Object.keys(operation.responses).some((status) => status.startsWith("2")));
    described++;
  }
  const operations = Object.values(paths).flatMap((path) => Object.keys(path));
  assert.equal(operations.length, described, "two routes share a method and path");
});

Deno.test("openApi() points only at shapes it holds", () => {
  const document = openApi("1") as { components: { schemas: Record<string, unknown> } };
  const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
  assert.ok(refs.length > 20);
  for (const [, name] of refs) assert.ok(document.components.schemas[name!], String(name));
  assert.ok(!JSON.stringify(document).includes("$defs"));
});
