import assert from "node:assert/strict";
import { nickShape } from "./nick_shape.ts";

Deno.test("nicks of letters that look alike have one shape, others have not", () => {
  const alike = [
    ["Anna", "\u0410nna", "\u0391nn\u0430", "\uFF21nna"],
    ["Peter", "\u0420\u0435t\u0435r", "\u03A1eter"],
    ["Bill", "BiII", "B\u04561l"],
    ["Bob", "B0b", "\u0412\u043Eb"],
  ];
  for (const group of alike) {
    assert.equal(new Set(group.map(nickShape)).size, 1, group.join(" "));
  }
  const shapes = alike.map(([first]) => nickShape(first!));
  assert.equal(new Set(shapes).size, shapes.length);
  assert.notEqual(nickShape("\u041D\u0438\u043D\u0430"), nickShape("\u041D\u0438\u043A\u0430"));
});
