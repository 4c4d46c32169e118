/**
 * The token that makes this page's requests the dashboard's. Unlike the cookie it stays within the
 * origin, port included; it outlives a reload, and tabs hand it to each other.
 */
const KEY = "page";
const CHANNEL = "simppd-page";
/** How long other tabs are waited for. */
const HANDOVER_MS = 300;

/** Keeps the token for this tab. */
export function keepPage(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetPage(): void {
  sessionStorage.removeItem(KEY);
}

/** The header that shows the token; none when there is no token. */
export function pageHeader(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { "X-Simppd-Page": token };
}

/** Gives the token to further tabs, and asks those that are open when this one has none. */
export async function sharePage(): Promise<void> {
  const channel = new BroadcastChannel(CHANNEL);
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const own = sessionStorage.getItem(KEY);
    if (typeof data === "string" && own === null) {
      keepPage(data);
      resolve();
    } else if (data === null && own !== null) channel.postMessage(own);
  };
  if (sessionStorage.getItem(KEY) !== null) return;
  channel.postMessage(null);
  setTimeout(resolve, HANDOVER_MS);
  await promise;
}
