import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { LoginGuard } from "./login_guard.ts";

const limits = { ...DEFAULT_LIMITS, failuresBeforeBackoff: 3, failuresBeforeBan: 6 };

function fail(guard: LoginGuard, address: string, account: string, times: number): void {
  for (let i = 0; i < times; i++) guard.failed(address, account, 0);
}

Deno.test("mayTry() backs off after wrong passwords and doubles the wait", () => {
  const guard = new LoginGuard(limits);
  fail(guard, "a", "alice", 2);
  assert.ok(guard.mayTry("a", "alice", 0));
  fail(guard, "a", "alice", 1);
  assert.ok(!guard.mayTry("a", "alice", 999));
  assert.ok(guard.mayTry("a", "alice", 1_000));
  fail(guard, "a", "alice", 1);
  assert.ok(!guard.mayTry("a", "alice", 1_999));
  assert.ok(guard.mayTry("a", "alice", 2_000));
  assert.ok(guard.mayTry("a", "bob", 0));
});

Deno.test("admits() bans an address that guesses over many accounts, and lifts the ban", () => {
  const guard = new LoginGuard(limits);
  for (let i = 0; i < 6; i++) guard.failed("a", `user${i}`, 0);
  assert.ok(!guard.admits("a", 0));
  assert.ok(guard.admits("b", 0));
  assert.equal(guard.banned(0), 1);
  assert.ok(guard.admits("a", limits.banMs));
});

Deno.test("mayTry() refuses an account guessed at from many addresses", () => {
  const guard = new LoginGuard(limits);
  for (let i = 0; i < 6; i++) guard.failed(`address${i}`, "alice", 0);
  assert.ok(!guard.mayTry("fresh", "alice", 0));
});

Deno.test("a stranger's guessing does not lock out an address where the account is known", () => {
  const guard = new LoginGuard(limits);
  guard.succeeded("home", "alice");
  for (let i = 0; i < 50; i++) guard.failed(`address${i}`, "alice", 0);
  assert.ok(guard.mayTry("home", "alice", 0));
  // Even when the guessing comes from the very same address, at other accounts.
  for (let i = 0; i < 50; i++) guard.failed("home", `user${i}`, 0);
  assert.ok(guard.admits("home", 0));
  assert.ok(guard.mayTry("home", "alice", 0));
  assert.ok(!guard.mayTry("home", "user60", 0));
});

Deno.test("sweep() forgets what has run out", () => {
  const guard = new LoginGuard(limits);
  fail(guard, "a", "alice", 10);
  guard.sweep(limits.banMs * 2);
  assert.ok(guard.mayTry("a", "alice", 0));
});

Deno.test("guessing at a known account from its own address makes its owner wait shortly only", () => {
  const guard = new LoginGuard(limits);
  guard.succeeded("home", "alice");
  fail(guard, "home", "alice", 200);
  assert.ok(!guard.mayTry("home", "alice", limits.longestKnownBackoffMs - 1));
  assert.ok(guard.mayTry("home", "alice", limits.longestKnownBackoffMs));
  assert.ok(limits.longestKnownBackoffMs <= 2_000);
  // Elsewhere it grows on.
  fail(guard, "away", "alice", 200);
  assert.ok(!guard.mayTry("away", "alice", limits.longestBackoffMs - 1));
});
