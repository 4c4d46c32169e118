import assert from "node:assert/strict";
import { fromHex, fromUtf8, toHex } from "../base/mod.ts";
import vectors from "../../tests/vectors/group_member.json" with { type: "json" };
import { readAction } from "./action.ts";
import { openData, readData } from "./data_message.ts";
import { dataSuite, type DataSuiteId } from "./data_suites.ts";
import { isStatementOf, readStatement } from "./epoch_statement.ts";
import { memberOf, rosterHash } from "./roster.ts";
import { parseSpecification, printSpecification, specificationHash } from "./spec_text.ts";
import { epochKeyOf } from "./standing.ts";

const statement = readStatement(fromHex(vectors.statement));

Deno.test("vectors: a specification's text and hash", () => {
  const specification = parseSpecification(vectors.specification);
  assert.equal(printSpecification(specification), vectors.specification);
  assert.equal(toHex(specificationHash(specification)), vectors.specificationHash);
  assert.equal(toHex(specification.keyServer.key), vectors.serverKey);
});

Deno.test("vectors: a statement, its link of the chain, its members and the key of its messages", () => {
  assert.ok(isStatementOf(fromHex(vectors.serverKey), statement));
  assert.equal(toHex(statement.link), vectors.link);
  assert.equal(toHex(statement.specification), vectors.specificationHash);
  const { jid, deviceKey, accountKey } = vectors.member;
  const member = memberOf(jid, fromHex(deviceKey), fromHex(accountKey), "owner");
  assert.deepEqual(rosterHash([member]), statement.members);
  assert.equal(toHex(epochKeyOf(fromHex(vectors.groupKey), statement)), vectors.epochKey);
});

Deno.test("vectors: signed actions, each in its epoch", () => {
  assert.equal(vectors.actions.length, 6);
  for (const [at, { deed, encoded, hash }] of vectors.actions.entries()) {
    const action = readAction(fromHex(encoded));
    assert.deepEqual([action.deed, toHex(action.hash)], [deed, hash]);
    const { group, incarnation, jid, number, epoch } = action;
    assert.deepEqual([group, incarnation, jid], [
      vectors.group,
      vectors.incarnation,
      vectors.member.jid,
    ]);
    assert.deepEqual([number, epoch, toHex(action.deviceKey)], [
      1_000 + at,
      7,
      vectors.member.deviceKey,
    ]);
  }
});

for (const { suite, counter, content, heard, payload } of vectors.messages) {
  Deno.test(`vectors: a message in ${suite}`, () => {
    const message = readData(fromHex(payload));
    const expected = { epoch: 7, counter, group: vectors.group };
    const { epoch, counter: found, group } = message;
    assert.deepEqual({ epoch, counter: found, group: toHex(group) }, expected);
    assert.ok(vectors.incarnation.startsWith(message.incarnation));
    const opened = openData(
      dataSuite(suite as DataSuiteId),
      fromHex(vectors.epochKey),
      fromHex(vectors.incarnation),
      message,
      fromHex(vectors.member.deviceKey),
    );
    assert.equal(fromUtf8(opened.content), content);
    assert.deepEqual(opened.heard, heard);
  });
}
