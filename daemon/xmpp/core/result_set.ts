import { el, type Element } from "./element.ts";
import { StanzaError } from "./errors.ts";
import { NS } from "./namespaces.ts";

/** Which page of a result set is wanted (XEP-0059). */
export interface PageRequest {
  /** Most items of the page; undefined: the answerer chooses. */
  readonly max: number | undefined;
  /** Begin behind this item. */
  readonly after: string | undefined;
  /** End before this item; "" for the last page. */
  readonly before: string | undefined;
}

/** What is said of the page that was given. */
export interface PageResult {
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Items of all pages together. */
  readonly count: number | undefined;
}

/** Reads `<set/>` out of a request. @throws StanzaError `bad-request` */
export function readPageRequest(parent: Element): PageRequest {
  const set = parent.getChild("set", NS.resultSet);
  const max = set?.getChildText("max") ?? undefined;
  if (max !== undefined && !/^\d{1,6}$/.test(max)) {
    throw new StanzaError("modify", "bad-request", "max is a number");
  }
  const textOf = (name: string) => set?.getChild(name)?.getText();
  return {
    max: max === undefined ? undefined : Number(max),
    after: textOf("after"),
    before: textOf("before"),
  };
}

export function pageRequest({ max, after, before }: Partial<PageRequest>): Element {
  const child = (name: string, value: string | number | undefined) =>
    value === undefined ? undefined : el(name, {}, String(value));
  return el(
    "set",
    { xmlns: NS.resultSet },
    child("max", max),
    child("after", after),
    child("before", before),
  );
}

export function pageResult({ first, last, count }: PageResult): Element {
  return el(
    "set",
    { xmlns: NS.resultSet },
    first === undefined ? undefined : el("first", {}, first),
    last === undefined ? undefined : el("last", {}, last),
    count === undefined ? undefined : el("count", {}, String(count)),
  );
}

/** Reads `<set/>` out of an answer. */
export function readPageResult(parent: Element): PageResult {
  const set = parent.getChild("set", NS.resultSet);
  const count = set?.getChildText("count") ?? "";
  return {
    first: set?.getChildText("first") ?? undefined,
    last: set?.getChildText("last") ?? undefined,
    count: /^\d{1,9}$/.test(count) ? Number(count) : undefined,
  };
}
