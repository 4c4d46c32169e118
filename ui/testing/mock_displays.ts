/// <reference lib="deno.ns" />
/** What the mock daemon answers about files that are shown; their frames come from a second listener. */
import type { AppEvent, DisplayItemView, DisplayPolicyView, DisplaysView } from "../api/views.ts";
import { Refusal } from "./refusal.ts";

/** A page as the second listener's: it says which file it stands for. */
const PAGE = (name: string) =>
  `<!doctype html><html lang="en"><title>Display</title><body><p>content of ${name}</p></body>`;

export class MockDisplays {
  readonly #state: { displays: DisplaysView };
  readonly #emit: (event: AppEvent) => void;
  readonly #pages = new Map<string, string>();
  #frames: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor(state: { displays: DisplaysView }, emit: (event: AppEvent) => void) {
    this.#state = state;
    this.#emit = emit;
  }

  put(items: readonly DisplayItemView[]): void {
    this.#change({ items: [...items] });
  }

  answer(method: string, path: string, body: Record<string, unknown>): Response {
    const [, , root, first = "", verb = ""] = path.split("/");
    if (root === "display-openings") return new Response(null, { status: 204 });
    if (verb === "open") return Response.json(this.#open(first));
    if (verb === "show") {
      const { place } = this.#of(first);
      return this.#each((item) =>
        item.id === first
          ? { ...item, state: "showing", reason: null }
          : item.state === "showing" && item.place === place
          ? { ...item, state: "past", reason: { code: "replaced", message: "Another took over." } }
          : item
      );
    }
    if (first === "close" || first === "clear") {
      const reason = { code: "closed", message: "You closed it." };
      return this.#each((item) =>
        item.state === "showing" && (body["id"] ?? item.id) === item.id
          ? { ...item, state: "past", reason }
          : item
      );
    }
    if (first === "policy") {
      const { place, policy } = body as { place: string | null; policy: DisplayPolicyView | null };
      if (place === null) return this.#answered({ policy: policy! });
      const { [place]: _, ...places } = this.#state.displays.places;
      return this.#answered({ places: policy === null ? places : { ...places, [place]: policy } });
    }
    if (method === "DELETE") {
      const { items } = this.#state.displays;
      return this.#answered({ items: items.filter(({ state }) => state === "showing") });
    }
    return Response.json(this.#state.displays);
  }

  async close(): Promise<void> {
    await this.#frames?.shutdown();
  }

  #of(id: string): DisplayItemView {
    const found = this.#state.displays.items.find((item) => item.id === id);
    if (found === undefined) throw new Refusal(404, "unknown-display", "It is not shown here.");
    return found;
  }

  #open(id: string) {
    const { name, kind } = this.#of(id);
    if (name === "gone.png") throw new Refusal(422, "display-gone", "It is not here any more.");
    this.#frames ??= Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const page = this.#pages.get(new URL(request.url).pathname);
        return new Response(page ?? "", {
          status: page === undefined ? 404 : 200,
          headers: { "Content-Type": "text/html", "Content-Security-Policy": "sandbox" },
        });
      },
    );
    const path = `/page/${id}`;
    this.#pages.set(path, PAGE(name));
    const url = `http://127.0.0.1:${this.#frames.addr.port}${path}`;
    return { url, kind: kind === "pdf" ? "picture" : kind, sandbox: "", handle: id };
  }

  #each(change: (item: DisplayItemView) => DisplayItemView): Response {
    return this.#answered({ items: this.#state.displays.items.map(change) });
  }

  #answered(change: Partial<DisplaysView>): Response {
    this.#change(change);
    return Response.json(this.#state.displays);
  }

  #change(change: Partial<DisplaysView>): void {
    this.#state.displays = { ...this.#state.displays, ...change };
    this.#emit({ type: "displays", data: this.#state.displays });
  }
}
