import type {
  Attempt,
  DowngradeReport,
  ReplayReport,
  SniffReport,
  TamperReport,
} from "../lab/mod.ts";

/** What {@link sniffText} tells of: with where a picture was kept. */
type Kept = Omit<SniffReport, "suites"> & {
  suites: (SniffReport["suites"][number] & { picture: string | null })[];
};

export function sniffText({ ok, suites }: Kept): string {
  const calls = suites.flatMap((one) => [
    one.suite === "none"
      ? "A call in clear (the lab's own; simppd cannot make one)"
      : `The same call under ${one.suite}`,
    `  recorded  ${one.packets} packets of ${one.smallest} to ${one.largest} bytes, ` +
    `${kilobytes(one.bytes)}, in ${one.seconds.toFixed(1)} s`,
    `  played    ${one.pictures} pictures of the ${one.sent} the cameras gave, by ${one.judged_by}` +
    (one.picture === null ? "" : `; one is ${one.picture}`),
    ...(one.player_said === null ? [] : ["            it finds no picture in these bytes"]),
    `  read      ${read(one) || "nothing: no camera's name, no account, no piece of a picture"}`,
    "",
  ]);
  return [
    "Somebody on the way between Alice and Bob records their call and plays it.",
    "",
    ...calls,
    verdict(
      ok,
      "What was sealed stayed sealed. Packets still show which addresses exchange them, when, and how\n" +
        "large they are; and the server knows which two accounts write to each other.",
    ),
  ].join("\n");
}

function read({ camera_name, jid, picture_bytes }: Kept["suites"][number]): string {
  const things: [boolean, string][] = [
    [camera_name, "the camera's name"],
    [jid, "who calls whom"],
    [picture_bytes, "pieces of pictures"],
  ];
  return things.flatMap(([found, what]) => found ? [what] : []).join(", ");
}

export function replayText({ ok, suites }: ReplayReport): string {
  const tries = suites.flatMap(({ suite, same_call, later_call, messages }) => [
    suite,
    `  into the same call  ${same_call.replayed} packets: ${same_call.repeats} dropped as ` +
    `repeats, ${same_call.strays} as strays, ${same_call.accepted} taken`,
    `  into a later call   ${later_call.replayed} packets: ${later_call.repeats} dropped as ` +
    `repeats, ${later_call.strays} as strays, ${later_call.accepted} taken`,
    `  messages            ${messages.replayed} delivered again, ${messages.shown_again} shown again`,
    "",
  ]);
  return [
    "Somebody on the way keeps Alice's packets and messages, and sends them to Bob once more.",
    "",
    ...tries,
    verdict(
      ok,
      "Nothing was taken twice: packets are numbered under a key of the one call, and every message\n" +
        "that was opened is remembered.",
    ),
  ].join("\n");
}

export function tamperText({ ok, suites }: TamperReport): string {
  const tries = suites.flatMap(({ suite, datagrams, messages }) => [
    suite,
    `  packets   ${datagrams.changed} changed, ${datagrams.strays} dropped as strays; ` +
    `${datagrams.shown} pictures shown meanwhile, ${datagrams.false_pictures} of them false; ` +
    `the call ${datagrams.call_goes_on ? "goes on" : "ENDED"}`,
    `  messages  ${messages.changed} changed, ${messages.refused} refused, ` +
    `${messages.shown} shown; the true one ${messages.true_one_opens ? "opens" : "DOES NOT OPEN"}`,
    `            Bob is told: ${messages.told}`,
    "",
  ]);
  return [
    "Somebody on the way flips one bit in every fourth packet of a call, and in copies of a message.",
    "",
    ...tries,
    verdict(
      ok,
      "Nothing changed was shown. Dropped packets are sent again; the call does not even end.",
    ),
  ].join("\n");
}

export function downgradeText({ ok, offered, wanted, attempts }: DowngradeReport): string {
  return [
    `Alice and Bob both allow ${offered.join(", ")}. Somebody in the middle wants them to use ` +
    `${wanted}.`,
    "",
    ...attempts.flatMap((attempt, at) => [
      `${at + 1}. ${attempt.attempt}: ${attempt.refused ? "refused" : "NOT REFUSED"}`,
      `   Alice: ${told(attempt.alice)}`,
      `   Bob:   ${told(attempt.bob)}`,
      "",
    ]),
    verdict(
      ok,
      "The lists are signed, and signed again inside the seal by both sides; a call's keys are made\n" +
        "from all that was said. Old keys of Bob's, at first contact, are refused by Bob: Alice gets\n" +
        "no answer, and what she wrote is not shown as delivered.",
    ),
  ].join("\n");
}

function told(refusal: Attempt["alice"]): string {
  return refusal === null ? "hears nothing" : `${refusal.message} (${refusal.code})`;
}

function verdict(ok: boolean, meaning: string): string {
  return ok
    ? `As it should be.\n${meaning}`
    : "NOT AS IT SHOULD BE: see above, and please report it.";
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
