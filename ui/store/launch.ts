/** The page's start: trades a launch link for a session and finds out whether there is one. */
import { ApiError } from "../api/client.ts";
import { sharePage } from "../api/page.ts";
import { api } from "../api/routes.ts";
import { KIOSK } from "./route.ts";
import { launchRefused, session, status } from "./session.ts";

const PREFIX = "#launch=";
/** Behind the token, in a link that opens the stage alone. */
const TO_KIOSK = "&kiosk";

/** Takes the launch token out of the address, so that neither history nor a copied link holds it. */
function takeToken(): string | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  const rest = location.hash.slice(PREFIX.length);
  const alone = rest.endsWith(TO_KIOSK);
  history.replaceState(null, "", location.pathname + location.search + (alone ? KIOSK : ""));
  return alone ? rest.slice(0, -TO_KIOSK.length) : rest;
}

/** A launch link pasted into an open tab changes its fragment alone. */
function followLinks(): void {
  addEventListener("hashchange", () => {
    if (location.hash.startsWith(PREFIX)) location.reload();
  });
}

/** Resolves with whether the daemon may be followed. */
export async function launch(): Promise<boolean> {
  followLinks();
  const token = takeToken();
  if (token !== null) {
    try {
      await api.openSession(token);
    } catch (error) {
      // A used link still leads to a page that has its session already.
      launchRefused.value = error instanceof ApiError && error.status !== 0;
    }
  }
  await sharePage();
  try {
    status.value = await api.status();
    session.value = "open";
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      session.value = "none";
      return false;
    }
    return true; // the daemon is away: the stream's reconnection goes on asking
  }
}
