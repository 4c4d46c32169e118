import { toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import { type AnswerName, answers } from "./answers.ts";
import { type DoorRoute, doorRoutes } from "./door_routes.ts";
import { emptyBody } from "./requests.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";

const target = "draft-2020-12"; // the dialect of OpenAPI 3.1
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** The OpenAPI 3.1 document of the whole door, made from the tables the router is made from. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: Record<string, unknown>) => {
    const at = path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[at] ??= {})[method] = operation;
  };
  for (const one of routes) add(one.path, one.method, operationOf(one));
  for (const one of doorRoutes) add(one.path, one.method, doorOperationOf(one));
  return {
    openapi: "3.1.1",
    info: {
      title: "simppd local API",
      version,
      description: "Loopback only. Command line: bearer token from api.json in the state " +
        "directory. Dashboard: session cookie, for requests of the same origin.",
    },
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "simppd-{instance}" },
      },
      responses: {
        Error: {
          description: "What went wrong: a stable code and a sentence to act on",
          content: json({
            type: "object",
            required: ["error"],
            properties: { error: ref("Problem") },
          }),
        },
      },
      schemas: toJsonSchemaDefs(answers, {
        target,
        overrideRef: ({ referenceId }) => ref(referenceId).$ref,
      }),
    },
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const query = toJsonSchema(route.query, { target, typeMode: "input" }).properties ?? {};
  return {
    summary: route.summary,
    parameters: [
      ...pathParameters(route.path),
      ...Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema })),
    ],
    ...bodyOf(route.body),
    responses: { ...success(null, route.answer), default: errors },
  };
}

function doorOperationOf(route: DoorRoute): Record<string, unknown> {
  return {
    summary: route.summary,
    ...(route.access === "nobody" ? { security: [] } : {}),
    ...(route.access === "bearer" ? { security: [{ bearer: [] }] } : {}),
    parameters: pathParameters(route.path),
    ...(route.consumes === undefined ? bodyOf(route.body ?? emptyBody) : {
      requestBody: { required: true, content: { [route.consumes]: {} } },
    }),
    responses: { ...success(route.produces, route.answer ?? null), default: errors },
  };
}

const errors = { $ref: "#/components/responses/Error" };

function success(produces: string | null, answer: AnswerName | null): Record<string, unknown> {
  if (answer !== null) return { 200: { description: answer, content: json(schemaOf(answer)) } };
  if (produces === null) return { 204: { description: "Done" } };
  return { 200: { description: produces, content: { [produces]: {} } } };
}

function schemaOf(answer: AnswerName): Record<string, unknown> {
  return answer.endsWith("[]") ? { type: "array", items: ref(answer.slice(0, -2)) } : ref(answer);
}

function bodyOf(schema: Route["body"]): Record<string, unknown> {
  if (schema === emptyBody) return {};
  const { $schema: _, ...shape } = toJsonSchema(schema, { target, typeMode: "input" });
  return { requestBody: { required: true, content: json(shape) } };
}

function pathParameters(path: string): Record<string, unknown>[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function json(schema: unknown): Record<string, unknown> {
  return { "application/json": { schema } };
}
