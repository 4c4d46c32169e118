/**
 * A file copied over TCP and nothing else, by a process on each side: what direct streams are
 * measured against. `plain_copy.ts serve PATH` prints its port; `plain_copy.ts fetch PORT PATH`
 * prints the ms it took.
 * @module
 */
const [role, first, second] = Deno.args;

async function pour(
  from: { read(into: Uint8Array): Promise<number | null> },
  into: { write(bytes: Uint8Array): Promise<number> },
): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let count; (count = await from.read(buffer)) !== null;) {
    for (let at = 0; at < count;) at += await into.write(buffer.subarray(at, count));
  }
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (role === "serve") {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  print(String((listener.addr as Deno.NetAddr).port));
  using conn = await listener.accept();
  using file = await Deno.open(first!);
  await pour(file, conn);
} else {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(first) });
  using file = await Deno.open(second!, { create: true, write: true, truncate: true });
  const begin = performance.now();
  await pour(conn, file);
  print(String(performance.now() - begin));
}
