import { type Bytes, fromBase64, logOf, Rate, steadyNow, toBase64, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  decodeRequest,
  encodeAnswer,
  type ProvedDevice,
  refusalOf,
  Registrar,
  type Specification,
} from "../../group/mod.ts";
import { Settings, StateDirectory } from "../../store/mod.ts";
import { ComponentHome, type HomeOptions } from "./component_home.ts";
import { nothingKept, requireKept } from "./kept.ts";
import { type ListenerOptions, RegistrarListener } from "./registrar_listener.ts";

/** Tickets for one device, a minute. */
const TICKETS = 10;
const MINUTE = 60_000;
const SETTING = "registrar";

/** How a registrar is known. */
export interface RegistrarView {
  readonly method: Specification["registrars"][number]["method"];
  /** What specifications name, 64 hex digits. */
  readonly key: string;
  /** A JID, or an https URL. */
  readonly address: string;
  readonly pid: number;
}

/** A registrar that runs. */
export interface RegistrarHome {
  readonly view: RegistrarView;
  stop(): Promise<void>;
}

/**
 * A registrar that takes SIMPP identities, as a component of a server.
 * @throws SimppdError as {@link ComponentHome.open} and {@link ComponentHome.connect}
 */
export async function startSimppRegistrar(options: HomeOptions): Promise<RegistrarHome> {
  const rate = new Rate(TICKETS, MINUTE);
  const home = await ComponentHome.open(options, (from, payload) => {
    if (!rate.allows(toHex(from.deviceKey), steadyNow())) return;
    answer(home, registrar, from, payload).catch((error) =>
      logOf("app").info("{jid} got no ticket: {error}", { jid: from.jid, error })
    );
  });
  const registrar = registrarOf(home.state, "simpp");
  try {
    await home.connect();
  } catch (error) {
    await home.close();
    throw error;
  }
  const { jid: address } = home;
  const view = { method: registrar.method, key: toHex(registrar.key), address, pid: Deno.pid };
  return { view, stop: () => home.close() };
}

/**
 * A registrar that takes client certificates or passwords, over HTTPS.
 * @throws SimppdError `state-locked`, `cannot-listen`, `bad-certificate`
 */
export async function startHttpsRegistrar(
  { state: path, ...listening }: { state: string } & Omit<ListenerOptions, "registrar">,
): Promise<RegistrarHome> {
  const state = await StateDirectory.open(path);
  try {
    const registrar = registrarOf(
      state,
      listening.users === undefined ? "certificate" : "directory",
    );
    const listener = await RegistrarListener.open({ ...listening, registrar });
    const address = listener.url;
    const view = { method: registrar.method, key: toHex(registrar.key), address, pid: Deno.pid };
    return {
      view,
      stop: async () => {
        await listener.close();
        state.close();
      },
    };
  } catch (error) {
    state.close();
    throw error;
  }
}

/**
 * The key a registrar signs with, of a directory that nobody uses just now, 64 hex digits.
 * @throws SimppdError `nothing-kept`, and those of {@link StateDirectory.open}
 */
export async function registrarKeyAt(path: string): Promise<string> {
  // StateHold's: a directory that has none was never one of ours.
  await requireKept(path, "lock");
  const state = await StateDirectory.open(path);
  try {
    if (new Settings(state.db, state.vault).get(SETTING) === undefined) throw nothingKept(path);
    return toHex(registrarOf(state, "simpp").key);
  } finally {
    state.close();
  }
}

function registrarOf(state: StateDirectory, method: RegistrarView["method"]): Registrar {
  const settings = new Settings(state.db, state.vault);
  let secret = settings.get<string>(SETTING);
  if (secret === undefined) settings.set(SETTING, secret = toBase64(systemRandom(32)));
  return new Registrar({ secret: fromBase64(secret), method, random: systemRandom });
}

async function answer(
  { link }: ComponentHome,
  registrar: Registrar,
  from: ProvedDevice,
  payload: Bytes,
): Promise<void> {
  const { kind, request, group } = decodeRequest(payload);
  const body = kind === "authenticate"
    ? { kind: "ticket" as const, ticket: registrar.issue(group, from) }
    : refusalOf(new RangeError(`a registrar is not asked to ${kind}`));
  await link.send(from, encodeAnswer({ request, group, ...body }));
}
