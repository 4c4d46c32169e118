import type * as v from "valibot";
import type { AppApi } from "../app/mod.ts";
import type { AnswerName } from "./answers.ts";
import { emptyBody, emptyQuery } from "./requests.ts";

/** One route of the JSON API: how it is asked, what it answers, what it does. */
export interface Route {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** Hono's form: `/api/contacts/:jid`. */
  path: string;
  summary: string;
  body: v.GenericSchema;
  query: v.GenericSchema;
  /** null: 204 without a body. */
  answer: AnswerName | null;
  handle(request: RouteRequest<unknown, unknown>): unknown;
}

/** What a handler gets: already bounded, parsed and validated. */
export interface RouteRequest<Body, Query> {
  app: AppApi;
  /** @returns the named path parameter, decoded */
  param(name: string): string;
  body: Body;
  query: Query;
}

interface RouteInput<B extends v.GenericSchema, Q extends v.GenericSchema> {
  body?: B;
  query?: Q;
  answer?: AnswerName;
  handle(request: RouteRequest<v.InferOutput<B>, v.InferOutput<Q>>): unknown;
}

/** Makes a route whose handler is typed by its schemas. */
export function route<
  B extends v.GenericSchema = typeof emptyBody,
  Q extends v.GenericSchema = typeof emptyQuery,
>(
  method: Route["method"],
  path: string,
  summary: string,
  input: RouteInput<B, Q>,
): Route {
  return {
    method,
    path,
    summary,
    body: input.body ?? emptyBody,
    query: input.query ?? emptyQuery,
    answer: input.answer ?? null,
    handle: input.handle as Route["handle"],
  };
}
