const ME = "/me ";

/** What a text tells of its sender (XEP-0245), without `/me`; undefined when it is ordinary. */
export function deedOf(body: string): string | undefined {
  return body.startsWith(ME) ? body.slice(ME.length) : undefined;
}
