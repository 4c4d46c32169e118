/**
 * The rules of docs/architecture.md as code: which room may import which, through which door, and
 * what the pure rooms may touch. Files are parsed by Deno's own parser (`Deno.lint.runPlugin`, which
 * exists under `deno test` only), so comments, strings and templates do not deceive it.
 * @module
 */
import { posix } from "node:path";

/** The level of each room; a room imports lower levels only. Mirrors docs/architecture.md. */
export const LEVELS: Readonly<Record<string, number>> = {
  "cli": 9,
  "http": 8,
  "lab": 8,
  "app": 7,
  "call": 6,
  "group": 6,
  "files": 6,
  "simpp": 5,
  "sframe": 5,
  "p2p": 5,
  "capture": 5,
  "xmpp/client": 4,
  "xmpp/server": 4,
  "xmpp/core": 3,
  "store": 3,
  "crypto": 2,
  "base": 1,
  "views": 1,
};

/** Names of the outer world that a pure room must be handed instead. */
const OUTER_WORLD: Readonly<Record<string, ReadonlySet<string>>> = {
  base: new Set(["Deno"]),
  crypto: new Set(["Deno", "Date", "performance", "setTimeout", "setInterval", "fetch"]),
  sframe: new Set(["Deno", "Date", "performance", "setTimeout", "setInterval", "fetch"]),
};

/** The built-in modules a pure room may use: those that compute. */
const COMPUTING_MODULES = new Set(["node:crypto", "node:buffer"]);

/** The dashboard's only window on the daemon. */
const VIEWS = "daemon/views/mod.ts";

/** Tests and what is there for them alone. */
function isTest(path: string): boolean {
  return /(_test\.tsx?|\/(testing(_[a-z0-9_]+)?|testbed)\.ts)$/.test(path);
}

/** What one file says about the outside. */
export interface Sighting {
  /** Specifiers as written; `type` when nothing of it is left at run time. */
  imports: { specifier: string; type: boolean }[];
  /** Every identifier used, wherever it stands. */
  identifiers: Set<string>;
  /** Does it hold anything other than `export … from`? */
  onlyReexports: boolean;
}

/** Reads the imports and identifiers of TypeScript `source`; `path` decides about JSX. */
export function sight(path: string, source: string): Sighting {
  const imports: Sighting["imports"] = [];
  const identifiers = new Set<string>();
  let onlyReexports = true;
  Deno.lint.runPlugin(
    {
      name: "arrows",
      rules: {
        arrows: {
          create: (context) => ({
            Program(node) {
              onlyReexports = node.body.every((statement) =>
                statement.type === "ExportAllDeclaration" ||
                statement.type === "ExportNamedDeclaration" && statement.source !== null
              );
            },
            ImportDeclaration(node) {
              imports.push({ specifier: node.source.value, type: node.importKind === "type" });
            },
            ExportAllDeclaration(node) {
              imports.push({ specifier: node.source.value, type: node.exportKind === "type" });
            },
            ExportNamedDeclaration(node) {
              if (node.source === null) return;
              imports.push({ specifier: node.source.value, type: node.exportKind === "type" });
            },
            ImportExpression(node) {
              const source = node.source;
              const known = source.type === "Literal" && typeof source.value === "string";
              imports.push({ specifier: known ? String(source.value) : "(computed)", type: false });
            },
            TSImportType(node) {
              const text = context.sourceCode.getText(node);
              const specifier = /^(?:typeof\s+)?import\(\s*["']([^"']+)["']/.exec(text)?.[1];
              imports.push({ specifier: specifier ?? "(computed)", type: true });
            },
            Identifier(node) {
              identifiers.add(node.name);
            },
          }),
        },
      },
    },
    path.split("/").at(-1)!,
    source,
  );
  return { imports, identifiers, onlyReexports };
}

/** The room a path of the repository lies in, if it lies in one. */
export function roomOf(path: string): string | undefined {
  return Object.keys(LEVELS).find((room) => path.startsWith(`daemon/${room}/`));
}

/**
 * What is wrong with one file, a sentence each.
 *
 * @param path from the repository's root, with slashes
 */
export function faults(path: string, source: string): string[] {
  const out: string[] = [];
  const seen = sight(path, source);
  const test = isTest(path);
  const room = roomOf(path);
  if (path.startsWith("daemon/") && room === undefined) {
    return [`${path} lies in no room of docs/architecture.md`];
  }
  for (const { specifier, type } of seen.imports) {
    const fault = specifier.startsWith(".")
      ? relativeFault(path, posix.join(posix.dirname(path), specifier), type, test)
      : outerFault(room, specifier, test);
    if (fault !== undefined) out.push(`${path} imports ${specifier}: ${fault}`);
  }
  if (room !== undefined && !test) {
    for (const name of OUTER_WORLD[room] ?? []) {
      if (seen.identifiers.has(name)) out.push(`${path} uses ${name}: ${room} is pure`);
    }
    if (path === `daemon/${room}/mod.ts` && !seen.onlyReexports) {
      out.push(`${path} does more than re-export: a door holds nothing`);
    }
  }
  return out;
}

/** Faults of an import of a package or built-in module. */
function outerFault(room: string | undefined, specifier: string, test: boolean) {
  if (test || room === undefined || !(room in OUTER_WORLD)) return undefined;
  if (!specifier.startsWith("node:") || COMPUTING_MODULES.has(specifier)) return undefined;
  return `${room} is pure`;
}

/** Faults of an import of another file, `target` being its path from the repository's root. */
function relativeFault(path: string, target: string, type: boolean, test: boolean) {
  const from = roomOf(path);
  const to = roomOf(target);
  if (isTest(target) && !test && !path.startsWith("tests/")) return "it is there for tests";
  if (path.startsWith("ui/")) {
    if (target.startsWith("ui/") || target === VIEWS && type || test) return undefined;
    return `the dashboard knows of the daemon only the types of ${VIEWS}`;
  }
  if (from === undefined && path !== "main.ts") return undefined; // tests and scripts see all
  if (to === undefined) {
    if (test || target === "deno.json") return undefined;
    if (from === "http" && target.startsWith("ui/dist/")) return undefined;
    if (path === "main.ts" && !target.startsWith("ui/")) return undefined;
    return "it lies outside the daemon";
  }
  if (from === to) return undefined;
  if (target !== `daemon/${to}/mod.ts`) return `the door of ${to} is its mod.ts`;
  if (from === undefined) return undefined; // main.ts stands above all rooms
  const [own, other] = [LEVELS[from]!, LEVELS[to]!];
  if (other > own) return `${to} (level ${other}) is above ${from} (level ${own})`;
  if (other === own && !test) return `${to} and ${from} are of one level`;
  return undefined;
}

/** The most lines of one file; tests, vectors and tables may be longer. */
export const MOST_LINES = 500;

/** Says so when `source` is longer than {@link MOST_LINES}. */
export function lengthFault(path: string, source: string): string | undefined {
  if (/(_test\.tsx?|_tables?\.ts)$/.test(path) || path.startsWith("tests/vectors/")) {
    return undefined;
  }
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  return lines > MOST_LINES ? `${path} has ${lines} lines; ${MOST_LINES} are the most` : undefined;
}

/** Room and level of each row of the table in docs/architecture.md. */
export function levelsOf(markdown: string): Record<string, number> {
  const levels: Record<string, number> = {};
  for (const [, level, rooms] of markdown.matchAll(/^\|\s*(\d+)\s*\|([^|]+)\|/gm)) {
    for (const [, room] of rooms!.matchAll(/`([^`]+)`/g)) levels[room!] = Number(level);
  }
  return levels;
}
