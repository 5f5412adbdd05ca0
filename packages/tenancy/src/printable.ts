/** The beginning of somebody else's text for a message: whatever is not printable ASCII, such as what steers a terminal, becomes a `?`. */
export function printable(text: string): string {
  return text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?');
}
