/** A word as a POSIX shell reads it back unchanged: quoted where it must be. */
export function escapeArgument(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
