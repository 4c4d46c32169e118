// The part of ltx that this project stands on; the package brings no types.

/** An XML element: name, attributes (namespace declarations among them), children. */
export class Element {
  constructor(name: string);
  name: string;
  parent: this | null;
  children: (this | string)[];
  attrs: Record<string, string | undefined>;
  /** Whether local name and, when given, namespace are these. */
  is(name: string, xmlns?: string): boolean;
  /** Local name. */
  getName(): string;
  /** Namespace, looked up through the parents. */
  getNS(): string | undefined;
  /** Namespace of a prefix, or the default one. */
  findNS(prefix?: string): string | undefined;
  getChild(name: string, xmlns?: string): this | undefined;
  getChildren(name: string, xmlns?: string): this[];
  getChildText(name: string, xmlns?: string): string | null;
  getChildElements(): this[];
  /** Text of this element, without that of its children. */
  getText(): string;
  /** Adds nodes at the end. */
  append(...nodes: (this | string)[]): void;
  remove(child: this): this;
}
