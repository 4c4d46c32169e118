/**
 * How many connections this process can hold without running out of file descriptors: half of them,
 * the rest is for databases, cameras and media. Running out must never happen, for Deno aborts the
 * whole process then. Where the limit cannot be read (no /proc, or no permission) it is taken to be
 * large enough: Deno raises it to the most the system allows.
 */
export function mostConnections(): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const descriptors = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return descriptors === undefined ? Infinity : Math.floor(Number(descriptors) / 2);
  } catch {
    return Infinity;
  }
}
