import { SimppdError } from "../base/mod.ts";

/**
 * Who may ask, judged before any routing by what a browser says about a request and no page can
 * forge: Host (against DNS rebinding), Origin and Fetch Metadata
 * (https://www.w3.org/TR/fetch-metadata/). Cookies do not know ports: a page on another local port
 * is same-site and its requests carry ours, so a cookie without these says nothing.
 */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  }

  /**
   * @param page whether the request is for the dashboard's page, the one thing a navigation gets
   * @param bearer whether it presents a bearer token, as the command line does and no browser
   * @throws SimppdError `wrong-host`, `foreign-request`, `method-not-allowed`
   */
  check(request: Request, page: boolean, bearer: boolean): void {
    const host = request.headers.get("host") ?? "";
    if (!this.#hosts.has(host) || !this.#hosts.has(new URL(request.url).host)) {
      throw new SimppdError(
        "wrong-host",
        `simppd answers here only as 127.0.0.1:${this.#port} or localhost:${this.#port}; ` +
          `open http://127.0.0.1:${this.#port}/ instead.`,
      );
    }
    if (!["GET", "POST", "PUT", "PATCH", "DELETE"].includes(request.method)) {
      throw new SimppdError("method-not-allowed", "Use GET, POST, PUT, PATCH or DELETE here.");
    }
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site");
    if (origin !== null && origin !== `http://${host}`) throw foreign();
    if (bearer) {
      if (site !== null && site !== "same-origin") throw foreign();
    } else if (isWebSocket(request)) {
      // Browsers always send Origin with a WebSocket, but not all send Fetch Metadata.
      if (origin === null || (site !== null && site !== "same-origin")) throw foreign();
    } else if (site !== "same-origin" && !(page && isTopLevelNavigation(request))) {
      throw foreign();
    }
  }
}

/** Whether the request asks to become a WebSocket (RFC 6455). */
export function isWebSocket(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function isTopLevelNavigation(request: Request): boolean {
  return request.method === "GET" && request.headers.get("sec-fetch-mode") === "navigate" &&
    request.headers.get("sec-fetch-dest") === "document";
}

function foreign(): SimppdError {
  return new SimppdError(
    "foreign-request",
    "Only the simppd dashboard in an up-to-date browser and the simppd command line may ask this.",
  );
}
