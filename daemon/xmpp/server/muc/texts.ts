import type { Element } from "../../core/mod.ts";

/** No more than `most` characters of a text, and no half of one. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).toWellFormed();
}

/** The `<reason/>` in an element, shortened; undefined when there is none. */
export function reasonIn(element: Element, most: number): string | undefined {
  const text = element.getChildText("reason");
  return text === null || text === "" ? undefined : shortened(text, most);
}
