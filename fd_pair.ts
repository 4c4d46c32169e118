const bytes = Deno.args[0]!; const hostA = Deno.args[1] ?? "127.0.0.1", hostB = Deno.args[2] ?? "127.0.0.1";
const pre = (ns?: string) => ns ? ["ip","netns","exec",ns] : [];
const secret = "ab".repeat(32);
function start(role: string, host: string, ns?: string) {
  const args = [...pre(ns), Deno.execPath(), "run", "-A", "--quiet", ...(Deno.env.get("PROF")?[`--cpu-prof`]:[]), "daemon/p2p/stream/peer_for_tests.ts", role, host, secret, bytes];
  const p = new Deno.Command(args[0]!, { args: args.slice(1), stdin: "piped", stdout: "piped" }).spawn();
  const r = p.stdout.pipeThrough(new TextDecoderStream()).getReader(); let buf="";
  return { p, line: async () => { while(!buf.includes("\n")) { const {value,done}=await r.read(); if(done) return "null"; buf+=value; } const i=buf.indexOf("\n"); const l=buf.slice(0,i); buf=buf.slice(i+1); return l; }, send: async (t:string)=>{const w=p.stdin.getWriter(); await w.write(new TextEncoder().encode(t+"\n")); await w.close();} };
}
const s = start("sender", hostA, Deno.args[3]), r = start("receiver", hostB, Deno.args[4]);
const [ps, pr] = [JSON.parse(await s.line()).port, JSON.parse(await r.line()).port];
await s.send(`${hostB} ${pr}`); await r.send(`${hostA} ${ps}`);
const [a,b] = [JSON.parse(await s.line()), JSON.parse(await r.line())];
console.log("sender", JSON.stringify(a)); console.log("receiver", JSON.stringify(b)); console.log("MB/s", b?.moved/b?.ms/1000, "ok", a?.hash===b?.hash);
await s.p.status; await r.p.status;
