import * as v from "valibot";

const place = v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(3071)));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

export const dismissBody = v.strictObject({ id: v.nullable(id) });
export const clearBody = v.strictObject({ place });
export const displayPolicyBody = v.strictObject({
  place: v.exactOptional(place, null),
  policy: v.nullable(v.strictObject({
    from: v.picklist(["nobody", "verified", "displayers", "all"]),
    maxBytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
    kinds: v.pipe(
      v.array(v.picklist(["picture", "pdf", "text", "audio", "video"])),
      v.maxLength(5),
    ),
  })),
});
export const presentQuery = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  to: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(3071))),
  size: v.exactOptional(
    v.pipe(v.string(), v.maxLength(16), v.digits(), v.transform(Number), v.safeInteger()),
  ),
});
