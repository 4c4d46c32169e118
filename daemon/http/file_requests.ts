import * as v from "valibot";

const line = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const place = line(3071);
const id = line(128);
const digits = v.pipe(v.string(), v.maxLength(16), v.digits(), v.transform(Number));
const flag = v.pipe(v.picklist(["0", "1"]), v.transform((word) => word === "1"));
/** Words parted by commas. */
const words = <S extends v.GenericSchema<string>>(schema: S, most: number) =>
  v.pipe(line(8000), v.transform((text) => text.split(",")), v.array(schema), v.maxLength(most));

export const filesQuery = v.strictObject({
  place: v.exactOptional(place),
  before: v.exactOptional(id),
  limit: v.exactOptional(v.pipe(digits, v.minValue(1), v.maxValue(500))),
});
export const sendFileQuery = v.strictObject({
  to: place,
  name: line(1000),
  size: v.pipe(digits, v.safeInteger()),
  path: v.exactOptional(line(4096)),
  display: v.exactOptional(flag),
  ways: v.exactOptional(words(v.picklist(["direct", "upload", "ibb", "group"]), 4)),
  people: v.exactOptional(words(place, 200)),
  roles: v.exactOptional(words(v.picklist(["owner", "admin", "member", "listener"]), 4)),
  keyOnRequest: v.exactOptional(flag),
});
export const fileWaysQuery = v.strictObject({ to: place });
export const changeFileBody = v.strictObject({
  command: v.picklist(["accept", "decline", "pause", "resume", "cancel"]),
});
export const fileLimitBody = v.strictObject({
  place: v.exactOptional(v.nullable(place), null),
  limit: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
const room = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export const fileRoomBody = v.strictObject({
  fileBytes: v.exactOptional(room),
  quota: v.exactOptional(room),
});
