const identifier = /^[A-Za-z_$][\w$]*$/;

/** A text as a literal of TypeScript, in the quotes that need fewer escapes. */
export function quoteText(text: string): string {
  const double = JSON.stringify(text);
  if (text.split("'").length > text.split('"').length) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Names as the keys of one object or interface: quoted only where one must be. */
export function quoteKey(name: string): string {
  // As a plain key it would set the prototype.
  if (name === '__proto__') return `['__proto__']`;
  return identifier.test(name) ? name : quoteText(name);
}
