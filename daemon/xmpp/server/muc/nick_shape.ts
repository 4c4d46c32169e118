/** What looks alike, letter by letter: each of these as the Latin letter or digit behind it. */
const ALIKE: Readonly<Record<string, string>> = Object.fromEntries(
  [
    // Cyrillic
    ["АВЕЗКМНОРСТУХІЈЅԌԚԜӀҮ", "ABE3KMHOPCTYXIJSGQWlY"],
    ["авезкмнорстухіјѕԁһԛԝѵӏүь", "abe3kmhopctyxijsdhqwvlyb"],
    // Greek
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿ", "ABEZHIKMNOPTYXCJ"],
    ["αγηικνορτυχωϲϳ", "aynikvoptuxwcj"],
    // Latin itself
    ["I1|0ı", "lllol"],
  ].flatMap(([from, to]) => [...from!].map((each, index) => [each, [...to!][index]!])),
);

/** Nicks of one shape look alike, whatever alphabets they are written in. */
export function nickShape(nick: string): string {
  const narrow = nick.normalize("NFKC");
  return [...narrow].map((each) => ALIKE[each] ?? each).join("").replaceAll("I", "l").toLowerCase()
    .normalize("NFKC");
}
