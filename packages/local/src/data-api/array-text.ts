import { DataApiError } from './data-api-error.ts';

const element = /"((?:[^"\\]|\\[\s\S])*)"|([^,{}"]+)|([{}])/g;

/**
 * The elements of an array in PostgreSQL's text form. Throws `UnsupportedResultException` for more than one dimension and for a NULL
 * element, which the Data API's arrays have no form for.
 */
export function parseArrayText(text: string): string[] {
  // An array that does not begin at 1 says its bounds first: [0:1]={a,b}
  const body = text.slice(text.indexOf('{') + 1, -1);
  const elements: string[] = [];
  for (const [, quoted, plain, brace] of body.matchAll(element)) {
    if (brace !== undefined) {
      throw new DataApiError(
        'UnsupportedResultException',
        'The result contains a multidimensional array.',
      );
    }
    if (plain === 'NULL') {
      throw new DataApiError(
        'UnsupportedResultException',
        'The result contains an array with a NULL element. Cast the column to text.',
      );
    }
    elements.push(plain ?? (quoted ?? '').replaceAll(/\\([\s\S])/g, '$1'));
  }
  return elements;
}
