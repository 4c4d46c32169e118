import assert from "node:assert/strict";
import { AddressRates } from "./address_rates.ts";

Deno.test("connections of one address share its rate, those of others do not", () => {
  const rates = new AddressRates({ addressBytesPerSecond: 1_000, addressBurstBytes: 5_000 });
  assert.equal(rates.spend("192.0.2.1", 3_000, 0), 0);
  assert.equal(rates.spend("192.0.2.1", 3_000, 0), 1_000);
  assert.equal(rates.spend("192.0.2.2", 3_000, 0), 0);
});

Deno.test("an address is remembered until its credit is whole again, and no longer", () => {
  const rates = new AddressRates({ addressBytesPerSecond: 1_000, addressBurstBytes: 5_000 });
  for (let i = 0; i < 100; i++) rates.spend(`192.0.2.${i}`, 500, 0);
  rates.spend("192.0.2.0", 4_000, 0);
  rates.sweep(400);
  assert.equal(rates.size, 100);
  rates.sweep(500);
  assert.equal(rates.size, 1);
  assert.equal(rates.spend("192.0.2.0", 3_500, 2_500), 500);
  rates.sweep(8_000);
  assert.equal(rates.size, 0);
});
