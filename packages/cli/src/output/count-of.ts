/** A number with its word: `1 tenant`, `2 tenants`. */
export function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
