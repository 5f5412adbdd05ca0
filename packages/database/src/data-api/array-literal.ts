/** Elements of an array; arrays in it are its further dimensions. */
export type ArrayElements = readonly (string | null | ArrayElements)[];

/** PostgreSQL's text form of an array: `{"a","b\"c",NULL}`. */
export function formatArrayLiteral(elements: ArrayElements): string {
  return `{${elements.map(formatElement).join(',')}}`;
}

function formatElement(element: ArrayElements[number]): string {
  if (element === null) return 'NULL';
  if (typeof element !== 'string') return formatArrayLiteral(element);
  return `"${element.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

const token = /"((?:[^"\\]|\\[\s\S])*)"|([^,{}"]+)|([{}])/g;

/** The elements in PostgreSQL's text form of an array of any number of dimensions. */
export function parseArrayLiteral(text: string): ArrayElements {
  // An array that does not begin at 1 says its bounds first: [0:1]={a,b}
  const body = text.slice(text.indexOf('{') + 1, -1);
  const open: (string | null | ArrayElements)[][] = [[]];
  for (const [, quoted, plain, brace] of body.matchAll(token)) {
    const array = open.at(-1) ?? [];
    if (brace === '{') {
      const inner: (string | null | ArrayElements)[] = [];
      array.push(inner);
      open.push(inner);
    } else if (brace === '}') open.pop();
    else if (plain !== undefined) array.push(plain === 'NULL' ? null : plain);
    else array.push((quoted ?? '').replaceAll(/\\([\s\S])/g, '$1'));
  }
  return open[0] ?? [];
}
